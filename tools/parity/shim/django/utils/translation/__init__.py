"""Django's functions that switch languages, on partita's block that does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import i18n

__all__ = ("activate", "deactivate", "override")

_active = ExitStack()


@contextmanager
def override(language: str | None, deactivate: bool = False) -> Iterator[None]:
    """Let texts be in ``language`` inside ``with``; what was in force before is so again after it."""
    with i18n.override(language):
        yield


def activate(language: str) -> None:
    """Let texts be in ``language`` from now on."""
    deactivate()
    _active.enter_context(i18n.override(language))


def deactivate() -> None:
    """Undo `activate`."""
    _active.close()


__getattr__ = fallback("django.utils.translation")
