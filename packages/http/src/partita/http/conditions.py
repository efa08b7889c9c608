"""For which requests a layer stands there: by path, host, method or anything else, for ``Layer(..., when=...)``."""

from collections.abc import Callable

from partita.http.hosts import host_fits, split_domain_port
from partita.http.request import Request

__all__ = ("Condition", "both", "either", "for_hosts", "for_methods", "for_paths", "unless")

Condition = Callable[[Request], bool]


def for_paths(*prefixes: str) -> Condition:
    """Take requests whose path is one of ``prefixes`` or lies below it: ``/api`` takes ``/api`` and ``/api/x``, not ``/apis``."""
    parts = tuple(prefix.rstrip("/") for prefix in prefixes)

    def fits(request: Request) -> bool:
        path = request.path
        return any(path == part or path.startswith(f"{part}/") for part in parts)

    return fits


def for_hosts(*patterns: str) -> Condition:
    """Take requests for these hosts; a leading dot takes in the name and all below."""
    wanted = tuple(pattern.lower() for pattern in patterns)
    return lambda request: host_fits(split_domain_port(request.host)[0], wanted)


def for_methods(*methods: str) -> Condition:
    """Take requests with these methods."""
    wanted = frozenset(method.upper() for method in methods)
    return lambda request: request.method in wanted


def unless(condition: Condition) -> Condition:
    """Take the requests that ``condition`` does not take."""
    return lambda request: not condition(request)


def both(*conditions: Condition) -> Condition:
    """Take the requests that all of ``conditions`` take."""
    return lambda request: all(condition(request) for condition in conditions)


def either(*conditions: Condition) -> Condition:
    """Take the requests that one of ``conditions`` takes."""
    return lambda request: any(condition(request) for condition in conditions)
