"""Hostile input costs what honest input of its length does: every function that takes text is in a registry."""

from collections.abc import Callable
from functools import partial

import pytest

import partita.text
from partita.contracts.testing.cost import cost_size, least_seconds, public_functions
from partita.contracts.testing.cost import is_linear as twice_costs_twice
from partita.text import humanize, markup, strings, timezone
from partita.text.truncator import Truncator

SIZE = cost_size(2**15)
"""Characters of the shorter text."""

TAGS = ("<", "<a", "<a ", "</", "<!--", "<!", "<?", "<a>", "</a>", "<a b='", '<a b="', "&", "&#", "&lt;", "><", "<a<b", "<>",
        "&gotcha&#;<>", "<!DOCTYPE", "<!-->", "<a\">\"", "<a'>", "<p></x>", "</a><b>", "\t")  # fmt: skip
WORDS = ("a", "a ", " ", "\n", "-", "a-", "a\t", "é", "e\u0301", "_-", "ﷺ", "\r\n", "\r")
LINKS = ("(", ")", "((((a.com))))", "www.", "a@", "a.", "http://", "&lt;", ";", "&;", ".,:;!?", "[[", "{}", "é.", "<a.com>",
         "a.com ", "@a.", "'\"", "::", "http://a.com;&amp", "a@b.c ", "www.a.b ")  # fmt: skip
QUOTES = ('"', "'", "\\", '\\"', "'\"", '" ', "a='", "\\'")
NUMBERS = ("1", "-", ".", "1,", "e", "0", "1 ", "+", "9.")
DATES = ("1", "1-", ":", "T", "P1D", "1 day ", "-", "0", "1:")
ESCAPES = ("%", "%41", "%E2", "%ff", "é", "/", "\\", "?", "&a=")

