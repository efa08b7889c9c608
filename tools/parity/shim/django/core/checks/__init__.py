"""Findings as Django's checks are written: ``Error(msg, hint, obj, id)``."""

from __future__ import annotations

from functools import partial
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts.checks import Finding

__all__ = ("Error", "Info", "Warning")

_RENAMED = (
    ("Django should use", "partita should use"),
    ("You have configured settings.DATABASE_ROUTERS.", "There are database routers."),
    ("`django.utils.timezone.now`", "`partita.i18n.timezone.now`"),
)


def _text(text: Any) -> str:
    told = "" if text is None else str(text)
    for theirs, ours in _RENAMED:
        told = told.replace(theirs, ours)
    return told


class _Expected:
    """What a test expects; like Django's messages it may be changed."""

    def __init__(self, level: str, msg: Any, hint: Any = None, obj: Any = None, id: str | None = None) -> None:
        self.level, self.msg, self.hint, self.obj, self.id = level, msg, hint, obj, id

    def __eq__(self, other: object) -> bool:
        ours = (self.id or "", self.level, _text(self.msg), _text(self.hint), self.obj)
        return isinstance(other, Finding) and ours == (other.id, other.level, other.text, other.hint, other.obj)

    __hash__ = None  # type: ignore[assignment]  # it may be changed

    def __repr__(self) -> str:
        return f"<{self.level} {self.id} {self.msg!r} {self.hint!r} {self.obj!r}>"


Error = partial(_Expected, "error")
Warning = partial(_Expected, "warning")
Info = partial(_Expected, "info")


__getattr__ = fallback("django.core.checks")
