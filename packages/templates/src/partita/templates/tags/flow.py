"""Tags that decide what is shown, and how often."""

import re
from typing import TYPE_CHECKING, Any

from partita.templates.conditions import Condition, condition_code, parse_condition
from partita.templates.context import Context
from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.library import Library
from partita.templates.nodes import Node, NodeList
from partita.templates.parser import Parser
from partita.templates.runtime import ForLoop
from partita.templates.scopes import Loop
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("assignments", "register")

register = Library()


class IfNode(Node):
    """``{% if %}``: conditions with their bodies; the last may have none, which is ``else``."""

    uses_context = False

    def __init__(self, branches: list[tuple[Condition | FilterExpression | None, NodeList]]) -> None:
        self.branches = branches

    def children(self) -> Any:
        return (nodes for _, nodes in self.branches)

    def compile(self, generator: "Generator") -> None:
        generator.flush()
        word = "if"
        for condition, nodes in self.branches:
            known = generator.known(condition) if isinstance(condition, FilterExpression) else None
            if known is not None and not known[0]:
                continue  # as {% if slots.footer %} in a component that is not given one
            if known is not None or condition is None:
                if word == "if":
                    generator.nodes(nodes)
                    return
                condition = None
            if condition is None:
                header = "else:"
            else:
                header = f"{word} {condition_code(condition, generator)}:"
            with generator.indented(header):
                generator.body(nodes)
            if condition is None:
                return
            word = "elif"


@register.tag("if")
def compile_if(parser: Parser, token: Token) -> Node:
    """``{% if a and not b %} ... {% elif c %} ... {% else %} ... {% endif %}``."""
    branches: list[tuple[Condition | FilterExpression | None, NodeList]] = []
    words = token.split_contents()[1:]
    while True:
        condition = parse_condition(words, parser.compile_filter)
        branches.append((condition, parser.parse(("elif", "else", "endif"))))
        token = parser.next_token()
        if not token.contents.startswith("elif"):
            break
        words = token.split_contents()[1:]
    if token.contents == "else":
        branches.append((None, parser.parse(("endif",))))
        token = parser.next_token()
    if token.contents != "endif":
        raise TemplateSyntaxError(
            f'Malformed template tag at line {token.lineno}: "{token.contents[:80]}". Expected {{% else %}} or {{% endif %}}'
        )
    return IfNode(branches)


class ForNode(Node):
    """``{% for %}``."""

    uses_context = False
    child_nodelists = ("nodelist_loop", "nodelist_empty")

    def __init__(
        self, names: list[str], sequence: FilterExpression, backwards: bool, body: NodeList, empty: NodeList
    ) -> None:
        self.loopvars, self.sequence, self.is_reversed = names, sequence, backwards
        self.nodelist_loop, self.nodelist_empty = body, empty

    def compile(self, generator: "Generator") -> None:
        number = generator.number()
        sequence = f"s{number}"
        missing = "''" if generator.strict else "None"
        generator.line(f"{sequence} = items({self.sequence.code(generator, missing)})")
        if self.nodelist_loop.needs_context():
            self._in_context(generator, number, sequence)
        else:
            self._in_locals(generator, number, sequence)
        if self.nodelist_empty:
            with generator.indented("else:"):
                generator.body(self.nodelist_empty)

    def _in_locals(self, generator: "Generator", number: int, sequence: str) -> None:
        outer = generator.scope.get("forloop")
        loop = Loop(number, outer if isinstance(outer, Loop) else None)
        names = {name: f"l{number}_{at}" for at, name in enumerate(self.loopvars)}
        values = f"reversed({sequence})" if self.is_reversed else sequence
        target = ", ".join(names.values())
        with generator.indented(f"if {sequence}:"):
            length = generator.mark()
            generator.line("pass")
            header = generator.mark()
            with (
                generator.indented(f"for {target} in {values}:"),
                generator.local({**names, "forloop": loop}),
            ):
                generator.body(self.nodelist_loop)
            if loop.uses_index:
                target = f"({target})" if len(names) > 1 else target
                generator.rewrite(length, f"n{number} = len({sequence})")
                generator.rewrite(header, f"for i{number}, {target} in enumerate({values}):")

    def _in_context(self, generator: "Generator", number: int, sequence: str) -> None:
        names = [*self.loopvars, "forloop"]
        values = f"reversed({sequence})" if self.is_reversed else sequence
        target = ", ".join(f"V[{name!r}]" for name in self.loopvars)
        with generator.indented(f"if {sequence}:"):
            generator.line(f"p{number} = ForLoop(len({sequence}), g('forloop'), -1)")
            generator.line(f"c.enter({tuple(names)!r}); V['forloop'] = p{number}")
            with generator.indented(f"for {target} in {values}:"), generator.hidden(names):
                generator.line(f"p{number}.index += 1")
                generator.body(self.nodelist_loop)
            generator.line("c.leave()")


