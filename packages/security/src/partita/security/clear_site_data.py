"""``Clear-Site-Data``: at log-out, browsers forget what the site has left with them (W3C Clear Site Data)."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

from partita.http.around import around
from partita.http.response import Response

__all__ = ("DataKind", "clear_site_data", "clears_site_data")

V = TypeVar("V", bound=Callable[..., Any])
DataKind = Literal[
    "cache", "cookies", "storage", "clientHints", "executionContexts", "prefetchCache", "prerenderCache", "*"
]

_KINDS = frozenset(
    {"cache", "cookies", "storage", "clientHints", "executionContexts", "prefetchCache", "prerenderCache", "*"}
)
_AT_LOG_OUT: tuple[DataKind, ...] = ("cache", "cookies", "storage")


def clear_site_data(response: Response, kinds: Iterable[DataKind] = _AT_LOG_OUT) -> Response:
    """Return ``response`` with the order to forget.

    Args:
        response: To a request over HTTPS, for browsers ignore it elsewhere.
        kinds: What to forget; ``cookies`` takes those of all hosts of the domain.

    Raises:
        ValueError: If a kind is unknown.
    """
    names = list(kinds)
    unknown = [name for name in names if name not in _KINDS]
    if unknown or not names:
        raise ValueError(f"Clear-Site-Data knows {', '.join(sorted(_KINDS))}, not {', '.join(unknown) or 'nothing'}")
    return response.with_header("Clear-Site-Data", ", ".join([f'"{name}"' for name in names]))


def clears_site_data(*kinds: DataKind) -> Callable[[V], V]:
    """Let the answers of a view, such as a log-out, carry the order to forget; without ``kinds`` cache, cookies and storage."""
    return lambda view: around(view, after=lambda response: clear_site_data(response, kinds or _AT_LOG_OUT))
