"""What the root of the routes says besides routes: views for errors."""

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from partita.contracts.checks import Finding
from partita.http import Request, Response
from partita.urls import LazyView, PatternError
from partita.web.calling import Calls
from partita.web.failures import ErrorView

__all__ = ("check_error_views", "error_views")

_STATUSES = (400, 403, 404, 500)


def error_views(urls: object, calls: Calls) -> dict[int, ErrorView]:
    """Return the project's own answers to errors: ``handler400``, ``handler403``, ``handler404`` and ``handler500`` of the root module.

    Each is a view or its dotted name; it gets the request and the error (by the name ``exception``, if it has such a parameter or takes
    any), the last one the request alone.

    Args:
        urls: What the application has as its routes.
        calls: Says whether views get drafts.

    Raises:
        ImportError: If the root is a name and there is no such module.
    """
    module = import_module(urls) if isinstance(urls, str) else urls
    if not isinstance(module, ModuleType):
        return {}
    found: dict[int, ErrorView] = {}
    for status in _STATUSES:
        view = getattr(module, f"handler{status}", None)
        if view is not None:
            found[status] = _error_view(LazyView(view) if isinstance(view, str) else view, status, calls)
    return found


def check_error_views(urls: object) -> Iterable[Finding]:
    """Report error views that cannot be imported, or do not take what they get."""
    module = import_module(urls) if isinstance(urls, str) else urls
    if not isinstance(module, ModuleType):
        return
    for status in _STATUSES:
        view: Any = getattr(module, f"handler{status}", None)
        if view is None:
            continue
        name, wanted = f"handler{status}", 1 if status == 500 else 2
        try:
            found = LazyView(view).load() if isinstance(view, str) else view
        except (ImportError, PatternError) as error:
            yield Finding("urls.E008", "error", f"{name} cannot be imported: {error}", "Mend its name or its module.")
            continue
        try:
            if wanted == 2 and _takes_by_name(found):
                inspect.signature(found).bind(None, exception=None)
            else:
                inspect.signature(found).bind(*[None] * wanted)
        except (TypeError, ValueError):
            given = "the request" if wanted == 1 else "the request and the error"
            text = f"{name} does not take what it gets: {given}."
            yield Finding("urls.E007", "error", text, f"Let it take {wanted} positional arguments.")


def _error_view(view: Callable[..., Any], status: int, calls: Calls) -> ErrorView:
    async def answer(request: Request, error: BaseException) -> Response:
        function = view.load() if isinstance(view, LazyView) else view
        given = _draft_of(request) if calls.gives_drafts(function) else request
        args: tuple[object, ...] = () if status == 500 else (error,)
        if args and _takes_by_name(function):
            function, args = partial(function, exception=error), ()
        answered: Response = await calls.call_freely(function, given, args)
        return answered

    return answer


def _draft_of(request: Request) -> object:
    from partita.http.drafts import HttpRequest  # many applications have no view that takes one

    return HttpRequest.of(request)


def _takes_by_name(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(
        each.kind is each.VAR_KEYWORD or (each.name == "exception" and each.kind is not each.POSITIONAL_ONLY)
        for each in parameters
    )
