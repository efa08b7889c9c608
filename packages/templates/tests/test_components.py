"""Components: typed props, slots, attributes; from templates, from Python, alone."""

import asyncio
import traceback
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.templates import (
    ComponentError,
    Context,
    Engine,
    Library,
    Markup,
    TemplateNotFound,
    TemplateRecursionError,
    TemplateSyntaxError,
)
from partita.templates.attributes import Attributes
from partita.templates.components import Component
from partita.templates.props import parse_props, type_of_annotation

CARD = (
    '{% props title: str, level: int = 2, tone: "info" | "warning" = "info" %}'
    '<section {% attrs class="card" role="region" %}><h{{ level }}>{{ title }}</h{{ level }}>'
    "{% slot %}nothing{% endslot %}{% if slots.footer %}<footer>{% slot footer %}{% endslot %}</footer>{% endif %}"
    "{% if tone == 'warning' %}!{% endif %}{{ secret }}{{ forloop.counter }}</section>"
)
COMPONENTS = {
    "components/card.html": CARD,
    "components/box.html": "{% props label: any = 'box' %}[{{ label }}:{% slot %}{% endslot %}]",
    "components/twice.html": "{% slot %}{% endslot %}|{% slot %}{% endslot %}",
    "components/list.html": "{% props items: list %}{% for x in items %}<li>{% slot %}{% endslot %}{{ x }}</li>{% endfor %}",
    "components/tree.html": "{% props node: dict %}{{ node.name }}({% for child in node.children %}"
    "{% component 'tree' node=child / %}{% endfor %})",
    "components/dynamic.html": "{% props x: int %}{% include 'inner.html' %}{% slot %}-{% endslot %}",
    "components/outer.html": "{% props x: str %}{% component 'box' label=x attrs=attrs %}<{% slot %}{% endslot %}>{% endcomponent %}",
    "components/wrapped.html": "{% extends 'frame.html' %}{% props x: str %}{% block body %}{{ x }}{% slot %}{% endslot %}{% endblock %}",
    "components/link.html": "{% props href: str %}<a href=\"{{ href }}\" {{ attrs }}>{% slot %}{% endslot %}</a>",
    "components/forever.html": "{% component 'forever' / %}",
    "frame.html": "<frame>{% block body %}{% endblock %}</frame>",
    "inner.html": "({{ x }}{{ secret }}{% slot %}none{% endslot %})",
}  # fmt: skip
Show = Callable[..., str]


