"""A radix router: from a path to a view in the time it takes to read the path, and from a name back to the path."""

from partita.urls.converters import (
    Converter,
    IntConverter,
    PathConverter,
    SlugConverter,
    StringConverter,
    UUIDConverter,
)
from partita.urls.current import CONVERTERS, ROUTER, reverse, reverse_lazy
from partita.urls.errors import NoMatch, NoReverseMatch, PatternError, UrlError, WrongMethod
from partita.urls.match import Match
from partita.urls.patterns import (
    Host,
    Include,
    LazyView,
    Pattern,
    Route,
    RouteMiddleware,
    host,
    i18n_patterns,
    include,
    path,
    re_path,
)
from partita.urls.router import Problem, RouteInfo, Router

__all__ = (
    "CONVERTERS",
    "ROUTER",
    "Converter",
    "Host",
    "Include",
    "IntConverter",
    "LazyView",
    "Match",
    "NoMatch",
    "NoReverseMatch",
    "PathConverter",
    "Pattern",
    "PatternError",
    "Problem",
    "Route",
    "RouteInfo",
    "RouteMiddleware",
    "Router",
    "SlugConverter",
    "StringConverter",
    "UUIDConverter",
    "UrlError",
    "WrongMethod",
    "host",
    "i18n_patterns",
    "include",
    "path",
    "re_path",
    "reverse",
    "reverse_lazy",
)