@register.tag("for")
def compile_for(parser: Parser, token: Token) -> Node:
    """``{% for a, b in pairs reversed %} ... {% empty %} ... {% endfor %}``."""
    words = token.split_contents()
    if len(words) < 4:
        raise TemplateSyntaxError(f"'for' needs at least four words, as in {{% for x in y %}}: {token.contents[:80]!r}")
    backwards = words[-1] == "reversed"
    at = -3 if backwards else -2
    if words[at] != "in":
        raise TemplateSyntaxError(f"'for' should be {{% for x in y %}}, got {token.contents[:80]!r}")
    names = re.split(r" *, *", " ".join(words[1:at]))
    for name in names:
        if not name.isidentifier() or name.startswith("_"):
            raise TemplateSyntaxError(f"'for' got an invalid variable {name[:80]!r}: expected names split by commas")
    sequence = parser.compile_filter(words[at + 1])
    body = parser.parse(("empty", "endfor"))
    empty = NodeList()
    if parser.next_token().contents == "empty":
        empty = parser.parse(("endfor",))
        parser.delete_first_token()
    return ForNode(names, sequence, backwards, body, empty)


class WithNode(Node):
    """``{% with %}``."""

    uses_context = False

    def __init__(self, values: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.values, self.nodelist = values, nodelist

    def compile(self, generator: "Generator") -> None:
        number = generator.number()
        names = {name: f"l{number}_{at}" for at, name in enumerate(self.values)}
        generator.flush()
        for name, value in self.values.items():
            generator.line(f"{names[name]} = {value.code(generator)}")
        if not self.nodelist.needs_context():
            with generator.local(dict(names)):
                generator.nodes(self.nodelist)
            return
        generator.line(f"c.enter({tuple(names)!r})")
        for name, local in names.items():
            generator.line(f"V[{name!r}] = {local}")
        with generator.hidden(names):
            generator.nodes(self.nodelist)
        generator.line("c.leave()")


@register.tag("with")
def compile_with(parser: Parser, token: Token) -> Node:
    """``{% with a=1 b=article.title %} ... {% endwith %}``."""
    words = token.split_contents()[1:]
    values = assignments(parser, words, "with")
    nodelist = parser.parse(("endwith",))
    parser.delete_first_token()
    return WithNode(values, nodelist)


def assignments(parser: Parser, words: list[str], tag: str) -> dict[str, FilterExpression]:
    """Read ``a=1 b=c``, or the older ``c as b``.

    Raises:
        TemplateSyntaxError: If it is neither.
    """
    if len(words) == 3 and words[1] == "as":
        words = [f"{words[2]}={words[0]}"]
    values: dict[str, FilterExpression] = {}
    for word in words:
        name, _, value = word.partition("=")
        if not value or not name.isidentifier() or name.startswith("_"):
            raise TemplateSyntaxError(
                f"{tag!r} expected at least one variable assignment, as in name=value; got {word[:80]!r}"
            )
        values[name] = parser.compile_filter(value)
    if not values:
        raise TemplateSyntaxError(f"{tag!r} expected at least one variable assignment, as in name=value")
    return values


class IfChangedNode(Node):
    """``{% ifchanged %}``."""

    # What was shown last is kept with the loop around, which may be the context's.
    uses_context = True
    stateful = True
    child_nodelists = ("nodelist_true", "nodelist_false")

    def __init__(self, nodelist_true: NodeList, nodelist_false: NodeList, values: list[FilterExpression]) -> None:
        self.nodelist_true, self.nodelist_false, self.values = nodelist_true, nodelist_false, values

    def compile(self, generator: "Generator") -> None:
        changed = f"{generator.constant(self.changed)}(c, "
        if self.values:
            compared = "".join(f"{value.code(generator, 'None')}, " for value in self.values)
            with generator.indented(f"if {changed}({compared})):"):
                generator.body(self.nodelist_true)
        else:
            with generator.captured() as output:
                generator.body(self.nodelist_true)
            with generator.indented(f"if {changed}''.join({output})):"):
                generator.put(f"''.join({output})")
        if self.nodelist_false:
            with generator.indented("else:"):
                generator.body(self.nodelist_false)

    def changed(self, context: Context, value: object) -> bool:
        """Remember ``value``; tell whether it is another than the time before."""
        loop = context.get("forloop")
        state = loop.state if isinstance(loop, ForLoop) else context.render_state
        key = (self, context.site)  # each {% include %} of a template has a state of its own
        before = state.get(key, state)
        state[key] = value
        return before is state or before != value


@register.tag
def ifchanged(parser: Parser, token: Token) -> Node:
    """``{% ifchanged value %} ... {% else %} ... {% endifchanged %}``."""
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    shown = parser.parse(("else", "endifchanged"))
    other = NodeList()
    if parser.next_token().contents == "else":
        other = parser.parse(("endifchanged",))
        parser.delete_first_token()
    return IfChangedNode(shown, other, values)


class CycleNode(Node):
    """``{% cycle %}``."""

    stateful = True

    def __init__(self, values: list[FilterExpression], name: str | None, silent: bool) -> None:
        self.values, self.name, self.silent = values, name, silent
        self.uses_context = name is not None

    def compile(self, generator: "Generator") -> None:
        step = generator.temporary()
        generator.line(f"{step} = {generator.constant(self.step)}(c)")
        value = "".join(f"{value.code(generator)} if {step} == {at} else " for at, value in enumerate(self.values))
        current = generator.temporary()
        generator.line(f"{current} = {value}None")
        if self.name is not None:
            generator.line(f"{generator.constant(self.store)}(c, {current})")
        if not self.silent:
            generator.put(f"{'show' if generator.autoescape else 'raw'}({current})")

    def step(self, context: Context) -> int:
        """Return the position of the value to show, and go on to the next."""
        at: int = context.render_state.get(self, 0)
        context.render_state[self] = (at + 1) % len(self.values)
        return at

    def store(self, context: Context, value: object) -> None:
        """Set the variable, where the name stands or in the layer at hand."""
        name = str(self.name)
        if name in context.vars:
            context.vars[name] = value
        else:
            context[name] = value

    def reset(self, context: Context) -> None:
        """Begin again."""
        context.render_state[self] = 0


@register.tag
def cycle(parser: Parser, token: Token) -> Node:
    """``{% cycle 'odd' 'even' as name silent %}``, later ``{% cycle name %}``."""
    words = token.split_contents()
    if len(words) < 2:
        raise TemplateSyntaxError("'cycle' needs at least one value")
    named: dict[str, CycleNode] = parser.extra_data.setdefault("cycles", {})
    if len(words) == 2 and words[1] in named:
        return named[words[1]]
    if len(words) == 2 and words[1].isidentifier():
        raise TemplateSyntaxError(f"Named cycle {words[1]!r} does not exist. Named before this: {_cycles(parser)}")
    name, silent = None, False
    if words[-1] == "silent" and len(words) > 4 and words[-3] == "as":
        silent = True
        words.pop()
    elif len(words) > 4 and words[-3] == "as":
        raise TemplateSyntaxError(f"'cycle' may only have 'silent' after the name, got {words[-1][:80]!r}")
    if len(words) > 3 and words[-2] == "as":
        name = words[-1]
        del words[-2:]
    node = CycleNode([parser.compile_filter(word) for word in words[1:]], name, silent)
    if name is not None:
        named[name] = node
    parser.extra_data["last cycle"] = node
    return node


def _cycles(parser: Parser) -> str:
    return ", ".join(sorted(parser.extra_data.get("cycles", ()))) or "none"


class ResetCycleNode(Node):
    """``{% resetcycle %}``."""

    uses_context = False
    stateful = True

    def __init__(self, cycle: CycleNode) -> None:
        self.cycle = cycle

    def compile(self, generator: "Generator") -> None:
        generator.line(f"{generator.constant(self.cycle.reset)}(c)")


@register.tag
def resetcycle(parser: Parser, token: Token) -> Node:
    """``{% resetcycle name %}``."""
    words = token.split_contents()
    if len(words) > 2:
        raise TemplateSyntaxError("'resetcycle' takes at most one name")
    if len(words) == 2:
        node = parser.extra_data.get("cycles", {}).get(words[1])
        if node is None:
            raise TemplateSyntaxError(f"Named cycle {words[1]!r} does not exist. Named before this: {_cycles(parser)}")
    else:
        node = parser.extra_data.get("last cycle")
        if node is None:
            raise TemplateSyntaxError("No cycles in template. 'resetcycle' needs one before it")
    return ResetCycleNode(node)


class FirstOfNode(Node):
    """``{% firstof %}``."""

    def __init__(self, values: list[FilterExpression], target: str | None) -> None:
        self.values, self.target = values, target
        self.uses_context = target is not None

    def compile(self, generator: "Generator") -> None:
        value = " or ".join(value.code(generator, "None") for value in self.values)
        shown = f"{'show' if generator.autoescape else 'raw'}(({value}) or '')"
        if self.target is not None:
            generator.line(f"c[{self.target!r}] = Markup({shown})")
        else:
            generator.put(shown)


@register.tag
def firstof(parser: Parser, token: Token) -> Node:
    """``{% firstof a b 'fallback' as name %}``."""
    words = token.split_contents()[1:]
    target = None
    if len(words) > 2 and words[-2] == "as":
        target = words[-1]
        del words[-2:]
    if not words:
        raise TemplateSyntaxError("'firstof' needs at least one value")
    return FirstOfNode([parser.compile_filter(word) for word in words], target)
