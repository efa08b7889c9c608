"""Custom tags and filters in the shapes that Django's users know."""

from typing import Any

import pytest

from partita.templates import (
    Context,
    Engine,
    Library,
    Markup,
    Node,
    NodeList,
    Parser,
    TemplateSyntaxError,
    Token,
    Variable,
    VariableDoesNotExist,
    stringfilter,
)

register = Library()


@register.filter
def shout(value: str) -> str:
    return f"{value}!"


@register.filter(name="twice", is_safe=True)
@stringfilter
def repeat(value: str, times: int = 2) -> str:
    return value * int(times)


@register.filter(needs_autoescape=True)
def tell(value: object, autoescape: bool = True) -> str:
    return "on" if autoescape else "off"


register.filter("plain", lambda value: f"<{value}>")


@register.simple_tag
def add(a: int, b: int = 10, *rest: int, **named: int) -> int:
    return a + b + sum(rest) + sum(named.values())


@register.simple_tag(takes_context=True, name="who")
def name_of_user(context: Context, greeting: str) -> str:
    return f"{greeting} {context['user']}{context.get('absent', '?')}"


@register.simple_tag
def html() -> Markup:
    return Markup("<hr>")


@register.simple_block_tag
def panel(content: str, title: str = "-") -> Markup:
    return Markup("<div title='{}'>{}</div>").format(title, Markup(content))


@register.simple_block_tag(takes_context=True, end_name="closed")
def boxed(context: Context, content: str) -> str:
    return f"{context['user']}:{content}"


@register.inclusion_tag("row.html", takes_context=True)
def row(context: Context, item: object) -> dict[str, object]:
    return {"item": item, "user": context["user"]}


class UpperNode(Node):
    def __init__(self, nodelist: NodeList, variable: Variable) -> None:
        self.nodelist, self.variable = nodelist, variable

    def render(self, context: Context) -> str:
        with context.push(inner=self.variable.resolve(context)):
            text = self.nodelist.render(context).upper()
        context["left"] = "behind"
        return text


@register.tag("upper")
def compile_upper(parser: Parser, token: Token) -> Node:
    _, variable = token.split_contents()
    nodelist = parser.parse(("endupper",))
    parser.delete_first_token()
    return UpperNode(nodelist, Variable(variable))


@pytest.fixture
def engine() -> Engine:
    return Engine(libraries={"mine": register}, templates={"row.html": "<{{ item }}/{{ user }}/{{ hidden }}>"})


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ user|shout }}{{ user|twice }}{{ user|twice:3 }}{{ 1|tell }}{{ user|plain }}", "A&amp;!A&amp;A&amp;A&amp;A&amp;A&amp;on&lt;A&amp;&gt;"),
        ("{{ safe|twice }}{{ safe|shout }}{% autoescape off %}{{ 1|tell }}{% endautoescape %}", "<b><b>&lt;b&gt;!off"),
        ("{% add 1 %}|{% add 1 2 3 k=4 %}|{% add a=5 b=6 %}|{% add 1 as x %}{{ x }}", "11|10|11|11"),
        ("{% who 'hi' %}{% for x in xs %}{% who x %}{% endfor %}", "hi A&amp;?1 A&amp;?2 A&amp;?"),
        ("{% html %}{% html as h %}{{ h }}", "<hr><hr>"),
        ("{% panel title='<' %}{{ user }}{% endpanel %}{% panel %}x{% endpanel %}", "<div title='<'>A&amp;</div><div title='-'>x</div>"),
        ("{% boxed %}<i>{% closed %}{% boxed as b %}y{% closed %}[{{ b }}]", "A&amp;:&lt;i&gt;[A&amp;:y]"),
        ("{% for x in xs %}{% row x %}{% endfor %}", "<1/A&amp;/><2/A&amp;/>"),
        ("{% for x in xs %}{% upper x %}a{{ inner }}{% for y in xs %}{{ y }}{{ x }}{% endfor %}{% endupper %}{% endfor %}{{ inner }}", "A11121A21222"),
        ("{% upper user %}{% if 1 %}{{ inner }}{% endif %}{% endupper %}{{ left }}", "A&AMP;behind"),
    ],
)  # fmt: skip
def test_custom_tags_and_filters_work(engine: Engine, source: str, shown: str) -> None:
    names = {"user": "A&", "safe": Markup("<b>"), "xs": [1, 2], "hidden": "no"}
    template = engine.from_string("{% load mine %}" + source)
    assert template.render(names) == shown
    assert "".join(template.stream(names)) == shown


