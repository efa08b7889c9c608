"""Every error that partita.static raises."""

from pathlib import Path

__all__ = ("ManifestError", "StaticError", "StaticNameError", "StaticNotCollected", "StaticReferenceError")


class StaticError(Exception):
    """Base of every error this package raises."""


class StaticNameError(StaticError, ValueError):
    """A name of a static file leads out of the folders, or means something else on another system."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name[:80]!r} is no name of a static file: it must be relative, with slashes, and without '..'"


class StaticReferenceError(StaticError, ValueError):
    """A style sheet or script names a file that is not there."""

    def __init__(self, name: str, line: int, address: str, target: str) -> None:
        super().__init__(name, line, address, target)
        self.name, self.line, self.address, self.target = name, line, address, target

    def __str__(self) -> str:
        return (
            f"{self.name}:{self.line}: {self.address[:80]!r} is the static file {self.target[:80]!r}, which is not there. "
            "Mend the name, or set [static] strict = false."
        )


class StaticNotCollected(StaticError, ValueError):
    """A file is not in the manifest."""

    def __init__(self, name: str, meant: str | None = None) -> None:
        super().__init__(name, meant)
        self.name, self.meant = name, meant

    def __str__(self) -> str:
        hint = f"; did you mean {self.meant!r}?" if self.meant else ""
        return f"the manifest has no static file {self.name[:80]!r}{hint} Run `partita collectstatic` after a file was added."


class ManifestError(StaticError):
    """The manifest of static files cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: this manifest of static files cannot be read ({self.reason[:200]}). Run `partita collectstatic`."
