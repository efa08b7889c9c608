"""What sends plain messages to people."""

from collections.abc import Sequence
from typing import Protocol

from partita.contracts.key import Key

__all__ = ("MAILER", "Mailer")


class Mailer(Protocol):
    """Sends mail, or hands it to something that does."""

    async def asend(self, subject: str, body: str, to: Sequence[str]) -> None:
        """Send one message.

        Args:
            subject: One line; an implementation refuses line breaks.
            body: Plain text.
            to: Addresses; whom it is from is the implementation's to know.

        Raises:
            OSError: If it cannot be handed on. What the receiver's server does with it later, nobody learns here.
            ValueError: If the subject or an address could be read as something else.
        """


MAILER = Key[Mailer]("partita.mail")
