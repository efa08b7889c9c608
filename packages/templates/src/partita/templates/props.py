"""What a component is given: props, each with a name, a type and perhaps a default."""

import re
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from partita.contracts.i18n import LazyText
from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression

if TYPE_CHECKING:
    from partita.templates.parser import Parser

__all__ = ("REQUIRED", "Prop", "PropType", "parse_props", "props_of_class", "type_of_annotation")

REQUIRED: Any = object()
"""The default of a prop that has none."""

_NAMES: dict[str, tuple[type, ...]] = {
    "str": (str, LazyText),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "list": (list, tuple),
    "dict": (Mapping,),
    "iterable": (Iterable,),
    "date": (date,),
    "datetime": (datetime,),
    "time": (time,),
    "decimal": (Decimal, int),
    "callable": (Callable,),  # type: ignore[dict-item] # an abstract class, which isinstance takes
    "none": (type(None),),
    "None": (type(None),),
}
_QUOTED = r"""(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')"""
_NAME = re.compile(r"\s*([^\W\d]\w*)\s*")
_KIND = re.compile(rf"\s*(?:({_QUOTED})|(-?\d+(?:\.\d+)?)|([^\W\d]\w*)(\?)?)\s*")
_DEFAULT = re.compile(rf"\s*((?:{_QUOTED}|[^,\"'])+)")


class PropType:
    """The values a prop may have.

    Args:
        text: As it is written.
        kinds: Classes whose values fit.
        choices: Single values that fit.
        anything: Whether any value fits.
    """

    __slots__ = ("anything", "choices", "kinds", "text")

    def __init__(
        self, text: str, kinds: tuple[type, ...] = (), choices: tuple[object, ...] = (), anything: bool = False
    ) -> None:
        self.text, self.kinds, self.choices, self.anything = text, kinds, choices, anything

    def accepts(self, value: object) -> bool:
        """Whether ``value`` fits."""
        if self.anything or isinstance(value, self.kinds):
            return True
        return any(value == choice and isinstance(value, type(choice)) for choice in self.choices)

    def __repr__(self) -> str:
        return f"PropType({self.text!r})"


ANYTHING = PropType("any", anything=True)


class Prop:
    """One prop.

    Args:
        name: As components are given it.
        kind: What values fit.
        default: An expression of the template, a value of a Python class, or `REQUIRED`.
    """

    __slots__ = ("default", "kind", "name")

    def __init__(self, name: str, kind: PropType = ANYTHING, default: Any = REQUIRED) -> None:
        self.name, self.kind, self.default = name, kind, default

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is REQUIRED

    def __repr__(self) -> str:
        return f"Prop({self.name!r}, {self.kind!r})"


def parse_props(text: str, parser: "Parser") -> list[Prop]:
    """Read ``title: str, level: int = 2, tone: "info" | "warning" = "info"``.

    Raises:
        TemplateSyntaxError: If it is anything else.
    """
    props: list[Prop] = []
    at = 0
    while at < len(text):
        found = _NAME.match(text, at)
        if found is None or found[1].startswith("_"):
            raise TemplateSyntaxError(f"'props' got {text[at:][:80]!r}: expected a name, as in title: str")
        name, kind, default = found[1], ANYTHING, REQUIRED
        at = found.end()
        if text.startswith(":", at):
            kind, at = _parse_kind(text, at + 1, name)
        if text.startswith("=", at):
            given = _DEFAULT.match(text, at + 1)
            if given is None or not given[1].strip():
                raise TemplateSyntaxError(f"'props': {name!r} has no value after the equals sign")
            default = parser.compile_filter(given[1].strip())
            _check_default(name, kind, default)
            at = given.end()
        if at < len(text) and text[at] != ",":
            raise TemplateSyntaxError(f"'props' got {text[at:][:80]!r} after {name!r}: expected a comma, a colon or =")
        props.append(Prop(name, kind, default))
        at += 1
    if not props:
        raise TemplateSyntaxError("'props' needs at least one name, as in {% props title: str, level: int = 2 %}")
    return props


def _parse_kind(text: str, at: int, name: str) -> tuple[PropType, int]:
    start = at
    kinds: list[type] = []
    choices: list[object] = []
    anything = False
    while True:
        found = _KIND.match(text, at)
        if found is None:
            raise TemplateSyntaxError(f"'props': {name!r} has no type after {text[start:at][-20:]!r}")
        quoted, number, word, optional = found.groups()
        if quoted:
            choices.append(str.__str__(FilterExpression(quoted, _no_filter).var.literal))
        elif number:
            choices.append(float(number) if "." in number else int(number))
        elif word == "any":
            anything = True
        elif word in _NAMES:
            kinds.extend(_NAMES[word])
        else:
            raise TemplateSyntaxError(
                f"'props': {name!r} has the unknown type {word!r}: expected any, {', '.join(sorted(_NAMES))}, a quoted text "
                "or a number"
            )
        if optional:
            kinds.append(type(None))
        at = found.end()
        if not text.startswith("|", at):
            return PropType(text[start:at].strip(), tuple(kinds), tuple(choices), anything), at
        at += 1


def _no_filter(name: str) -> Callable[..., Any]:
    raise TemplateSyntaxError(f"no filter may stand here, got {name!r}")


def _check_default(name: str, kind: PropType, default: FilterExpression) -> None:
    if default.var.constant and not default.filters and not kind.accepts(default.var.literal):
        raise TemplateSyntaxError(f"'props': the default of {name!r} is {default.token}, which is no {kind.text}")


def props_of_class(cls: type) -> list[Prop]:
    """Return the props that the annotations of a `Component` class declare."""
    from typing import get_type_hints

    import msgspec

    hints = get_type_hints(cls)
    props: list[Prop] = []
    for field in msgspec.structs.fields(cls):
        default: Any = REQUIRED
        if field.default is not msgspec.NODEFAULT:
            default = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory
        props.append(Prop(field.name, type_of_annotation(hints[field.name]), default))
    return props


def type_of_annotation(annotation: Any) -> PropType:
    """Return what fits a Python annotation; the types of what is inside containers are not looked at."""
    text = annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return PropType(" | ".join(map(repr, get_args(annotation))), choices=get_args(annotation))
    if origin is Union or origin is types.UnionType:
        parts = [type_of_annotation(part) for part in get_args(annotation)]
        return PropType(
            " | ".join(part.text for part in parts),
            tuple(kind for part in parts for kind in part.kinds),
            tuple(choice for part in parts for choice in part.choices),
            any(part.anything for part in parts),
        )
    kind = origin or annotation
    if kind is None or kind is type(None):
        return PropType("None", (type(None),))
    if not isinstance(kind, type) or kind is object or getattr(kind, "_is_protocol", False):
        return PropType(text, anything=True)
    wider = {str: _NAMES["str"], float: _NAMES["float"], list: _NAMES["list"], Decimal: _NAMES["decimal"]}
    return PropType(text, wider.get(kind, (kind,)))
