"""What is known about a component before it is used, and how a use of it is checked."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from partita.templates.errors import ComponentError, TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.nodes import Node, NodeList, VariableNode
from partita.templates.props import Prop, props_of_class

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.template import Template

__all__ = ("Definition", "Mistake", "define", "refuse", "template_name")

DEFAULT_SLOT = "default"


class Mistake(NamedTuple):
    """Something wrong with a use of a component."""

    text: str
    hint: str = ""


class Definition:
    """A component: its template, its props, its slots.

    Args:
        name: As templates call it.
        template: What it is shown with.
        props: By name.
        kind: The class that declares the props, if they are declared in Python.
    """

    __slots__ = ("inline", "kind", "name", "open_slots", "props", "slots", "takes_attributes", "template")

    def __init__(self, name: str, template: "Template", props: Mapping[str, Prop], kind: Any = None) -> None:
        from partita.templates.tags.components import AttrsNode, ComponentNode, SlotNode
        from partita.templates.tags.inheritance import IncludeNode

        self.name, self.template, self.props, self.kind = name, template, dict(props), kind
        nodes = list(_nodes(template))
        self.slots = {node.name for node in nodes if isinstance(node, SlotNode)}
        self.open_slots = template.extends is not None or any(isinstance(node, IncludeNode) for node in nodes)
        """Whether other templates may show its slots too, so that their names are not all known."""
        self.takes_attributes = self.open_slots or any(
            isinstance(node, AttrsNode)
            or (isinstance(node, VariableNode) and node.filter_expression.var.path[:1] == ("attrs",))
            or (isinstance(node, ComponentNode) and node.spread is not None)
            for node in nodes
        )
        self.inline = not (
            template.extends is not None
            or template.blocks
            or template.partials
            or template.nodelist.needs_context()
            # Notes kept by node would go on from one use to the next.
            or any(node.stateful for node in nodes)
        )
        """Whether its nodes may stand in the Python of the template that uses it."""

    def mistakes(self, given: Mapping[str, FilterExpression | bool], fills: Iterable[str]) -> Iterator[Mistake]:
        """Say what is wrong with a use.

        Args:
            given: What the tag names, props and attributes.
            fills: The slots that are filled.
        """
        for name, value in given.items():
            prop = self.props.get(name)
            if prop is not None:
                yield from self._check_literal(prop, value)
            elif not self.takes_attributes:
                known = ", ".join(self.props) or "none"
                yield Mistake(
                    f"component {self.name!r} has no prop {name!r}{_similar(name, self.props)}",
                    f"Its props: {known}. It shows no attributes either: {{{{ attrs }}}} is not in its template.",
                )
        for prop in self.props.values():
            if prop.required and prop.name not in given:
                yield Mistake(f"component {self.name!r} needs the prop {prop.name!r} ({prop.kind.text})")
        if not self.open_slots:
            for name in fills:
                if name not in self.slots:
                    known = ", ".join(sorted(self.slots)) or "none"
                    what = "takes no content" if name == DEFAULT_SLOT else f"has no slot {name!r}"
                    yield Mistake(f"component {self.name!r} {what}{_similar(name, self.slots)}", f"Its slots: {known}.")

    def doubts(self, given: Mapping[str, object]) -> Iterator[Mistake]:
        """Say what may be a mistake: attributes that are named nearly like a prop."""
        for name in given:
            if name not in self.props and (similar := _similar(name, self.props)):
                yield Mistake(f"component {self.name!r} has no prop {name!r}, so it becomes an attribute{similar}")

    def _check_literal(self, prop: Prop, value: FilterExpression | bool) -> Iterator[Mistake]:
        if isinstance(value, bool):
            literal: Any = value
        elif value.var.constant and not value.filters:
            literal = value.var.literal
        else:
            return
        if not prop.kind.accepts(literal):
            yield Mistake(wrong_type(self.name, prop, literal))

    def check(self, given: Mapping[str, FilterExpression | bool], fills: Iterable[str]) -> None:
        """Refuse a use that is wrong.

        Raises:
            TemplateSyntaxError: With the first mistake.
        """
        for mistake in self.mistakes(given, fills):
            raise TemplateSyntaxError(f"{mistake.text}. {mistake.hint}".strip())

    def __repr__(self) -> str:
        return f"<Definition {self.name!r}>"


def define(engine: "Engine", name: str, kind: Any = None) -> Definition:
    """Return the component ``name``.

    Raises:
        TemplateNotFound: If it has no template.
    """
    template = engine.get_template(getattr(kind, "template", "") or template_name(name))
    declared: list[Prop] = template.extra_data.get("props", [])
    if kind is not None:
        if declared:
            raise TemplateSyntaxError(
                f"component {name!r} declares its props in {kind.__name__} and in its template", name
            )
        declared = props_of_class(kind)
    return Definition(name, template, {prop.name: prop for prop in declared}, kind)


def template_name(name: str) -> str:
    """Return where a component's template is: ``card`` is in ``components/card.html``, other names are taken as they are."""
    return name if "." in name or "#" in name else f"components/{name}.html"


def refuse(value: object, component: str, prop: Prop, template: str, line: int) -> None:
    """Raise the error for a value of the wrong type."""
    raise ComponentError(component, prop.name, wrong_type(component, prop, value), template, line)


def refuse_missing(component: str, prop: Prop, variable: str, template: str, line: int) -> None:
    """Raise the error for a prop that is given a variable which is not there."""
    text = f"component {component!r} needs the prop {prop.name!r} ({prop.kind.text}), but there is no {variable!r}"
    raise ComponentError(component, prop.name, text, template, line)


def wrong_type(component: str, prop: Prop, value: object) -> str:
    """Say that ``value`` does not fit."""
    return (
        f"component {component!r}: the prop {prop.name!r} takes {prop.kind.text}, got {str(value)[:60]!r} "
        f"({type(value).__name__})"
    )


def _nodes(template: "Template") -> Iterator[Node]:
    for nodes in (template.nodelist, *template.partials.values()):
        all_nodes: NodeList = nodes
        yield from all_nodes.get_nodes_by_type(Node)


def _similar(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name[:50], list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""
