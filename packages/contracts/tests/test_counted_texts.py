"""Texts that count something, and stretches of a program in which nothing is translated."""

from collections.abc import Iterator

import pytest

from partita.contracts.i18n import (
    TRANSLATOR,
    current_translator,
    gettext,
    ngettext,
    npgettext,
    pgettext,
    pgettext_lazy,
    untranslated,
)


class German:
    """Knows a few words."""

    language = "de"

    def gettext(self, message: str) -> str:
        return {"month": "Monat"}.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return {"day": "Tag", "days": "Tage"}[singular if number == 1 else plural]

    def pgettext(self, context: str, message: str) -> str:
        return {("abbreviated", "month"): "Mon."}.get((context, message), message)


class Contextual(German):
    """Knows what counted words mean where they stand."""

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        return f"{self.ngettext(singular, plural, number)} ({context})"


@pytest.fixture(params=[German, Contextual])
def translator(request: pytest.FixtureRequest) -> Iterator[German]:
    """Activate one."""
    made: German = request.param()
    token = TRANSLATOR.set(made)
    yield made
    TRANSLATOR.reset(token)


@pytest.mark.parametrize(("number", "word"), [(0, "days"), (1, "day"), (2, "days"), (-1, "days")])
def test_without_a_translator_english_decides_what_is_one(number: int, word: str) -> None:
    assert ngettext("day", "days", number) == word
    assert npgettext("since", "day", "days", number) == word


def test_a_translator_decides_by_the_number_and_by_the_context_if_it_knows_contexts(translator: German) -> None:
    tail = " (since)" if isinstance(translator, Contextual) else ""
    assert [ngettext("day", "days", number) for number in (1, 2)] == ["Tag", "Tage"]
    assert [npgettext("since", "day", "days", number) for number in (1, 2)] == [f"Tag{tail}", f"Tage{tail}"]


def test_nothing_is_translated_within_a_stretch_that_says_so_and_afterwards_it_is_again(translator: German) -> None:
    lazy = pgettext_lazy("abbreviated", "month")
    with untranslated():
        assert current_translator() is None
        assert (gettext("month"), pgettext("abbreviated", "month"), str(lazy)) == ("month", "month", "month")
        with untranslated():
            assert gettext("month") == "month"
        assert gettext("month") == "month"
    assert current_translator() is translator
    assert (gettext("month"), pgettext("abbreviated", "month"), str(lazy)) == ("Monat", "Mon.", "Mon.")


def test_an_error_within_such_a_stretch_ends_it(translator: German) -> None:
    with pytest.raises(ValueError, match="month"), untranslated():
        raise ValueError(gettext("month"))
    assert gettext("month") == "Monat"
