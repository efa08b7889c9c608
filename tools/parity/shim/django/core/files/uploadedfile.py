"""Django's constructors for an uploaded file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http import UploadedFile

__all__ = ("InMemoryUploadedFile", "SimpleUploadedFile", "UploadedFile")


class InMemoryUploadedFile(UploadedFile):
    """The file first, then the name of the field."""

    def __init__(
        self, file: Any, field_name: Any, name: Any, content_type: Any, size: Any, charset: Any, *rest: Any
    ) -> None:
        super().__init__(name, content_type, file, size, charset, *rest)


class SimpleUploadedFile(UploadedFile):
    """Made of a name and bytes."""

    def __init__(self, name: str, content: bytes | None, content_type: str = "text/plain") -> None:
        data = content or b""
        super().__init__(name, content_type, BytesIO(data), len(data))


__getattr__ = fallback("django.core.files.uploadedfile")
