"""Clients that leave while an ASGI application still works for them, whose work is cancelled then.

ASGI tells that a client has left to nobody but whoever asks for the next message. So somebody has to ask while a handler waits for
something else than its body, and while an answer is streamed, or a stream without an end would run for ever.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from partita.http.errors import ClientDisconnected

if TYPE_CHECKING:
    from asyncio import Event, Task  # loading it takes 25 ms; whoever serves a request has done so

__all__ = ("Incoming",)

T = TypeVar("T")
_LEFT = "The client went away before it had its answer."
Message = MutableMapping[str, Any]  # ASGI's own type


class Incoming:
    """The messages of one request: the pieces of its body, each when it is called, and the word that its client has left.

    Args:
        receive: ASGI's.
        announced: Whether the request says that it has a body. Nobody asks for that before the handler does: asking tells a
            client that waits for it to go on (``Expect: 100-continue``).
    """

    __slots__ = (
        "_ahead",
        "_announced",
        "_arrived",
        "_gone",
        "_left",
        "_listener",
        "_more",
        "_reading",
        "_receive",
        "_taken",
        "_task",
    )

    def __init__(self, receive: Callable[[], Awaitable[Message]], announced: bool = False) -> None:
        self._receive, self._announced = receive, announced
        self._more, self._reading, self._gone, self._left = True, False, False, False
        self._task: Task[Any] | None = None  # what is cancelled if the client leaves
        self._listener: Task[None] | None = None
        self._ahead: Message | None = None  # a piece that came while nobody read
        self._arrived: Event | None = None
        self._taken: Event | None = None

    async def __call__(self) -> bytes | None:
        """Return the next piece of the body; None at its end.

        Raises:
            ClientDisconnected: If the client leaves before that.
        """
        while self._more:
            message = await self._next()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected("The client went away while it was sending its body.")
            self._more = message.get("more_body", False)
            if not self._more and self._task is not None:
                self._task.get_loop().call_soon(self._listen)
            if chunk := message.get("body", b""):
                return cast("bytes", chunk)
        return None

    async def _next(self) -> Message:
        if self._arrived is None or self._taken is None:
            self._reading = True
            try:
                return await self._receive()
            finally:
                self._reading = False
        await self._arrived.wait()
        message, self._ahead = self._ahead, None
        self._arrived.clear()
        self._taken.set()
        return message or {"type": "http.disconnect"}

    async def within(self, work: Awaitable[T], answering: bool = False) -> T:
        """Await ``work``, and cancel it if the client leaves meanwhile.

        Args:
            work: Runs in the task of the caller.
            answering: Whether the answer has begun, so that nobody waits to be told to go on any more.

        Raises:
            ClientDisconnected: If the client has left.
        """
        import asyncio

        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task is None:  # another event loop than asyncio's
            return await work
        self._task = task
        if answering:
            self._announced = False
        # Most handlers never wait: then nobody has to ask.
        start = asyncio.get_running_loop().call_soon(self._listen)
        try:
            result = await work
        except asyncio.CancelledError:
            if self._left and not task.uncancel():
                raise ClientDisconnected(_LEFT) from None
            raise
        except BaseException:
            if self._left:
                task.uncancel()
            raise
        finally:
            start.cancel()
            self._task = None
        if self._left:  # the work would not be cancelled, but nobody waits for what it made
            task.uncancel()
            raise ClientDisconnected(_LEFT)
        return result

    def close(self) -> None:
        """Ask no more."""
        if self._listener is not None:
            self._listener.cancel()

    def _listen(self) -> None:
        import asyncio

        if self._task is None:
            return
        if self._gone:
            self._leave()
        elif self._listener is None and not self._reading and not (self._announced and self._more):
            self._arrived, self._taken = arrived, taken = asyncio.Event(), asyncio.Event()
            self._listener = asyncio.get_running_loop().create_task(self._ask(arrived, taken))
            self._listener.add_done_callback(_forget)

    async def _ask(self, arrived: "Event", taken: "Event") -> None:
        more = self._more
        while True:
            message: Message = {"type": "http.disconnect"}
            try:
                message = await self._receive()
            finally:
                self._ahead = message  # also if the server fails: whoever reads the body is told
                arrived.set()
            if message["type"] == "http.disconnect":
                self._gone = True
                self._leave()
                return
            if not more:
                return  # a server in somebody's tests, which never tells that its client has left
            more = message.get("more_body", False)
            if more:
                await taken.wait()
                taken.clear()

    def _leave(self) -> None:
        if self._task is not None and not self._left:
            self._left = True
            self._task.cancel("The client has left.")


def _forget(listener: "Task[None]") -> None:
    if not listener.cancelled():
        listener.exception()  # a server that fails here fails again where somebody needs it
