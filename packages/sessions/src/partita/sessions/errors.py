"""What can go wrong with sessions."""

from partita.http.errors import BadRequest

__all__ = (
    "NotStorable",
    "SessionConflict",
    "SessionError",
    "SessionFolderError",
    "SessionInterrupted",
    "SessionTooLarge",
)


class SessionError(Exception):
    """Base of every error this package raises."""


class NotStorable(SessionError, TypeError):
    """A value in the session cannot be written as JSON."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return f"session[{self.name!r}] cannot be stored, only what JSON knows: {self.reason}"


class SessionTooLarge(SessionError, ValueError):
    """A session is larger than its store can hold."""

    def __init__(self, size: int, largest: int) -> None:
        super().__init__(size, largest)
        self.size, self.largest = size, largest

    def __str__(self) -> str:
        return (
            f"The session needs {self.size} bytes, its store holds {self.largest}. Keep less in it, "
            'or choose a store on the server: [sessions] store = "database".'
        )


class SessionFolderError(SessionError, OSError):
    """The folder that sessions shall be kept in cannot be used."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder, self.reason = folder, reason

    def __str__(self) -> str:
        return (
            f"Sessions cannot be kept in {self.folder!r}: {self.reason}. Name a folder that this process may write to in "
            "[sessions] folder."
        )


class SessionConflict(SessionError, RuntimeError):
    """Others kept changing the same session, so this change could not be stored."""


class SessionInterrupted(SessionError, BadRequest):
    """The session ended, by log-out in another request, while this request was at work; answers 400."""

    default = "Your session ended while this request was at work. Please log in and try again."
