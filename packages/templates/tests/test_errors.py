"""What is wrong with a template is said with its name, its line and what was expected; tracebacks show the template."""

import pickle
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.templates import Engine, TemplateError, TemplateSyntaxError
from partita.templates.tokens import tokenize


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ a|nope }}", "Invalid filter: 'nope'"),
        ("{% nope %}", "Invalid block tag on line 2: 'nope'. Did you forget"),
        ("{% endif %}", "Here it closes nothing: no 'if' is open"),
        ("{% if a %}{% endfor %}{% endif %}", "expected 'elif', 'else' or 'endif'"),
        ("{% if a %}", "Unclosed tag on line 2: 'if'. Looking for one of: elif, else, endif."),
        ("{% for x in y %}{% if a %}{% endif %}", "Unclosed tag on line 2: 'for'. Looking for one of: empty, endfor."),
        ("{% if a = b %}{% endif %}", "unused '='|could not parse '='"),
        ("{% if and %}{% endif %}", "operator 'and' stands where an operand was expected"),
        ("{% if a or %}{% endif %}", "ends where an operand was expected"),
        ("{% if %}{% endif %}", "needs a condition"),
        ("{% for x y %}{% endfor %}", "at least four words"),
        ("{% for x, in y %}{% endfor %}", "invalid variable"),
        ("{% for x of y %}{% endfor %}", "should be"),
        ("{{ }}", "Empty variable tag on line 2"),
        ("{% %}", "Empty block tag on line 2"),
        ("{{ a b }}", "Could not parse the remainder: ' b' from 'a b'"),
        ("{{ a|default }}", "takes one argument"),
        ("{{ a|lower:'x' }}", "takes no argument"),
        ("{{ a._b }}", "may not begin with an underscore"),
        ("{{ _a }}", "may not begin with an underscore"),
        ("{{ a..b }}", "could not parse"),
        ("{{ 'open }}", "could not parse"),
        ("{{ a|default:b|}}", "Could not parse the remainder"),
        ("{% with %}{% endwith %}", "at least one variable assignment"),
        ("{% with a %}{% endwith %}", "at least one variable assignment, as in name=value; got 'a'"),
        ("{% include %}", "needs the name of a template"),
        ("{% include 'a' b=1 %}", "expected 'with' or 'only'"),
        ("{% block %}{% endblock %}", "exactly one name"),
        ("{% block a %}{% endblock %}{% block a %}{% endblock %}", "more than once"),
        ("{% block a %}{% endblock b %}", "closes block 'a'"),
        ("{{ a }}{% extends 'b' %}", "must be the first tag"),
        ("{% extends 'a' %}{% extends 'b' %}", "more than once|must be the first"),
        ("{% load nope %}", "'nope' is not a registered tag library"),
        ("{% cycle %}", "at least one value"),
        ("{% cycle nope %}", "Named cycle 'nope' does not exist"),
        ("{% resetcycle %}", "No cycles in template"),
        ("{% regroup a by b %}", "should be"),
        ("{% now %}", "takes one format"),
        ("{% widthratio 1 2 %}", "takes a value"),
        ("{% templatetag nope %}", "takes one of"),
        ("{% autoescape maybe %}{% endautoescape %}", "'on' or 'off'"),
        ("{% filter safe %}{% endfilter %}", "use {% autoescape %}"),
        ("{% comment %}", "Unclosed tag on line 2: 'comment'"),
        ("{% verbatim %}", "not closed"),
        ("{% firstof %}", "at least one value"),
        ("{% partialdef %}{% endpartialdef %}", "takes a name"),
        ("{% lorem 1 2 3 %}", "Incorrect format for 'lorem' tag"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_what_was_expected(source: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        Engine(templates={"shop/a.html": f"one\ntwo {source}"}).get_template("shop/a.html")
    error = caught.value
    assert any(part in str(error) for part in said.split("|"))
    assert (error.name, error.line) == ("shop/a.html", 2)
    assert error.excerpt in source
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_traceback_shows_the_template_s_file_line_and_source(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>\n  {% for x in xs %}\n    {{ x.explode }}\n  {% endfor %}\n</p>")

    class Bomb:
        def explode(self) -> str:
            raise ZeroDivisionError("boom")

    with pytest.raises(ZeroDivisionError) as caught:
        Engine([tmp_path]).render("page.html", {"xs": [Bomb()]})
    shown = "".join(traceback.format_exception(caught.value))
    assert f'File "{page}", line 3, in root' in shown
    assert "{{ x.explode }}" in shown


def test_a_traceback_shows_the_source_of_a_template_that_is_in_no_file() -> None:
    engine = Engine(
        templates={"é.html": "ä\nü {% include 'inner' %}", "inner": "1\n2\n{% if a|divisibleby:zero %}{% endif %}"}
    )
    with pytest.raises(ZeroDivisionError) as caught:
        engine.render("é.html", {"a": 1, "zero": 0})
    shown = "".join(traceback.format_exception(caught.value))
    assert 'File "template:é.html", line 2' in shown
    assert "ü {% include 'inner' %}" in shown
    assert 'File "template:inner", line 3' in shown
    assert "{% if a|divisibleby:zero %}" in shown


def test_deep_nesting_is_refused_and_what_is_allowed_compiles() -> None:
    engine = Engine()
    for depth, fine in ((40, True), (5000, False)):
        source = "{% for x in xs %}{% if x %}" * (depth // 2) + "y" + "{% endif %}{% endfor %}" * (depth // 2)
        if fine:
            template = engine.from_string(source)
            assert template.render({"xs": [1]}) == "".join(template.stream({"xs": [1]})) == "y"
        else:
            with pytest.raises(TemplateSyntaxError, match="nested too deep"):
                engine.from_string(source)
    with pytest.raises(TemplateSyntaxError, match="nested too deep"):
        engine.from_string("{% if " + "not " * 100 + "a %}{% endif %}")


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "{", "%", " a ", "if", " x|y:'", "\n", "verbatim", "é"]),
        max_size=25,
    )
)
def test_tokens_put_together_are_the_source(parts: list[str]) -> None:
    source = "".join(parts)
    assert "".join(token.source for token in tokenize(source)) == source


