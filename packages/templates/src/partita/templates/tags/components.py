"""Components: templates with typed props and slots, written into the Python of the template that uses them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from partita.templates.attributes import Attributes, is_attribute_name
from partita.templates.context import MISSING, Context
from partita.templates.definitions import DEFAULT_SLOT, Definition, refuse, refuse_missing
from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.library import Library
from partita.templates.nodes import Node, NodeList, TextNode
from partita.templates.parser import Parser
from partita.templates.props import REQUIRED, Prop, parse_props
from partita.templates.scopes import Frame
from partita.templates.template import include, include_stream
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("AttrsNode", "ComponentNode", "FillNode", "SlotNode", "register")

register = Library()
_GIVEN = re.compile(r"([^\s='\"]+)=(.+)", re.DOTALL)
_SLOT = re.compile(r"[^\W\d][\w-]*")


class SilentNode(Node):
    """Shows nothing: it was for the parser."""

    uses_context = False

    def compile(self, generator: "Generator") -> None:
        """Write nothing."""


@register.tag
def props(parser: Parser, token: Token) -> Node:
    """``{% props title: str, level: int = 2, tone: "info" | "warning" = "info" %}``; several such tags add up."""
    known: list[Prop] = parser.extra_data.setdefault("props", [])
    for prop in parse_props(token.contents.partition(" ")[2], parser):
        if any(prop.name == each.name for each in known) or prop.name in {"attrs", "slots", "component"}:
            raise TemplateSyntaxError(f"'props' cannot declare {prop.name!r}: the name is taken")
        known.append(prop)
    return SilentNode()


class SlotNode(Node):
    """``{% slot %}``: where content goes that a component is given; what is inside is shown if there is none."""

    uses_context = False

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def compile(self, generator: "Generator") -> None:
        frame = generator.frame
        if frame is not None:
            content = frame.fills.get(self.name)
            if content is None:
                generator.nodes(self.nodelist)
            else:
                with generator.outside(frame):
                    generator.body(content)
            return
        fill = generator.temporary()
        generator.line(f"{fill} = c.slots.get({self.name!r}) if c.slots is not None else None")
        with generator.indented(f"if {fill} is not None:"):
            if generator.streaming:
                generator.line(f"{fill}o = []; {fill}({fill}o)")
                generator.line(f"yield joined({fill}o)")
            else:
                generator.line(f"{fill}({generator.output})")
        if self.nodelist:
            with generator.indented("else:"):
                generator.body(self.nodelist)


@register.tag
def slot(parser: Parser, token: Token) -> Node:
    """``{% slot name %} what is shown without content {% endslot %}``; without a name it is the default slot."""
    words = token.split_contents()
    if len(words) > 2 or (len(words) == 2 and not _SLOT.fullmatch(words[1])):
        raise TemplateSyntaxError("'slot' takes at most one name, of letters, digits, hyphens and underscores")
    nodelist = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(words[1] if len(words) == 2 else DEFAULT_SLOT, nodelist)


class FillNode(Node):
    """``{% fill %}``: content for a named slot."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def compile(self, generator: "Generator") -> None:
        raise TemplateSyntaxError(
            f"'fill' stands outside of a component, or deeper inside: expected {{% fill {self.name} %}} directly between "
            "{% component %} and {% endcomponent %}"
        )


@register.tag
def fill(parser: Parser, token: Token) -> Node:
    """``{% fill footer %} ... {% endfill %}``."""
    words = token.split_contents()
    if len(words) != 2 or not _SLOT.fullmatch(words[1]):
        raise TemplateSyntaxError("'fill' takes the name of a slot")
    nodelist = parser.parse(("endfill",))
    parser.delete_first_token()
    return FillNode(words[1], nodelist)


class AttrsNode(Node):
    """``{% attrs %}``: the attributes given to the component, with defaults."""

    uses_context = False

    def __init__(self, defaults: dict[str, FilterExpression]) -> None:
        self.defaults = defaults

    def compile(self, generator: "Generator") -> None:
        given = generator.lookup(("attrs",))
        values = [(name, value.code(generator)) for name, value in self.defaults.items()]
        known = generator.namespace.get(given)
        if isinstance(known, Attributes) and all(code in generator.namespace for _, code in values):
            defaults = {name: generator.namespace[code] for name, code in values}
            generator.text(str(known.over(defaults).__html__()))
            return
        written = ", ".join(f"{name!r}: {code}" for name, code in values)
        generator.put(f"{generator.constant(merged)}({given}, {{{written}}})")


def merged(given: object, defaults: Mapping[str, object]) -> str:
    """Return attributes with defaults, as HTML."""
    return (given if isinstance(given, Attributes) else Attributes()).over(defaults).__html__()


