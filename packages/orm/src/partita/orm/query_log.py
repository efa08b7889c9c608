"""Statements that ran, with the lines that asked for them."""

import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NamedTuple

__all__ = ("LoggedQuery", "asking_line")

_OURS = ("partita.orm.", "partita.bridge.", "asyncio.", "concurrent.", "contextlib", "threading", "functools")


class LoggedQuery(NamedTuple):
    """One statement that ran."""

    sql: str
    params: Sequence[Any]
    seconds: float
    where: str = ""
    """File and line of the code that asked, outside of partita.orm; empty where nobody can tell."""


def asking_line() -> str:
    """Return file and line of the innermost frame that is neither ours nor the interpreter's machinery."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(_OURS) and not frame.f_code.co_filename.startswith("<"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
