"""The formatter: one way to write tags, and the same output."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.templates import Engine, TemplateError
from partita.templates.formatting import format_template, main


@pytest.mark.parametrize(
    ("source", "formatted"),
    [
        ("{{x}}{{  x|lower }}{{ x | default : 'a | b : c' }}", "{{ x }}{{ x|lower }}{{ x|default:'a | b : c' }}"),
        ("{%if  a   and not b%}x{%endif%}", "{% if a and not b %}x{% endif %}"),
        ("{%with a='b  c'  d=e|upper%}{%endwith%}", "{% with a='b  c' d=e|upper %}{% endwith %}"),
        ("{%include 'a.html'  with x=1   only%}", "{% include 'a.html' with x=1 only %}"),
        ("{#note#}", "{# note #}"),
        ("{%verbatim%}{{x}}{%endverbatim%}{{x}}", "{% verbatim %}{{x}}{% endverbatim %}{{ x }}"),
        ("{%comment%}{{x}}{%y%}{%endcomment%}", "{% comment %}{{x}}{%y%}{% endcomment %}"),
        ("a  b\n  <p> {{x}} </p>\n\n\n", "a  b\n  <p> {{ x }} </p>\n"),
        ("{% block a %}" + "\n" * 11 + "{%endblock%}", "{% block a %}" + "\n" * 11 + "{% endblock a %}"),
        ("{% block a %}{% endblock %}", "{% block a %}{% endblock %}"),
        ("{{}}{%%}{##}{ x }{{ x", "{{}}{%%}{##}{ x }{{ x"),
        ("{% trans 'a  b' %}{{ _('c  d')|lower }}", "{% trans 'a  b' %}{{ _('c  d')|lower }}"),
    ],
)
def test_tags_are_written_in_one_way(source: str, formatted: str) -> None:
    assert format_template(source) == formatted
    assert format_template(formatted) == formatted


pieces = st.sampled_from(
    ["{{x}}", "{{ x | upper }}", "{{ x|default : 'a | b' }}", "{%if x%}", "{% else %}", "{%endif%}", "{% for  a  in xs %}", "{{a}}",
     "{%endfor%}", " ", "\n", "text", "{#c#}", "{%verbatim%}", "{{ y }}", "{%endverbatim%}", "{%with  z=x|lower %}", "{{z}}", "{% endwith%}",
     "{% block b %}", "{%endblock%}", "{%", "}}", "'", "{% firstof x  'q  r' %}", "{% comment %}", "{% endcomment %}", "{% cycle 'a'  \"b  c\" %}"]
)  # fmt: skip


@given(st.lists(pieces, max_size=12).map("".join))
def test_formatting_changes_nothing_that_is_shown_and_formatting_again_changes_nothing(source: str) -> None:
    formatted = format_template(source)
    assert format_template(formatted) == formatted
    names = {"x": "<X>", "xs": [1, 2], "y": "y"}
    try:
        expected = Engine().from_string(source).render(names)
    except TemplateError:
        return
    shown = Engine().from_string(formatted).render(names)
    assert shown.rstrip("\n") == expected.rstrip("\n")


def test_the_command_formats_files_or_only_checks_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, picture = tmp_path / "a" / "page.html", tmp_path / "logo.png"
    page.parent.mkdir()
    page.write_bytes(b"{{x}}\r\n")
    picture.write_bytes(b"\xff{{x}}")
    assert main(["--check", str(tmp_path)]) == 1
    assert page.read_bytes() == b"{{x}}\r\n"
    assert "would format" in capsys.readouterr().out
    assert main([str(tmp_path)]) == 0
    assert page.read_bytes() == b"{{ x }}\r\n"
    assert main(["--check", str(tmp_path)]) == 0
    assert picture.read_bytes() == b"\xff{{x}}"
