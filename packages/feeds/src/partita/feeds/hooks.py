"""What a class says about a feed: values, methods, and methods about one object."""

import inspect
from collections.abc import Callable
from typing import Any

from partita.feeds.errors import FeedSetupError

__all__ = ("address_of", "ask")

_NOTHING = object()


def ask(view: object, name: str, argument: object, default: object = None) -> Any:
    """Return what ``view`` says under ``name``.

    Args:
        view: The feed.
        name: Of a value, of a method without argument, or of one that takes ``argument``.
        argument: The object that the feed is about, or the item.
        default: What counts if there is no such name.

    Raises:
        FeedSetupError: If the method's decorator hides which arguments it takes.
    """
    found = getattr(view, name, _NOTHING)
    if found is _NOTHING:
        return default
    if not callable(found) or isinstance(found, type):
        return found
    return found() if _takes_nothing(found, name) else found(argument)


def address_of(item: object) -> str:
    """Return the page of an item that knows its own.

    Raises:
        FeedSetupError: If it does not.
    """
    locate = getattr(item, "get_absolute_url", None)
    if locate is None:
        raise FeedSetupError(
            f"Give your {type(item).__name__} class a get_absolute_url() method, or define an item_link() method in your "
            "Feed class."
        )
    return str(locate())


def _takes_nothing(function: Callable[..., Any], name: str) -> bool:
    """Whether a method, a static method or an object with ``__call__`` takes no argument but itself."""
    called: Any = function
    if not inspect.isroutine(function):
        called = called.__call__
    # What stands behind decorators decides: those that use `functools.wraps` pass on what they get.
    inner: Any = inspect.unwrap(getattr(called, "__func__", called))
    code = getattr(inner, "__code__", None)
    if code is None:
        return False
    own = 1 if inspect.ismethod(called) else 0
    if code.co_argcount < own:
        raise FeedSetupError(f"Feed method {name!r} decorated by {inner.__name__!r} needs to use @functools.wraps.")
    return bool(code.co_argcount == own)
