"""The language in force, lazy texts that count, what is missing, and the pseudo-locale."""

import asyncio
import pickle
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.i18n import TRANSLATOR
from partita.i18n import (
    MissingTranslation,
    Translations,
    activate,
    check_for_language,
    deactivate,
    deactivate_all,
    format_lazy,
    get_language,
    get_language_bidi,
    get_language_from_path,
    get_language_from_request,
    get_supported_language_variant,
    gettext,
    gettext_lazy,
    gettext_noop,
    ngettext,
    ngettext_lazy,
    npgettext,
    npgettext_lazy,
    override,
    pgettext_lazy,
    pseudo_text,
    to_language,
)
from partita.text import date_format, get_format, localize, localize_input, number_format, parse_number
from partita.text.formats import FORMATS


@pytest.fixture(autouse=True)
def nothing_in_force() -> object:
    before = TRANSLATOR.set(None), FORMATS.set(None)
    yield
    FORMATS.reset(before[1])
    TRANSLATOR.reset(before[0])


def site(locale_dir: Path, **more: object) -> Translations:
    return Translations([locale_dir], ["de", "ar"], **more)  # type: ignore[arg-type] # of each test


def test_formats_of_no_language_count_while_none_is_in_force(locale_dir: Path) -> None:
    own = {"": {"named": {"DATE_FORMAT": "Y/m/d"}, "decimal_separator": "·"}, "de": {"named": {"DATE_FORMAT": "j. n."}}}
    translations = site(locale_dir, formats=own)
    day = date(2031, 4, 5)
    with override("de", translations):
        assert date_format(day, "DATE_FORMAT") == "5. 4."
        with override(None, translations):
            assert (date_format(day, "DATE_FORMAT"), number_format(1.5)) == ("2031/04/05", "1·5")
        deactivate_all()
        assert date_format(day, "DATE_FORMAT") != "5. 4."
    with override(None, site(locale_dir)):
        assert date_format(day, "DATE_FORMAT") == "April 5, 2031"


def test_a_language_stays_until_another_one_is_entered(locale_dir: Path) -> None:
    with override("de", site(locale_dir)):
        activate("ar")
        assert (get_language(), get_language_bidi()) == ("ar", True)
        activate("de-at")
        assert (get_language(), get_language_bidi(), gettext("Cart")) == ("de", False, "Warenkorb")
        deactivate()
        assert get_language() == "en"
        deactivate_all()
        assert get_language() is None
    assert get_language() is None
    activate("fr")
    assert (get_language(), number_format(1.5)) == ("fr", "1,5")
    deactivate()
    assert get_language() is None


def test_a_decorated_function_speaks_the_language_in_every_task(locale_dir: Path) -> None:
    translations = site(locale_dir)

    @override("de", translations)
    def decorated(depth: int) -> str:
        return decorated(depth - 1) if depth else gettext("Cart")

    async def main() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(decorated, 3) for _ in range(8)))

    assert set(asyncio.run(main())) == {"Warenkorb"}
    assert get_language() is None


def test_the_languages_of_the_site_are_known(locale_dir: Path) -> None:
    assert not check_for_language("de")
    with override("de", site(locale_dir)):
        assert check_for_language("de-at")
        assert not check_for_language("xx")
        assert not check_for_language("de" * 1_000_000)
        assert get_supported_language_variant("ar-eg") == "ar"
        for language, strict in (("ar-eg", True), ("xx", False), ("../de", False)):
            with pytest.raises(LookupError):
                get_supported_language_variant(language, strict)


def test_lazy_texts_that_count(locale_dir: Path) -> None:
    tracks = ngettext_lazy("%(n)s track", "%(n)s tracks", "n")
    rails = npgettext_lazy("rail", "%(n)s track", "%(n)s tracks", "n")
    fixed = ngettext_lazy("%(n)s track", "%(n)s tracks", 1)
    songs = ngettext_lazy("{} song", "{} songs")
    assert [tracks % {"n": 1}, tracks % {"n": 2}, str(fixed), songs.format(1), songs.format(3)] == [
        "1 track", "2 tracks", "%(n)s track", "1 song", "3 songs",
    ]  # fmt: skip
    assert ngettext_lazy("%d song", "%d songs") % 1 == "1 song"
    with override("de", site(locale_dir)):
        assert [tracks % {"n": 1}, tracks % {"n": 2}, rails % {"n": 2}] == ["1 Stück", "2 Stücke", "2 Gleise"]
        assert npgettext("rail", "%(n)s track", "%(n)s tracks", 1) == "%(n)s Gleis"
        assert str(pgettext_lazy("verb", "Open")) == "Öffnen"
        assert str(format_lazy("{}: {}", gettext_lazy("Cart"), 3)) == "Warenkorb: 3"
        assert gettext_noop("Cart") == "Cart"
    with pytest.raises(KeyError, match="lacks key 'n'"):
        tracks % {"m": 1}
    assert npgettext("rail", "one", "more", 2) == "more"


def test_missing_translations_are_noted_or_refused(locale_dir: Path) -> None:
    noting = site(locale_dir, missing="note")
    with noting.use("de"):
        assert (gettext("Cart"), gettext("Basket"), gettext("Basket")) == ("Warenkorb", "Basket", "Basket")
        ngettext("bag", "bags", 2)
        gettext("")
    with noting.use("en"):
        gettext("Never noted: English is the language of the texts")
    assert [(each.language, each.message) for each in noting.missing_messages()] == [("de", "Basket"), ("de", "bag")]
    with site(locale_dir, missing="raise").use("de"):
        assert gettext("Cart") == "Warenkorb"
        with pytest.raises(MissingTranslation, match="'Basket' has no translation into de"):
            gettext("Basket")
    assert site(locale_dir).missing_messages() == []


