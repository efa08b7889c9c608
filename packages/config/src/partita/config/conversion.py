"""Trees of settings turned into typed values, with every mistake on the way collected."""

import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from pathlib import PurePath
from typing import TypeGuard, TypeVar

import msgspec

from partita.config.errors import Problem, SettingsError
from partita.config.secret import Secret
from partita.config.sources import Leaf, Node, plain

__all__ = ("convert", "holds_secret", "members")

T = TypeVar("T")

_YES_NO = {"yes": True, "on": True, "no": False, "off": False}
_WRONG = object()  # stands for a value whose problem has been noted


def convert(node: Node, kind: type[T], *, path: str, how_to_set: Callable[[str], str], allow_unknown: bool) -> T:
    """Turn ``node`` into a ``kind``.

    Args:
        node: What the sources hold.
        kind: A `msgspec.Struct`, or anything else that msgspec converts to.
        path: Dotted name of ``node``, empty for the root.
        how_to_set: Takes a dotted name, tells people where to set it.
        allow_unknown: Whether the root may hold names that ``kind`` does not have.

    Raises:
        SettingsError: If anything in it is missing, unknown or of the wrong type.
    """
    walk = _Walk(how_to_set)
    value = walk.value(node, kind, path, allow_unknown=allow_unknown)
    if walk.problems:
        raise SettingsError(tuple(walk.problems))
    return typing.cast("T", value)


