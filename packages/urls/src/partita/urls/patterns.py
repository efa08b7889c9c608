"""Declarations of routes: what stands in ``urlpatterns``."""

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

from partita.contracts.i18n import LazyText
from partita.urls.conditions import Condition
from partita.urls.errors import PatternError, ViewDoesNotExist, ViewTypeError

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
    "foreign",
    "get_callable",
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
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, section 9.1
_NEEDED = "include() needs a list of path() and re_path()"
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
            ViewDoesNotExist: If there is no such module, or it has no such view.
        """
        if self._view is None:
            module, _, attribute = self.name.rpartition(".")
            try:
                loaded = importlib.import_module(module)
            except ModuleNotFoundError as error:
                if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                    raise  # the module is there; something that it imports is not
                raise ViewDoesNotExist(self.name, f"there is no module {error.name!r}") from error
            found: Any = getattr(loaded, attribute, None)
            if found is None:
                raise ViewDoesNotExist(
                    self.name, f"the module {module!r} has no {attribute!r}{_similar(attribute, loaded)}"
                )
            if isinstance(found, type) and hasattr(found, "as_view"):
                found = found.as_view()
            if not callable(found):
                raise ViewDoesNotExist(self.name, f"a view must be callable, got {type(found).__name__}")
            self._view = found
        return self._view

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the view."""
        return self.load()(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<LazyView {self.name}>"


def get_callable(view: str | View) -> View:
    """Return the view that a dotted name such as ``shop.views.album`` leads to; a callable as it is.

    Raises:
        ViewDoesNotExist: If ``view`` is neither, or leads to no view.
    """
    if isinstance(view, str):
        if not _is_dotted(view):
            raise ViewDoesNotExist(view[:80], "no dotted name of a view, such as 'shop.views.album'")
        return LazyView(view).load()
    if not callable(view):
        raise ViewDoesNotExist(repr(view)[:80], "neither a callable nor a dotted name, such as 'shop.views.album'")
    return view


def _similar(attribute: str, module: ModuleType) -> str:
    from partita.urls.proposals import near  # for errors only

    found = near(attribute, (name for name in vars(module) if not name.startswith("_")))
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""


def _is_dotted(name: str) -> bool:
    return "." in name and all(part.isidentifier() for part in name.split("."))


class Include(NamedTuple):
    """Routes of another module, with the names they live under."""

    target: object
    """A list of routes, or what has them as its ``urlpatterns``."""
    app_name: str | None
    namespace: str | None

    @property
    def patterns(self) -> "tuple[Pattern, ...]":
        """The routes.

        Raises:
            PatternError: If there are none, which shows only here for a module that was being imported when it was included.
        """
        return _patterns(self.target)

    @property
    def is_circular(self) -> bool:
        """Whether the module was still being imported, so that it may have this very include among its routes."""
        return isinstance(self, _CircularInclude)


class _CircularInclude(Include):
    __slots__ = ()


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

    A module may include itself, or one that includes it. A router follows such a circle three times, or once at least if that would
    make more than 5000 routes: paths that go round more often lead nowhere.

    Args:
        target: A module, its dotted name, or anything else with ``urlpatterns`` and perhaps ``app_name``; a list of routes, or a pair
            of a list and an application name.
        namespace: The instance's name, for an application that is included more than once.

    Raises:
        PatternError: If ``target`` holds no routes, or has a namespace without an application name.
        ImportError: If there is no such module.
    """
    if isinstance(target, Include):
        return target._replace(namespace=namespace or target.namespace)
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
    kind: type[Include] = Include
    if _has_patterns(found):
        app_name = getattr(found, "app_name", app_name)
    if _is_being_imported(found):
        kind = _CircularInclude
    else:
        _patterns(found)
        found = list(found) if isinstance(found, list) else found  # or a list that gets itself would never end
    if namespace and not app_name:
        raise PatternError(
            repr(namespace),
            "a namespace needs an app_name: set `app_name` in the included module, or pass (patterns, app_name)",
        )
    return kind(found, app_name, namespace or app_name)


def _has_patterns(target: object) -> bool:
    return isinstance(target, ModuleType) or hasattr(target, "urlpatterns")


def _is_being_imported(target: object) -> bool:
    # The import system itself looks here to tell of a circle.
    return isinstance(target, ModuleType) and bool(getattr(target.__spec__, "_initializing", False))


def _patterns(target: object) -> "tuple[Pattern, ...]":
    found = target
    if _has_patterns(target):
        found = getattr(target, "urlpatterns", None)
        if found is None:
            raise PatternError(getattr(target, "__name__", ""), "the module has no `urlpatterns`")
    if isinstance(found, str) or not isinstance(found, Sequence):
        hint = "; put it into one: [path(...)]" if isinstance(found, Route | Host) else f", not {type(found).__name__}"
        raise PatternError(repr(found)[:80], f"{_NEEDED}{hint}")
    for each in found:
        if not isinstance(each, Route | Host):
            raise PatternError(repr(each)[:80], f"{_NEEDED}{foreign(each)}")
    return tuple(found)


def foreign(found: object) -> str:
    """Return what is to be said of something that stands among routes and is none."""
    if isinstance(found, Include):
        return "; include() stands inside of one: path('shop/', include(...))"
    if isinstance(found, Sequence) and found and all(isinstance(each, Route | Host) for each in found):
        return "; put a star before a list of them: [*i18n_patterns(...), path(...)]"
    return f", not {type(found).__name__}"


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
        if not _is_dotted(view):
            raise ViewTypeError(str(text), f"{view[:80]!r} is no dotted name of a view, such as 'shop.views.album'")
        target = LazyView(view)
    elif callable(view):
        target = view
    elif hasattr(view, "as_view"):
        kind = type(view).__name__
        raise ViewTypeError(str(text), f"the view must be a callable, pass {kind}.as_view(), not {kind}().")
    else:
        raise ViewTypeError(str(text), f"the view must be a callable or include(...), got {type(view).__name__}")
    if isinstance(target, Include):
        if name is not None or methods is not None:
            raise PatternError(str(text), "include() takes neither name nor methods; give them to the routes inside")
    elif isinstance(target, type) and hasattr(target, "as_view"):
        raise ViewTypeError(str(text), f"pass {target.__name__}.as_view(), not the class")
    if isinstance(methods, str):
        raise PatternError(str(text), f"methods must be a list, such as ({methods!r},)")
    allowed = None if methods is None else _allowed(str(text), methods)
    around = tuple(middleware)
    if not all(callable(each) for each in around):
        raise PatternError(str(text), "middleware must be a list of callables")
    if when is not None and not callable(when):
        raise PatternError(str(text), f"when must be a function of the request, got {type(when).__name__}")
    return Route(text, target, kwargs or {}, name, allowed, regex, around, when=when)


def _allowed(route: str, methods: Iterable[str]) -> frozenset[str]:
    given = list(methods)
    wrong = [each for each in given if not isinstance(each, str) or not _METHOD.fullmatch(each)]
    if wrong or not given:
        shown = repr(wrong[0])[:80] if wrong else "none at all"
        raise PatternError(route, f"methods must be names such as 'GET', got {shown}; leave them out to answer any")
    return frozenset(method.upper() for method in given)


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
            better = ":".join(found[0].strip("<>").replace(":", " ").split())
            raise PatternError(text, f"no white space is allowed in {found[0]!r}; write <{better}>")
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
