"""Text that is used but never shown."""

import hmac

__all__ = ("MASK", "Secret")

MASK = "**********"


class Secret:
    """A password or key: prints, formats and logs as asterisks, compares in constant time.

    It is not a ``str``, because whatever takes a ``str`` apart (`json.dumps`, ``"".join``) would show a subclass's text.

    >>> key = Secret("hunter2")
    >>> f"{key}", key.reveal()
    ('**********', 'hunter2')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text. Whoever calls this has to take care of it."""
        return self._text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_raw(self), _raw(other))

    def __hash__(self) -> int:
        return hash((Secret, self._text))


def _raw(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
