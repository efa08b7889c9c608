"""What a request is refused for."""

from partita.http.errors import DisallowedHost, Forbidden

__all__ = ("CsrfFailed", "DestinationRefused", "FetchFailed", "HostNotAllowed", "PolicyError", "SecurityError")


class SecurityError(Exception):
    """Base of every error this package raises."""


class HostNotAllowed(SecurityError, DisallowedHost):
    """400: the request names a host that this application does not answer to."""

    default = "This host is not served here."


class CsrfFailed(SecurityError, Forbidden):
    """403: a request that changes something may come from another site's page."""

    default = "This request was refused, because it may come from another site. Reload the page and try again."


class PolicyError(SecurityError, ValueError):
    """A setting cannot be written as a header."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(name, value, expected)
        self.name, self.value, self.expected = name, value, expected

    def __str__(self) -> str:
        return f"{self.name}: got {self.value[:80]!r}, expected {self.expected}"


class DestinationRefused(SecurityError, ValueError):
    """An address that requests shall not be sent to."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"No request is sent to {self.url[:200]!r}: {self.reason}"


class FetchFailed(SecurityError, OSError):
    """A request that was sent got no answer that can be used."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"{self.url[:200]!r} gave no answer: {self.reason}"