@pytest.fixture
def show() -> Show:
    engine = Engine(templates=COMPONENTS)

    def render(source: str, **names: Any) -> str:
        template = engine.from_string(source)
        shown = str(template.render(names))
        assert "".join(template.stream(names)) == shown
        # The other way of compiling: names in the context, not in Python's locals.
        wrapped = engine.from_string("{% for outer in 'x' %}" + source + "{% include nothing %}{% endfor %}")
        assert str(wrapped.render({**names, "nothing": engine.from_string("")})) == shown
        return shown

    return render


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% component 'card' title='A & B' / %}",
         '<section class="card" role="region"><h2>A & B</h2>nothing</section>'),
        ("{% component 'card' title=t level=3 tone='warning' %}{{ secret }}{% endcomponent %}",
         '<section class="card" role="region"><h3>&lt;t&gt;</h3>S!</section>'),
        ("{% component 'card' title=t|upper level=n class='wide' data-id=n hidden %}<b>{{ t }}</b>{% fill footer %}{{ n }}{% endfill %}{% endcomponent %}",
         '<section class="card wide" role="region" data-id="4" hidden><h4>&lt;T&gt;</h4><b>&lt;t&gt;</b><footer>4</footer></section>'),
        ("{% component 'card' title=t role='alert' %} {% fill footer %}f{% endfill %} {% endcomponent %}",
         '<section class="card" role="alert"><h2>&lt;t&gt;</h2>nothing<footer>f</footer></section>'),
        ("{% for x in xs %}{% component 'box' label=x %}{{ forloop.counter }}{{ x }}{% endcomponent %}{% endfor %}", "[a:1a][b:2b]"),
        ("{% component 'box' %}{% component 'box' label=n %}{{ t }}{% endcomponent %}{% endcomponent %}", "[box:[4:&lt;t&gt;]]"),
        ("{% component 'twice' %}{% component 'twice' %}{{ n }}{% endcomponent %}{% endcomponent %}", "4|4|4|4"),
        ("{% component 'list' items=xs %}{{ x }}{% endcomponent %}", "<li>a</li><li>b</li>"),
        ("{% for x in 'pq' %}{% component 'list' items=xs %}{{ x }}{{ forloop.counter }}{% endcomponent %}{% endfor %}",
         "<li>p1a</li><li>p1b</li><li>q2a</li><li>q2b</li>"),
        ("{% component 'tree' node=tree / %}", "a(b(c())d())"),
        ("{% component 'dynamic' x=7 %}{{ secret }}{{ n }}{% endcomponent %}", "(7S4)S4"),
        ("{% component 'dynamic' x=7 / %}", "(7none)-"),
        ("{% component 'dynamic' x=1 %}{% component 'dynamic' x=2 %}{{ n }}{% endcomponent %}{% endcomponent %}", "(1(24)4)(24)4"),
        ("{% component 'outer' x=t %}{{ x }}{{ n }}{% endcomponent %}", "[&lt;t&gt;:<4>]"),
        ("{% component 'wrapped' x=t %}{{ n }}{% endcomponent %}", "<frame>&lt;t&gt;4</frame>"),
        ("{% component 'link' href=t title=q target='_blank' disabled=no / %}", '<a href="&lt;t&gt;" title="&quot;" target="_blank"></a>'),
        ("{% component 'box' label=absent.deeper %}x{% endcomponent %}", "[box:x]"),
        ("{% autoescape off %}{% component 'box' label=t %}{{ t }}{% endcomponent %}{% endautoescape %}", "[<t>:<t>]"),
        ("{% with t='w' %}{% component 'box' label=t %}{% with n=t %}{{ n }}{% endwith %}{% endcomponent %}{% endwith %}", "[w:w]"),
        ("{% component 'inner.html' %}c{% endcomponent %}", "(c)"),
        ("{% filter upper %}{% component 'dynamic' x=7 %}a{% endcomponent %}{% endfilter %}", "(7A)A"),
    ],
)  # fmt: skip
def test_a_component_shows_its_props_slots_and_attributes(show: Show, source: str, shown: str) -> None:
    names = {
        "t": "<t>", "n": 4, "secret": "S", "xs": ["a", "b"], "q": Markup('"'), "no": False,
        "tree": {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}, {"name": "d"}]},
    }  # fmt: skip
    assert show(source, **names) == shown


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% component 'card' / %}", "component 'card' needs the prop 'title' (str)"),
        ("{% component 'card' title=1 / %}", "component 'card': the prop 'title' takes str, got '1' (int)"),
        ("{% component 'card' title='x' tone='loud' / %}", "'tone' takes \"info\" | \"warning\", got 'loud'"),
        ("{% component 'box' lable='x' / %}", "component 'box' has no prop 'lable'; did you mean 'label'?"),
        ("{% component 'box' %}{% fill foot %}{% endfill %}{% endcomponent %}", "component 'box' has no slot 'foot'"),
        ("{% component 'tree' node=a %}x{% endcomponent %}", "component 'tree' takes no content"),
        ("{% component 'box' label=1 label=2 / %}", "multiple values for 'label'"),
        (
            "{% component 'box' %}{% if x %}{% fill default %}{% endfill %}{% endif %}{% endcomponent %}",
            "directly between",
        ),
        ("{% fill a %}{% endfill %}", "'fill' stands outside of a component"),
        ("{% component 'box' %}{% fill default %}{% endfill %}x{% endcomponent %}", "slot 'default' twice"),
        ("{% component box / %}", "name of a component in quotes"),
        ("{% component 'box' 'x' / %}", "expected name=value"),
        ("{% component 'box' %}", "Looking for one of: endcomponent"),
        ("{% props %}", "'props' needs at least one name"),
        ("{% props a: strr %}", "'a' has the unknown type 'strr'"),
        ("{% props a: int = 'x' %}", "the default of 'a' is 'x', which is no int"),
        ("{% props a, a %}", "cannot declare 'a'"),
        ("{% props slots %}", "cannot declare 'slots'"),
        ("{% props a b %}", "expected a comma"),
        ("{% props a = %}", "no value after the equals sign"),
        ("{% props a: %}", "'a' has no type"),
        ("{% slot 1 %}{% endslot %}", "'slot' takes at most one name"),
        ("{% fill %}{% endfill %}", "'fill' takes the name of a slot"),
        ("{% attrs attrs=x %}", "takes name=value only"),
    ],
)
def test_a_wrong_use_is_refused_before_anything_is_shown(source: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        Engine(templates={**COMPONENTS, "page.html": f"one\n {source}"}).render("page.html")
    assert said in str(caught.value)
    assert (caught.value.name, caught.value.line) == ("page.html", 2)


def test_a_value_that_does_not_fit_is_told_with_component_prop_and_line() -> None:
    engine = Engine(templates={**COMPONENTS, "page.html": "one\n{% component 'card' title=t level=n / %}"})
    with pytest.raises(ComponentError) as caught:
        engine.render("page.html", {"t": "x", "n": "3"})
    error = caught.value
    assert str(error) == "page.html, line 2: component 'card': the prop 'level' takes int, got '3' (str)"
    assert (error.component, error.prop, error.template, error.line) == ("card", "level", "page.html", 2)
    with pytest.raises(ComponentError, match="needs the prop 'title' \\(str\\), but there is no 't'"):
        engine.render("page.html", {"n": 3})
    assert isinstance(error, TypeError)


def test_an_error_inside_of_a_component_shows_where_it_is_used_and_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "bad.html").write_text("{% props x %}\n<p>\n  {{ x.boom }}</p>", encoding="utf-8")
    (tmp_path / "page.html").write_text("é\n{% component 'bad' x=x / %}", encoding="utf-8")

    class Bomb:
        def boom(self) -> None:
            raise ZeroDivisionError("boom")

    with pytest.raises(ZeroDivisionError) as caught:
        Engine([tmp_path], debug=True).render("page.html", {"x": Bomb()})
    shown = "".join(traceback.format_exception(caught.value))
    assert f'File "{tmp_path / "page.html"}", line 2' in shown
    assert f'File "{tmp_path / "components" / "bad.html"}", line 3\n    {{{{ x.boom }}}}</p>' in shown
    told = caught.value.template_debug  # type: ignore[attr-defined] # set in debug mode
    assert (told["name"], told["line"], told["during"]) == (str(tmp_path / "components/bad.html"), 3, "{{ x.boom }}")


