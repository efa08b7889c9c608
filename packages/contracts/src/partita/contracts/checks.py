"""What packages find wrong with an application before it serves."""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from partita.contracts.current import Resolver
from partita.contracts.key import ExtensionPoint

__all__ = ("CHECKS", "Check", "Finding")


class Finding(NamedTuple):
    """One thing that is wrong, and how to mend it.

    Attributes:
        obj: What it is about, such as a model or a field; None if it is the application as a whole.
        deploy: That it matters on a server only, so that it is told when somebody asks about that.
    """

    id: str
    level: Literal["error", "warning", "info"]
    text: str
    hint: str = ""
    obj: object = None
    deploy: bool = False


Check = Callable[[Resolver], Iterable[Finding]]
CHECKS = ExtensionPoint[Check]("partita.checks")
