"""Time a form of ten fields beside Django's: made, validated, refused, rendered. Needs Django installed.

Both forms have the same fields, get the same data and must give the same values and the same HTML (up to how quotes are
written and where line breaks stand), or nothing is timed.
"""

import re
import time
import timeit
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import django
from django import forms as django_forms
from django.conf import settings

from partita import forms

SENT = {
    "name": "Clara Schumann", "email": "clara@example.org", "site": "https://example.org/clara?work=17", "age": "34",
    "price": "12.50", "when": "2026-11-21", "kind": "b", "agree": "on", "slug": "piano-trio", "note": "Op. 17 <in> G & more",
}  # fmt: skip
WRONG = {
    **SENT,
    "name": "",
    "email": "clara@",
    "site": "example",
    "age": "x",
    "price": "1.234",
    "kind": "z",
    "slug": "a b",
}
CHOICES = [("", "Choose"), ("a", "Solo"), ("b", "Trio"), ("c", "Quartet"), ("d", "Songs & choir")]


def fields_of(module: Any) -> dict[str, Any]:
    """Return the ten fields, made by one of the two libraries."""
    day = {"widget": module.DateInput(attrs={"type": "date"})}
    return {
        "name": module.CharField(max_length=50, help_text="As on the cover."),
        "email": module.EmailField(),
        "site": module.URLField(required=False, assume_scheme="https", max_length=2048),
        "age": module.IntegerField(min_value=0, max_value=150),
        "price": module.DecimalField(max_digits=6, decimal_places=2),
        "when": module.DateField(required=False, **day),
        "kind": module.ChoiceField(choices=CHOICES),
        "agree": module.BooleanField(),
        "slug": module.SlugField(max_length=40),
        "note": module.CharField(widget=module.Textarea, required=False),
    }


class Reader(HTMLParser):
    """Reads a page as tags with sorted attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, sorted(attrs, key=str)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if text := re.sub(r"\s+", " ", data).strip():
            self.parts.append(text)


def best(calls: list[Callable[[], object]], number: int, rounds: int = 15) -> list[float]:
    """Return microseconds of processor time of one call each, the best of several rounds in turn."""
    times = [[timeit.timeit(call, timer=time.process_time, number=number) for call in calls] for _ in range(rounds)]
    return [min(column) / number * 1e6 for column in zip(*times, strict=True)]


def read_errors(form: Any) -> object:
    """Validate, and read the texts of all errors."""
    return {name: list(errors) for name, errors in form.errors.items()}


def main() -> None:
    """Compare the two and print a table in Markdown."""
    settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}], USE_I18N=False)
    django.setup()
    ours: Any = type("Ours", (forms.Form,), fields_of(forms))
    theirs: Any = type("Theirs", (django_forms.Form,), fields_of(django_forms))
    for sent in (None, SENT, WRONG):
        mine, other = ours(sent), theirs(sent)
        assert mine.is_valid() is other.is_valid()
        assert {name: list(errors) for name, errors in mine.errors.items()} == dict(other.errors)
        assert getattr(mine, "cleaned_data", None) == getattr(other, "cleaned_data", None)
        for layout in ("as_div", "as_p", "as_ul", "as_table"):
            assert Reader(getattr(mine, layout)()).parts == Reader(getattr(other, layout)()).parts, (sent, layout)
    tasks: list[tuple[str, int, Callable[[Any], Callable[[], object]]]] = [
        ("made", 2000, lambda kind: lambda: kind(SENT)),
        ("made and validated, valid", 500, lambda kind: lambda: kind(SENT).is_valid()),
        ("made and validated, seven errors", 200, lambda kind: lambda: kind(WRONG).is_valid()),
        ("made, validated and texts read, seven errors", 200, lambda kind: lambda: read_errors(kind(WRONG))),
        ("made and rendered, empty", 100, lambda kind: lambda: str(kind())),
        ("made, validated and rendered, valid", 100, lambda kind: lambda: str(kind(SENT))),
        ("made, validated and rendered, seven errors", 100, lambda kind: lambda: str(kind(WRONG))),
        ("made and rendered as a table", 100, lambda kind: lambda: kind().as_table()),
    ]
    print(f"| ten fields | partita, us | Django {django.get_version()}, us | ratio |\n|---|---:|---:|---:|")
    for name, number, task in tasks:
        mine, other = best([task(ours), task(theirs)], number)
        print(f"| {name} | {mine:.0f} | {other:.0f} | {other / mine:.1f} |")


if __name__ == "__main__":
    main()
