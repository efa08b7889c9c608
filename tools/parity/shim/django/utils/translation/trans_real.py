"""Django's type of what an ``Accept-Language`` header says."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import i18n

__all__ = ("parse_accept_lang_header",)


def parse_accept_lang_header(lang_string: str) -> tuple[tuple[str, float], ...]:
    """Return tags and weights."""
    return tuple(i18n.parse_accept_language(lang_string))


__getattr__ = fallback("django.utils.translation.trans_real")
