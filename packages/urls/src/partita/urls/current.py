"""Reversing with the current application's router."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from types import ModuleType
from typing import Any, cast

from partita.contracts.current import CURRENT, find, require
from partita.contracts.i18n import LazyText
from partita.contracts.key import ExtensionPoint, Key
from partita.contracts.mounting import SCRIPT_PREFIX
from partita.urls.converters import Converter
from partita.urls.match import Match, owned
from partita.urls.patterns import View, include
from partita.urls.reversing import Query, quoted_path
from partita.urls.router import Router

__all__ = (
    "CONVERTERS",
    "ROUTER",
    "ROUTERS",
    "Routers",
    "chosen_urlconf",
    "clear_script_prefix",
    "clear_url_caches",
    "get_resolver",
    "get_script_prefix",
    "get_urlconf",
    "is_valid_path",
    "resolve",
    "reverse",
    "reverse_lazy",
    "script_prefix",
    "set_script_prefix",
    "set_urlconf",
    "with_script_prefix",
)

ROUTER = Key[Router]("partita.urls.router")
"""The application's router."""
CONVERTERS = ExtensionPoint[tuple[str, Converter]]("partita.urls.converters")
"""Converters for the application's routes, by name."""


_MAX_ROUTERS = 256  # a middleware may make a list for each request


class Routers:
    """Routers by their roots, made once each; of those for lists that nobody asked for longest, some are forgotten.

    Args:
        converters: For all of them.
        root: That of the application.
        get_root: Returns its router.
    """

    __slots__ = ("_converters", "_get_root", "_lock", "_made", "_root")

    def __init__(
        self, converters: Mapping[str, Converter], root: object = None, get_root: Callable[[], Router] | None = None
    ) -> None:
        self._converters, self._lock = converters, Lock()
        self._root, self._get_root = root, get_root
        self._made: dict[object, tuple[object, Router]] = {}

    def __call__(self, urls: Any) -> Router:
        """Return the router for a module, its dotted name, a list of routes, or a router as it is.

        Raises:
            PatternError: If ``urls`` holds no routes, or they do not fit together.
            ImportError: If there is no such module.
        """
        if isinstance(urls, Router):
            return urls
        if self._get_root is not None and (urls is self._root or (isinstance(urls, str) and urls == self._root)):
            return self._get_root()
        # What the key was made of is kept with it, or its number might become that of something else.
        key = urls if isinstance(urls, str | ModuleType) else id(urls)
        with self._lock:
            found = self._made.pop(key, None)
            if found is not None:
                self._made[key] = found
                return found[1]
        made = Router(include(urls).patterns, self._converters)  # may import modules that ask for another
        with self._lock:
            while len(self._made) >= _MAX_ROUTERS:
                del self._made[next(iter(self._made))]
            return self._made.setdefault(key, (urls, made))[1]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._made.clear()


ROUTERS = Key[Routers]("partita.urls.routers")
"""The application's routers by their roots."""

_urlconf: ContextVar[Router | None] = ContextVar("partita.urls.urlconf", default=None)


def reverse(
    name: str | View,
    *positional: object,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    current_app: str | None = None,
    query: Query | None = None,
    fragment: str | None = None,
    urlconf: object = None,
    **named: object,
) -> str:
    """Return the path of a route of the current application; see `Router.reverse`.

    Args:
        name: See `Router.reverse`.
        positional: See `Router.reverse`.
        args: See `Router.reverse`.
        kwargs: See `Router.reverse`.
        current_app: See `Router.reverse`.
        query: See `Router.reverse`.
        fragment: See `Router.reverse`.
        urlconf: Other routes: anything `include` takes, or a `Router`.
        named: See `Router.reverse`.

    Raises:
        NoReverseMatch: If there is no such route, or it does not take these values.
        LookupError: If no application is current.
    """
    path = get_resolver(urlconf).reverse(
        name,
        *positional,
        args=args,
        kwargs=kwargs,
        current_app=current_app,
        query=query,
        fragment=fragment,
        **named,
    )
    return with_script_prefix(path)


