"""Reading regular expressions: which texts they take, and how to write one they take."""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import product
from typing import Any

__all__ = ("Group", "takes_slash", "templates")

# CPython's own parser; the public modules that gave access to it are deprecated, and a second parser would differ from it.
_parser = import_module("re._parser")
_SLASH = ord("/")
_VARIANTS = 32  # optional groups double them


def takes_slash(pattern: str) -> bool:
    """Tell whether a text that ``pattern`` takes may hold a slash; True where that is hard to say."""
    return any(_may_be_slash(str(op), value) for op, value in _flat(_parser.parse(pattern)))


def _flat(items: Any) -> Iterator[tuple[Any, Any]]:
    for op, value in items:
        match str(op):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from _flat(value[2])
            case "SUBPATTERN":
                yield from _flat(value[3])
            case "BRANCH":
                for branch in value[1]:
                    yield from _flat(branch)
            case _:
                yield op, value


def _may_be_slash(op: str, value: Any) -> bool:
    if op == "LITERAL":
        return bool(value == _SLASH)
    if op == "NOT_LITERAL":
        return bool(value != _SLASH)
    if op == "IN":
        negated = str(value[0][0]) == "NEGATE"
        return any(_in_class(str(kind), each) for kind, each in value) != negated
    return True


def _in_class(kind: str, value: Any) -> bool:
    if kind == "LITERAL":
        return bool(value == _SLASH)
    if kind == "RANGE":
        return bool(value[0] <= _SLASH <= value[1])
    return kind == "CATEGORY" and "_NOT_" in str(value)


class Group:
    """A gap in a template: the name of a capturing group, or its number if it has none."""

    __slots__ = ("name",)

    def __init__(self, name: str | int) -> None:
        self.name = name


def templates(regex: re.Pattern[str]) -> list[list[str | Group]]:
    """Return texts with gaps from which matches of ``regex`` can be made.

    Optional parts without groups are left out; with groups there is one template with them and one without. A back reference
    is the gap of its group once more. The result is empty if the expression has parts that cannot be written so.
    """
    names = {number: name for name, number in regex.groupindex.items()}
    try:
        return _sequence(_parser.parse(regex.pattern, regex.flags & ~re.UNICODE), names)[:_VARIANTS]
    except _UnwritableError:
        return []


class _UnwritableError(Exception):
    """An expression has a part for which no text can be given."""


_Template = list[str | Group]


def _sequence(items: Any, names: dict[int, str]) -> list[_Template]:
    choices = [_item(str(op), value, names) for op, value in items]
    combined = [[piece for part in parts for piece in part] for parts in _bounded(choices)]
    return [_joined(template) for template in combined]


def _bounded(choices: Sequence[list[_Template]]) -> Iterator[tuple[_Template, ...]]:
    for count, parts in enumerate(product(*choices)):
        if count == _VARIANTS:
            return
        yield parts


def _joined(template: _Template) -> _Template:
    joined: _Template = []
    for piece in template:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _item(op: str, value: Any, names: dict[int, str]) -> list[_Template]:
    match op:
        case "LITERAL":
            return [[chr(value)]]
        case "NOT_LITERAL":
            return [["-" if value != ord("-") else "_"]]
        case "ANY":
            return [["."]]
        case "IN":
            return [[_member(value)]]
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return [[]]
        case "SUBPATTERN":
            number, _, _, inner = value
            if number is None or (names and number not in names):
                return _sequence(inner, names)
            gap: _Template = [Group(names.get(number) or number)]
            return [gap]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, _, inner = value
            once = _sequence(inner, names)
            if least == 0:
                return [[], *once] if any(isinstance(piece, Group) for each in once for piece in each) else [[]]
            return [each * least for each in once]
        case "BRANCH":
            return [template for branch in value[1] for template in _sequence(branch, names)]
        case "ATOMIC_GROUP":
            return _sequence(value, names)
        case "GROUPREF":
            if names and value not in names:
                raise _UnwritableError  # it repeats a group that has no argument
            again: _Template = [Group(names.get(value) or value)]
            return [again]
        case _:
            raise _UnwritableError


def _member(items: Any) -> str:
    kind, value = str(items[0][0]), items[0][1]
    if kind == "NEGATE":
        # What needs no escape in a path comes first.
        for letter in "-_.~0aA!*+,;=@é/":
            if not any(_holds(str(k), v, letter) for k, v in items[1:]):
                return letter
        raise _UnwritableError
    if kind == "RANGE":
        return chr(value[0])
    if kind == "CATEGORY":
        return next(letter for letter in "0a -" if _holds(kind, value, letter))
    return chr(value)


def _holds(kind: str, value: Any, letter: str) -> bool:
    if kind == "LITERAL":
        return bool(value == ord(letter))
    if kind == "RANGE":
        return bool(value[0] <= ord(letter) <= value[1])
    name = str(value)
    held = {"DIGIT": letter.isdigit(), "SPACE": letter.isspace(), "WORD": letter.isalnum() or letter == "_"}
    return held[name.rsplit("_", 1)[-1]] != ("_NOT_" in name)
