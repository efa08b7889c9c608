"""Filters cost what their input's length says, however hostile it is; every filter is in the registry below."""

import os
from collections.abc import Callable
from functools import partial

import pytest

from partita.contracts.testing.cost import least_seconds
from partita.templates import Engine, TemplateError
from partita.templates.attributes import Attributes
from partita.templates.tokens import split_words, tokenize

SIZE = int(os.environ.get("PARTITA_COST_SIZE", str(2**13)))
"""Characters; twice as many may cost 2.3 times as much. 524288 compares with one MiB, which takes minutes."""
NOISE = 0.004
"""Seconds of processor time below which nothing is told from nothing."""

MARKUP = ("<", "<a ", "</", "<!--", "&", "&#", "&lt;", "<a b='", "</a><b>", "'", '"')
FILTERS: dict[str, str] = {
    "add": "text|add:text", "addslashes": "text|addslashes", "capfirst": "text|capfirst", "center": "text|center:9",
    "cut": "text|cut:'a'", "date": "text|date:text", "default": "text|default:1",
    "default_if_none": "text|default_if_none:1", "dictsort": "text|dictsort:text",
    "dictsortreversed": "text|dictsortreversed:text", "divisibleby": "text|divisibleby:3", "escape": "text|escape",
    "escapejs": "text|escapejs", "escapeseq": "text|escapeseq|length", "filesizeformat": "text|filesizeformat", "first": "text|first",
    "floatformat": "text|floatformat:2", "force_escape": "text|force_escape", "get_digit": "text|get_digit:2",
    "iriencode": "text|iriencode", "join": "text|join:'<'", "json_script": "text|json_script:'id'", "last": "text|last",
    "length": "text|length", "length_is": "text|length_is:3", "linebreaks": "text|linebreaks", "linebreaksbr": "text|linebreaksbr",
    "linenumbers": "text|linenumbers", "ljust": "text|ljust:9", "lower": "text|lower", "make_list": "text|make_list|length",
    "phone2numeric": "text|phone2numeric", "pluralize": "text|pluralize:text", "pprint": "text|pprint",
    "random": "text|random|length", "rjust": "text|rjust:9", "safe": "text|safe", "safeseq": "text|safeseq|length",
    "slice": "text|slice:text", "slugify": "text|slugify", "stringformat": "text|stringformat:'s'", "striptags": "text|striptags",
    "time": "text|time:text", "timesince": "text|timesince", "timeuntil": "text|timeuntil", "title": "text|title",
    "truncatechars": "text|truncatechars:9999", "truncatechars_html": "text|truncatechars_html:9999",
    "truncatewords": "text|truncatewords:9999", "truncatewords_html": "text|truncatewords_html:9999",
    "unordered_list": "text|make_list|unordered_list", "upper": "text|upper", "urlencode": "text|urlencode",
    "urlize": "text|urlize", "urlizetrunc": "text|urlizetrunc:20", "wordcount": "text|wordcount", "wordwrap": "text|wordwrap:9",
    "yesno": "text|yesno:text",
}  # fmt: skip
engine = Engine()


def test_every_filter_is_in_the_registry() -> None:
    assert {name for library in engine.builtins for name in library.filters} == set(FILTERS)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("piece", ["<a b='", "&lt;", "a ", "é", "1", "\n"])
def test_twice_the_text_costs_a_filter_twice_the_time(name: str, piece: str) -> None:
    template = engine.from_string("{% autoescape off %}{{ " + FILTERS[name] + " }}{% endautoescape %}")

    def show(text: str) -> None:
        try:
            template.render({"text": text})
        except (ValueError, TypeError, TemplateError):  # what is refused has been looked at, too
            return

    assert is_linear(show, piece)


LANGUAGE = (
    "{",
    "{{",
    "{%",
    "{#",
    "{{ a",
    "{{}}",
    "{{ a }}",
    "{% x %}",
    "{%}",
    "%}",
    "}}",
    "{# #}",
    "{% verbatim %}",
    "\n{{",
)
TAGS = ("'", '"', "_('", '_("a" ', "\\'", " ", "a='b c' ", "a")


@pytest.mark.parametrize("piece", LANGUAGE)
def test_cutting_a_template_into_tokens_is_linear(piece: str) -> None:
    assert is_linear(lambda text: tokenize(text), piece)


@pytest.mark.parametrize("piece", TAGS)
def test_splitting_a_tag_is_linear(piece: str) -> None:
    assert is_linear(lambda text: split_words(text), piece)


@pytest.mark.parametrize("piece", [*MARKUP, "(", "www.", "a@", "a.", "http://", ".,:;!?", "a.com "])
def test_cve_2020_28493_the_filter_urlize_is_linear(piece: str) -> None:
    template = engine.from_string("{{ text|urlize }}{{ text|urlizetrunc:5 }}")
    assert is_linear(lambda text: template.render({"text": text}), piece)


@pytest.mark.parametrize("name", ["a b", "a/b", "a>b", "a=b", "onx\n", "a\x00", "", "a\tb", "ä", '"', "a'b", "a\x0bb"])
def test_cve_2024_22195_34064_what_is_no_name_of_an_attribute_becomes_none(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an HTML attribute"):
        Attributes({name: 1})


PROBE = "{0.__class__.__mro__}{text.__init__.__globals__}"


@pytest.mark.parametrize("source", [
    "{{ text.format }}", "{{ text.format_map }}", "{% with f=text.format %}{{ f }}{% endwith %}", "{{ text|stringformat:'s' }}",
    "{{ text|attr:'format' }}", "{{ text|default:text.format }}",
])  # fmt: skip
def test_cve_2024_56201_56326_2025_27516_no_format_runs_on_a_text_of_a_visitor(source: str) -> None:
    for one in (engine, Engine(sandboxed=True)):
        try:
            shown = one.from_string(source).render({"text": PROBE})
        except (TemplateError, IndexError, KeyError):  # no arguments are given to it
            continue
        assert "class '" not in shown
        assert "&#x27;" not in shown
        assert "__builtins__" not in shown


def is_linear(function: Callable[[str], object], piece: str) -> bool:
    small, large = (piece * (size // len(piece)) for size in (SIZE, 2 * SIZE))
    if least_seconds(partial(function, large), enough=NOISE, attempts=1) <= NOISE:
        return True
    # What grows too fast does so in every round; a machine that slows down between two measurements does not.
    return any(_is_within(partial(function, small), partial(function, large)) for _ in range(5))


def _is_within(small: Callable[[], object], large: Callable[[], object]) -> bool:
    allowed = 2.3 * least_seconds(small, attempts=3) + NOISE
    return least_seconds(large, enough=allowed, attempts=5) <= allowed