def test_a_component_without_an_end_is_stopped() -> None:
    with pytest.raises(TemplateRecursionError):
        Engine(templates=COMPONENTS).from_string("{% component 'forever' / %}").render()
    with pytest.raises(TemplateNotFound, match=r"components/absent\.html"):
        Engine(templates=COMPONENTS).from_string("{% component 'absent' / %}").render()


def test_components_that_double_their_content_do_not_double_the_python_without_end() -> None:
    depth = 14
    source = "{% component 'twice' %}" * depth + "x" + "{% endcomponent %}" * depth
    template = Engine(templates=COMPONENTS).from_string(source)
    assert len(template.python().splitlines()) < 60_000
    assert template.render().count("x") == 2**depth


def test_components_see_what_the_request_brings_and_nothing_else_from_outside() -> None:
    engine = Engine(
        templates={
            "components/a.html": "{{ user }}{{ request.path }}{{ secret }}",
            "components/b.html": "{% include 'x' %}",
            "x": "{{ user }}{{ request.path }}{{ secret }}",
        },
        context_processors=[lambda request: {"user": "Ann"}],
    )

    class Request:
        path = "/p"

    for name in "ab":
        source = f"{{% with secret='s' %}}{{% component '{name}' / %}}{{% endwith %}}"
        assert engine.from_string(source).render({"secret": "x"}, Request()) == "Ann/p"


class Price(Component):
    template = "price.html"

    amount: Decimal
    currency: Literal["EUR", "USD"] = "EUR"
    notes: list[str] = []

    def is_free(self) -> bool:
        return not self.amount


def price_engine() -> Engine:
    return Engine(
        templates={
            "price.html": "{% if component.is_free %}free{% else %}{{ amount }} {{ currency }}{% endif %}{{ notes|join:',' }}"
        },
        components={"price": Price},
    )


def test_props_may_be_declared_in_python() -> None:
    engine = price_engine()
    source = "{% component 'price' amount=a currency=c notes=n / %}"
    assert engine.from_string(source).render({"a": Decimal("1.50"), "c": "USD", "n": ["x"]}) == "1.50 USDx"
    assert engine.from_string("{% component 'price' amount=0 / %}").render() == "free"
    with pytest.raises(ComponentError, match=r"takes 'EUR' \| 'USD', got 'GBP'"):
        engine.from_string(source).render({"a": 1, "c": "GBP", "n": []})
    with pytest.raises(TemplateSyntaxError, match="needs the prop 'amount'"):
        engine.from_string("{% component 'price' / %}").render()
    library = Library()
    library.component("cost")(Price)
    other = Engine(templates={"price.html": "{{ amount }}"}, libraries={"shop": library})
    assert other.from_string("{% load shop %}{% component 'cost' amount=5 / %}").render() == "5"


