"""What templates see of the inside while `debug` is on, at addresses that are named: ``debug`` and ``sql_queries``."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence

from partita.contracts.templates import ContextProcessor
from partita.http import Request
from partita.http.drafts import HttpRequest
from partita.web.keys import QUERIES

__all__ = ("debug_context", "internal")


def debug_context(debug: bool, internal_ips: Iterable[str]) -> ContextProcessor:
    """Return the context processor; it gives nothing to others, so ``{% if debug %}`` is false for them.

    Args:
        debug: Of the application.
        internal_ips: Addresses or networks of the developers.

    Raises:
        ValueError: If one of them is none.
    """
    is_internal = internal(internal_ips)

    def process(request: object) -> Mapping[str, object]:
        if not debug or not isinstance(request, Request | HttpRequest) or not is_internal(request.client):
            return {}
        queries: Sequence[object] = request.state.get(QUERIES, ())  # type: ignore[assignment]
        return {
            "debug": True,
            "sql_queries": queries,
        }  # the list itself: what runs while the page is made is in it, too

    return process


def internal(internal_ips: Iterable[str]) -> "Callable[[tuple[str, int] | None], bool]":
    """Return what tells whether an address is one of the developers'.

    Args:
        internal_ips: Addresses or networks.

    Raises:
        ValueError: If one of them is none.
    """
    networks = [ipaddress.ip_network(each) for each in internal_ips]
    return lambda client: _is_internal(client, networks)


def _is_internal(
    client: "tuple[str, int] | None", networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    if client is None:
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in networks)
