"""Every error this package raises."""

__all__ = ("AuthError", "PasswordTooLong", "SetupError", "TooManyAttempts", "UnknownHash")


class AuthError(Exception):
    """Base of every error this package raises."""


class PasswordTooLong(AuthError, ValueError):
    """A password is longer than anything a person types, and is not hashed."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(length, limit)
        self.length, self.limit = length, limit

    def __str__(self) -> str:
        return f"the password has {self.length} characters, expected at most {self.limit}"


class UnknownHash(AuthError, ValueError):
    """A stored password was made by an algorithm that is not set up."""

    def __init__(self, algorithm: str, known: tuple[str, ...]) -> None:
        super().__init__(algorithm, known)
        self.algorithm, self.known = algorithm, known

    def __str__(self) -> str:
        return f"got a password stored by {self.algorithm[:40]!r}, expected one of {', '.join(self.known)}"


class TooManyAttempts(AuthError, PermissionError):
    """Too many failed logins for one account from one place."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"too many failed attempts; try again in {self.retry_after:.0f} seconds"


class SetupError(AuthError, LookupError):
    """Something an application must provide is missing."""
