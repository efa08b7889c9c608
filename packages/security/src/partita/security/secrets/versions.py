"""What a place where secrets are kept has to offer."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from partita.config import Secret

__all__ = ("SecretBackend", "SecretVersion")


class SecretVersion(NamedTuple):
    """One value that a secret has, or had.

    Attributes:
        value: Never shown unless it is revealed.
        made: Since when, with a zone; None where the place does not know.
    """

    value: Secret
    made: datetime | None = None


class SecretBackend(Protocol):
    """A place where secrets are kept. It may wait for the network: `Secrets` calls it in a thread where it must not."""

    @property
    def place(self) -> str:
        """What people call it, for errors and logs."""
        ...

    def versions(self, name: str) -> Sequence[SecretVersion]:
        """Return the newest value and those before it that are still there, the newest first; empty if it has no such secret.

        Raises:
            SecretsUnavailable: If the place cannot be reached, or refuses.
        """
        ...

    def put(self, name: str, value: Secret) -> None:
        """Add a value, the newest from now on.

        Raises:
            SecretsUnavailable: If the place cannot be reached, or refuses.
            SecretsReadOnly: If it can only be read.
        """
        ...
