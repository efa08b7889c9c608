"""Django's constructor for an uploaded file."""

from __future__ import annotations

from io import BytesIO

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http import UploadedFile

__all__ = ("SimpleUploadedFile", "UploadedFile")


class SimpleUploadedFile(UploadedFile):
    """Made of a name and bytes."""

    def __init__(self, name: str, content: bytes | None, content_type: str = "text/plain") -> None:
        data = content or b""
        super().__init__(name, content_type, BytesIO(data), len(data))


__getattr__ = fallback("django.core.files.uploadedfile")