@register.tag
def attrs(parser: Parser, token: Token) -> Node:
    """``<a {% attrs class="button" role="button" %}>``: ``class`` and ``style`` are joined, others give way."""
    given, spread = _parse_given(parser, token.split_contents()[1:], "attrs")
    if spread is not None:
        raise TemplateSyntaxError("'attrs' takes name=value only")
    return AttrsNode({name: _expression(parser, value) for name, value in given.items()})


def _expression(parser: Parser, value: "FilterExpression | bool") -> FilterExpression:
    return parser.compile_filter("True") if isinstance(value, bool) else value


class ComponentNode(Node):
    """``{% component %}``: one use of a component."""

    uses_context = False

    def __init__(
        self,
        name: str,
        kind: Any,
        given: dict[str, "FilterExpression | bool"],
        spread: FilterExpression | None,
        fills: dict[str, NodeList],
    ) -> None:
        self.name, self.kind, self.given, self.spread, self.fills = name, kind, given, spread, fills

    def children(self) -> Iterator[NodeList]:
        return iter(self.fills.values())

    def compile(self, generator: "Generator") -> None:
        definition = generator.component(self.name, self.kind)
        definition.check(self.given, self.fills)
        generator.flush()
        number = generator.number()
        names: dict[str, str] = {}
        for at, prop in enumerate(definition.props.values()):
            names[prop.name] = self._prop(generator, definition, prop, f"l{number}_{at}", names)
        if definition.kind is not None:
            written = ", ".join(f"{name}={code}" for name, code in names.items())
            generator.line(f"l{number}_k = {generator.constant(definition.kind)}({written})")
            names["component"] = f"l{number}_k"
        if definition.takes_attributes:
            names["attrs"] = self._attributes(generator, definition, f"l{number}_a")
        names["slots"] = generator.constant(dict.fromkeys(self.fills, True))
        if definition.inline and generator.may_inline(definition):
            with generator.inside(Frame(definition, names, self.fills, generator)):
                generator.nodes(definition.template.nodelist)
        else:
            self._call(generator, definition, number, names)

    def _prop(
        self, generator: "Generator", definition: Definition, prop: Prop, local: str, before: dict[str, str]
    ) -> str:
        """Write what a prop is given into a local; return the name, or the constant that it is."""
        value = self.given.get(prop.name)
        if value is None:
            return self._default(generator, definition, prop, local, before)
        if isinstance(value, bool):
            return repr(value)
        template, line = generator.where
        place = f"{template!r}, {line}"
        if value.var.constant and not value.filters:
            return value.code(generator)
        if value.filters or not value.is_var:
            generator.line(f"{local} = {value.code(generator)}")
            self._check_type(generator, definition, prop, local, place)
            return local
        generator.line(f"{local} = {value.var.code(generator)}")
        # Almost always the value fits, so that is asked first: whether it has to be called or is not there at all comes after.
        with ExitStack() as stack:
            if not prop.kind.anything:
                stack.enter_context(generator.indented(f"if not {_test(generator, prop, local)}:"))
            generator.line(f"{local} = settled({local})")
            with generator.indented(f"if {local} is M:"):
                if prop.required:
                    refusal = f"{definition.name!r}, {generator.constant(prop)}, {value.token!r}, {place}"
                    generator.line(f"{generator.constant(refuse_missing)}({refusal})")
                else:
                    generator.line(f"{local} = {self._default(generator, definition, prop, local, before)}")
            self._check_type(generator, definition, prop, local, place)
        return local

    def _check_type(self, generator: "Generator", definition: Definition, prop: Prop, local: str, place: str) -> None:
        if not prop.kind.anything:
            with generator.indented(f"if not {_test(generator, prop, local)}:"):
                refusal = f"{local}, {definition.name!r}, {generator.constant(prop)}, {place}"
                generator.line(f"{generator.constant(refuse)}({refusal})")

    def _default(
        self, generator: "Generator", definition: Definition, prop: Prop, local: str, before: dict[str, str]
    ) -> str:
        if prop.default is REQUIRED:
            raise TemplateSyntaxError(f"component {definition.name!r} needs the prop {prop.name!r} ({prop.kind.text})")
        if isinstance(prop.default, FilterExpression):
            # It may name the props before it.
            with generator.inside(Frame(definition, dict(before), {}, generator)):
                code = prop.default.code(generator)
        elif definition.kind is not None and callable(prop.default):
            code = f"{generator.constant(prop.default)}()"
        else:
            code = generator.constant(prop.default)
        if code in generator.namespace or (isinstance(prop.default, FilterExpression) and prop.default.var.constant):
            return code
        generator.line(f"{local} = {code}")
        return local

    def _attributes(self, generator: "Generator", definition: Definition, local: str) -> str:
        rest = {name: value for name, value in self.given.items() if name not in definition.props}
        codes = {
            name: repr(value) if isinstance(value, bool) else value.code(generator) for name, value in rest.items()
        }
        if (
            self.spread is None
            and all(isinstance(value, bool) or value.var.constant for value in rest.values())
            and not any(not isinstance(value, bool) and value.filters for value in rest.values())
        ):
            constants = {name: value if isinstance(value, bool) else value.var.literal for name, value in rest.items()}
            return generator.constant(Attributes(constants))
        written = ", ".join(f"{name!r}: {code}" for name, code in codes.items())
        if self.spread is None:
            generator.line(f"{local} = {generator.constant(Attributes)}({{{written}}})")
        else:
            given = self.spread.code(generator, "None")
            generator.line(f"{local} = {generator.constant(spread_over)}({given}, {{{written}}})")
        return local

    def _call(self, generator: "Generator", definition: Definition, number: int, names: dict[str, str]) -> None:
        """Show the component by a call: it uses the context, or itself, or the Python is long enough."""
        fills = []
        for at, (name, nodelist) in enumerate(self.fills.items()):
            with generator.closure(f"f{number}_{at}"):
                generator.nodes(nodelist)
            fills.append(f"{name!r}: f{number}_{at}")
        values = ", ".join(f"{name!r}: {code}" for name, code in names.items())
        made = f"{generator.constant(component_context)}(c, {{{values}}}, {{{', '.join(fills)}}})"
        template = generator.constant(definition.template)
        if generator.streaming:
            generator.line(f"yield from {generator.constant(include_stream)}({template}, {made})")
        else:
            generator.line(f"{generator.constant(include)}({template}, {made}, {generator.output})")


