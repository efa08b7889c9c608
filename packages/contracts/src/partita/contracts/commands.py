"""What the command line runs on behalf of a package."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from partita.contracts.current import Resolver
from partita.contracts.key import ExtensionPoint

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("COMMANDS", "Command")


class Command(Protocol):
    """One word after ``partita``, such as ``migrate``."""

    @property
    def name(self) -> str:
        """The word."""
        ...

    @property
    def help(self) -> str:
        """One line for the list of commands."""
        ...

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """Declare options and arguments."""

    def run(self, app: Resolver, options: "argparse.Namespace") -> int | Awaitable[int]:
        """Do the work with ``app`` current; return the exit status.

        Raises:
            SystemExit: With a message for the user, when the command cannot go on.
        """
        ...


COMMANDS = ExtensionPoint[Command]("partita.commands")
