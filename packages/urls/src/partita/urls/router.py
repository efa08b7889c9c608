"""The router: from a path to a view, and from a name to a path."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from partita.contracts.i18n import current_translator
from partita.urls.conditions import Conditions
from partita.urls.converters import DEFAULT_CONVERTERS, Converter, registered_converters
from partita.urls.endpoint import Endpoint, HostName, flatten
from partita.urls.errors import NoMatch, WrongMethod
from partita.urls.match import Match, made
from partita.urls.patterns import Host, Include, LazyView, Pattern, View
from partita.urls.reversing import Names, Query, with_query
from partita.urls.shapes import NUMBER, OTHER, WALK
from partita.urls.tree import Tree, is_path, matched

__all__ = ("CacheInfo", "Problem", "RouteInfo", "Router")

_NONE: frozenset[int] = frozenset()
_MAX_TREES = 1000  # of many conditions that fail in many combinations, some are compiled anew


class RouteInfo(NamedTuple):
    """One line of a list of routes."""

    route: str
    name: str | None
    view: View
    methods: frozenset[str] | None
    """The methods it answers, or None for any."""
    host: str | None
    """The host names it exists under, or None for any."""


class CacheInfo(NamedTuple):
    """What remembered matches are worth; counts are near enough where threads share a router."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


class Problem(NamedTuple):
    """One doubtful route."""

    id: str
    text: str
    hint: str