def members(annotation: object) -> tuple[object, ...]:
    """Return the types that ``annotation`` allows, without None and without `typing.Annotated`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return members(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return tuple(member for part in typing.get_args(annotation) for member in members(part))
    return () if annotation is type(None) else (annotation,)


def holds_secret(annotation: object) -> bool:
    """Tell whether a value of this type may have a `Secret` in it."""
    return any(
        member is Secret or any(holds_secret(argument) for argument in typing.get_args(member))
        for member in members(annotation)
    )


class _Walk:
    """One conversion and the problems found so far."""

    __slots__ = ("_how_to_set", "problems")

    def __init__(self, how_to_set: Callable[[str], str]) -> None:
        self._how_to_set = how_to_set
        self.problems: list[Problem] = []

    def value(self, node: Node, annotation: object, path: str, *, allow_unknown: bool = False) -> object:
        kinds = members(annotation)
        if isinstance(node, Leaf) and node.text:
            unfolded = self._unfolded(node, kinds, path)
            if unfolded is None:
                return _WRONG
            node = unfolded
        if isinstance(node, dict):
            structs = [kind for kind in kinds if _is_struct(kind)]
            if len(structs) == 1:
                return self._struct(node, structs[0], path, allow_unknown)
            for kind in kinds:
                if _is(kind, Mapping):
                    inner = (*typing.get_args(kind), object, object)[1]
                    return self._mapping(node, inner, path)
        elif isinstance(node, list):
            for kind in kinds:
                if _is(kind, (Sequence, Set)) and not _is(kind, (str, bytes)):
                    return self._items(node, kind, annotation, path)
        return self._plain(node, annotation, path)

    def _unfolded(self, leaf: Leaf, kinds: tuple[object, ...], path: str) -> Node | None:
        """Open text that stands for a table or a list: JSON, or items between commas."""
        assert isinstance(leaf.value, str)
        text = leaf.value.strip()
        table = any(_is_struct(kind) or _is(kind, Mapping) for kind in kinds)
        items = any(_is(kind, (Sequence, Set)) and not _is(kind, (str, bytes)) for kind in kinds)
        if (table and text.startswith("{")) or (items and text.startswith("[")):
            try:
                return _leaves(msgspec.json.decode(text), leaf)
            except msgspec.DecodeError as error:
                self._note(path, f"is not JSON: {error}", leaf.source)
                return None
        if items and not any(_is(kind, str) for kind in kinds):
            return [
                Leaf(item.strip(), leaf.source, text=True, shared=leaf.shared)
                for item in text.split(",")
                if item.strip()
            ]
        if bool in kinds and text.lower() in _YES_NO:
            return Leaf(_YES_NO[text.lower()], leaf.source, text=False, shared=leaf.shared)
        return leaf

    def _struct(self, node: "dict[str, Node]", kind: type[msgspec.Struct], path: str, allow_unknown: bool) -> object:
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        values: dict[str, object] = {}
        for name, field in fields.items():
            if name in node:
                values[field.name] = self.value(node[name], field.type, _below(path, name))
            elif field.required:
                self._note(_below(path, name), f"is missing. {self._how_to_set(_below(path, name))}")
                values[field.name] = _WRONG
        if not allow_unknown:
            for name in node.keys() - fields.keys():
                self._unknown(node[name], name, path, fields)
        if any(value is _WRONG for value in values.values()):
            return _WRONG
        try:
            return kind(**values)
        except (ValueError, TypeError) as error:  # from the struct's own __post_init__
            return self._note(path or kind.__name__, str(error))

    def _unknown(self, node: Node, name: str, path: str, known: Mapping[str, object]) -> None:
        leaves = list(_every_leaf(node))
        if leaves and all(leaf.shared for leaf in leaves):
            return
        import difflib  # only for whoever is mistaken

        close = difflib.get_close_matches(name, known, 1, 0.6)
        text = "is not a setting." + (f" Did you mean {_below(path, close[0])}?" if close else "")
        self._note(_below(path, name), text, leaves[0].source if leaves else "")

    def _mapping(self, node: "dict[str, Node]", annotation: object, path: str) -> object:
        values = {name: self.value(child, annotation, _below(path, name)) for name, child in node.items()}
        return _WRONG if any(value is _WRONG for value in values.values()) else values

    def _items(self, node: "list[Node]", kind: object, annotation: object, path: str) -> object:
        arguments = typing.get_args(kind)
        if (typing.get_origin(kind) or kind) is tuple and arguments[1:] != (...,):
            kinds = arguments if len(arguments) == len(node) else (object,) * len(node)
        else:
            kinds = ((arguments or (object,))[0],) * len(node)
        values = [
            self.value(child, wanted, f"{path}[{number}]")
            for number, (child, wanted) in enumerate(zip(node, kinds, strict=True))
        ]
        if any(value is _WRONG for value in values):
            return _WRONG
        # The items are right by now; this makes the collection and checks its length.
        return self._converted(values, annotation, path, "", strict=True)

    def _plain(self, node: Node, annotation: object, path: str) -> object:
        source = next((leaf.source for leaf in _every_leaf(node)), "")
        text = isinstance(node, Leaf) and node.text
        return self._converted(plain(node), annotation, path, source, strict=not text)

    def _converted(self, value: object, annotation: object, path: str, source: str, *, strict: bool) -> object:
        try:
            return msgspec.convert(value, annotation, strict=strict, dec_hook=_custom)
        except msgspec.ValidationError as error:
            text = str(error)
            if text.startswith("Invalid enum value"):  # would show the value
                text = f"is none of the allowed values{_choices(annotation)}"
            return self._note(path, text[:1].lower() + text[1:], source)

    def _note(self, name: str, text: str, source: str = "") -> object:
        self.problems.append(Problem(name, text, source))
        return _WRONG


def _custom(kind: type, value: object) -> object:
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise ValueError(f"Expected text, got {type(value).__name__}")
    if kind is Secret or issubclass(kind, PurePath):
        return kind(value)
    raise ValueError(f"{kind.__name__} cannot be read from settings")


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _is(kind: object, base: type | tuple[type, ...]) -> bool:
    found = typing.get_origin(kind) or kind
    return isinstance(found, type) and issubclass(found, base)


def _choices(annotation: object) -> str:
    choices = [repr(choice) for kind in members(annotation) for choice in typing.get_args(kind)]
    return f" ({', '.join(choices)})" if choices else ""


def _leaves(value: object, origin: Leaf) -> Node:
    if isinstance(value, dict):
        return {str(name): _leaves(child, origin) for name, child in value.items()}
    if isinstance(value, list):
        return [_leaves(child, origin) for child in value]
    return Leaf(value, origin.source, text=False, shared=origin.shared)


def _every_leaf(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
        return
    for child in node.values() if isinstance(node, dict) else node:
        yield from _every_leaf(child)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
