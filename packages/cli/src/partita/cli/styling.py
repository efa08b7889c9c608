"""Colours for terminals, and none for anything else (https://no-color.org)."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

__all__ = ("Style",)

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34"}


class Style:
    """Wraps text in colours where the stream shows them.

    Args:
        stream: Where the text goes.
        environ: ``NO_COLOR`` and ``FORCE_COLOR`` are looked at.
    """

    def __init__(self, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self.stream = sys.stdout if stream is None else stream
        if environ.get("NO_COLOR"):
            self.colours = False
        elif environ.get("FORCE_COLOR"):
            self.colours = True
        else:
            self.colours = self.stream.isatty() and environ.get("TERM") != "dumb"

    def __call__(self, text: str, *names: str) -> str:
        """Return ``text`` in the colours ``names``."""
        if not self.colours or not names:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Write a line."""
        self.stream.write(f"{text}\n")
