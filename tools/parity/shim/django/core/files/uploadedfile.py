"""Django's names of uploaded files."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http import UploadedFile
from partita.http.drafts.uploaded_files import InMemoryUploadedFile, SimpleUploadedFile, TemporaryUploadedFile

__all__ = ("InMemoryUploadedFile", "SimpleUploadedFile", "TemporaryUploadedFile", "UploadedFile")

__getattr__ = fallback("django.core.files.uploadedfile")
