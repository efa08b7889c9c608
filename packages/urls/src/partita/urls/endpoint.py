"""Endpoints: routes with the beginnings of all includes around them, in the order they are tried."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from partita.urls.conditions import Condition, Conditions
from partita.urls.converters import Converter
from partita.urls.errors import PatternError
from partita.urls.patterns import (
    Host,
    Include,
    LazyView,
    Literal,
    Parameter,
    Pattern,
    Route,
    RouteMiddleware,
    View,
)

__all__ = ("Bound", "Endpoint", "HostName", "RegexStep", "RouteStep", "Step", "flatten")


class Bound:
    """A parameter with its converter."""

    __slots__ = ("converter", "name")

    def __init__(self, converter: Converter, name: str) -> None:
        self.converter, self.name = converter, name


class RouteStep:
    """What one `path` contributes to an endpoint."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: tuple[Literal | Bound, ...]) -> None:
        self.tokens = tokens

    def names(self) -> tuple[str, ...]:
        """The names this step captures."""
        return tuple(token.name for token in self.tokens if isinstance(token, Bound))


class RegexStep:
    """What one `re_path` contributes to an endpoint."""

    __slots__ = ("regex",)

    def __init__(self, regex: re.Pattern[str]) -> None:
        self.regex = regex

    def names(self) -> tuple[str, ...]:
        """The names this step captures."""
        return tuple(self.regex.groupindex)


Step: TypeAlias = RouteStep | RegexStep


class HostName:
    """A pattern of host names."""

    __slots__ = ("_bounds", "_regex", "text")

    def __init__(self, text: str, tokens: tuple[Literal | Bound, ...]) -> None:
        self.text = text
        self._bounds = tuple(token for token in tokens if isinstance(token, Bound))
        self._regex = re.compile(
            "".join(
                re.escape(token)
                if isinstance(token, Literal)
                # A label has no dots, though `str` would take them in a path.
                else f"({'[^./]+' if token.converter.regex == '[^/]+' else token.converter.regex})"
                for token in tokens
            )
        )

    def match(self, name: str) -> dict[str, object] | None:
        """Return what a host name in lower case captures, or None if it does not match."""
        found = self._regex.fullmatch(name)
        if found is None:
            return None
        try:
            return {
                bound.name: bound.converter.to_python(text)
                for bound, text in zip(self._bounds, found.groups(), strict=True)
            }
        except ValueError:
            return None


class Endpoint:
    """One way to a view, from the root on."""

    __slots__ = (
        "app_names",
        "conditions",
        "defaults",
        "host",
        "index",
        "language",
        "lazy",
        "level_kwargs",
        "methods",
        "middleware",
        "name",
        "named",
        "names",
        "namespaces",
        "overriding",
        "route",
        "steps",
        "view",
        "view_name",
    )

    def __init__(self, index: int, route: Route, view: View, path: "_Path") -> None:
        self.index, self.view, self.name = index, view, route.name
        self.host, self.namespaces, self.app_names, self.steps = path.host, path.namespaces, path.app_names, path.steps
        self.conditions = path.conditions
        around = (*path.middleware, *route.middleware)
        self.middleware: tuple[RouteMiddleware, ...] = (
            (Conditions(self.conditions), *around) if self.conditions else around
        )
        self.language = path.language
        self.lazy = isinstance(view, LazyView)
        self.route = "".join(path.texts)
        self.methods = _methods(route, view)
        self.view_name = ":".join((*path.namespaces, route.name or _dotted(view)))
        self.level_kwargs = path.kwargs
        self.named = tuple(
            (level, name)
            for level, step in enumerate(path.steps)
            if isinstance(step, RouteStep)
            for name in step.names()
        )
        self.names = tuple(name for _, name in self.named)
        self.defaults: dict[str, object] = {}
        # A capture of a deeper level wins over what an outer level gave; anything else gives way to it.
        self.overriding: dict[str, object] = {}
        for step, kwargs in zip(path.steps, path.kwargs, strict=True):
            for name in step.names():
                self.overriding.pop(name, None)
            self.overriding.update(kwargs)
            self.defaults.update(kwargs)


