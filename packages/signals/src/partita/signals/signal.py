"""Signals: news that one part of a program tells to whoever asked to hear it."""

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable
from typing import Any, Protocol, TypeVar

from partita.signals.connections import Connection, Receiver, Reference, check_receiver, key_of, refer

__all__ = ("Offload", "Receiver", "Responses", "Signal", "Wait", "receiver")

F = TypeVar("F", bound=Receiver)
Responses = list[tuple[Receiver, object]]
Heard = tuple[Connection, ...]
Wait = Callable[[Coroutine[Any, Any, list[object]]], list[object]]
"""Blocks until a coroutine has ended and returns its result."""

_CACHED_SENDERS = 1024
_CALL = "__call__"
_log = logging.getLogger("partita.signals")


class Offload(Protocol):
    """Calls a function that may block, without blocking the event loop."""

    def __call__(self, function: Callable[..., Any], /, *args: Any) -> Awaitable[Any]:
        """Return an awaitable for ``function(*args)``."""
        ...


class Signal:
    """Calls the receivers connected to it.

    Args:
        wait: How `send` waits for async receivers; without it a fresh event loop runs them, in a thread of
            its own if the calling thread already runs one.
        offload: How `asend` calls sync receivers; without it they run in a worker thread.
    """

    __slots__ = ("__weakref__", "_connections", "_frozen", "_lock", "_offload", "_wait")

    def __init__(self, *, wait: Wait | None = None, offload: Offload | None = None) -> None:
        self._wait: Wait = wait or _run_blocking
        self._offload: Offload = offload or asyncio.to_thread
        self._connections: Heard = ()  # replaced, never changed, so that senders need no lock
        self._frozen: dict[int, tuple[Reference, Heard]] = {}
        self._lock = threading.Lock()

    def connect(
        self,
        receiver: Receiver,
        sender: object = None,
        weak: bool = True,
        dispatch_uid: Hashable | None = None,
    ) -> None:
        """Call ``receiver(sender=..., signal=..., **named)`` at every signal.

        Args:
            receiver: A function or method, sync or async, that accepts ``**kwargs``.
            sender: Hear only this sender, compared by identity; None hears all.
            weak: Forget the receiver once nobody else holds it.
            dispatch_uid: Makes a second connection with the same value and sender do nothing.

        Raises:
            ReceiverError: If ``receiver`` cannot be called that way.
        """
        check_receiver(receiver)
        key = _connection_key(receiver, sender, dispatch_uid)
        connection = Connection(
            key,
            refer(receiver, self._forget) if weak else lambda: receiver,
            None if sender is None else refer(sender, self._forget),
            _is_async(receiver),
        )
        with self._lock:
            alive = tuple(known for known in self._connections if known.is_alive)
            if all(known.key != key for known in alive):
                alive = (*alive, connection)
            self._connections, self._frozen = alive, {}

    def disconnect(
        self, receiver: Receiver | None = None, sender: object = None, dispatch_uid: Hashable | None = None
    ) -> bool:
        """Undo `connect` with the same arguments; return whether there was anything to undo."""
        if receiver is None and dispatch_uid is None:
            return False
        key = _connection_key(receiver, sender, dispatch_uid)
        with self._lock:
            rest = tuple(known for known in self._connections if known.key != key)
            found = len(rest) < len(self._connections)
            self._connections, self._frozen = rest, {}
        return found

    def has_listeners(self, sender: object = None) -> bool:
        """Return whether anybody would hear a signal from ``sender``."""
        return bool(self._connections) and bool(self._heard_by(sender))

    def send(self, sender: object, **named: object) -> Responses:
        """Call the receivers, in the order they connected; the first error stops the rest.

        Async receivers run together, after the sync ones.

        Returns:
            Pairs of receiver and what it returned.
        """
        if not self._connections:
            return []
        sync, asynchronous = self._split(sender)
        responses: Responses = [(call, call(signal=self, sender=sender, **named)) for call in sync]
        if asynchronous:
            results = self._wait(_gather(asynchronous, {**named, "signal": self, "sender": sender}))
            responses += zip(asynchronous, results, strict=True)
        return responses

    async def asend(self, sender: object, **named: object) -> Responses:
        """Async twin of `send`."""
        if not self._connections:
            return []
        sync, asynchronous = self._split(sender)
        arguments = {**named, "signal": self, "sender": sender}
        responses: Responses = []
        if sync:
            responses += zip(sync, await self._offload(_call_all, sync, arguments), strict=True)
        if asynchronous:
            responses += zip(asynchronous, await _gather(asynchronous, arguments), strict=True)
        return responses

    def send_robust(self, sender: object, **named: object) -> Responses:
        """Like `send`, but an error becomes the receiver's response, is logged, and stops nobody else."""
        if not self._connections:
            return []
        sync, asynchronous = self._split(sender)
        arguments = {**named, "signal": self, "sender": sender}
        responses: Responses = list(zip(sync, _call_all_robust(sync, arguments), strict=True))
        if asynchronous:
            responses += zip(asynchronous, self._wait(_gather_robust(asynchronous, arguments)), strict=True)
        return responses

    async def asend_robust(self, sender: object, **named: object) -> Responses:
        """Async twin of `send_robust`."""
        if not self._connections:
            return []
        sync, asynchronous = self._split(sender)
        arguments = {**named, "signal": self, "sender": sender}
        responses: Responses = []
        if sync:
            responses += zip(sync, await self._offload(_call_all_robust, sync, arguments), strict=True)
        if asynchronous:
            responses += zip(asynchronous, await _gather_robust(asynchronous, arguments), strict=True)
        return responses

    def _split(self, sender: object) -> tuple[list[Receiver], list[Receiver]]:
        sync: list[Receiver] = []
        asynchronous: list[Receiver] = []
        for connection in self._heard_by(sender):
            call: Any = connection.receiver()
            if call is not None:
                (asynchronous if connection.is_async else sync).append(call)
        return sync, asynchronous

    def _heard_by(self, sender: object) -> Heard:
        frozen = self._frozen
        entry = frozen.get(id(sender))
        if entry is not None and entry[0]() is sender:  # an id may be used again once its owner is gone
            return entry[1]
        heard = tuple(known for known in self._connections if known.is_alive and known.hears(sender))
        if len(frozen) >= _CACHED_SENDERS:
            frozen.clear()
        frozen[id(sender)] = (refer(sender), heard)
        return heard

    def _forget(self, _lost: object) -> None:
        # Runs wherever the collector happens to run, so it must not take the lock.
        self._frozen = {}


