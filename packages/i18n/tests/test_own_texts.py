"""The catalogues that come with the package: what partita itself says, in other languages than English."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from partita.contracts.i18n import gettext, ngettext
from partita.i18n import Catalogue, Translations, is_right_to_left, read_catalogue
from partita.i18n.collecting import collect
from partita.i18n.translations import OWN_TEXTS
from partita.text import get_text_list, time_since
from partita.text.humanize import apnumber, intcomma, intword, naturalday, naturaltime, ordinal

LANGUAGES = sorted(folder.name for folder in OWN_TEXTS.iterdir())
_PLACE = re.compile(r"%\(\w+\)[sdr]|%[sdr]")


def catalogue(language: str) -> Catalogue:
    return read_catalogue(OWN_TEXTS / language / "LC_MESSAGES" / "messages.po")


def test_german_french_spanish_and_arabic_are_there() -> None:
    assert {"ar", "de", "es", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_messages(language: str) -> None:
    assert catalogue(language).messages.keys() == catalogue("de").messages.keys()


def _folders() -> list[Path]:
    """The folders in which the packages of the namespace are, wherever they are installed."""
    return [Path(folder) for folder in sys.modules["partita"].__path__]


@pytest.fixture(scope="module")
def own() -> dict[tuple[str | None, str], str]:
    """Return every message of the packages that are installed, with a source that has it."""
    found: dict[tuple[str | None, str], str] = {}
    for folder in _folders():
        for template in collect(folder, ignore=("*/testing/*",)).values():
            for message in template:
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    found[message.context or None, key] = str(message.locations[0][0])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_every_package_is_translated(language: str, own: dict[tuple[str | None, str], str]) -> None:
    assert own
    assert {key: source for key, source in own.items() if key not in catalogue(language).messages} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_places_of_its_message(language: str) -> None:
    with (OWN_TEXTS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert messages
    for message in messages:
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        original = message.id[-1] if isinstance(message.id, tuple | list) else message.id
        for form in forms:
            # A form for one may leave the number out; nothing may stand there that the message does not fill.
            assert set(_PLACE.findall(str(form))) <= set(_PLACE.findall(str(original))), (original, form)


def test_partita_speaks_german() -> None:
    with Translations(languages=["de", "de-at"]).use("de-at"):
        assert gettext("This field is required.") == "Dieses Feld wird benötigt."
        assert ngettext("%(num)d year", "%(num)d years", 3) % {"num": 3} == "3 Jahre"


def test_texts_of_the_site_stand_above_those_of_partita(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "This field is required."\nmsgstr "Pflichtfeld"\n',
        encoding="utf-8",
    )
    with Translations([tmp_path], ["de"]).use("de"):
        assert gettext("This field is required.") == "Pflichtfeld"
        assert gettext("Enter a valid time.") == "Geben Sie eine gültige Uhrzeit ein."


def test_humanized_numbers_and_times_are_german() -> None:
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    with Translations(languages=["de"]).use("de"):
        assert [ordinal(3), apnumber(3), intcomma(1234567.5)] == ["3.", "drei", "1.234.567,5"]
        assert [intword(10**6), intword(25 * 10**8)] == ["1,0 Million", "2,5 Milliarden"]
        assert naturaltime(now - timedelta(hours=2), now) == "vor 2\xa0Stunden"
        assert naturalday(now.date(), now=now) == "heute"


def test_german_inflects_spans_where_they_stand() -> None:
    now = datetime(2026, 5, 10, 12, tzinfo=UTC)
    with Translations(languages=["de"]).use("de"):
        assert naturaltime(now - timedelta(days=3), now) == "vor 3\xa0Tagen"
        assert naturaltime(now + timedelta(days=70), now) == "in 2\xa0Monaten, 1\xa0Woche"
        assert time_since(now - timedelta(days=3), now) == "3\xa0Tage"


@pytest.mark.parametrize(("days", "words"), [(1, "يوم واحد"), (2, "يومين"), (3, "3 أيام")])
def test_partita_speaks_arabic_with_all_its_numbers(days: int, words: str) -> None:
    now = datetime(2026, 5, 10, 12, tzinfo=UTC)
    with Translations(languages=["ar"]).use("ar"):
        assert naturaltime(now - timedelta(days=days), now) == f"منذ {words}".replace(words, words.replace(" ", "\xa0"))
        assert gettext("This field is required.") == "هذا الحقل مطلوب."
        assert [ngettext("%(num)d day", "%(num)d days", count) % {"num": count} for count in (11, 100, 103)] == [
            "11 يومًا", "100 يوم", "103 أيام",
        ]  # fmt: skip
        assert get_text_list(["a", "b", "c"]) == "a، b أو c"
        assert is_right_to_left("ar")