def _test(generator: "Generator", prop: Prop, local: str) -> str:
    if prop.kind.choices:
        return f"{generator.constant(prop.kind)}.accepts({local})"
    return f"isinstance({local}, {generator.constant(prop.kind.kinds)})"


def component_context(context: Context, values: dict[str, object], slots: dict[str, Any]) -> Context:
    """Return the context of a component: its props, and what every template of the request sees."""
    made = context.new({**context.shared, **values})
    made.shared, made.slots = context.shared, slots
    return made


def spread_over(given: object, values: dict[str, object]) -> Attributes:
    """Return attributes that a component hands on to another, with what the tag names over them."""
    if given is None or given is MISSING:
        return Attributes(values)
    if not isinstance(given, Mapping):
        raise TypeError(f"attrs= takes a mapping of attributes, got {type(given).__name__}")
    return Attributes(values).over(given)


@register.tag
def component(parser: Parser, token: Token) -> Node:
    """``{% component "card" title=album.title class="wide" %} ... {% endcomponent %}``, or with ``/`` at its end, alone."""
    words = token.split_contents()
    if len(words) < 2 or words[1][:1] not in {'"', "'"} or words[1][-1:] != words[1][:1] or len(words[1]) < 3:
        raise TemplateSyntaxError("'component' takes the name of a component in quotes, then name=value")
    name = words[1][1:-1]
    alone = words[-1] == "/"
    given, spread = _parse_given(parser, words[2:-1] if alone else words[2:], "component")
    fills: dict[str, NodeList] = {}
    if not alone:
        nodelist = parser.parse(("endcomponent",))
        parser.delete_first_token()
        fills = _split_fills(name, nodelist, parser)
    return ComponentNode(name, parser.components.get(name), given, spread, fills)


def _split_fills(name: str, nodelist: NodeList, parser: Parser) -> dict[str, NodeList]:
    fills: dict[str, NodeList] = {}
    rest = NodeList(source=parser.source)
    for node in nodelist:
        if isinstance(node, FillNode):
            if node.name in fills:
                raise TemplateSyntaxError(f"component {name!r} is given the slot {node.name!r} twice")
            fills[node.name] = node.nodelist
        else:
            rest.append(node)
    if any(not (isinstance(node, TextNode) and not node.s.strip()) for node in rest):
        if DEFAULT_SLOT in fills:
            raise TemplateSyntaxError(f"component {name!r} is given the slot 'default' twice")
        fills[DEFAULT_SLOT] = rest
    return fills


def _parse_given(
    parser: Parser, words: list[str], tag: str
) -> tuple[dict[str, "FilterExpression | bool"], FilterExpression | None]:
    """Read ``name=value``, and names alone, which stand for true; ``attrs=mapping`` is apart."""
    given: dict[str, FilterExpression | bool] = {}
    spread: FilterExpression | None = None
    for word in words:
        found = _GIVEN.fullmatch(word)
        name = found[1] if found is not None else word
        if not is_attribute_name(name):
            raise TemplateSyntaxError(f"{tag!r} got {word[:80]!r}: expected name=value, or a name that stands for true")
        if name in given or (name == "attrs" and spread is not None):
            raise TemplateSyntaxError(f"{tag!r} received multiple values for {name!r}")
        if name == "attrs" and found is not None:
            spread = parser.compile_filter(found[2])
        else:
            given[name] = True if found is None else parser.compile_filter(found[2])
    return given, spread
