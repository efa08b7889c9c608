"""Changed files that the parent process tells of are taken in without a new process, as far as the application can do that."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from partita.server.reload import CHANNEL_VARIABLE

__all__ = ("Changes", "Reloadable", "parents_channel")

_log = logging.getLogger("partita.server")


class Reloadable(Protocol):
    """An application that can take in changes."""

    def reload(self, paths: Sequence[str]) -> str:
        """Use what stands in files now; called in a thread, one call at a time.

        Args:
            paths: Of all files that have changed, been made or been removed.

        Returns:
            Why the program has to be started again; empty if it need not be.

        Raises:
            Exception: If what stands there is broken, and everything goes on as it was.
        """
        ...


class Changes:
    """Listens to the parent process, and answers it.

    Args:
        channel: To the parent.
        reload: As `Reloadable` says.
        tell: Called with the paths after they have been taken in.
    """

    def __init__(
        self, channel: socket.socket, reload: Callable[[Sequence[str]], str], tell: Callable[[Sequence[str]], object]
    ) -> None:
        self._channel, self._reload, self._tell = channel, reload, tell
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_connection(sock=self._channel)
        try:
            writer.write(b"\n")
            while line := await reader.readline():
                reason = await self._take_in(json.loads(line))
                writer.write(json.dumps(reason).encode() + b"\n")
        except ConnectionError:  # the parent has died; the server looks out for that
            pass
        finally:
            writer.close()

    async def _take_in(self, paths: Sequence[str]) -> str | None:
        try:
            reason = await asyncio.to_thread(self._reload, paths)
        except Exception:  # noqa: BLE001 - what people write may fail in any way
            _log.exception("%s cannot be used, so what was there before goes on", paths[0])
            return None
        if reason:
            return reason
        _log.info("%s changed, and is used now", paths[0])
        self._tell(paths)
        return None


def parents_channel() -> socket.socket | None:
    """Return the way to the parent process, if there is one; the next call finds none."""
    number = os.environ.pop(CHANNEL_VARIABLE, "")
    if not number.isdecimal():
        return None
    channel = socket.socket(fileno=int(number))
    channel.setblocking(False)
    return channel