def receiver(
    signal: Signal | Iterable[Signal], *, sender: object = None, weak: bool = True, dispatch_uid: Hashable | None = None
) -> Callable[[F], F]:
    """Connect the decorated function to one signal or to several."""
    signals = (signal,) if isinstance(signal, Signal) else tuple(signal)

    def connect(function: F) -> F:
        for each in signals:
            each.connect(function, sender, weak, dispatch_uid)
        return function

    return connect


def _connection_key(receiver: Receiver | None, sender: object, dispatch_uid: Hashable | None) -> Hashable:
    identity = ("uid", dispatch_uid) if dispatch_uid is not None or receiver is None else key_of(receiver)
    return identity, None if sender is None else id(sender)


def _is_async(receiver: Receiver) -> bool:
    if not inspect.isroutine(receiver):  # an object whose class may have ``async def __call__``
        return inspect.iscoroutinefunction(receiver) or inspect.iscoroutinefunction(getattr(type(receiver), _CALL))
    return inspect.iscoroutinefunction(receiver)


def _call_all(receivers: list[Receiver], arguments: dict[str, object]) -> list[object]:
    return [call(**arguments) for call in receivers]


def _call_all_robust(receivers: list[Receiver], arguments: dict[str, object]) -> list[object]:
    results: list[object] = []
    for call in receivers:
        try:
            results.append(call(**arguments))
        except Exception as error:  # noqa: BLE001 -- a robust signal hands on whatever a receiver raised
            results.append(_logged(call, error))
    return results


async def _gather(receivers: list[Receiver], arguments: dict[str, object]) -> list[object]:
    coroutines: list[Any] = [call(**arguments) for call in receivers]
    return list(await asyncio.gather(*coroutines))


async def _gather_robust(receivers: list[Receiver], arguments: dict[str, object]) -> list[object]:
    async def guarded(call: Receiver) -> object:
        try:
            result: Any = call(**arguments)
            return await result
        except Exception as error:  # noqa: BLE001 -- a robust signal hands on whatever a receiver raised
            return _logged(call, error)

    return list(await asyncio.gather(*(guarded(call) for call in receivers)))


def _logged(call: Receiver, error: Exception) -> Exception:
    _log.error("Receiver %s failed", getattr(call, "__qualname__", repr(call)), exc_info=error)
    return error


def _run_blocking(coroutine: Coroutine[Any, Any, list[object]]) -> list[object]:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    results: list[list[object]] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(coroutine))
        except BaseException as error:  # noqa: BLE001 -- raised again in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
