"""What was sent, read alike from a multi dict, a mapping, or a mapping of lists."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias, TypeGuard

__all__ = ("FormData", "MultiValues", "has_value", "one_value", "value_list")


class MultiValues(Protocol):
    """Several values under one name, as `partita.http.MultiDict` and Django's QueryDict have."""

    def getlist(self, key: str, /) -> Iterable[object]:
        """Return all values under ``key``, none if there is no such name."""
        ...

    def __contains__(self, key: object, /) -> bool: ...


FormData: TypeAlias = MultiValues | Mapping[str, object]
"""What a form accepts as data and as files."""


def one_value(data: FormData, name: str) -> object:
    """Return the last value under ``name``, or None if there is none."""
    if type(data) is dict:
        value = data.get(name)
        if value is None or type(value) is str:
            return value
    if _has_lists(data):
        values = data.getlist(name)
        if type(values) is not list:
            values = list(values)
        return values[-1] if values else None
    if isinstance(data, Mapping):
        value = data.get(name)
        if not isinstance(value, list | tuple):
            return value
    values = value_list(data, name)
    return values[-1] if values else None


def value_list(data: FormData, name: str) -> list[object]:
    """Return all values under ``name``, an empty list if there is none."""
    if _has_lists(data):
        return list(data.getlist(name))
    value = data.get(name) if isinstance(data, Mapping) else None
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return [] if value is None else [value]


def has_value(data: FormData, name: str) -> bool:
    """Tell whether ``name`` was sent at all."""
    return name in data


def _has_lists(data: FormData) -> TypeGuard[MultiValues]:
    # Not isinstance with a protocol: that looks at every attribute and costs more than the look-up itself.
    return type(data) is not dict and hasattr(data, "getlist")