NASTY: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "base36_to_int": (partita.text.base36_to_int, NUMBERS),
    "camel_case_to_spaces": (partita.text.camel_case_to_spaces, ("a", "A", "aA", "AAa", " ", "1A")),
    "capfirst": (partita.text.capfirst, ("a", "ß", " ")),
    "conditional_escape": (partita.text.conditional_escape, (*TAGS[:6], "'", '"')),
    "escape": (partita.text.escape, (*TAGS[:6], "'", '"', "&#39;")),
    "escape_leading_slashes": (partita.text.escape_leading_slashes, ("/",)),
    "escape_uri_path": (partita.text.escape_uri_path, ESCAPES),
    "filepath_to_uri": (partita.text.filepath_to_uri, ESCAPES),
    "float_format": (partita.text.float_format, NUMBERS),
    "force_bytes": (partita.text.force_bytes, ("a", "é")),
    "force_str": (partita.text.force_str, ("a", "é")),
    "format_html": (lambda text: partita.text.format_html("{}", text), TAGS[:6]),
    "format_html_join": (lambda text: partita.text.format_html_join(text[:9], "{}", [(text,)]), TAGS[:6]),
    "get_text_list": (lambda text: partita.text.get_text_list([*text]), ("a",)),
    "get_valid_filename": (partita.text.get_valid_filename, ("a", "?a", " a", ".a")),
    "iri_to_uri": (partita.text.iri_to_uri, ESCAPES),
    "is_same_domain": (lambda text: partita.text.is_same_domain(text, f".{text}"), ("a.", ".")),
    "json_script": (partita.text.json_script, ("<", "&", "\\", "é", '"')),
    "linebreaks": (partita.text.linebreaks, (*WORDS, "\n\n", "\n \n")),
    "linebreaks_br": (partita.text.linebreaks_br, (*WORDS, "\n\n")),
    "localize": (partita.text.localize, ("1",)),
    "localize_input": (partita.text.localize_input, ("1",)),
    "mark_safe": (partita.text.mark_safe, ("<",)),
    "normalize_newlines": (partita.text.normalize_newlines, ("\r", "\n", "\r\n", "\n\r")),
    "number_format": (partial(partita.text.number_format, group=True), ("1", "-", ".", "0")),
    "parse_date": (partita.text.parse_date, DATES),
    "parse_datetime": (partita.text.parse_datetime, DATES),
    "parse_duration": (partita.text.parse_duration, DATES),
    "parse_number": (partita.text.parse_number, (*NUMBERS, "1,234", "1.")),
    "plain_number": (partita.text.plain_number, (*NUMBERS, "1,234", "1.")),
    "parse_time": (partita.text.parse_time, DATES),
    "phone_to_numeric": (partita.text.phone_to_numeric, ("a", "1", "é")),
    "pluralize": (partita.text.pluralize, ("1", "a")),
    "quote_url": (partita.text.quote_url, (*ESCAPES, "http://a.com/?a=1&", "[", "]", "//", "@")),
    "slugify": (partita.text.slugify, WORDS),
    "smart_split": (lambda text: sum(1 for _ in partita.text.smart_split(text)), (*QUOTES, *WORDS)),
    "strip_spaces_between_tags": (partita.text.strip_spaces_between_tags, (*TAGS, " ", "> ", "> <")),
    "strip_tags": (partita.text.strip_tags, TAGS),
    # An eighth, as characters that are composed take half of the room: both texts have to be cut.
    "truncate_chars": (lambda text: partita.text.truncate_chars(text, SIZE // 8), WORDS),
    "truncate_html_chars": (lambda text: partita.text.truncate_html_chars(text, SIZE // 2), TAGS),
    "truncate_html_words": (lambda text: partita.text.truncate_html_words(text, SIZE // 2), TAGS),
    "truncate_words": (lambda text: partita.text.truncate_words(text, SIZE // 2), WORDS),
    "unescape_string_literal": (lambda text: partita.text.unescape_string_literal(f'"{text}"'), QUOTES),
    "uri_to_iri": (partita.text.uri_to_iri, ESCAPES),
    "url_has_allowed_host_and_scheme": (lambda text: partita.text.url_has_allowed_host_and_scheme(text, {"a"}), ESCAPES),
    "urlencode": (lambda text: partita.text.urlencode({text: text}), ESCAPES),
    "urlize": (lambda text: partita.text.urlize(text, limit=20, nofollow=True, autoescape=True), LINKS),
    "urlsafe_base64_decode": (partita.text.urlsafe_base64_decode, ("a", "=", "-")),
    "wrap": (lambda text: partita.text.wrap(text, 10), WORDS),
    "add_slashes": (strings.add_slashes, QUOTES),
    "title": (strings.title, ("a", "a'", "1a", "A'A")),
    "apnumber": (humanize.apnumber, NUMBERS),
    "intcomma": (humanize.intcomma, NUMBERS),
    "intword": (humanize.intword, NUMBERS),
    "ordinal": (humanize.ordinal, NUMBERS),
    "named_zone": (timezone.named_zone, ("a/", "../", "Europe/", "é", "+")),
    "activate": (timezone.activate, ("a/", "../", "Europe/", "é", "+")),
    "Truncator": (lambda text: Truncator(text).words(9, html=True), TAGS),
}  # fmt: skip
NO_TEXT = {
    "keep_lazy", "keep_lazy_text", "lazy", "lazystr", "format_lazy", "html_safe",
    "import_string", "module_has_submodule", "deconstructible",  # programmers' text, not visitors'
    "get_format", "current_formats", "current_zone", "to_zone", "is_protected_type", "int_to_base36", "urlsafe_base64_encode",
    "duration_string", "duration_iso_string", "duration_microseconds", "file_size", "time_since", "time_until",
    "date_format", "time_format", "format_date", "smart_str", "smart_bytes",  # smart_* are force_*
    "naturalday", "naturaltime", "chosen_formats", "clock_zone", "local_now",
    "paragraph", "paragraphs", "sentence", "words",  # lorem ipsum, from counts
    "deactivate", "get_current_timezone", "get_current_timezone_name", "get_default_timezone", "get_default_timezone_name",
    "get_fixed_timezone", "is_aware", "is_naive", "localdate", "localtime", "make_aware", "make_naive", "now", "timezone_name",
}  # fmt: skip


CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


def test_every_function_is_in_the_registry() -> None:
    public = public_functions(partita.text)
    assert public - set(NASTY) - NO_TEXT == set()
    assert NO_TEXT - public == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_text_costs_twice_the_time(name: str, piece: str) -> None:
    function = NASTY[name][0]

    def run(text: str) -> None:
        try:
            function(text)
        except ValueError:  # a text that is refused has been looked at, too
            return

    for edge in ("", "x"):
        assert twice_costs_twice(run, piece, SIZE, edge)


def seconds(function: Callable[[str], object], text: str) -> float:
    return least_seconds(lambda: function(text), attempts=2)


def is_linear(function: Callable[[str], object], piece: str, before: str = "", after: str = "") -> bool:
    small, large = (before + piece * (size // len(piece)) + after for size in (12_500, 100_000))
    # Eight times the input; quadratic cost would be sixty-four times as much. A busy machine gets three chances.
    return any(seconds(function, large) < 24 * seconds(function, small) + 0.01 for _ in range(3))


@pytest.mark.parametrize("piece", TAGS)
def test_cve_2024_53907_and_2025_32873_stripping_tags_is_linear(piece: str) -> None:
    assert is_linear(partita.text.strip_tags, piece)


@pytest.mark.parametrize("depth", [10, 1000])
def test_tags_inside_tags_end_after_a_bounded_number_of_passes(depth: int) -> None:
    nested = ("<" * depth + "b>" + "b>" * depth) * 20
    assert seconds(partita.text.strip_tags, nested) < 60 * seconds(markup_once, nested) + 0.01


def markup_once(text: str) -> str:
    return "".join(piece for kind, piece in markup.pieces(text) if kind == "text")


@pytest.mark.parametrize("piece", LINKS)
def test_cve_2024_38875_41990_41991_45230_linking_is_linear(piece: str) -> None:
    assert is_linear(lambda text: partita.text.urlize(text, limit=20, nofollow=True, autoescape=True), piece)
    assert is_linear(lambda text: partita.text.urlize(text, autoescape=True), piece, "http://a.com/", ".org")


@pytest.mark.parametrize("piece", TAGS)
def test_cve_2023_43665_2024_27351_2026_1285_cutting_html_is_linear(piece: str) -> None:
    for function in (partita.text.truncate_html_chars, partita.text.truncate_html_words):
        for length in (5, 1_000_000):
            assert is_linear(partial(cut, function, length), piece)


def cut(function: Callable[[str, int], str], length: int, text: str) -> str:
    return function(text, length)


@pytest.mark.parametrize("piece", ["a", "a ", " ", "\n", "-", "a-", "a\t"])
def test_cve_2025_26699_wrapping_is_linear(piece: str) -> None:
    assert is_linear(lambda text: partita.text.wrap(text, 10), piece)
    assert is_linear(lambda text: partita.text.wrap(text, 1), piece)


def test_cve_2024_24680_separating_thousands_is_linear() -> None:
    for piece in NUMBERS:
        assert is_linear(humanize.intcomma, piece)


def test_cve_2024_41989_an_exponent_stays_an_exponent() -> None:
    for text in ("1e200000000", "1e-200000000", "-9.9e999999"):
        assert len(partita.text.float_format(text, 2)) < 500
