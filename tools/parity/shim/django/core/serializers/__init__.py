"""Django's functions on formats, answered by partita's registry of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import serializers
from partita.serializers.dumping import stream
from partita.serializers.formats import PYTHON, Formats

__all__ = (
    "BadSerializer",
    "SerializerDoesNotExist",
    "deserialize",
    "get_deserializer",
    "get_public_serializer_formats",
    "get_serializer",
    "get_serializer_formats",
    "serialize",
    "sort_dependencies",
    "unregister_serializer",
)

SerializerDoesNotExist = serializers.UnknownFormat
_formats = Formats()


class BadSerializer:
    """What Django gives for a format whose library is missing; partita gives none, and says so."""


def get_public_serializer_formats() -> list[str]:
    """Return the names of text formats."""
    return _formats.names()


def get_serializer_formats() -> list[str]:
    """Return the names of all formats."""
    return [*_formats.names(), PYTHON]


def unregister_serializer(format: str) -> None:
    """Take a format away."""
    _formats.unregister(format)


def get_serializer(format: str) -> type[_Serializer]:
    """Return a class whose instances write that format."""
    if format != PYTHON:
        _formats.get(format)
    return type("Serializer", (_Serializer,), {"format": format})


def get_deserializer(format: str) -> Callable[..., Iterator[Any]]:
    """Return what reads that format."""
    _formats.get(format)
    return lambda source, **options: deserialize(format, source, **options)


class _Serializer:
    format: str
    _value: Any = None

    def serialize(self, queryset: Iterable[Any], **options: Any) -> Any:
        self._value = serialize(self.format, queryset, **options)
        return self._value

    def getvalue(self) -> Any:
        return self._value


def serialize(
    format: str, queryset: Iterable[Any], stream: Any = None, use_natural_foreign_keys: bool = False, **options: Any
) -> Any:
    """Write rows, to a stream that may take bytes only."""
    options["use_natural_foreign_keys"] = use_natural_foreign_keys
    if stream is None or isinstance(stream, io.TextIOBase):
        return serializers.serialize(format, queryset, stream=stream, **options)
    for piece in _pieces(queryset, format, **options):
        stream.write(piece.encode())
    return None


_pieces = stream


def deserialize(format: str, stream_or_string: Any, **options: Any) -> Iterator[Any]:
    """Yield rows."""
    return serializers.deserialize(format, stream_or_string, **options)


def sort_dependencies(app_list: Iterable[Any], allow_cycles: bool = False) -> list[Any]:
    """Return models in the order of their need; apps come with their models, or with None for all."""
    models: list[Any] = []
    for config, chosen in app_list:
        models += config.get_models() if chosen is None else chosen
    return serializers.sort_models(models, allow_cycles=allow_cycles)


__getattr__ = fallback("django.core.serializers")
