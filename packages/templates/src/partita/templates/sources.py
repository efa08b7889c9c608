"""Where a template's text is from."""

from collections.abc import Callable

__all__ = ("UNKNOWN_SOURCE", "Origin", "Source")

UNKNOWN_SOURCE = "<unknown source>"


class Origin:
    """The place of a template.

    Args:
        name: A path, or another name that tells where it is.
        template_name: What `Engine.get_template` was asked for; None for a template made from a string.
        loader: What found it, if anything did.
    """

    __slots__ = ("loader", "name", "template_name")

    def __init__(self, name: str, template_name: str | None = None, loader: object = None) -> None:
        self.name, self.template_name, self.loader = name, template_name, loader

    @property
    def loader_name(self) -> str | None:
        """The dotted name of the loader's class."""
        if self.loader is None:
            return None
        return f"{type(self.loader).__module__}.{type(self.loader).__qualname__}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Origin):
            return NotImplemented
        return self.name == other.name and self.loader is other.loader

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Origin name={self.name!r}>"


class Source:
    """The text of a template and where it is from.

    Args:
        text: The source.
        name: What `Engine.get_template` was asked for; empty for a template made from a string.
        filename: Shown in tracebacks; also tells two templates of one name apart.
        is_fresh: Tells whether the text is still what the place holds.
        loader: What found it, if anything did.
    """

    __slots__ = ("_lines", "filename", "is_fresh", "loader", "name", "text")

    def __init__(
        self,
        text: str,
        name: str = "",
        filename: str = "",
        is_fresh: Callable[[], bool] = lambda: True,
        loader: object = None,
    ) -> None:
        self.text, self.name, self.is_fresh, self.loader = text, name, is_fresh, loader
        self.filename = filename or f"template:{name or 'from a string'}"
        self._lines: list[str] | None = None

    @property
    def origin(self) -> Origin:
        """Where it is from, in the shape that errors and tools use."""
        if not self.name and self.filename == "template:from a string":
            return Origin(UNKNOWN_SOURCE)
        return Origin(self.filename, self.name or None, self.loader)

    def line(self, number: int) -> str:
        """Return a line, counted from 1."""
        lines = self._lines
        if lines is None:
            lines = self._lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def offset(self, line: int, column: int) -> int:
        """Return how many characters stand before a place.

        Args:
            line: From 1.
            column: Characters, from 0.
        """
        at = 0
        for _ in range(line - 1):
            at = self.text.find("\n", at) + 1
        return at + column

    def get_source(self, module: str) -> str:
        """Return the text, for tracebacks (the loader's method that `linecache` calls)."""
        return self.text
