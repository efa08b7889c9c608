"""Settings of the engine, safety of data, the registrar."""

import asyncio
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.i18n import LazyText
from partita.contracts.settings import DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_DIRS, TEMPLATE_LIBRARIES, TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.contracts.testing.cost import least_seconds
from partita.templates import Engine, Markup, TemplateError
from partita.templates.integration import setup
from partita.text.html import escape, mark_safe
from partita.text.lorem import COMMON_PARAGRAPH, WORDS

Show = Callable[..., str]


def test_setup_provides_an_engine_over_what_packages_contribute(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("{% load flow_again %}{{ who }}{{ request.path }}{% if debug_lib %}{% endif %}")
    app = SimpleRegistrar()
    setup(app)
    app.add(TEMPLATE_DIRS, tmp_path)
    app.add(TEMPLATE_LIBRARIES, ("flow_again", "partita.templates.tags.flow"))
    app.add(TEMPLATE_LIBRARIES, ("", "partita.templates.tags.output"))
    app.add(CONTEXT_PROCESSORS, lambda request: {"who": "me", "other": 1})
    app.provide(DEBUG, lambda: True)
    engine = app.require(TEMPLATES)
    assert engine is app.require(TEMPLATES)
    request = types.SimpleNamespace(path="/x<")
    assert engine.render("a.html", {}, request) == "me/x&lt;"
    assert engine.render("a.html", {"who": "you"}, request) == "you/x&lt;"
    assert engine.render("a.html", {"who": "you"}) == "you"
    assert asyncio.run(engine.arender("a.html", {}, request)) == "me/x&lt;"


def test_a_missing_variable_shows_what_the_engine_says() -> None:
    engine = Engine(string_if_invalid="?%s?")
    assert (
        engine.from_string(
            "{{ a }}{{ b.c|upper }}{% if a %}{% else %}-{% endif %}{{ x|default:'d' }}{% for i in a %}{% endfor %}"
        ).render({"b": {}})
        == "?a??b.c?-?x?"
    )


def test_autoescape_may_be_off_for_an_engine() -> None:
    assert (
        Engine(autoescape=False).from_string("{{ a }}{% autoescape on %}{{ a }}{% endautoescape %}").render({"a": "<"})
        == "<&lt;"
    )


def test_a_library_without_register_is_refused() -> None:
    engine = Engine(libraries={"x": "partita.templates.errors"})
    with pytest.raises(TemplateError, match=r"expected `register = Library\(\)`"):
        engine.from_string("{% load x %}")


def test_output_is_escaped_wherever_data_comes_from(show: Show) -> None:
    evil = "<script>alert('1')</script>\"&"
    good = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&quot;&amp;"

    class Shown:
        def __str__(self) -> str:
            return evil

    class Page:
        def __html__(self) -> str:
            return "<ok>"

    assert show("{{ a }}", a=evil) == show("{{ a }}", a=Shown()) == show("{{ a.b }}", a={"b": evil}) == good
    assert (
        show("{% for x in a %}{{ x }}{% endfor %}", a=[evil])
        == show("{% with b=a %}{{ b }}{% endwith %}", a=evil)
        == good
    )
    assert (
        show("{% firstof a %}", a=evil) == show("{% cycle a a %}", a=evil) == show("{{ x|default:a }}", a=evil) == good
    )
    assert show("{{ a }}", a=Page()) == "<ok>"
    assert show("{{ a }}", a=Markup("<ok>")) == "<ok>"
    assert show("{{ a }}", a=int) == "0"
    assert evil not in show("{{ a }}", a=[evil])


def test_what_must_not_be_called_is_not(show: Show) -> None:
    class Keeps:
        do_not_call_in_templates = True

        def __call__(self) -> str:
            raise AssertionError("called")

        name = "kept"

    class Hidden(Exception):
        silent_variable_failure = True

    class Fails:
        @property
        def quiet(self) -> str:
            raise Hidden

        @property
        def broken(self) -> str:
            raise AttributeError("inside of the property")

        def __getitem__(self, key: str) -> str:
            raise Hidden if key == "item" else KeyError(key)

    assert show("{{ k.name }}{% if k %}!{% endif %}", k=Keeps()) == "kept!"
    assert show("[{{ f.quiet }}{{ f.item }}]", f=Fails()) == "[]"
    with pytest.raises(AttributeError, match="inside of the property"):
        show("{{ f.broken }}", f=Fails())


def test_cve_2021_45116_dictsort_reaches_keys_and_fields_only(show: Show) -> None:
    class User:
        def __init__(self, name: str) -> None:
            self.name = name
            self._secret = name[::-1]

        @property
        def computed(self) -> str:
            raise AssertionError("a property was reached")

        def method(self) -> str:
            raise AssertionError("a method was reached")

    users = [User("b"), User("a")]
    assert show("{% for u in us|dictsort:'name' %}{{ u.name }}{% endfor %}", us=users) == "ab"
    for path in (
        "computed",
        "method",
        "_secret",
        "name.__class__",
        "__class__",
        "name.upper",
        "name.0",
        "__dict__.name",
    ):
        assert show("[{{ us|dictsort:path }}{{ us|dictsortreversed:path }}]", us=users, path=path) == "[]"


def test_cve_2022_22818_the_debug_tag_escapes_and_is_silent_in_production() -> None:
    source = "{% debug %}"
    assert Engine().from_string(source).render({"a": "<script>"}) == ""
    shown = Engine(debug=True).from_string(source).render({"a": "<script>"})
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


@pytest.mark.parametrize(
    "source", ["{{ x|center:w }}", "{{ x|ljust:w }}", "{{ x|rjust:w }}", "{{ x|stringformat:f }}", "{% lorem w w %}"]
)
def test_a_visitor_s_width_does_not_fill_memory(show: Show, source: str) -> None:
    assert len(show(source, x="a", w="10000000000", f="10000000000d")) < 200_000


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ x|striptags }}", "<" * 100_000),
        ("{{ x|striptags }}", "<a " * 33_000),
        ("{{ x|urlize }}", "(" * 50_000 + "a.com" + ")" * 50_000),
        ("{{ x|urlize }}", "www." + "a.,:;" * 20_000),
        ("{{ x|truncatechars_html:10 }}", "<p>" * 33_000),
        ("{{ x|truncatewords_html:10 }}", "</a>" * 25_000),
        ("{{ x|wordwrap:10 }}", "a" * 100_000),
        ("{{ x|wordwrap:10 }}", "a " * 50_000),
        ("{{ x|floatformat:2 }}", "1e200000000"),
        ("{{ x|floatformat:2 }}", "9" * 100_000),
        ("{{ x|slugify }}", "-_ " * 33_000),
        ("{{ x|title }}", "a'A1A" * 20_000),
        ("{{ x|linebreaks }}", "\r\n" * 50_000),
        ("{{ x|escapejs }}", "'" * 100_000),
        ("{{ x|phone2numeric }}", "a" * 100_000),
    ],
)
def test_hostile_data_costs_little(show: Show, source: str, value: str) -> None:
    assert least_seconds(lambda: show(source, x=value), enough=0.2) < 1.0


