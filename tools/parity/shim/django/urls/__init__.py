"""Django's order of arguments for matching and reversing with the current application's router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import urls
from partita.contracts.i18n import LazyText
from partita.urls import Match, Router
from partita.urls.current import with_script_prefix

__all__ = ("is_valid_path", "resolve", "reverse", "reverse_lazy")


def _router(urlconf: Any) -> Router:
    return urls.get_resolver(urlconf)


def resolve(path: Any, urlconf: Any = None) -> Match:
    """Return what ``path`` leads to."""
    return _router(urlconf).match(str(path))


def reverse(
    viewname: Any,
    urlconf: Any = None,
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    current_app: str | None = None,
    *,
    query: Any = None,
    fragment: str | None = None,
) -> str:
    """Return the path of a route."""
    path = _router(urlconf).reverse(
        viewname, args=args or (), kwargs=kwargs, current_app=current_app, query=query, fragment=fragment
    )
    return with_script_prefix(path)


def reverse_lazy(*args: Any, **kwargs: Any) -> LazyText:
    """Return text that is the path whenever it is looked at."""
    return LazyText(lambda: reverse(*args, **kwargs))


def is_valid_path(path: Any, urlconf: Any = None) -> bool:
    """Return whether ``path`` leads somewhere."""
    return _router(urlconf).is_valid_path(str(path))


__getattr__ = fallback("django.urls")
