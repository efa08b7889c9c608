"""The register of converters, from which tests take out what they put in."""

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.urls import converters

__all__ = ("REGISTERED_CONVERTERS",)

REGISTERED_CONVERTERS = converters._registered

__getattr__ = fallback("django.urls.converters")
