"""partita's text that is made when it is shown, under Django's name."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts.i18n import LazyText

__all__ = ("lazystr",)


def lazystr(text: object) -> LazyText:
    """Return text that is made when it is shown."""
    return LazyText(lambda: str(text))


__getattr__ = fallback("django.utils.functional")