def test_load_takes_single_names_from_a_library(engine: Engine) -> None:
    assert engine.from_string("{% load shout html from mine %}{{ 'a'|shout }}{% html %}").render() == "a!<hr>"
    with pytest.raises(TemplateSyntaxError, match="'nope' is not a valid tag or filter"):
        engine.from_string("{% load nope from mine %}")
    with pytest.raises(TemplateSyntaxError, match="Invalid filter: 'twice'"):
        engine.from_string("{% load shout from mine %}{{ 'a'|twice }}")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% add %}", "missing a required argument: 'a'"),
        ("{% html 1 %}", "too many positional"),
        ("{% panel nope=1 %}{% endpanel %}", "unexpected keyword argument 'nope'"),
        ("{% add a=1 2 %}", "positional argument after a named one"),
        ("{% add a=1 a=2 %}", "multiple values for keyword argument 'a'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_when_the_template_is_read(
    engine: Engine, source: str, said: str
) -> None:
    with pytest.raises(TemplateSyntaxError, match=said):
        engine.from_string("{% load mine %}" + source)


def test_a_function_without_the_context_parameter_is_refused() -> None:
    def tag(other: Any) -> str:
        return ""

    with pytest.raises(TemplateSyntaxError, match="must have the parameter 'context' first"):
        Library().simple_tag(takes_context=True)(tag)
    with pytest.raises(TypeError, match="unknown flags"):
        Library().filter("x", tag, is_save=True)


def test_a_custom_tag_gets_an_error_for_a_missing_variable(engine: Engine) -> None:
    with pytest.raises(VariableDoesNotExist, match="nope"):
        engine.from_string("{% load mine %}{% upper nope %}{% endupper %}").render()


def test_a_tag_may_catch_what_its_body_raises() -> None:
    class TryNode(Node):
        def __init__(self, nodelist: NodeList) -> None:
            self.nodelist = nodelist

        def render(self, context: Context) -> str:
            try:
                return self.nodelist.render(context)
            except ZeroDivisionError:
                return "caught "

    library = Library()

    @library.tag("try")
    def compile_try(parser: Parser, token: Token) -> Node:
        nodelist = parser.parse(("endtry",))
        parser.delete_first_token()
        return TryNode(nodelist)

    engine = Engine(libraries={"t": library}, templates={"part": "{% with y=2 %}{% include 'deep' %}{% endwith %}",
                                                         "deep": "{{ 1|divisibleby:zero }}"})  # fmt: skip
    source = ("{% load t %}{% for x in 'ab' %}{% try %}{% autoescape off %}{% include 'part' %}{% endautoescape %}{% endtry %}"
              "{{ x }}{{ y }}{{ lt }}{{ forloop.counter }}{% endfor %}{{ x }}{{ forloop }}")  # fmt: skip
    assert engine.from_string(source).render({"zero": 0, "lt": "<"}) == "caught a&lt;1caught b&lt;2"


def test_a_cycle_s_name_stays_in_its_scope() -> None:
    engine = Engine(templates={"part": "{% cycle 'a' 'b' as c %}"})
    assert (
        engine.from_string(
            "{% include 'part' %}[{{ c }}]{% for x in 'xyz' %}{% cycle 'p' 'q' as d silent %}{{ d }}{% endfor %}[{{ d }}]"
        ).render()
        == "a[]pqp[]"
    )


def test_the_context_has_layers() -> None:
    context = Context({"a": 1})
    with context.push(a=2, b=3) as inner:
        assert inner is context
        context["c"] = 4
        del context["b"]
        assert context.vars == {"a": 2, "c": 4}
        with context.update({"a": 9}):
            assert context["a"] == 9
    assert context.flatten() == {"a": 1, "True": True, "False": False, "None": None}
    assert "a" in context
    assert context.get("z", 5) == 5
    assert context.setdefault("d", 6) == 6
    assert context.new({"x": 1}).vars == {"x": 1}
    with pytest.raises(KeyError):
        context["nope"]
