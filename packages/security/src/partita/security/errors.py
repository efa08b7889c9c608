"""What a request is refused for."""

from partita.http.errors import DisallowedHost, Forbidden

__all__ = ("CsrfFailed", "HostNotAllowed", "PolicyError", "SecurityError")


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
