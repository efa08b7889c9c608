"""Rows written as JSON, JSON Lines, YAML, XML or Python values, and read back."""

from partita.serializers.dumping import adump, astream, dump, serialize, stream
from partita.serializers.errors import (
    CircularDependency,
    ConflictError,
    DanglingReference,
    DeserializationError,
    FixtureError,
    FormatSyntaxError,
    SaveError,
    SerializersError,
    UnknownFormat,
    UnserializableContent,
)
from partita.serializers.formats import FORMATS, FORMATS_ADDED, Format, Formats, Writer
from partita.serializers.loading import aload, deserialize, load
from partita.serializers.ordering import sort_models
from partita.serializers.records import Record
from partita.serializers.rows import DeserializedObject
from partita.serializers.values import Text

__all__ = (
    "FORMATS",
    "FORMATS_ADDED",
    "CircularDependency",
    "ConflictError",
    "DanglingReference",
    "DeserializationError",
    "DeserializedObject",
    "FixtureError",
    "Format",
    "FormatSyntaxError",
    "Formats",
    "Record",
    "SaveError",
    "SerializersError",
    "Text",
    "UnknownFormat",
    "UnserializableContent",
    "Writer",
    "adump",
    "aload",
    "astream",
    "deserialize",
    "dump",
    "load",
    "serialize",
    "sort_models",
    "stream",
)
