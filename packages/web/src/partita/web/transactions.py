"""Atomic requests: a view that fails leaves the database as it was."""

import inspect
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import Any, TypeVar, cast, overload

from partita.http import Response
from partita.web.errors import AppError

__all__ = ("atomic_views", "non_atomic_requests")

V = TypeVar("V", bound=Callable[..., Any])


@overload
def non_atomic_requests(view: V) -> V: ...
@overload
def non_atomic_requests(view: None = None, *, using: str = "default") -> Callable[[V], V]: ...
def non_atomic_requests(view: V | None = None, *, using: str = "default") -> "V | Callable[[V], V]":
    """Keep a view out of the transaction that ``atomic_requests`` in the section ``web`` would put around it.

    Args:
        view: The view, if the decorator has no parentheses.
        using: The database. Only the default one has such transactions, so with another this does nothing.
    """

    def decorate(view: V) -> V:
        if using == "default":
            cast("Any", view).atomic_requests = False
        return view

    return decorate if view is None else decorate(view)


def atomic_views() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what puts a transaction around a view.

    It stands around the view alone, since a sync view runs in another thread, with another connection, than its middleware.

    Raises:
        AppError: If `partita.orm` is not installed.
    """
    if find_spec("partita.orm") is None:
        raise AppError("atomic_requests is set in the section web, but partita-orm is not installed")
    from partita.orm import atomic  # an extra: applications without a database do without it

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        if not getattr(view, "atomic_requests", True):
            return view
        if inspect.iscoroutinefunction(view) or inspect.iscoroutinefunction(type(view).__call__):

            @wraps(view)
            async def awaiting(*args: Any, **kwargs: Any) -> Response:
                async with atomic():
                    return cast("Response", await view(*args, **kwargs))

            return awaiting

        @wraps(view)
        def calling(*args: Any, **kwargs: Any) -> Response:
            with atomic():
                answered = view(*args, **kwargs)
                if inspect.isawaitable(answered):
                    if inspect.iscoroutine(answered):
                        answered.close()
                    raise AppError(
                        f"{view!r} is a plain function that gives an awaitable, which would run after its transaction. "
                        "Make it async def, or mark it with non_atomic_requests."
                    )
                return cast("Response", answered)

        return calling

    return wrap
