"""Tells where in a template an error came from, for pages and tools that show the source around it."""

from types import TracebackType
from typing import Any

from partita.templates.sources import Source

__all__ = ("annotate", "debug_information", "mark_place")

AROUND = 10  # lines shown before and after
INLINED = 100_000
"""Columns from here on are numbers of places inside of components and includes that were written into another template's Python."""
Place = tuple[Source, int, int, int]  # line, first and last column in bytes


def debug_information(source: Source, start: int, end: int, message: str) -> dict[str, Any]:
    """Return what is to be said about a mistake between two characters of a source.

    Args:
        source: The template.
        start: Characters before the mistake.
        end: Characters up to its end.
        message: What is wrong.

    Returns:
        ``source_lines`` (pairs of number and text; number 0 holds what is above the first line), ``before``, ``during`` and
        ``after`` (the text of the line around the mistake), ``top``, ``bottom`` and ``total`` (of lines), ``line`` (from 1),
        ``name``, ``message``, ``start``, ``end``.
    """
    lines = source.text.split("\n")
    whole = [(number, f"{text}\n") for number, text in enumerate(lines[:-1], 1)]
    whole.append((len(lines), lines[-1]))
    line = source.text.count("\n", 0, start) + 1
    line_start = source.text.rfind("\n", 0, start) + 1
    line_end = source.text.find("\n", end)
    line_end = len(source.text) if line_end == -1 else line_end + 1
    top, bottom = max(0, line - 1 - AROUND), min(len(whole), line + AROUND)
    return {
        "message": message,
        "source_lines": whole[top:bottom],
        "before": source.text[line_start:start],
        "during": source.text[start:end],
        "after": source.text[end:line_end],
        "top": top,
        "bottom": bottom,
        "total": len(whole),
        "line": line,
        "name": source.origin.name,
        "start": start,
        "end": end,
    }


def mark_place(error: BaseException, source: Source, start: int, end: int) -> None:
    """Give ``error`` the attribute ``template_debug``, unless it has it: the innermost template is the one to show."""
    if getattr(error, "template_debug", None) is None:
        told: Any = error
        told.template_debug = debug_information(source, start, end, str(error))


def annotate(error: BaseException, debug: bool) -> None:
    """Find the innermost template in the traceback of ``error``.

    If it is a component or an include that was written into another template's Python, a note says where in it; Python's
    traceback shows where it is used.

    Args:
        error: Being raised.
        debug: Mark the place with `mark_place`, too.
    """
    found: tuple[Source, int, int] | None = None
    inner = ""
    step = error.__traceback__
    while step is not None:
        source = step.tb_frame.f_globals.get("__loader__")
        if isinstance(source, Source):
            found = _place(source, step) or found
            if found is not None and found[0] is not source:
                line = _line(found)
                inner = f'In the template it uses: File "{found[0].filename}", line {line}\n    {found[0].line(line).strip()}'
        step = step.tb_next
    if inner and inner not in getattr(error, "__notes__", ()):
        error.add_note(inner)
    if found is not None and debug:
        mark_place(error, *found)


def _line(found: tuple[Source, int, int]) -> int:
    return found[0].text.count("\n", 0, found[1]) + 1


def _place(source: Source, step: TracebackType) -> tuple[Source, int, int] | None:
    """Return the characters that a step of a traceback stands for."""
    positions = list(step.tb_frame.f_code.co_positions())
    line, _, first, last = positions[step.tb_lasti // 2]
    if line is None or first is None or last is None or last <= first:
        return None
    if last >= INLINED:
        places: list[Place] = step.tb_frame.f_globals["__places__"]
        source, line, first, last = places[last - INLINED]
    text = source.line(line)
    if not text.isascii():  # Python counts bytes
        encoded = text.encode()
        first, last = len(encoded[:first].decode(errors="ignore")), len(encoded[:last].decode(errors="ignore"))
    start = source.offset(line, first)
    return source, start, start + last - first
