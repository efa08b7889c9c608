"""Time a formset of 100 rows beside Django's: made, validated, rendered. Needs Django installed.

Both run in one process, alternately; what is printed is a table in Markdown with the ratio of the best rounds.
"""

import time
import timeit
from collections.abc import Callable

import django
from django import forms as django_forms
from django.conf import settings

from partita import forms
from partita.forms.formsets import formset_factory

ROWS = 100
CHOICES = [("a", "A"), ("b", "B"), ("c", "C")]


def fields(library: object) -> dict[str, object]:
    """Return the four fields of a row."""
    made: dict[str, object] = {
        "title": library.CharField(max_length=50),  # type: ignore[attr-defined]  # both libraries have the same names
        "number": library.IntegerField(min_value=0),  # type: ignore[attr-defined]
        "price": library.DecimalField(max_digits=6, decimal_places=2, required=False),  # type: ignore[attr-defined]
        "kind": library.ChoiceField(choices=CHOICES),  # type: ignore[attr-defined]
    }
    return made


def sent(rows: int, title: str = "Partita") -> dict[str, str]:
    """Return what a browser sends."""
    data = {"form-TOTAL_FORMS": str(rows), "form-INITIAL_FORMS": "0"}
    for row in range(rows):
        data |= {
            f"form-{row}-title": title,
            f"form-{row}-number": str(row),
            f"form-{row}-price": "9.90",
            f"form-{row}-kind": "b",
        }
    return data


def best(calls: list[Callable[[], object]], rounds: int = 9, number: int = 3) -> list[float]:
    """Return milliseconds of processor time of one call each, the best of several rounds in turn."""
    times = [[timeit.timeit(call, timer=time.process_time, number=number) for call in calls] for _ in range(rounds)]
    return [min(column) / number * 1e3 for column in zip(*times, strict=True)]


def main() -> None:
    """Print the table."""
    settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}], USE_I18N=False)
    django.setup()
    ours = formset_factory(type("Row", (forms.Form,), fields(forms)), extra=ROWS, can_delete=True)
    theirs = django_forms.formset_factory(
        type("Row", (django_forms.Form,), fields(django_forms)), extra=ROWS, can_delete=True
    )
    good, bad = sent(ROWS), sent(ROWS, "")
    tasks: dict[str, Callable[[type], object]] = {
        "made": lambda kind: kind(good).forms,
        "validated": lambda kind: kind(good).is_valid(),
        "refused": lambda kind: kind(bad).is_valid(),
        "rendered empty": lambda kind: str(kind()),
        "refused and rendered": lambda kind: (kind(bad).is_valid(), str(kind(bad))),
    }
    assert ours(good).is_valid()
    assert theirs(good).is_valid()
    print(f"| {ROWS} rows of 4 fields | partita, ms | Django {django.get_version()}, ms | ratio |")
    print("|---|---|---|---|")
    for name, task in tasks.items():
        mine, other = best([lambda task=task: task(ours), lambda task=task: task(theirs)])  # type: ignore[misc]  # bound early
        print(f"| {name} | {mine:.2f} | {other:.2f} | {other / mine:.1f} |")


if __name__ == "__main__":
    main()
