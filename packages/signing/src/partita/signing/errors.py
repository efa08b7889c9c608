"""What can be wrong with a token."""

__all__ = (
    "BadSignature",
    "DecryptionFailed",
    "NotSerializable",
    "SignatureExpired",
    "SigningError",
    "UnusableKeys",
    "UnknownHash",
)


class SigningError(Exception):
    """Base of every error this package raises."""


class UnusableKeys(SigningError, ValueError):
    """There is no key to sign with, or one of them is empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.reason}. Give one or more secret strings, the newest first; 50 random characters make a good one."
        )


class NotSerializable(SigningError, TypeError):
    """The value to put in a token cannot be written as JSON."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind, reason)
        self.kind, self.reason = kind, reason

    def __str__(self) -> str:
        return f"{self.kind} cannot be put in a token, only what JSON knows: {self.reason}"


class BadSignature(SigningError, ValueError):
    """A token was not made with one of our keys for this purpose, or it was changed on its way.

    The token itself is kept out of the message: it may be somebody's valid one with a character lost.
    """

    def __init__(self, reason: str = "the signature does not match") -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"This token cannot be used: {self.reason}"


class SignatureExpired(BadSignature):
    """A token is ours, but too old."""

    def __init__(self, age: float, max_age: float) -> None:
        super(BadSignature, self).__init__(age, max_age)
        self.age, self.max_age = age, max_age
        self.reason = f"it is {age:.0f} seconds old, at most {max_age:.0f} are allowed"


class DecryptionFailed(BadSignature):
    """A ciphertext was not made with one of our keys for this purpose, or it was changed on its way."""

    def __init__(self, reason: str = "no key opens it") -> None:
        super().__init__(reason)


class UnknownHash(SigningError, ValueError):
    """No hash has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(name[:80])

    def __str__(self) -> str:
        return f"{self.args[0]!r} is no hash that can be used here; expected one such as sha256 or sha512"