@given(
    st.lists(
        st.sampled_from(
            ["{{ a }}", "{{ a|", "b.c", "|default:", "'x", '"', " }}", "{% if ", "{% for x in a %}", "{% endfor %}", "{% endif %}",
             "{% else %}", "and ", "not ", "== ", " %}", "{% block b %}", "{% endblock %}", "{% with a=", "{% endwith %}", "text", "1.5",
             "{% cycle 'a' ", "{% include ", "{% extends ", "{% spaceless %}", "{% endspaceless %}", "\n", ",", "(", "_(\"x\")"]
        ),
        max_size=15,
    )
)  # fmt: skip
def test_no_source_raises_anything_but_the_package_s_errors(parts: list[str]) -> None:
    engine = Engine()
    try:
        template = engine.from_string("".join(parts))
        template.render({"a": [1, "<"], "b": {"c": 2}})
    except (TemplateError, ValueError, TypeError):
        pass  # errors of values (unpacking 1) are the user's


@pytest.mark.parametrize("piece", ["{{ ", "{% ", "{# ", "{", "{{ a\n", "}}{{", "{%%}"])
def test_the_lexer_s_cost_grows_with_the_source_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        tokenize(piece * (size // len(piece)))
        return time.process_time() - start

    # Four times the source; quadratic cost would be sixteen times as much. A busy machine gets a few chances.
    assert any(seconds(80_000) < 10 * seconds(20_000) + 0.02 for _ in range(5))


@pytest.mark.parametrize(
    "source",
    [
        "{{ a%s }}" % ("|lower" * 5000),
        "{{ a%s }}" % (".b" * 5000),
        "{%% if a%s %%}{%% endif %%}" % (" and a" * 5000),
        "{%% if a%s %%}{%% endif %%}" % ("|lower" * 5000),
    ],
)
def test_expressions_without_end_are_refused(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"too many|at most|too deep"):
        Engine().from_string(source).render({"a": "x"})


def test_long_conditions_are_fine() -> None:
    source = "{% if " + " or ".join(f"a{n}" for n in range(140)) + " %}yes{% endif %}"
    assert Engine().from_string(source).render({"a139": 1}) == "yes"
    source = "{% if a and b and c or d and not e or f == 1 and g %}yes{% else %}no{% endif %}"
    assert Engine().from_string(source).render({"d": 1}) == "yes"
    assert Engine().from_string(source).render({"a": 1, "b": 1, "e": 1, "g": 1}) == "no"
    assert Engine().from_string(source).render({"f": 1, "g": 1}) == "yes"


@pytest.mark.parametrize(
    "piece",
    ["{{ a }}", "{{ a|lower }}x", "{% if a and b or c %}b{% endif %}", "{% for x in a %}{{ x }}{% endfor %}", "{# c #}",
     "{% with a=b %}{{ a }}{% endwith %}", "{% include 'e' %}", "{% component 'c' x=1 / %}", "{{ a", "{% cycle 'a' 'b' %}",
     "{% firstof a b c %}", "{{ a.b.c.d|default:'x' }}", "{% spaceless %}a{% endspaceless %}"],
)  # fmt: skip
def test_the_cost_of_compiling_grows_with_the_template_and_no_faster(piece: str) -> None:
    def seconds(times: int) -> float:
        engine = Engine(templates={"e": "x", "components/c.html": "{% props x: int %}{{ x }}"})
        start = time.process_time()
        engine.from_string(piece * times).unit(True, False)
        return time.process_time() - start

    # Four times the source; quadratic cost would be sixteen times as much. A busy machine gets a few chances.
    assert any(seconds(800) < 9 * seconds(200) + 0.02 for _ in range(5))
