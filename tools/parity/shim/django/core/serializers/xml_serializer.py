"""The names of Django's errors of XML."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.serializers import FormatSyntaxError

__all__ = ("DTDForbidden",)

DTDForbidden = FormatSyntaxError

__getattr__ = fallback("django.core.serializers.xml_serializer")
