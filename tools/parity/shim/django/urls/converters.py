"""The converters of the tests beside partita's."""

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

__all__ = ("REGISTERED_CONVERTERS",)

REGISTERED_CONVERTERS = adapter.converters

__getattr__ = fallback("django.urls.converters")
