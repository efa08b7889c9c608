"""Time a form of six fields beside Django's: made, validated, rendered. Needs Django installed."""

import timeit
from collections.abc import Callable

import django
from django import forms as django_forms
from django.conf import settings

from partita import forms

SENT = {"name": "Clara", "email": "clara@example.org", "age": "34", "when": "2026-11-21", "kind": "a", "note": "x"}
CHOICES = [("a", "A"), ("b", "B")]


class Ours(forms.Form):
    name = forms.CharField(max_length=50)
    email = forms.EmailField()
    age = forms.IntegerField(min_value=0)
    when = forms.DateField(required=False)
    kind = forms.ChoiceField(choices=CHOICES)
    note = forms.CharField(widget=forms.Textarea, required=False)


class Theirs(django_forms.Form):
    name = django_forms.CharField(max_length=50)
    email = django_forms.EmailField()
    age = django_forms.IntegerField(min_value=0)
    when = django_forms.DateField(required=False)
    kind = django_forms.ChoiceField(choices=CHOICES)
    note = django_forms.CharField(widget=django_forms.Textarea, required=False)


def best(call: Callable[[], object]) -> float:
    """Return microseconds of one call, the best of five rounds."""
    return min(timeit.repeat(call, number=300, repeat=5)) / 300 * 1e6


def main() -> None:
    settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}], USE_I18N=False)
    django.setup()
    tasks: dict[str, Callable[[type], object]] = {
        "made": lambda kind: kind(SENT),
        "validated": lambda kind: kind(SENT).is_valid(),
        "rendered": lambda kind: str(kind(SENT)),
        "refused and rendered": lambda kind: str(kind({})),
    }
    for name, task in tasks.items():
        ours, theirs = best(lambda task=task: task(Ours)), best(lambda task=task: task(Theirs))
        print(f"{name}: {ours:.0f} us, Django {theirs:.0f} us, ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
