"""How far writing or loading is, as a row of dots."""

from typing import IO

__all__ = ("Bar",)


class Bar:
    """A row of dots that grows.

    Args:
        output: A terminal, or any text file.
        total: How many rows there are.
    """

    WIDTH = 75

    def __init__(self, output: IO[str], total: int) -> None:
        self._output, self._total = output, total

    def show(self, done: int) -> None:
        """Show that ``done`` rows are written."""
        dots = self.WIDTH if self._total == 0 else min(self.WIDTH * done // self._total, self.WIDTH)
        end = "\n" if done >= self._total else ""
        self._output.write(f"\r[{'.' * dots}{' ' * (self.WIDTH - dots)}]{end}")
        self._output.flush()
