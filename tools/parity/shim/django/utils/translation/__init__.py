"""Django's functions that switch languages, on partita's that do; the languages are always those of the current settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import i18n
from partita.contracts.current import find

__all__ = ("activate", "deactivate", "get_language_info", "override")

_active = ExitStack()


@contextmanager
def override(language: str | None, deactivate: bool = False) -> Iterator[None]:
    """Let texts be in ``language`` inside ``with``; what was in force before is so again after it."""
    with i18n.override(language, find(i18n.TRANSLATIONS)):
        yield


def activate(language: str) -> None:
    """Let texts be in ``language`` from now on."""
    deactivate()
    _active.enter_context(i18n.override(language, find(i18n.TRANSLATIONS)))


def deactivate() -> None:
    """Undo `activate`."""
    _active.close()


def get_language_info(lang_code: str) -> dict[str, Any]:
    """Return names and direction as a dictionary."""
    try:
        return i18n.language_info(lang_code)._asdict()
    except i18n.LanguageError as error:
        tried = dict.fromkeys((lang_code, lang_code.partition("-")[0]))  # Django names what it looked for
        raise KeyError(f"Unknown language code {' and '.join(tried)}.") from error


__getattr__ = fallback("django.utils.translation")
