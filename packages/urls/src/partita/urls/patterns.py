"""Declarations of routes: what stands in ``urlpatterns``."""

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, TypeAlias

from partita.contracts.i18n import LazyText
from partita.urls.conditions import Condition
from partita.urls.errors import PatternError

__all__ = (
    "Host",
    "Include",
    "LazyView",
    "Literal",
    "Parameter",
    "Pattern",
    "Route",
    "RouteMiddleware",
    "View",
    "host",
    "i18n_patterns",
    "include",
    "path",
    "re_path",
)

View: TypeAlias = Callable[..., Any]
"""Called with the request and what was captured; what it returns is the caller's business."""

RouteMiddleware: TypeAlias = Callable[[Any], Any]
"""Takes what answers a route's requests, returns what answers them instead; what that is, is the application's business."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?(?P<name>[^>]*)>")


class Literal(str):
    """Text that stands in a route as it is."""

    __slots__ = ()


class Parameter:
    """One ``<converter:name>`` of a route."""

    __slots__ = ("converter", "name")

    def __init__(self, converter: str, name: str) -> None:
        self.converter, self.name = converter, name


class _Later:
    """Stands for a regular expression that is known only when the language is."""

    __slots__ = ()


class LazyView:
    """A view by its dotted name, imported when the first request for it comes."""

    __slots__ = ("_view", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._view: View | None = None

    def load(self) -> View:
        """Import the view; a class gives its ``as_view()``.

        Raises:
            PatternError: If there is no such module, or it has no such view.
        """
        if self._view is None:
            module, _, attribute = self.name.rpartition(".")
            try:
                found: Any = getattr(importlib.import_module(module), attribute)
            except ModuleNotFoundError as error:
                if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                    raise  # the module is there; something that it imports is not
                raise PatternError(self.name, f"there is no module {error.name!r}") from error
            except AttributeError as error:
                raise PatternError(self.name, f"the module {module!r} has no {attribute!r}") from error
            if isinstance(found, type) and hasattr(found, "as_view"):
                found = found.as_view()
            if not callable(found):
                raise PatternError(self.name, f"a view must be callable, got {type(found).__name__}")
            self._view = found
        return self._view

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the view."""
        return self.load()(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<LazyView {self.name}>"


class Include:
    """Routes of another module, with the names they live under."""

    __slots__ = ("app_name", "namespace", "patterns")

    def __init__(self, patterns: Sequence["Pattern"], app_name: str | None, namespace: str | None) -> None:
        self.patterns, self.app_name, self.namespace = tuple(patterns), app_name, namespace


class Route:
    """One entry of ``urlpatterns``: a view, or other routes below a common beginning."""

    __slots__ = (
        "_lazy_regex",
        "kwargs",
        "language",
        "lazy",
        "methods",
        "middleware",
        "name",
        "regex",
        "target",
        "text",
        "tokens",
        "when",
    )

    def __init__(
        self,
        text: str | LazyText,
        target: View | Include,
        kwargs: Mapping[str, object],
        name: str | None,
        methods: frozenset[str] | None,
        regex: "re.Pattern[str] | _Later | None",
        middleware: tuple[RouteMiddleware, ...] = (),
        language: str | None = None,
        when: Condition | None = None,
    ) -> None:
        self.target, self.kwargs, self.name, self.methods = target, dict(kwargs), name, methods
        self.middleware, self.language, self.when = middleware, language, when
        self.regex = None if isinstance(regex, _Later) else regex
        self._lazy_regex = isinstance(regex, _Later)
        self.lazy = text if isinstance(text, LazyText) else None
        self.text = "" if self.lazy is not None else str(text)
        self.tokens: tuple[Literal | Parameter, ...] = ()
        if self.lazy is None and self.regex is None:
            self.tokens = _tokens(self.text)

    def translated(self) -> "Route":
        """Return the route as it is in the current language: itself, if its text is the same in all.

        Raises:
            PatternError: If the translation is no route.
        """
        if self.lazy is None:
            return self
        text = str(self.lazy)
        regex = _compiled(text) if self._lazy_regex else None
        return Route(
            text, self.target, self.kwargs, self.name, self.methods, regex, self.middleware, self.language, self.when
        )

    def __repr__(self) -> str:
        return f"<{'re_path' if self.regex else 'path'} {self.text!r}>"


class Host:
    """Routes that exist only under certain host names."""

    __slots__ = ("include", "text", "tokens")

    def __init__(self, text: str, include: Include) -> None:
        self.text, self.include = text, include
        self.tokens = _tokens(text)

    def __repr__(self) -> str:
        return f"<host {self.text!r}>"


Pattern: TypeAlias = Route | Host
_Includable: TypeAlias = str | ModuleType | Sequence[Any] | Include


def path(
    route: str | LazyText,
    view: View | _Includable,
    kwargs: Mapping[str, object] | None = None,
    name: str | None = None,
    *,
    methods: Iterable[str] | None = None,
    middleware: Iterable[RouteMiddleware] = (),
    when: Condition | None = None,
) -> Route:
    """Declare a route.

    Args:
        route: The path below the site's root, without a leading slash; ``<int:pk>`` captures a value. A lazy text
            (``gettext_lazy("about/")``) is another route in each language.
        view: Called with the request and the values captured; its dotted name (``"shop.views.album"``), which is imported when the
            first request for it comes; or `include` of other routes.
        kwargs: More keyword arguments for the view; they win over captured ones.
        name: For `reverse`.
        methods: Methods this route answers, such as ``("GET",)`` (which brings ``HEAD``); without them any, unless the
            view has an attribute ``http_methods``. Another route may answer the other methods.
        middleware: What stands around this view only, or around all views of an `include`; the first one outermost.
        when: Gets the request, before any guard or middleware of the route does; where it gives something false, the routes behind
            this one are tried. An application asks it; a `Router` alone does so in `Router.fitting`.

    Raises:
        PatternError: If the route or the view makes no sense.
    """
    return _route(route, view, kwargs, name, methods, None, middleware, when)


def re_path(
    route: str | LazyText,
    view: View | _Includable,
    kwargs: Mapping[str, object] | None = None,
    name: str | None = None,
    *,
    methods: Iterable[str] | None = None,
    middleware: Iterable[RouteMiddleware] = (),
    when: Condition | None = None,
) -> Route:
    """Declare a route by a regular expression.

    Such routes are tried one after the other, and whether an expression can be made slow by a hostile path is up to
    whoever writes it. Arguments are as in `path`; named groups become keyword arguments as text, and if there are none,
    unnamed groups become positional ones.

    Raises:
        PatternError: If ``route`` is no regular expression, or the view makes no sense.
    """
    regex = _Later() if isinstance(route, LazyText) else _compiled(route)
    return _route(route, view, kwargs, name, methods, regex, middleware, when)


def include(target: _Includable, namespace: str | None = None) -> Include:
    """Take in other routes.

    Args:
        target: A module, its dotted name, or anything else with ``urlpatterns`` and perhaps ``app_name``; a list of routes, or a pair
            of a list and an application name.
        namespace: The instance's name, for an application that is included more than once.

    Raises:
        PatternError: If ``target`` holds no routes, or has a namespace without an application name.
        ImportError: If there is no such module.
    """
    if isinstance(target, Include):
        return Include(target.patterns, target.app_name, namespace or target.namespace)
    app_name: str | None = None
    found: object = target
    if isinstance(target, tuple) and not all(isinstance(each, Route | Host) for each in target):
        if len(target) not in {2, 3}:
            raise PatternError(repr(target)[:80], "include() takes a pair of a list of routes and an app_name")
        if len(target) == 3:
            namespace = namespace or target[2]
        found, app_name = target[0], target[1]
    if isinstance(found, str):
        found = importlib.import_module(found)
    if isinstance(found, ModuleType) or hasattr(found, "urlpatterns"):
        app_name = getattr(found, "app_name", app_name)
        declared = getattr(found, "urlpatterns", None)
        if declared is None:
            raise PatternError(getattr(found, "__name__", ""), "the module has no `urlpatterns`")
        found = declared
    if not isinstance(found, Sequence) or not all(isinstance(each, Route | Host) for each in found):
        raise PatternError(repr(found)[:80], "include() needs a list of path() and re_path()")
    if namespace and not app_name:
        raise PatternError(
            repr(namespace),
            "a namespace needs an app_name: set `app_name` in the included module, or pass (patterns, app_name)",
        )
    return Include(found, app_name, namespace or app_name)


def host(name: str, target: _Includable) -> Host:
    """Declare routes that exist only under certain host names.

    Args:
        name: The host name without port, such as ``api.example.com`` or ``<slug:tenant>.example.com``.
        target: Anything `include` takes.

    Raises:
        PatternError: If the name or the routes make no sense.
    """
    return Host(name.lower(), include(target))


def i18n_patterns(*patterns: Pattern, languages: Iterable[str], unprefixed: str | None = None) -> list[Route]:
    """Declare routes once for each language, below its tag: ``/de/albums/``, ``/fr/albums/``.

    `reverse` takes those of the current language, and an application enters the language of the route.

    Args:
        patterns: The routes.
        languages: Tags in lower case, such as ``de`` or ``pt-br``; `reverse` takes the first if the current language is none of them
            and all have a prefix.
        unprefixed: A language that has no prefix; it may stand in ``languages`` as well.

    Returns:
        To be put into the outermost ``urlpatterns``: ``[*i18n_patterns(...), path(...)]``.

    Raises:
        PatternError: If a tag is none, or a route makes no sense.
    """
    if isinstance(languages, str):
        raise PatternError(languages, f"languages must be a list, such as ({languages!r},)")
    tags = [tag for tag in dict.fromkeys(languages) if tag != unprefixed]
    for tag in (*tags, *([] if unprefixed is None else [unprefixed])):
        if not _LANGUAGE.fullmatch(tag):
            raise PatternError(tag, "not a tag of a language in lower case, such as de or pt-br")
    below = include(patterns)
    routes = [Route(f"{tag}/", below, {}, None, None, None, language=tag) for tag in tags]
    if unprefixed is not None:  # last, or <slug:...>/ would take the prefixes
        routes.append(Route("", below, {}, None, None, None, language=unprefixed))
    return routes


def _compiled(text: str) -> "re.Pattern[str]":
    try:
        return re.compile(text)
    except re.error as error:
        raise PatternError(text, f"not a regular expression: {error}") from error


def _route(
    text: str | LazyText,
    view: View | _Includable,
    kwargs: Mapping[str, object] | None,
    name: str | None,
    methods: Iterable[str] | None,
    regex: "re.Pattern[str] | _Later | None",
    middleware: Iterable[RouteMiddleware],
    when: Condition | None,
) -> Route:
    if not isinstance(text, str | LazyText):
        raise PatternError(repr(text)[:80], "the route must be a str")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise TypeError(f"kwargs argument must be a dict, but got {type(kwargs).__name__}.")
    target: View | Include
    if isinstance(view, Include | tuple | list):
        target = include(view)
    elif isinstance(view, str):
        if "." not in view or not all(part.isidentifier() for part in view.split(".")):
            raise PatternError(str(text), f"{view[:80]!r} is no dotted name of a view, such as 'shop.views.album'")
        target = LazyView(view)
    elif callable(view):
        target = view
    else:
        raise PatternError(str(text), f"the view must be callable or include(...), got {type(view).__name__}")
    if isinstance(target, Include):
        if name is not None or methods is not None:
            raise PatternError(str(text), "include() takes neither name nor methods; give them to the routes inside")
    elif isinstance(target, type) and hasattr(target, "as_view"):
        raise PatternError(str(text), f"pass {target.__name__}.as_view(), not the class")
    if isinstance(methods, str):
        raise PatternError(str(text), f"methods must be a list, such as ({methods!r},)")
    allowed = None if methods is None else frozenset(method.upper() for method in methods)
    around = tuple(middleware)
    if not all(callable(each) for each in around):
        raise PatternError(str(text), "middleware must be a list of callables")
    if when is not None and not callable(when):
        raise PatternError(str(text), f"when must be a function of the request, got {type(when).__name__}")
    return Route(text, target, kwargs or {}, name, allowed, regex, around, when=when)


def _tokens(text: str) -> tuple[Literal | Parameter, ...]:
    tokens: list[Literal | Parameter] = []
    names: set[str] = set()
    at = 0
    for found in _PARAMETER.finditer(text):
        if found.start() > at:
            tokens.append(_literal(text, text[at : found.start()]))
        at = found.end()
        converter, name = found["converter"] or "str", found["name"]
        if any(letter.isspace() for letter in found[0]):
            raise PatternError(text, f"no white space is allowed in {found[0]!r}")
        if not name.isidentifier():
            raise PatternError(text, f"{name!r} is not a Python identifier; write <converter:name>")
        if name in names:
            raise PatternError(text, f"the parameter {name!r} stands twice")
        names.add(name)
        tokens.append(Parameter(converter, name))
    if at < len(text):
        tokens.append(_literal(text, text[at:]))
    return tuple(tokens)


def _literal(route: str, text: str) -> Literal:
    if "<" in text and ">" in text.partition("<")[2]:
        raise PatternError(route, f"{text!r} looks like a parameter that is malformed; write <converter:name>")
    return Literal(text)
