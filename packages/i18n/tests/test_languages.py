"""Language tags and the choice of one."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.i18n import (
    LanguageError,
    MissingTranslation,
    Translations,
    best_language,
    choose_language,
    is_right_to_left,
    language_info,
    normalize_tag,
    parse_accept_language,
    to_locale,
)
from partita.i18n.languages import language_of_path
from partita.i18n.message_files import MessageFiles
from partita.text import timezone

tags = st.from_regex(r"\A[a-z]{2,8}(-[a-z0-9]{1,8}){0,2}\Z")
weights = st.integers(1, 1000).map(lambda number: number / 1000)


@given(st.lists(st.tuples(tags, weights), max_size=12))
def test_a_written_header_reads_back_heaviest_first(pairs: list[tuple[str, float]]) -> None:
    header = ", ".join(f"{tag};q={weight:.3f}" for tag, weight in pairs)
    assert parse_accept_language(header) == sorted(pairs, key=lambda pair: -pair[1])


@given(st.one_of(st.text(), st.text(alphabet="abz-,;q=.019* \t", max_size=600)))
def test_any_header_gives_tags_and_weights_and_no_error(header: str) -> None:
    for tag, weight in parse_accept_language(header):
        assert 0 < weight <= 1
        assert tag == "*" or normalize_tag(tag) == tag or len(tag.split("-")[0]) == 1
    assert choose_language(("de", "en"), "en", header, header, header) in {"de", "en"}


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("de", [("de", 1.0)]),
        ("de-AT, de;q=0.8, *;q=0.1", [("de-at", 1.0), ("de", 0.8), ("*", 0.1)]),
        ("en;q=0, fr;q=0.5", [("fr", 0.5)]),
        ("en;q=2, fr;q=, de;x=1, ;, -, de_DE", []),
        ("", []),
    ],
)
def test_a_header_is_read_and_what_is_malformed_left_out(header: str, found: list[tuple[str, float]]) -> None:
    assert parse_accept_language(header) == found


@pytest.mark.parametrize(
    "header", ["a" * 10**6, "de," * 10**6, "de-" * 10**6, ";q=" * 10**6, "de;q=0." + "0" * 10**6, " " * 10**6]
)
def test_cve_2023_23969_a_header_is_read_in_bounded_time_and_nothing_is_kept(header: str) -> None:
    assert least_seconds(lambda: [parse_accept_language(header) for _ in range(20)], enough=0.1) < 0.5


def test_cve_2026_77050_distinct_codes_leave_no_trace() -> None:
    translations = Translations(languages=["de", "fr"])
    tracemalloc.start()
    for number in range(2000):
        code = f"{number}-" + "x" * 10_000
        assert translations.match(code) == "en"
        assert choose_language(translations.languages, "en", code, code, code) == "en"
        with pytest.raises(LanguageError):
            translations.translator(code)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000


def test_cve_2024_39614_a_code_of_many_parts_is_refused_at_once() -> None:
    assert normalize_tag("-".join(["xx"] * 100_000)) is None
    assert best_language("de" + "-x" * 100_000, ("de",)) is None
    assert best_language("de-x-y-z-a-b", ("de",)) == "de"


def test_cve_2022_41323_a_language_in_the_path_is_compared_literally() -> None:
    assert choose_language(("de", "en"), "en", path="/d./x") == "en"
    assert choose_language(("de", "en"), "en", path="/de/x") == "de"


@pytest.mark.parametrize(
    ("wanted", "languages", "found"),
    [
        ("de-at", ("de", "de-at"), "de-at"),
        ("DE_AT", ("de",), "de"),
        ("de-ch", ("de-at",), "de-at"),
        ("zh-hans-cn", ("zh-hant", "zh-hans"), "zh-hans"),
        ("fr", ("de",), None),
        ("d", ("de",), None),
        ("de\n", ("de",), "de"),
    ],
)
def test_the_closest_language_is_found(wanted: str, languages: tuple[str, ...], found: str | None) -> None:
    assert best_language(wanted, languages) == found


def test_path_cookie_header_and_default_decide_in_this_order() -> None:
    site = ("en", "de", "fr", "it")
    assert choose_language(site, "en", "fr", "it", "/de/x") == "de"
    assert choose_language(site, "en", "fr", "it") == "fr"
    assert choose_language(site, "en", "nope!", "xx, it;q=0.5, de;q=0.9") == "de"
    assert choose_language(site, "en", None, "*, de;q=0.5") == "en"
    assert choose_language(site, "en") == "en"


def test_languages_have_names_and_a_direction() -> None:
    assert language_info("de", "fr") == ("de", "German", "Deutsch", False, "allemand")
    assert language_info("ar").bidi
    assert is_right_to_left("ar-eg")
    assert is_right_to_left("he")
    assert not is_right_to_left("xx-yy")
    assert [to_locale(tag) for tag in ("de", "pt-br", "zh-Hans", "sr-latn-rs")] == [
        "de",
        "pt_BR",
        "zh_Hans",
        "sr_Latn_RS",
    ]
    for bad in ("", "d", "../etc", "de/x", "x" * 50):
        with pytest.raises(LanguageError, match="expected a language tag"):
            to_locale(bad)
    with pytest.raises(LanguageError, match="CLDR"):
        language_info("xx")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("zh-tw", "zh-hant"), ("zh-hk", "zh-hant"), ("zh-cn", "zh-hans"), ("zh", "zh-hans"), ("zh-hant-tw", "zh-hant"),
     ("no", "nb"), ("nb-no", "nb"), ("nn", "nn"), ("de", None)],
)  # fmt: skip
def test_scripts_and_languages_that_are_two_find_their_own(wanted: str, found: str | None) -> None:
    assert best_language(wanted, ["zh-hans", "zh-hant", "nb", "nn"]) == found


def test_private_parts_of_a_tag_stay_as_they_are() -> None:
    assert to_locale("nl-nl-x-informal") == "nl_NL-x-informal"
    assert to_locale("sr-latn-rs-x-a-b") == "sr_Latn_RS-x-a-b"


def test_an_unknown_region_leaves_the_language() -> None:
    assert language_info("de-xx")[:3] == ("de", "German", "Deutsch")
    assert language_info("de-at").code == "de-at"


def test_a_region_that_cldr_derives_is_told_by_what_is_written_there() -> None:
    assert [language_info(tag).code for tag in ("zh-my", "zh-tw", "pt-br", "de-xx", "en-us")] == [
        "zh-hans", "zh-hant", "pt-br", "de", "en-us",
    ]  # fmt: skip


def test_cve_2026_15337_names_of_zones_and_messages_leave_no_trace(tmp_path: Path) -> None:
    files = MessageFiles([tmp_path])
    tracemalloc.start()
    for number in range(2000):
        name = f"{number}/" + "x" * 10_000
        with pytest.raises(ValueError, match="no time zone"):
            timezone.activate(name)
        with pytest.raises(MissingTranslation):
            files.format(name)
        assert language_of_path(f"/{name}", ("de",)) is None
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000
