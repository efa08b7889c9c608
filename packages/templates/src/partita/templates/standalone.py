"""Components used from Python, without a template around them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from partita.templates.attributes import Attributes
from partita.templates.definitions import Definition, refuse
from partita.templates.errors import ComponentError
from partita.templates.expressions import FilterExpression
from partita.templates.props import REQUIRED
from partita.text.html import conditional_escape

if TYPE_CHECKING:
    from partita.templates.context import Context
    from partita.templates.engine import Engine

__all__ = ("render_component",)


def render_component(
    engine: "Engine", definition: Definition, given: Mapping[str, object], slots: Mapping[str, str], request: object
) -> Markup:
    """Return a component rendered; see `Engine.render_component`."""
    context = engine.make_context(None, request)
    values = _props(definition, given, context)
    if definition.kind is not None:
        values["component"] = definition.kind(**values)
    rest = {name.replace("_", "-"): value for name, value in given.items() if name not in definition.props}
    for mistake in definition.mistakes(dict.fromkeys(rest, True), slots):
        if "needs the prop" not in mistake.text:
            raise ComponentError(definition.name, "", f"{mistake.text}. {mistake.hint}")
    values["attrs"] = Attributes(rest)
    values["slots"] = dict.fromkeys(slots, True)
    inner = context.new({**context.shared, **values})
    inner.slots = {name: _appending(str.__str__(conditional_escape(text))) for name, text in slots.items()}
    return definition.template.render(inner)


def _props(definition: Definition, given: Mapping[str, object], context: "Context") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for prop in definition.props.values():
        value = given.get(prop.name, prop.default)
        if value is REQUIRED:
            text = f"component {definition.name!r} needs the prop {prop.name!r} ({prop.kind.text})"
            raise ComponentError(definition.name, prop.name, text)
        if prop.name in given:
            if not prop.kind.accepts(value):
                refuse(value, definition.name, prop, "", 0)
        elif isinstance(value, FilterExpression):
            value = value.resolve(context.new({**context.shared, **values}))
        elif definition.kind is not None and callable(value):
            value = value()
        values[prop.name] = value
    return values


def _appending(text: str) -> Callable[[list[str]], None]:
    return lambda output: output.append(text)
