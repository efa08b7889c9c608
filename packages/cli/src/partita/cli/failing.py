"""How an exception of a project is shown: with the project's own lines, and not with those that led there."""

import importlib
import os
import sys
from traceback import FrameSummary, StackSummary, TracebackException

from partita.cli.styling import Style

__all__ = ("say", "show_failure")

_IMPORTS = ("<frozen importlib", os.path.dirname(importlib.__file__) + os.sep)


def show_failure(error: Exception, what: str) -> None:
    """Write an exception to standard error.

    Frames of the machinery of imports are left out, and of partita all but the place of the error.

    Args:
        error: With its traceback.
        what: Went wrong, as a sentence.
    """
    whole = TracebackException.from_exception(error)
    shown: TracebackException | None = whole
    while shown is not None:
        shown.stack = _own(shown.stack)
        if shown.__context__ is not None and all(_is_machinery(frame) for frame in shown.__context__.stack):
            shown.__context__ = None  # what partita was about while it came to the project
        shown = shown.__cause__ or shown.__context__
    sys.stderr.write("".join(whole.format()))
    say(f"{what}; see above.")


def say(text: str) -> None:
    """Write a line of the command itself to standard error."""
    style = Style(sys.stderr)
    style.line(f"{style('partita:', 'red', 'bold')} {text}")


def _own(stack: StackSummary) -> StackSummary:
    kept: list[FrameSummary] = [frame for frame in stack[:-1] if not _is_machinery(frame)]
    last: list[FrameSummary] = [frame for frame in stack[-1:] if not (kept and frame.filename.startswith(_IMPORTS))]
    return StackSummary.from_list([*kept, *last])


def _is_machinery(frame: FrameSummary) -> bool:
    return frame.filename.startswith((*_IMPORTS, *(place + os.sep for place in sys.modules["partita"].__path__)))
