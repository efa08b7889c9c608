"""A sandboxed engine: templates reach data and nothing that acts."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from partita.templates import Engine, Library, Markup, Node, Parser, Token


class Account:
    name = "Ann"
    calls = 0

    def __init__(self) -> None:
        self.balance = 5
        self.tags = {"a": [1, {"b": "x"}]}

    @property
    def label(self) -> str:
        return f"<{self.name}>"

    def send_mail(self) -> str:
        type(self).calls += 1
        return "sent"

    def safe(self) -> str:
        return "called"

    safe.template_safe = True  # type: ignore[attr-defined] # the mark that the sandbox looks for


class Callable:
    def __call__(self) -> str:
        return Account().send_mail()


class Tricky(str):
    __slots__ = ()

    def upper(self) -> str:
        Account.calls += 1
        return "tricked"


def numbers() -> Iterator[int]:
    yield 1


@pytest.fixture
def names() -> dict[str, Any]:
    Account.calls = 0
    return {"account": Account.__new__(Account), "a": Account(), "sys": sys, "kind": Account, "gen": numbers(), "text": " aB ",
            "f": Account().send_mail, "fs": [Account().send_mail, Account, Callable()], "tricky": Tricky("x"), "m": Markup("<b>"),
            "d": {"f": Account().send_mail, "k": 1}}  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "{{ a.send_mail }}", "{{ f }}", "{{ d.f }}", "{{ fs.0 }}", "{% for f in fs %}{{ f }}{{ f|upper }}{% endfor %}",
        "{% if f %}x{% endif %}", "{{ a.send_mail|default:'' }}", "{{ sys.modules }}", "{{ sys }}", "{{ kind.mro }}", "{{ kind }}",
        "{{ gen.gi_frame.f_globals }}", "{{ f.im_func }}", "{% with x=f %}{{ x }}{% endwith %}", "{{ text.format }}", "{{ text.encode }}",
        "{% firstof f sys %}", "{{ a.send_mail.name }}", "{{ d.clear }}", "{{ d.pop }}", "{% include none with x=f %}",
        "{% for x in 'a' %}{% include 'part' with y=f %}{% endfor %}", "{% probe f %}", "{% probe fs.0 %}", "{% component 'part' y=f / %}",
        "{% regroup fs by y as g %}", "{{ kind.calls }}", "{{ 'x'|default:f }}{{ none|default_if_none:f }}",
    ],
)  # fmt: skip
def test_what_acts_is_out_of_reach(source: str, names: dict[str, Any]) -> None:
    library = Library()

    class Probe(Node):
        def __init__(self, expression: Any) -> None:
            self.expression = expression

        def render(self, context: Any) -> str:
            return str(self.expression.resolve(context, ignore_failures=True) or "")

    @library.tag
    def probe(parser: Parser, token: Token) -> Node:
        return Probe(parser.compile_filter(token.split_contents()[1]))

    engine = Engine(
        templates={"part": "{{ y }}", "components/part.html": "{% props y: any = '' %}{{ y }}"},
        builtins=[library],
        sandboxed=True,
    )
    template = engine.from_string(source)
    with contextlib.suppress(LookupError, TypeError):  # a missing template, or nothing to sort
        shown = template.render(names)
        assert "sent" not in shown
        assert "module" not in shown
        assert "class" not in shown
    assert Account.calls == 0


def test_data_and_harmless_methods_are_there(names: dict[str, Any]) -> None:
    source = (
        "{{ a.balance }}{{ a.label }}{{ a.tags.a.1.b }}{{ a.tags.a.0 }}{{ text.strip.upper }}{{ m.upper }}{{ a.safe }}"
        "{% for k, v in a.tags.items %}{{ k }}{% endfor %}{{ missing }}{{ d.k }}{% for n in gen %}{{ n }}{% endfor %}{{ tricky.upper }}"
    )
    assert Engine(sandboxed=True).from_string(source).render(names) == "5&lt;Ann&gt;x1AB&lt;B&gt;calleda11"
    assert Account.calls == 0


def test_without_a_sandbox_methods_are_called_as_ever(names: dict[str, Any]) -> None:
    assert Engine().from_string("{{ f }}{{ tricky.upper }}").render(names) == "senttricked"
