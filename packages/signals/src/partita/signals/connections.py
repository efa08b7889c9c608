"""How a signal remembers one receiver without keeping it, or its sender, alive."""

import inspect
import weakref
from collections.abc import Callable, Hashable

from partita.signals.errors import ReceiverError

__all__ = ("Connection", "Receiver", "check_receiver", "key_of", "refer")

Receiver = Callable[..., object]
Reference = Callable[[], object]


class Connection:
    """One receiver connected for one sender, or for every sender."""

    __slots__ = ("is_async", "key", "receiver", "sender")

    def __init__(self, key: Hashable, receiver: Reference, sender: Reference | None, is_async: bool) -> None:
        self.key, self.receiver, self.sender, self.is_async = key, receiver, sender, is_async

    @property
    def is_alive(self) -> bool:
        """Whether both ends still exist."""
        return self.receiver() is not None and (self.sender is None or self.sender() is not None)

    def hears(self, sender: object) -> bool:
        """Whether a signal from ``sender`` is for this receiver."""
        return self.sender is None or self.sender() is sender


def refer(target: object, on_loss: Callable[[object], None] | None = None) -> Reference:
    """Return a callable that gives ``target`` for as long as somebody else keeps it; always, if it has no weak references."""
    try:
        if inspect.ismethod(target):
            return weakref.WeakMethod(target, on_loss)
        return weakref.ref(target, on_loss)
    except TypeError:  # an int, a str, an object with slots
        return lambda: target


def key_of(receiver: Receiver) -> Hashable:
    """Return what makes two receivers the same one; bound methods are made anew at every access."""
    if inspect.ismethod(receiver):
        return id(receiver.__self__), id(receiver.__func__)
    return id(receiver)


def check_receiver(receiver: Receiver) -> None:
    """Refuse what could not take arguments that a signal may gain later.

    Raises:
        ReceiverError: If ``receiver`` is not callable or has no ``**kwargs``.
    """
    if not callable(receiver):
        raise ReceiverError(repr(receiver), "a receiver must be callable")
    try:
        parameters = inspect.signature(receiver).parameters.values()
    except ValueError:  # builtins written in C tell nothing
        return
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        name = getattr(receiver, "__qualname__", repr(receiver))
        raise ReceiverError(name, "a receiver must accept **kwargs, because signals gain arguments over time")
