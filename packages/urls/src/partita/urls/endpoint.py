"""Endpoints: routes with the beginnings of all includes around them, in the order they are tried."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from partita.urls.conditions import Condition, Conditions
from partita.urls.converters import (
    Converter,
    IntConverter,
    PathConverter,
    SlugConverter,
    StringConverter,
    UUIDConverter,
)
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
    foreign,
)

__all__ = ("Bound", "Endpoint", "HostName", "RegexStep", "RouteStep", "Step", "flatten")

# What these make of a text never changes. Converters of others may ask a database, or make lists.
_STEADY = frozenset({StringConverter, IntConverter, SlugConverter, UUIDConverter, PathConverter})
_ROUNDS = 3  # as often a router follows modules that include each other,
_MANY = 5000  # unless that would make more routes than these


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
        "is_bare",
        "is_steady",
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
        "shadows",
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
        self.is_bare = not (self.lazy or self.overriding)
        """Whether its view is imported, and gets nothing but what the path gives."""
        captured = {name for step in path.steps for name in step.names()}
        self.shadows = not captured.isdisjoint(self.overriding)
        self.is_steady = not (self.lazy or self.middleware) and all(map(_is_steady, path.steps))
        """Whether a path always leads here with the same arguments, which nobody can change, or never does."""


def _is_steady(step: Step) -> bool:
    if isinstance(step, RegexStep):
        return True
    return all(type(token.converter) in _STEADY for token in step.tokens if isinstance(token, Bound))


class _Path:
    """What has been gathered on the way down through includes."""

    __slots__ = (
        "app_names",
        "circles",
        "conditions",
        "host",
        "kwargs",
        "language",
        "middleware",
        "namespaces",
        "steps",
        "texts",
    )

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
        circles: tuple[object, ...] = (),
    ) -> None:
        self.circles = circles
        self.host, self.steps, self.texts, self.kwargs = host, steps, texts, kwargs
        self.namespaces, self.app_names = namespaces, app_names
        self.middleware, self.language, self.conditions = middleware, language, conditions

    def below(self, route: Route, step: Step) -> "_Path":
        # Django shows an inner ^ of a regular expression once only; so do we.
        text = route.text.removeprefix("^") if any(self.texts) and route.regex else route.text
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
            self.circles,
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
            (*self.circles, include.target) if include.is_circular else self.circles,
        )

    def goes_on(self, include: Include, rounds: int) -> bool:
        """Tell whether ``include`` is to be followed once more."""
        return not include.is_circular or sum(each is include.target for each in self.circles) < rounds


def flatten(patterns: Sequence[Pattern], converters: Mapping[str, Converter]) -> list[Endpoint]:
    """Return the endpoints of ``patterns`` in the order of declaration.

    Raises:
        PatternError: If a route names a converter that is not there, or `host` stands inside an include.
    """
    endpoints: list[Endpoint] = []
    for rounds in range(_ROUNDS, 0, -1):
        endpoints = []
        for route, view, path in _walk(patterns, converters, _Path(), rounds, root=True):
            if path.circles and rounds > 1 and len(endpoints) >= _MANY:
                break
            endpoints.append(Endpoint(len(endpoints), route, view, path))
        else:
            break
    return endpoints


def _walk(
    patterns: Sequence[Pattern], converters: Mapping[str, Converter], above: _Path, rounds: int, *, root: bool
) -> Iterator[tuple[Route, View, _Path]]:
    for pattern in patterns:
        if isinstance(pattern, Host):
            if not root:
                raise PatternError(pattern.text, "host() belongs into the outermost list of routes")
            name = HostName(pattern.text, _bind(pattern.text, pattern.tokens, converters))
            inside = _Path(name).inside(pattern.include)
            yield from _walk(pattern.include.patterns, converters, inside, rounds, root=False)
            continue
        if not isinstance(pattern, Route):
            raise PatternError(
                repr(pattern)[:80], f"urlpatterns hold path(), re_path() and host() only{foreign(pattern)}"
            )
        if pattern.language is not None and above.steps:
            raise PatternError(
                "".join(above.texts), "i18n_patterns() belongs into the outermost list of routes, not into include()"
            )
        step: Step
        pattern = pattern.translated()
        if pattern.regex is not None:
            step = RegexStep(pattern.regex)
        else:
            step = RouteStep(_bind(pattern.text, pattern.tokens, converters))
        here = above.below(pattern, step)
        if isinstance(pattern.target, Include):
            if not here.goes_on(pattern.target, rounds):
                continue
            inside = here.inside(pattern.target, pattern.middleware)
            yield from _walk(pattern.target.patterns, converters, inside, rounds, root=False)
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
            raise PatternError(text, _unknown_converter(token, converters))
        else:
            bound.append(Bound(converter, token.name))
    return tuple(bound)


def _unknown_converter(token: Parameter, converters: Mapping[str, Converter]) -> str:
    from partita.urls.proposals import near  # for errors only

    if token.name in converters:
        hint = f"the converter stands first: write <{token.name}:{token.converter}>"
    elif found := near(token.converter, converters):
        hint = f"did you mean {' or '.join(map(repr, found))}?"
    else:
        hint = f"there are {', '.join(sorted(converters))}. Register more with register_converter() or Router(converters=...)"
    return f"no converter {token.converter!r}; {hint}"


def _methods(route: Route, view: View) -> frozenset[str] | None:
    if route.methods is None:
        own = getattr(view, "http_methods", None)
        return None if own is None else frozenset(own)
    return route.methods | {"HEAD"} if "GET" in route.methods else route.methods


def _dotted(view: View) -> str:
    if isinstance(view, LazyView):
        return view.name
    while isinstance(view, partial):
        view = view.func
    name = getattr(view, "__qualname__", None) or type(view).__qualname__
    return f"{getattr(view, '__module__', None) or type(view).__module__}.{name}"
