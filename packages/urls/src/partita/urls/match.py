"""The answer of a router: which view, with which arguments."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:
    from partita.urls.endpoint import Endpoint
    from partita.urls.patterns import LazyView, RouteMiddleware, View

__all__ = ("Match", "ResolverMatch")


class ResolverMatch:
    """A route that leads to a path, and what it captured; made by routers.

    Attributes:
        args: Positional arguments for the view, from unnamed groups of `re_path`.
        kwargs: Keyword arguments for the view; a route without any has one match for all its requests, which refuses changes: `copy` it.
        view: What answers requests for the path.
    """

    __slots__ = ("_captured", "_endpoint", "args", "kwargs", "view")
    # Without a constructor, since one written in Python takes as long as all that it sets; see `made`.
    args: tuple[object, ...]
    kwargs: dict[str, object]
    view: "View"
    _endpoint: "Endpoint"
    _captured: dict[str, object]  # set only where the route gives arguments of the same names

    @property
    def name(self) -> str | None:
        """The route's own name."""
        return self._endpoint.name

    url_name = name

    @property
    def captured_kwargs(self) -> dict[str, object]:
        """The keyword arguments that the path gave, also those that the route put others in the place of."""
        if self._endpoint.shadows:
            return dict(self._captured)
        return {name: value for name, value in self.kwargs.items() if name not in self._endpoint.overriding}

    @property
    def extra_kwargs(self) -> dict[str, object]:
        """The keyword arguments that the route and the includes around it gave."""
        extra = self._endpoint.overriding if not self.args and self._endpoint.names else self._endpoint.defaults
        return {name: value for name, value in extra.items() if self.kwargs.get(name, value) == value}

    @property
    def app_name(self) -> str:
        """`app_names`, joined by colons."""
        return ":".join(self._endpoint.app_names)

    def __iter__(self) -> "Iterator[Any]":
        return iter((self.view, self.args, self.kwargs))  # func, args, kwargs = match

    def __getitem__(self, index: int) -> object:
        return (self.view, self.args, self.kwargs)[index]

    @property
    def func(self) -> "View":
        """The view, under the name that Django gives it."""
        return self.view

    @property
    def namespaces(self) -> list[str]:
        """Instance names of the includes around the route, outermost first."""
        return list(self._endpoint.namespaces)

    @property
    def namespace(self) -> str:
        """`namespaces`, joined by colons."""
        return ":".join(self._endpoint.namespaces)

    @property
    def app_names(self) -> list[str]:
        """Application names of the includes around the route, outermost first."""
        return list(self._endpoint.app_names)

    @property
    def route(self) -> str:
        """The route as declared, with the beginnings it was included under."""
        return self._endpoint.route

    @property
    def middleware(self) -> "tuple[RouteMiddleware, ...]":
        """What the route and the includes around it put around the view, the outermost first."""
        return self._endpoint.middleware

    @property
    def language(self) -> str | None:
        """The language of the route, if it is one of `i18n_patterns`."""
        return self._endpoint.language

    @property
    def view_name(self) -> str:
        """Namespaces and name, or the view's dotted name if the route has none."""
        return self._endpoint.view_name

    def __reduce__(self) -> NoReturn:
        """Refuse: views and middleware are functions of this process.

        Raises:
            PicklingError: Always.
        """
        from pickle import PicklingError  # for errors only

        raise PicklingError("Cannot pickle ResolverMatch. Keep its `view_name`, `args` and `kwargs` instead.")

    def copy(self) -> "ResolverMatch":
        """Return the same match with a dictionary of arguments of its own."""
        twin = made(self._endpoint, self.args, dict(self.kwargs))
        if self._endpoint.shadows:
            twin._captured = self._captured
        return twin

    def __repr__(self) -> str:
        view: object = getattr(self.view, "view_class", self.view)
        if isinstance(view, partial):
            shown = repr(view)
        else:
            kind = view if hasattr(view, "__qualname__") else type(view)
            shown = f"{kind.__module__}.{getattr(kind, '__qualname__', '')}"
        fields: dict[str, object] = {
            "args": self.args,
            "kwargs": self.kwargs,
            "url_name": self.name,
            "app_names": self.app_names,
            "namespaces": self.namespaces,
            "route": self.route,
        }
        fields |= {"captured_kwargs": self.captured_kwargs} if self.captured_kwargs else {}
        fields |= {"extra_kwargs": self.extra_kwargs} if self.extra_kwargs else {}
        return f"ResolverMatch(func={shown}, {', '.join(f'{name}={value!r}' for name, value in fields.items())})"


Match = ResolverMatch
"""The short name of the same class."""


class _NoArguments(dict[str, object]):
    """The keyword arguments of a view that takes none, which all its matches share."""

    __slots__ = ()

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("All matches of a route without arguments share them; change those of match.copy()")

    _refused: Any = _refuse
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refused

    def __reduce__(self) -> tuple[type[dict[str, object]], tuple[()]]:
        return dict, ()  # a copy is one's own


class _SharedMatch(ResolverMatch):
    """The match of a route without arguments, which needs no other."""

    __slots__ = ()

    def _refuse(self, *args: object) -> NoReturn:
        raise TypeError("All requests for a route without arguments share their match; change match.copy()")

    __setattr__ = __delattr__ = _refuse


_NO_ARGUMENTS = _NoArguments()


def shared(endpoint: "Endpoint") -> Match:
    """Return a match for all requests for an endpoint without arguments."""
    match = _SharedMatch.__new__(_SharedMatch)
    values = {"_endpoint": endpoint, "args": (), "kwargs": _NO_ARGUMENTS, "view": endpoint.view}
    for name, value in values.items():
        object.__setattr__(match, name, value)
    return match


def owned(match: Match) -> Match:
    """Return a match that whoever has it may change: the same, or a copy of a shared one."""
    return match if match.kwargs.__class__ is dict else match.copy()


def made(endpoint: "Endpoint", args: tuple[object, ...], kwargs: dict[str, object]) -> Match:
    """Return the match of an endpoint."""
    match = ResolverMatch()
    match._endpoint, match.args, match.kwargs = endpoint, args, kwargs
    match.view = cast("LazyView", endpoint.view).load() if endpoint.lazy else endpoint.view
    return match
