"""What takes text costs what the text's length says, however hostile it is; every filter and function is in a registry below."""

from collections.abc import Callable

import pytest

import partita.templates
from partita.contracts.testing.cost import cost_size, is_linear, public_functions
from partita.templates import Engine, TemplateError
from partita.templates.attributes import Attributes, is_attribute_name
from partita.templates.bytecode import bytecode_key
from partita.templates.checking import check_source
from partita.templates.completing import complete, describe
from partita.templates.debugging import debug_information
from partita.templates.declared_context import declared_names
from partita.templates.definitions import template_name
from partita.templates.filters import humanize
from partita.templates.foreign import mark_line
from partita.templates.formatting import format_template
from partita.templates.fragments import fragment_key
from partita.templates.html_checks import check_html
from partita.templates.parser import Parser
from partita.templates.place_escaping import (
    attribute_name,
    css_value,
    js_attribute_string,
    js_attribute_value,
    js_string,
    js_template,
    js_value,
    srcdoc,
    unquoted,
    url_part,
    url_query,
    url_start,
)  # fmt: skip
from partita.templates.props import parse_props
from partita.templates.sources import Source
from partita.templates.tokens import split_words, tokenize

SIZE = cost_size(2**13)
"""Characters of the shorter text."""

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
    **{name: f"text|{name}" for name in humanize.register.filters},
}  # fmt: skip
engine = Engine(libraries={"humanize": humanize.register}, builtins=[humanize.register])


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

    assert is_linear(show, piece, SIZE)


LANGUAGE = ("{", "{{", "{%", "{#", "{{ a", "{{}}", "{{ a }}", "{{ a|", "{{ a.b.c|upper }}", "{% x %}", "{% if a %}", "{% if a %}{% endif %}",
            "{% with a=b %}", "{%}", "%}", "}}", "{# #}", "{% verbatim %}", "{% load x %}", "{% comment %}", "\n{{", "<p>{{ a }}", "<a b='",
            "<script>", "<a b={{ a }}>", "{% context a: int %}")  # fmt: skip
TAGS = ("'", '"', "_('", '_("a" ', "\\'", " ", "a='b c' ", "a", "a b=", "a:", "a, ", "[", "not ", "a and ", "a == ")
VALUES = (*MARKUP, "\\", "é", "\u2028", " ", "a", "://", "%", "javascript:", "\x00", "\t", ";", "}")
contextual = Engine(contextual=True)
FUNCTIONS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "tokenize": (tokenize, LANGUAGE),
    "compile_nodes": (engine.from_string, LANGUAGE),
    "settle_places": (contextual.from_string, LANGUAGE),
    "check_source": (lambda text: list(check_source(engine, text)), LANGUAGE),
    "check_html": (lambda text: list(check_html(engine.from_string(text).nodelist)), LANGUAGE),
    "declared_names": (lambda text: declared_names(Source(text)), LANGUAGE),
    "format_template": (format_template, LANGUAGE),
    "complete": (lambda text: complete(engine, text, len(text)), LANGUAGE),
    "describe": (lambda text: describe(engine, text, len(text) // 2), LANGUAGE),
    "bytecode_key": (lambda text: bytecode_key(text, text, [(1, 2, 3)]), ("a",)),
    "debug_information": (lambda text: debug_information(Source(text), len(text) // 2, len(text), "wrong"), ("\n", "a\n", "é")),
    "mark_line": (lambda text: mark_line(Source(text), text.count("\n"), "wrong"), ("\n", "a\n", "é")),
    "split_words": (split_words, TAGS),
    "parse_condition": (lambda text: engine.from_string("{% if " + text + " %}{% endif %}"), TAGS),
    "parse_arguments": (lambda text: engine.from_string("{% lorem " + text + " %}"), TAGS),
    "assignments": (lambda text: engine.from_string("{% with " + text + " %}{% endwith %}"), TAGS),
    "parse_props": (lambda text: parse_props(text, Parser(())), TAGS),
    "template_name": (template_name, ("a", "/", ".", "-", "_")),
    "fragment_key": (lambda text: fragment_key(text, [text], text), ("a", ":", "é", "\x00")),
    "is_attribute_name": (is_attribute_name, ("a", "-", "a-", " ", "é")),
    **{
        function.__name__: (function, VALUES)
        for function in (attribute_name, css_value, js_attribute_string, js_attribute_value, js_string, js_template, js_value, srcdoc,
                         unquoted, url_part, url_query, url_start)
    },
}  # fmt: skip
NO_TEXT = {
    "check_template", "check_templates", "check_variables", "prepare",  # over templates that `check_source` reads
    "condition_code", "annotate", "mark_place", "not_found", "names_of_processors", "define", "refuse", "render_component",
    "loader_of", "setup", "main", "make_server", "stringfilter", "type_of_annotation", "props_of_class", "names", "settle",
}  # fmt: skip
CASES = [(name, piece) for name, (_, pieces) in FUNCTIONS.items() for piece in pieces]


def test_every_function_is_in_the_registry() -> None:
    public = public_functions(partita.templates)
    assert public - set(FUNCTIONS) - NO_TEXT == set()
    assert NO_TEXT - public == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_text_costs_a_function_twice_the_time(name: str, piece: str) -> None:
    function, pieces = FUNCTIONS[name]

    def run(text: str) -> None:
        try:
            function(text)
        except (ValueError, TemplateError):  # what is refused has been looked at, too
            return

    # A source is the programmer's, and what is compiled takes many times its memory.
    assert is_linear(run, piece, min(SIZE, 2**16) if pieces is LANGUAGE and name != "tokenize" else SIZE)


@pytest.mark.parametrize("piece", [*MARKUP, "(", "www.", "a@", "a.", "http://", ".,:;!?", "a.com "])
def test_cve_2020_28493_the_filter_urlize_is_linear(piece: str) -> None:
    template = engine.from_string("{{ text|urlize }}{{ text|urlizetrunc:5 }}")
    assert is_linear(lambda text: template.render({"text": text}), piece, SIZE)


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
