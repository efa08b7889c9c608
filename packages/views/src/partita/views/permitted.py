"""Only what was asked for: the part of a client's data that may reach a model."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from partita.http import BadRequest, MultiDict

__all__ = ("permit",)

Shape = type | tuple[str, ...] | Mapping[str, object]
_SCALARS = (str, int, float, bool, type(None))


def permit(
    data: Mapping[str, object] | MultiDict[Any],
    *names: str,
    unknown: Literal["drop", "refuse"] = "drop",
    **shapes: Shape,
) -> dict[str, object]:
    """Return what ``data`` has under ``names``, so that nobody sets ``is_staff`` with a form for names.

    Such as ``permit(request.json(), "title", "price", tags=list, label=("name", "city"))``.

    Args:
        data: A form, or decoded JSON.
        names: Of plain values: text, numbers, true, false, null. Lists and mappings under them count as unknown.
        unknown: Whether anything else is left out, or answered with 400.
        shapes: By name: ``list`` for a list of plain values, a class such as `int` for one of its kind, names for a mapping with plain
            values of these names (or a list of such mappings), or a mapping of names to shapes.

    Raises:
        BadRequest: If ``data`` is no mapping, as JSON from outside may be anything; or ``unknown`` is ``refuse``, and there is more or
            something else in it.
    """
    if not isinstance(data, Mapping | MultiDict):
        raise BadRequest("An object with named values was expected.")
    wanted: dict[str, object] = dict.fromkeys(names, _SCALARS)
    return _taken(data, {**wanted, **shapes}, unknown == "refuse", "")


_MISSING = object()


def _taken(
    data: Mapping[str, object] | MultiDict[Any], shapes: Mapping[str, object], refuse: bool, place: str
) -> dict[str, object]:
    taken: dict[str, object] = {}
    for name, last in data.items():
        # A form has several values under one name.
        value = data.getlist(name) if isinstance(data, MultiDict) and shapes.get(name) is list else last
        fitting = _fit(value, shapes[name], refuse, f"{place}{name}.") if name in shapes else _MISSING
        if fitting is not _MISSING:
            taken[name] = fitting
        elif refuse:
            raise BadRequest(f"{place}{str(name)[:80]} is not taken here, or not in this form.")
    return taken


def _fit(value: object, shape: object, refuse: bool, place: str) -> object:
    if shape is _SCALARS:
        return value if isinstance(value, _SCALARS) else _MISSING
    if shape is list:
        return value if isinstance(value, list) and all(isinstance(each, _SCALARS) for each in value) else _MISSING
    if isinstance(shape, type):
        exact = not isinstance(value, bool) or shape is bool  # True is an int to Python, and to nobody else
        return value if isinstance(value, shape) and exact else _MISSING
    inner = shape if isinstance(shape, Mapping) else dict.fromkeys(_names(shape), _SCALARS)
    if isinstance(value, Mapping):
        return _taken(value, inner, refuse, place)
    if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
        return [_taken(each, inner, refuse, place) for each in value]
    return _MISSING


def _names(shape: object) -> Sequence[str]:
    if isinstance(shape, tuple) and all(isinstance(name, str) for name in shape):
        return shape
    raise TypeError(f"a shape is list, a class, a tuple of names or a mapping, not {shape!r}")
