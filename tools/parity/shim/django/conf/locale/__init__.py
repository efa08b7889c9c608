"""Django's table of languages, filled with what partita says of those that its tests use."""

from __future__ import annotations

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.i18n import language_info

__all__ = ("LANG_INFO",)

LANG_INFO = {tag: language_info(tag)._asdict() for tag in adapter.LANGUAGES}

__getattr__ = fallback("django.conf.locale")