def test_the_table_of_missing_translations_is_bounded(locale_dir: Path) -> None:
    noting = site(locale_dir, missing="note")
    with noting.use("de"):
        for number in range(10_100):
            gettext(f"visitor's text {number}")
    assert len(noting.missing_messages()) == 10_000


def test_the_pseudo_locale_marks_and_lengthens_texts() -> None:
    with Translations(languages=["en-xa"]).use("en-xa"):
        assert gettext("Cart") == "⟦Çåŕť·⟧"
        shown = gettext("%(n)s of <b>{total}</b> &amp; more") % {"n": 1}
        assert shown == f"⟦1 öf <b>{{total}}</b> &amp; möŕé{'·' * 12}⟧"
        assert ngettext("%d song", "%d songs", 2) % 2 == "⟦2 šöñĝš···⟧"
        assert gettext("") == ""


@given(st.text(alphabet="ab %(){}<>&;sd", max_size=60))
def test_pseudo_text_keeps_every_placeholder(text: str) -> None:
    places = re.compile(r"%\(\w+\)[sd]|%%")
    assert places.findall(pseudo_text(text)) == places.findall(text)


def test_formats_may_be_changed_by_language() -> None:
    own = {
        "de": {
            "named": {"DATE_FORMAT": "d.m.Y"},
            "input": {"DATE_INPUT_FORMATS": ["%d.%m."]},
            "thousand_separator": " ",
        }
    }
    translations = Translations(languages=["de"], formats=own)
    import datetime

    with translations.use("de"):
        assert date_format(datetime.date(2026, 3, 1)) == "01.03.2026"
        assert number_format(12345.5, group=True) == "12 345,5"
        assert get_format("DATE_INPUT_FORMATS") == ("%d.%m.",)
        assert get_format("TIME_INPUT_FORMATS")[0] == "%H:%M:%S"
    with pytest.raises(ValueError, match="no field first_day"):
        Translations(languages=["de"], formats={"de": {"first_day": 1}}).formats("de")


@pytest.mark.parametrize("language", ["de", "fr", "es", "ar", "en", "en-gb", "ja", "fa", "hi", "pt-br", "sv", "he"])
def test_what_a_form_shows_is_read_back(language: str) -> None:
    import datetime

    moment = datetime.datetime(2026, 3, 1, 14, 5, 9)  # noqa: DTZ001 - forms have wall clocks
    with Translations(languages=[language]).use(language):
        shown = localize_input(moment)
        assert datetime.datetime.strptime(shown, get_format("DATETIME_INPUT_FORMATS")[0]) == moment  # noqa: DTZ007
        assert localize_input(moment.date(), "%Y") == "2026"
        assert datetime.datetime.strptime(localize_input(moment.date()), get_format("DATE_INPUT_FORMATS")[0])  # noqa: DTZ007
        assert parse_number(localize_input(12345.25)) == parse_number(
            localize_input(parse_number(localize_input(12345.25)))
        )
        assert (localize_input("x"), localize_input(True), localize_input(None)) == ("x", "True", None)


def test_directions_and_names_may_be_set() -> None:
    translations = Translations(languages=["de", "ar"], right_to_left=["de"], names={"de": "Deutsch"})
    with translations.use("de"):
        assert get_language_bidi()
    with translations.use("ar"):
        assert not get_language_bidi()


class Visit:
    def __init__(self, path: str = "/", cookie: str = "", accept: str = "") -> None:
        self.path, self.cookies, self.headers = path, {"partita_language": cookie}, {"accept-language": accept}


def test_the_language_of_a_request_can_be_asked_for(locale_dir: Path) -> None:
    with pytest.raises(LookupError, match="Enter an application"):
        get_language_from_request(Visit())
    with override("de", site(locale_dir)):
        assert get_language_from_request(Visit(accept="ar-EG,de;q=0.5")) == "ar"
        assert get_language_from_request(Visit(cookie="de", accept="ar")) == "de"
        assert get_language_from_request(Visit(path="/ar/cart/")) == "en"
        assert get_language_from_request(Visit(path="/ar/cart/"), check_path=True) == "ar"
        assert [get_language_from_path(path) for path in ("/de/", "/de", "/AR/x/", "/xx/", "/", "", "/" + "d" * 99)] == [
            "de", "de", "ar", None, None, None, None,
        ]  # fmt: skip
    assert [to_language("pt_BR"), to_language("zh_Hans")] == ["pt-br", "zh-hans"]


def test_a_counted_text_may_say_no_number_and_crosses_processes() -> None:
    songs = ngettext_lazy("good song, 100%%", "good songs, 100%%")
    assert songs % 1 == "good song, 100%"
    assert songs % 4 == "good songs, 100%"
    with pytest.raises(TypeError):
        ngettext_lazy("%d of %d", "%d of %d") % 1
    copy = pickle.loads(pickle.dumps(ngettext_lazy("%d song", "%d songs")))
    assert (copy % 1, copy % 2) == ("1 song", "2 songs")


def test_a_language_that_cldr_does_not_know_has_english_formats(locale_dir: Path) -> None:
    translations = Translations([locale_dir], ["tlh-own", "de"])
    with translations.use("tlh-own"):
        assert localize(1.5) == "1.5"
    with translations.use("de"):
        assert localize(1.5) == "1,5"