class _Path:
    """What has been gathered on the way down through includes."""

    __slots__ = ("app_names", "conditions", "host", "kwargs", "language", "middleware", "namespaces", "steps", "texts")

    def __init__(
        self,
        host: HostName | None = None,
        steps: tuple[Step, ...] = (),
        texts: tuple[str, ...] = (),
        kwargs: tuple[Mapping[str, object], ...] = (),
        namespaces: tuple[str, ...] = (),
        app_names: tuple[str, ...] = (),
        middleware: tuple[RouteMiddleware, ...] = (),
        language: str | None = None,
        conditions: tuple[Condition, ...] = (),
    ) -> None:
        self.host, self.steps, self.texts, self.kwargs = host, steps, texts, kwargs
        self.namespaces, self.app_names = namespaces, app_names
        self.middleware, self.language, self.conditions = middleware, language, conditions

    def below(self, route: Route, step: Step) -> "_Path":
        # Django shows an inner ^ of a regular expression once only; so do we.
        text = route.text.removeprefix("^") if self.texts and route.regex else route.text
        return _Path(
            self.host,
            (*self.steps, step),
            (*self.texts, text),
            (*self.kwargs, route.kwargs),
            self.namespaces,
            self.app_names,
            self.middleware,
            route.language or self.language,
            self.conditions if route.when is None else (*self.conditions, route.when),
        )

    def inside(self, include: Include, middleware: tuple[RouteMiddleware, ...] = ()) -> "_Path":
        return _Path(
            self.host,
            self.steps,
            self.texts,
            self.kwargs,
            (*self.namespaces, include.namespace) if include.namespace else self.namespaces,
            (*self.app_names, include.app_name) if include.app_name else self.app_names,
            (*self.middleware, *middleware),
            self.language,
            self.conditions,
        )


def flatten(patterns: Sequence[Pattern], converters: Mapping[str, Converter]) -> list[Endpoint]:
    """Return the endpoints of ``patterns`` in the order of declaration.

    Raises:
        PatternError: If a route names a converter that is not there, or `host` stands inside an include.
    """
    endpoints: list[Endpoint] = []
    for route, view, path in _walk(patterns, converters, _Path(), root=True):
        endpoints.append(Endpoint(len(endpoints), route, view, path))
    return endpoints


def _walk(
    patterns: Sequence[Pattern], converters: Mapping[str, Converter], above: _Path, *, root: bool
) -> Iterator[tuple[Route, View, _Path]]:
    for pattern in patterns:
        if isinstance(pattern, Host):
            if not root:
                raise PatternError(pattern.text, "host() belongs into the outermost list of routes")
            name = HostName(pattern.text, _bind(pattern.text, pattern.tokens, converters))
            yield from _walk(pattern.include.patterns, converters, _Path(name).inside(pattern.include), root=False)
            continue
        if not isinstance(pattern, Route):
            raise PatternError(repr(pattern)[:80], "urlpatterns hold path(), re_path() and host() only")
        step: Step
        pattern = pattern.translated()
        if pattern.regex is not None:
            step = RegexStep(pattern.regex)
        else:
            step = RouteStep(_bind(pattern.text, pattern.tokens, converters))
        here = above.below(pattern, step)
        if isinstance(pattern.target, Include):
            yield from _walk(
                pattern.target.patterns, converters, here.inside(pattern.target, pattern.middleware), root=False
            )
        else:
            yield pattern, pattern.target, here


def _bind(
    text: str, tokens: tuple[Literal | Parameter, ...], converters: Mapping[str, Converter]
) -> tuple[Literal | Bound, ...]:
    bound: list[Literal | Bound] = []
    for token in tokens:
        if isinstance(token, Literal):
            bound.append(token)
        elif (converter := converters.get(token.converter)) is None:
            known = ", ".join(sorted(converters))
            raise PatternError(
                text, f"no converter {token.converter!r}; there are {known}. Register more with Router(converters=...)"
            )
        else:
            bound.append(Bound(converter, token.name))
    return tuple(bound)


def _methods(route: Route, view: View) -> frozenset[str] | None:
    if route.methods is None:
        own = getattr(view, "http_methods", None)
        return None if own is None else frozenset(own)
    return route.methods | {"HEAD"} if "GET" in route.methods else route.methods


def _dotted(view: View) -> str:
    if isinstance(view, LazyView):
        return view.name
    name = getattr(view, "__qualname__", None) or type(view).__qualname__
    return f"{getattr(view, '__module__', None) or type(view).__module__}.{name}"