def test_a_component_may_be_rendered_alone() -> None:
    engine = Engine(templates=COMPONENTS, components={"price": Price})
    shown = engine.render_component("card", {"default": "<b>", "footer": Markup("<i>")}, title="T", data_id=5)
    assert shown == (
        '<section class="card" role="region" data-id="5"><h2>T</h2>&lt;b&gt;<footer><i></footer></section>'
    )
    assert price_engine().render_component("price", amount=Decimal(0)) == "free"
    with pytest.raises(ComponentError, match="needs the prop 'title'"):
        engine.render_component("card")
    with pytest.raises(ComponentError, match="takes int, got 'x'"):
        engine.render_component("card", title="T", level="x")
    with pytest.raises(ComponentError, match="has no prop 'lable'"):
        engine.render_component("box", lable="x")
    with pytest.raises(ComponentError, match="has no slot 'foot'"):
        engine.render_component("box", {"foot": "x"})


def test_a_changed_component_is_seen_in_debug_mode() -> None:
    templates = {"page.html": "{% component 'a' / %}", "components/a.html": "one"}
    engine = Engine(templates=templates, debug=True)
    assert engine.render("page.html") == "one"
    templates["components/a.html"] = "two"
    assert engine.render("page.html") == "two"


def test_components_await_what_they_show() -> None:
    async def later() -> str:
        return "<late>"

    engine = Engine(templates=COMPONENTS)
    template = engine.from_string("{% component 'card' title=t %}{{ t }}{% endcomponent %}")
    assert "<h2>&lt;late&gt;</h2>&lt;late&gt;" in asyncio.run(template.arender({"t": later}))


def test_defaults_may_name_the_props_before_them() -> None:
    engine = Engine(
        templates={"components/a.html": "{% props x: str, y: str = x|upper, z: any = 5 %}{{ x }}{{ y }}{{ z }}"}
    )
    assert engine.from_string("{% component 'a' x=v / %}{% component 'a' x='b' y='c' z=v / %}").render(
        {"v": "<a>"}
    ) == ("&lt;a&gt;&lt;A&gt;5bc&lt;a&gt;")
    assert engine.render_component("a", x="q") == "qQ5"


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (str, "x", 1), (float, 1, "x"), (str | None, None, 1), (list[str], ("x",), "x"), (Literal["a", 2], 2, "b"),
        (dict[str, int], {}, []), (Decimal, 1, "1"), (bool, True, 1), (type(None), None, 0),
    ],
)  # fmt: skip
def test_annotations_say_what_fits(annotation: Any, good: object, bad: object) -> None:
    kind = type_of_annotation(annotation)
    assert (kind.accepts(good), kind.accepts(bad)) == (True, False)
    assert type_of_annotation(object).accepts(bad)


def test_attributes_are_escaped_and_joined() -> None:
    given = Attributes({"class": "a", "title": '"<&>', "checked": True, "off": False, "none": None, "style": "x: 1;"})
    assert str(given.over({"class": "b", "style": "y: 2", "id": 1})) == (
        'class="b a" style="y: 2; x: 1" id="1" title="&quot;&lt;&amp;&gt;" checked'
    )
    assert dict(given)["class"] == "a"
    for name in ("a b", 'x"', "on>", "", "a=b"):
        with pytest.raises(ValueError, match="is no name of an HTML attribute"):
            Attributes({name: "x"})


@given(st.dictionaries(st.sampled_from(["class", "id", "data-x", "@click"]), st.text() | st.booleans() | st.none()))
def test_no_value_leaves_its_attribute(values: dict[str, Any]) -> None:
    shown = str(Attributes(values))
    inside = shown.split('"')
    assert len(inside) % 2 == 1
    assert all("<" not in part and ">" not in part for part in inside)
    assert shown.count('"') == 2 * sum(1 for value in values.values() if isinstance(value, str))


@given(st.text(alphabet="abc:,=|?\"' \\1-.int", max_size=40))
def test_nothing_but_syntax_errors_comes_of_declarations(text: str) -> None:
    from partita.templates import Parser

    with suppress(TemplateSyntaxError):
        assert parse_props(text, Parser([]))


def test_a_component_s_context_is_left_as_it_was() -> None:
    context = Context({"x": 1}, engine=(engine := Engine(templates=COMPONENTS)))
    engine.from_string("{% component 'dynamic' x=2 %}{{ x }}{% endcomponent %}").render(context)
    assert context.vars == {"x": 1}
    assert context.slots is None