def test_lists_nested_too_deep_end_in_an_error(show: Show) -> None:
    nested: list[Any] = ["x"]
    for _ in range(500):
        nested = ["x", nested]
    with pytest.raises(TemplateError, match="nested deeper"):
        show("{{ x|unordered_list }}", x=nested)


def test_querystring_changes_the_request_s_query(show: Show) -> None:
    class Query:
        def lists(self) -> list[tuple[str, list[str]]]:
            return [("a", ["1", "2"]), ("b", ["x&"])]

    request = types.SimpleNamespace(query=Query())
    assert show("{% querystring %}", request=request) == "?a=1&amp;a=2&amp;b=x%26"
    assert show("{% querystring b=None a=n page=3 %}", request=request, n=[7, 8]) == "?a=7&amp;a=8&amp;page=3"
    assert show("{% querystring q as x %}{{ x|safe }}", q={"z": 1}) == "?z=1"


def test_length_is_works_and_warns(show: Show) -> None:
    with pytest.warns(DeprecationWarning, match="length_is"):
        assert show("{{ a|length_is:2 }}", a="ab") == "True"


def test_forloop_length_and_lorem_and_querystring_of_a_loop(show: Show) -> None:
    assert show("{% for x in a %}{{ forloop.length }}{{ forloop.parentloop.counter }}{% endfor %}", a="ab") == "22"
    assert show("{% lorem 2 w %}") == "lorem ipsum"
    assert show("{% lorem 1 p %}").startswith("<p>Lorem ipsum")
    assert show("{% lorem %}").startswith("Lorem")
    assert show("{% lorem 3 w random %}").split()[0] in WORDS
    assert show("{% lorem 2 p %}").split("\n\n")[0] == f"<p>{COMMON_PARAGRAPH}</p>"
    assert len(set(show("{% lorem 5 b random %}").split("\n\n"))) == 5  # twice the same is as good as impossible


def test_the_python_of_a_template_can_be_read() -> None:
    assert "show(g('a', M))" in Engine().from_string("{{ a }}").python()


@given(st.text(alphabet="&<>\"'#3;x9 ü", max_size=30), st.sampled_from([0, 200]))
def test_every_text_is_escaped_like_any_other(text: str, more: int) -> None:
    text += "x" * more
    assert Engine().from_string("{{ t }}").render({"t": text}) == escape(text)


def test_lazy_text_that_is_safe_stays_so(show: Show) -> None:
    safe, unsafe = mark_safe(LazyText(lambda: "<i>")), LazyText(lambda: "<b>")
    assert show("{{ safe }}{{ unsafe }}{% firstof safe %}{% firstof unsafe %}", safe=safe, unsafe=unsafe) == (
        "<i>&lt;b&gt;<i>&lt;b&gt;"
    )


def test_every_control_character_is_escaped_for_scripts(show: Show) -> None:
    assert show("{{ x|escapejs }}", x="\x00\x1f\x7f\x80\x9f\xa0") == "\\u0000\\u001F\\u007F\\u0080\\u009F\xa0"


def test_what_is_only_going_to_be_sent_need_not_be_marked_safe() -> None:
    template = Engine().from_string("<b>{{ a }}</b>")
    text, marked = template.render_text({"a": "<"}), template.render({"a": "<"})
    assert text == marked == "<b>&lt;</b>"
    assert type(text) is str
    assert type(marked) is Markup
