"""The names of Django's errors of formats."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.serializers import DeserializationError, DeserializedObject, UnserializableContent
from partita.serializers.progress import Bar

__all__ = ("DeserializationError", "DeserializedObject", "ProgressBar", "SerializationError")

SerializationError = UnserializableContent


class ProgressBar(Bar):
    """Under Django's name of its width."""

    progress_width = Bar.WIDTH


__getattr__ = fallback("django.core.serializers.base")
