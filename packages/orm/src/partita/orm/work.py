"""Work that a thread does for a task."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

__all__ = ("Work",)

T = TypeVar("T")


class Work(Generic[T]):
    """A function for a worker thread, and the future in which the event loop that made this gets its outcome.

    Attributes:
        answer: What the function returned or raised; may be cancelled, which does not stop the function.
        over: Whether the function has ended, as the loop knows.
    """

    __slots__ = ("_ends", "_function", "_loop", "answer", "over")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[T] = self._loop.create_future()
        self.over = False
        self._ends: list[asyncio.Future[None]] = []

    def run(self) -> None:
        """Do the work; called in the thread."""
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = self._function()
        except StopIteration as error:  # futures do not take it
            failure = RuntimeError("The work raised StopIteration.")
            failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001 -- handed to the task that waits, whatever it is
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, result, failure)

    def _settle(self, result: Any, failure: BaseException | None) -> None:
        self.over = True
        if not self.answer.done():
            if failure is None:
                self.answer.set_result(result)
            else:
                self.answer.set_exception(failure)
        for end in self._ends:
            if not end.done():
                end.set_result(None)

    async def end(self) -> None:
        """Wait until the function has ended, even if the task is cancelled meanwhile."""
        while not self.over:
            end = self._loop.create_future()
            self._ends.append(end)
            with suppress(asyncio.CancelledError):  # whoever cancels again must wait as well
                await end
