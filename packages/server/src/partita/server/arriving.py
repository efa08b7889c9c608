"""Connections on which something has to come before the first request: a TLS handshake, or the header of a proxy."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from partita.server.connection import Connection
    from partita.server.shared import Served, Shared

__all__ = ("Arriving",)

_QUIET = 1.0  # seconds that one may take once the server stops


class Arriving(asyncio.Protocol):
    """A connection that does not speak HTTP yet, but counts: each holds a file descriptor, and waiting costs a client nothing.

    Args:
        shared: What it has in common with the other connections.
        make: Makes what takes over.
    """

    __slots__ = ("_deadline", "_make", "_shared")

    def __init__(self, shared: "Shared", make: "Callable[[], Connection]") -> None:
        self._shared, self._make = shared, make
        self._deadline = 0.0

    def _arrive(self) -> bool:
        """Count from now on; return whether there is room, if only to be told that there are too many."""
        shared = self._shared
        self._deadline = shared.time() + shared.options.header_timeout
        shared.connections.add(self)
        return not (shared.is_crowded and shared.is_overcrowded)

    def _leave(self) -> None:
        """Count no more."""
        self._shared.connections.discard(self)

    def _hand_over(
        self,
        transport: asyncio.Transport,
        data: bytes = b"",
        client: tuple[str, int] | None = None,
        server: tuple[str, int] | None = None,
    ) -> None:
        """Let a connection take over.

        Args:
            transport: That it speaks over.
            data: What has come for it.
            client: Who it is, if a proxy told.
            server: Where it connected to, if a proxy told.
        """
        self._leave()
        connection = self._make()
        transport.set_protocol(connection)
        connection.connection_made(transport)
        if client is not None:
            connection.arrived_through(client, server)
        if data:
            connection.data_received(data)
        if self._shared.stopping:
            cast("Served", transport.get_protocol()).shut_down()  # it may speak HTTP/2 by now

    # The server calls these.

    def check_deadline(self, now: float) -> None:
        """End what takes too long."""
        if now >= self._deadline:
            self.cut()

    def shut_down(self) -> None:
        """Give it the time to ask: a client may take its handshake for complete before we do, and has asked already."""
        self._deadline = min(self._deadline, self._shared.time() + _QUIET)

    @abstractmethod
    def cut(self) -> None:
        """Close without waiting for anything."""