def resolve(path: str, urlconf: object = None, method: str = "GET") -> Match:
    """Return what ``path`` leads to in the current application.

    Args:
        path: Decoded, with its leading slash, below the place where the application is mounted.
        urlconf: Other routes: anything `include` takes, or a `Router`.
        method: In capitals.

    Raises:
        NoMatch: If it leads nowhere.
        LookupError: If no application is current and no ``urlconf`` is given.
    """
    return owned(get_resolver(urlconf).match(str(path), method))


def is_valid_path(path: str, urlconf: object = None, method: str = "GET") -> bool:
    """Tell whether `resolve` would find a view."""
    return get_resolver(urlconf).is_valid_path(str(path), method)


def get_resolver(urlconf: object = None) -> Router:
    """Return the router for ``urlconf``, the one that `set_urlconf` chose, or else the current application's.

    Raises:
        LookupError: If no application is current and nothing else was chosen.
    """
    if urlconf is None:
        urlconf = _urlconf.get()
    if urlconf is None:
        return require(ROUTER)
    if isinstance(urlconf, Router):
        return urlconf
    routers = find(ROUTERS)
    if routers is not None:
        return routers(urlconf)
    app = CURRENT.get()
    converters = {} if app is None else dict(app.all(CONVERTERS))
    return Router(include(cast("Any", urlconf)).patterns, converters)


def set_urlconf(urlconf: object) -> None:
    """Choose other routes for `reverse` and `resolve` in this context; None goes back to the application's.

    Args:
        urlconf: Anything `include` takes, or a `Router`.
    """
    _urlconf.set(None if urlconf is None else get_resolver(urlconf))


def get_urlconf(default: Router | None = None) -> Router | None:
    """Return the router that `set_urlconf` chose in this context, or ``default``."""
    return _urlconf.get() or default


@contextmanager
def chosen_urlconf(router: Router | None) -> Iterator[None]:
    """Let `reverse` and `resolve` use the routes of ``router`` for what runs within; None for the application's."""
    token = _urlconf.set(router)
    try:
        yield
    finally:
        _urlconf.reset(token)


def clear_url_caches() -> None:
    """Forget the matches that the current application's router remembers, and the routers for other roots."""
    require(ROUTER).clear_cache()
    routers = find(ROUTERS)
    if routers is not None:
        routers.clear()


def set_script_prefix(prefix: str) -> None:
    """Say where the application is mounted, for `reverse` in this context; a slash at its end is added.

    Args:
        prefix: Decoded, as servers give it: a per cent sign in it is one.
    """
    SCRIPT_PREFIX.set(prefix if prefix.endswith("/") else f"{prefix}/")


def get_script_prefix() -> str:
    """Return where the application is mounted, with a slash at the end."""
    return SCRIPT_PREFIX.get()


@contextmanager
def script_prefix(prefix: str) -> Iterator[None]:
    """Let the application be mounted there for what runs within."""
    token = SCRIPT_PREFIX.set(prefix if prefix.endswith("/") else f"{prefix}/")
    try:
        yield
    finally:
        SCRIPT_PREFIX.reset(token)


def with_script_prefix(path: str) -> str:
    """Return a path below the place where the application is mounted.

    Args:
        path: Percent-encoded, with its leading slash.
    """
    prefix = SCRIPT_PREFIX.get()
    return path if prefix == "/" else quoted_path(prefix) + path[1:]


def clear_script_prefix() -> None:
    """Go back to the root."""
    SCRIPT_PREFIX.set("/")


def reverse_lazy(
    name: str | View,
    *positional: object,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    current_app: str | None = None,
    query: Query | None = None,
    fragment: str | None = None,
    urlconf: object = None,
    **named: object,
) -> LazyText:
    """Return text that is the path whenever it is looked at, for places that run before there is an application."""
    return LazyText(
        lambda: reverse(
            name,
            *positional,
            args=args,
            kwargs=kwargs,
            current_app=current_app,
            query=query,
            fragment=fragment,
            urlconf=urlconf,
            **named,
        )
    )