class Router:
    """Routes, compiled for look-ups from either side.

    Args:
        patterns: The outermost ``urlpatterns``.
        converters: More converters for `path`, by name, besides those of `register_converter`; a class is called without arguments.
        cache: Paths whose match is remembered, those that nobody asked for longest forgotten first, an eighth at once; 0 remembers
            none. It pays where many requests ask for few paths with parameters; a path without parameters is one look-up anyway.
        cache_seconds: How long a match is remembered; None for as long as there is room.
        clock: Seconds, never going back.

    Attributes:
        uses_hosts: Whether any route asks for a host name, so that `match` needs one.
        memo: What whoever calls views wants to remember by path and method, if `is_steady` says yes; another, empty one once routes are added.

    Raises:
        PatternError: If the routes do not fit together.
    """

    __slots__ = (
        "_by_method",
        "_cache",
        "_converters",
        "_default",
        "_languages",
        "_lock",
        "_only",
        "_other_methods",
        "_patterns",
        "_shared",
        "_told",
        "memo",
        "uses_hosts",
    )

    def __init__(
        self,
        patterns: Iterable[Pattern],
        converters: Mapping[str, Converter | type[Converter]] | None = None,
        cache: int = 0,
        cache_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        own = {name: each() if isinstance(each, type) else each for name, each in (converters or {}).items()}
        self._converters: dict[str, Converter] = {**DEFAULT_CONVERTERS, **registered_converters(), **own}
        self._patterns: tuple[Pattern, ...] = tuple(patterns)
        self._lock = threading.Lock()
        self._cache = _Cache(cache, cache_seconds, clock) if cache > 0 else None
        self._use(_Compiled(self._patterns, self._converters), self._patterns)
        self.memo: dict[object, tuple[Any, ...]] = {}

    def _use(self, compiled: "_Compiled", patterns: Sequence[Pattern]) -> None:
        self._default, self.uses_hosts = compiled, compiled.uses_hosts
        # Routes whose text is another in each language are compiled once for each.
        self._languages: dict[str, _Compiled] | None = {} if _any_lazy(patterns) else None
        # Where the path decides, with the method at most, `match` does without everything else.
        is_plain = not (compiled.uses_hosts or self._languages is not None or self._cache is not None)
        self._only = compiled.only if is_plain else None
        self._shared: dict[str, Match] = {} if self._only is None else self._only.shared
        # All routes, if `match` knows without further ado that none of them leads to a path.
        self._told = self._only.routes if self._only is not None and self._only.is_complete else None
        self._by_method = compiled.by_method if is_plain else {}
        self._other_methods = compiled.other_methods if is_plain else None

    @property
    def _compiled(self) -> "_Compiled":
        if self._languages is None:
            return self._default
        translator = current_translator()
        language = "" if translator is None else translator.language
        found = self._languages.get(language)
        if found is None:
            with self._lock:
                found = self._languages[language] = _Compiled(self._patterns, self._converters)
        return found

    def match(self, path: str, method: str = "GET", host: str = "") -> Match:
        """Find the view for a request; of several routes the one declared first wins.

        Args:
            path: The path of the request, decoded, with its leading slash.
            method: In capitals.
            host: The host name, with or without port; needed only if the routes use `host`.

        Returns:
            The match; where a route gives its view no arguments, the same one each time, which refuses changes.

        Raises:
            NoMatch: If no route leads here, or the path has control characters.
            WrongMethod: If routes lead here, but for other methods only.
        """
        # One function, though a long one: what stands here is what every request waits for, and a call is a tenth of it.
        match = self._shared.get(path)
        if match is not None:
            return match
        tree = self._only
        if tree is None:
            tree = self._by_method.get(method, self._other_methods)
            if tree is None:
                return self._match(path, method, host)
            match = tree.shared.get(path)
            if match is not None:
                return match
        if tree.rare and path in tree.rare:
            endpoint = tree.rare[path]
            return made(endpoint, (), dict(endpoint.overriding))
        # Most routes have one parameter, with a segment behind it at most; from the end, two look-ups find them.
        shapes = tree.shapes
        entry: Any  # an entry, or a table of entries
        head, slash, value = path.rpartition("/")
        if value:
            entry = shapes.before_text.get(value)
            if entry is not None:
                head, slash, value = head.rpartition("/")
                entry = entry.get(head) if slash else None
            if entry is None and shapes.last:
                head, slash, value = path.rpartition("/")
                entry = shapes.last.get(head)
        else:
            head, slash, value = head.rpartition("/")
            entry = shapes.before_slash.get(value)
            if entry is not None:
                head, slash, value = head.rpartition("/")
                entry = entry.get(head) if slash else None
            if entry is None and "" in shapes.before_text:
                head, slash, value = path[:-1].rpartition("/")
                entry = shapes.before_text[""].get(head)
        while entry is not None and slash:
            leaf, deed, _, take, name, entry = entry
            if deed == NUMBER and name is not None:
                if not (value.isdigit() and value.isascii()):
                    continue
                try:
                    taken = int(value)
                except ValueError:  # more digits than Python converts
                    continue
            else:
                if deed == WALK or (deed == OTHER and not is_path(path)):
                    break
                values = take(value)
                if values is None:
                    continue
                if name is None:
                    return matched(leaf, values)
                taken = values[0]
            match = Match()
            match._endpoint = leaf
            match.args = ()
            match.kwargs = {name: taken}
            match.view = leaf.view
            return match
        if self._told is not None:
            raise NoMatch(path, self._told)
        found = None if tree.is_complete else tree.match_rest(path)
        if found is not None:
            return found
        if tree is self._only:
            raise NoMatch(path, tree.routes)
        return self._match(path, method, host)  # there may be other methods to tell of

    def _match(self, path: str, method: str, host: str) -> Match:
        """Do what `match` does where more than the path decides."""
        compiled = self._default if self._languages is None else self._compiled
        if self._cache is not None:
            return self._cache.match(compiled, path, method, host)
        return compiled.match(path, method, host)

    def fitting(self, match: Match, request: object, path: str, method: str = "GET", host: str = "") -> Match:
        """Return ``match`` if the conditions of its route hold for ``request``, otherwise that of the next route whose do.

        Args:
            match: What `match` found, with these arguments.
            request: For the conditions; see ``when`` of `path`.
            path: See `match`.
            method: See `match`.
            host: See `match`.

        Raises:
            NoMatch: If no route takes this request.
            WrongMethod: If routes would, but for other methods only.
        """
        compiled = self._default if self._languages is None else self._compiled
        refused: frozenset[int] = frozenset()
        while True:
            first = match.middleware[0] if match.middleware else None
            if not isinstance(first, Conditions) or first.hold(request):
                return match
            refused |= {match._endpoint.index}
            match = compiled.match(path, method, host, refused)

    def is_steady(self, match: Match) -> bool:
        """Tell whether every request with the same path and method gets the same as this one, whatever its host and its language.

        Nobody can change the arguments then, and no middleware of the route has a say; so whoever calls views may remember it.

        Args:
            match: Found by this router.
        """
        if self._default.uses_hosts or self._languages is not None or self._cache is not None:
            return False
        return match._endpoint.is_steady

    resolve = match
    """The name that `match` has in Django."""

    def reverse(
        self,
        name: str | View,
        *positional: object,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        current_app: str | None = None,
        query: Query | None = None,
        fragment: str | None = None,
        **named: object,
    ) -> str:
        """Return the path of a route, percent-encoded.

        Args:
            name: The route's name behind its namespaces (``"shop:album"``), or a view that stands outside of namespaces.
            positional: Values for the route's parameters in their order.
            args: The same as a sequence.
            kwargs: Values by name.
            current_app: The namespace to prefer if an application is included more than once.
            query: Names and values for the query; those that are None are left out.
            fragment: What comes behind ``#``, not yet encoded.
            named: Values by name, where no name is one of the above.

        Raises:
            NoReverseMatch: If there is no such route, or it does not take these values.
        """
        values = {**kwargs, **named} if kwargs else named
        path = self._compiled.names.path(name, (*positional, *args), values, current_app)
        return path if query is None and fragment is None else with_query(path, query, fragment)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a prefix, by `i18n_patterns`."""
        return self._compiled.languages

    @property
    def unprefixed_language(self) -> str | None:
        """The language of `i18n_patterns` that has none."""
        return self._compiled.unprefixed

    def is_valid_path(self, path: str, method: str = "GET", host: str = "") -> bool:
        """Tell whether `match` would find a view."""
        try:
            self.match(path, method, host)
        except (NoMatch, WrongMethod):
            return False
        return True

    def add(self, *patterns: Pattern) -> None:
        """Append routes while the router is in use, from any thread.

        All routes are compiled again beside the ones in use, which are then replaced at once.

        Raises:
            PatternError: If the routes do not fit; then nothing has changed.
        """
        with self._lock:
            longer = (*self._patterns, *patterns)
            self._use(_Compiled(longer, self._converters), longer)
            self._patterns = longer
            self.memo = {}  # last: whoever still has the former one puts into it what nobody will read
            if self._cache is not None:
                self._cache.clear()

    def clear_cache(self) -> None:
        """Forget remembered matches."""
        self.memo = {}
        if self._cache is not None:
            self._cache.clear()

    def cache_info(self) -> "CacheInfo | None":
        """Return how often remembered matches were of use; None if none are remembered."""
        return None if self._cache is None else self._cache.info()

    def routes(self) -> Iterator[RouteInfo]:
        """Yield every route in the order they are tried."""
        return map(_info, self._compiled.endpoints)

    def find_by_name(self, name: str) -> list[RouteInfo]:
        """Return the routes of a name behind its namespaces, such as ``shop:album``, in the order they are tried."""
        return [route for route in self.routes() if route.name == name]

    def find_by_view(self, view: View | str) -> list[RouteInfo]:
        """Return the routes that lead to a view, or to what a dotted name such as ``shop.views.album`` names."""
        if isinstance(view, str):
            return [route for route in self.routes() if _dotted(route.view) == view]
        return [route for route in self.routes() if route.view == view]

    def signatures(self, name: str) -> list[tuple[tuple[str, ...], frozenset[str]]]:
        """Return what each route of a name takes: the names of its parameters in their order, and those with a default.

        Raises:
            NoReverseMatch: If there is no such route.
        """
        return self._compiled.names.signatures(name)

    def problems(self) -> list[Problem]:
        """Return what is doubtful about the routes: duplicates, shadowed routes, slashes that nobody will type."""
        from partita.urls.problems import find_problems  # for checks only: requests do without it

        return find_problems(self._compiled.endpoints)


class _Cache:
    """Matches by path; what is given out is a copy, since views may change their arguments."""

    __slots__ = ("_clock", "_found", "_hits", "_misses", "_seconds", "_size")

    def __init__(self, size: int, seconds: float | None, clock: Callable[[], float]) -> None:
        self._size, self._seconds, self._clock = size, seconds, clock
        self._found: dict[tuple[_Compiled, str, str, str], tuple[Match, float]] = {}
        self._hits = self._misses = 0  # threads may lose some: a lock would cost more than it tells

    def match(self, compiled: "_Compiled", path: str, method: str, host: str) -> Match:
        key = (compiled, path, method, host)
        # Taken out and put in again, so that what was asked for last stands last. Another thread may have been quicker; then the
        # match is made again, and that is all.
        kept = self._found.pop(key, None)
        if kept is None or (self._seconds is not None and kept[1] + self._seconds <= self._clock()):
            self._misses += 1
            kept = (compiled.match(path, method, host), self._clock())
            if len(self._found) >= self._size:
                self._make_room()
        else:
            self._hits += 1
        self._found[key] = kept
        return kept[0].copy()

    def _make_room(self) -> None:
        # Several at once, since the oldest of a dict is not found by itself: that looks through all that was taken out before. One
        # of `OrderedDict` is, but there each hit costs a tenth more. The list is made in one step, whatever other threads do.
        for key in list(self._found)[: self._size // 8 or 1]:
            self._found.pop(key, None)

    def clear(self) -> None:
        self._found.clear()

    def info(self) -> CacheInfo:
        return CacheInfo(self._hits, self._misses, self._size, len(self._found))


def _info(endpoint: Endpoint) -> RouteInfo:
    name = None if endpoint.name is None else endpoint.view_name
    host = None if endpoint.host is None else endpoint.host.text
    return RouteInfo(endpoint.route, name, endpoint.view, endpoint.methods, host)


def _dotted(view: View) -> str:
    if isinstance(view, LazyView):
        return view.name
    return f"{getattr(view, '__module__', '')}.{getattr(view, '__qualname__', type(view).__qualname__)}"


def _any_lazy(patterns: Iterable[Pattern], seen: tuple[object, ...] = ()) -> bool:
    for pattern in patterns:
        if not isinstance(pattern, Host) and pattern.lazy is not None:
            return True
        below = pattern.include if isinstance(pattern, Host) else pattern.target
        if not isinstance(below, Include) or any(below.target is each for each in seen):
            continue
        if _any_lazy(below.patterns, (*seen, below.target) if below.is_circular else seen):
            return True
    return False


class _Compiled:
    """Everything that follows from the patterns; never changed, only replaced."""

    __slots__ = (
        "_hosts",
        "_lock",
        "_trees",
        "by_method",
        "endpoints",
        "languages",
        "methods",
        "names",
        "only",
        "other_methods",
        "unprefixed",
        "uses_hosts",
    )

    def __init__(self, patterns: Sequence[Pattern], converters: Mapping[str, Converter]) -> None:
        self.endpoints = flatten(patterns, converters)
        self.names = Names(self.endpoints)
        localized = [each for each in self.endpoints if each.language is not None]
        prefixed = [each.language for each in localized if each.route.startswith(f"{each.language}/")]
        self.languages = tuple(dict.fromkeys(language for language in prefixed if language is not None))
        self.unprefixed = next((each.language for each in localized if each.language not in self.languages), None)
        self.methods = frozenset(method for each in self.endpoints for method in each.methods or ())
        self._hosts: list[HostName] = list(dict.fromkeys(each.host for each in self.endpoints if each.host))
        self.uses_hosts = bool(self._hosts)
        self._trees: dict[tuple[tuple[int, ...], str, frozenset[int]], Tree] = {}
        self._lock = threading.Lock()
        # Most sites answer any host and leave methods to their views: one tree, found without a look-up.
        self.only = None if self.methods or self._hosts else Tree(self.endpoints)
        self.other_methods = self._tree((), "") if self.only is None else self.only
        self.by_method = {method: self._tree((), method) for method in self.methods}

    def match(self, path: str, method: str, host: str, refused: frozenset[int] = _NONE) -> Match:
        if self.only is not None and not refused:
            match = self.only.match(path)
            if match is None:
                raise NoMatch(path, self.only.routes)
            return match
        hosts, captured = self._fitting(host)
        tree = self._tree(hosts, method if method in self.methods else "", refused)
        found = tree.match(path)
        if found is not None:
            if hosts:
                found.kwargs = {**captured.get(found._endpoint.host, {}), **found.kwargs}
            return found
        allowed = [other for other in self.methods if self._tree(hosts, other, refused).match(path) is not None]
        if allowed:
            raise WrongMethod(path, method, allowed)
        raise NoMatch(path, self._tree(hosts, method if method in self.methods else "").routes)

    def _fitting(self, host: str) -> tuple[tuple[int, ...], dict[HostName | None, dict[str, object]]]:
        if not self._hosts:
            return (), {}
        name = host.lower()
        if ":" in name and not name.endswith("]"):
            name = name.rpartition(":")[0]
        fitting: list[int] = []
        captured: dict[HostName | None, dict[str, object]] = {}
        for number, pattern in enumerate(self._hosts):
            values = pattern.match(name.removesuffix("."))
            if values is not None:
                fitting.append(number)
                captured[pattern] = values
        return tuple(fitting), captured

    def _tree(self, hosts: tuple[int, ...], method: str, refused: frozenset[int] = _NONE) -> Tree:
        tree = self._trees.get((hosts, method, refused))
        if tree is None:
            with self._lock:
                names = {self._hosts[number] for number in hosts}
                tree = Tree(
                    [
                        each
                        for each in self.endpoints
                        if (each.host is None or each.host in names)
                        and (each.methods is None or method in each.methods)
                        and each.index not in refused
                    ]
                )
                if not refused or len(self._trees) < _MAX_TREES:
                    self._trees[hosts, method, refused] = tree
        return tree
