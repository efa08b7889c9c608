"""What a request is refused for."""

from partita.http.errors import DisallowedHost, Forbidden

__all__ = (
    "CsrfFailed",
    "DestinationRefused",
    "FetchFailed",
    "HostNotAllowed",
    "PolicyError",
    "SecretNotFound",
    "SecretsReadOnly",
    "SecretsUnavailable",
    "SecurityError",
)


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


class SecretNotFound(SecurityError, LookupError):
    """None of the places where secrets are kept has one of that name."""

    def __init__(self, name: str, places: str) -> None:
        super().__init__(name, places)
        self.name, self.places = name, places

    def __str__(self) -> str:
        return f"There is no secret {self.name[:80]!r}. It was looked for in {self.places}."


class SecretsUnavailable(SecurityError, OSError):
    """A place where secrets are kept cannot be reached, or refuses; the values themselves are never in the message."""

    def __init__(self, place: str, name: str, reason: str) -> None:
        super().__init__(place, name, reason)
        self.place, self.name, self.reason = place, name, reason

    def __str__(self) -> str:
        return f"{self.place} did not serve the secret {self.name[:80]!r}: {self.reason[:200]}"


class SecretsReadOnly(SecurityError, TypeError):
    """A place can only be read, as the environment of a process."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place

    def __str__(self) -> str:
        return f"{self.place} cannot be written to. Set the secret where it comes from."
