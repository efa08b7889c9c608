"""What proxies say about the client: ``Forwarded`` (RFC 7239) and ``X-Forwarded-*``.

Anybody can send these fields, so nothing is believed unless the connection comes from a network that is named. Then the
addresses are read from the right, where the nearest proxy wrote, and the first that is not one of our proxies is the client;
what stands to the left of it is the client's own tale.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

import msgspec

from partita.http.headers import Headers

__all__ = ("Origin", "TrustedProxies")

_MAX_HOPS = 32
_PORT = re.compile(r"[0-9]{1,5}")
_HOST = re.compile(r"([A-Za-z0-9._\-]+|\[[0-9A-Fa-f]*:[0-9A-Fa-f.:]+\])(:[0-9]{1,5})?")
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PAIR = re.compile(rf'[ \t]*({_TOKEN})=({_TOKEN}|"[\t !#-\[\]-~]*+(?:\\[\t -~][\t !#-\[\]-~]*+)*+")[ \t]*(;|,|\Z)')

IPAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Address = tuple[str, int]


class Origin(msgspec.Struct, frozen=True):
    """Where a request really comes from.

    Args:
        client: Address and port, 0 if that is not known; None if nothing is.
        scheme: ``http`` or ``https``.
        host: Value for the ``Host`` field; None keeps what came.
    """

    client: Address | None
    scheme: str
    host: str | None = None


class _Hop(msgspec.Struct, frozen=True):
    """What one proxy wrote about who connected to it."""

    client: str = ""
    proto: str = ""
    host: str = ""


class TrustedProxies:
    """The networks whose word about the client counts.

    Args:
        networks: Such as ``10.0.0.0/8``, ``2001:db8::/32`` or a single address; ``unix`` stands for connections over a UNIX
            socket. Empty trusts nobody.
        fields: Which of the two forms the proxies write. It must be what they set on every request; a form that they only
            pass on is the client's to invent.
        host: Whether they set ``X-Forwarded-Host`` or ``host=`` too, and pass on none that clients sent.

    Raises:
        ValueError: If a network cannot be read, or has bits beyond its mask.
    """

    __slots__ = ("_fields", "_host", "_networks", "_unix")

    def __init__(
        self,
        networks: Iterable[str] = (),
        fields: Literal["x-forwarded", "forwarded"] = "x-forwarded",
        host: bool = False,
    ) -> None:
        names = tuple(networks)
        self._unix = "unix" in names
        self._networks: tuple[Network, ...] = tuple([ip_network(name) for name in names if name != "unix"])
        if fields not in {"x-forwarded", "forwarded"}:
            raise ValueError(f"fields must be x-forwarded or forwarded, not {fields!r}")
        self._fields, self._host = fields, host

    def __bool__(self) -> bool:
        return self._unix or bool(self._networks)

    def trusts(self, client: Address | None) -> bool:
        """Tell whether a connection from ``client`` comes from a proxy of ours; None is a UNIX socket."""
        if client is None:
            return self._unix
        address = _address(client[0])
        return address is not None and self._includes(address)

    def origin(self, client: Address | None, scheme: str, headers: Headers) -> Origin:
        """Return where a request comes from.

        Args:
            client: The peer of the connection.
            scheme: Of the connection.
            headers: Of the request.
        """
        if not self.trusts(client):
            return Origin(client, scheme)
        found = Origin(client, scheme)
        for hop in reversed(self._hops(headers)):
            pair = _node(hop.client)
            if pair is None:
                break  # unknown, hidden or broken: nobody vouches for anything before it
            address, port = pair
            # A missing scheme or host is the one that the next proxy saw.
            scheme = hop.proto if hop.proto in {"http", "https"} else found.scheme
            host = hop.host if self._host and _HOST.fullmatch(hop.host) else found.host
            found = Origin((str(address), port), scheme, host)
            if not self._includes(address):
                break
        return found

    def apply(self, client: Address | None, scheme: str, headers: Headers) -> tuple[Address | None, str, Headers]:
        """Return client, scheme and headers as they would be without the proxies; see `origin`."""
        found = self.origin(client, scheme, headers)
        return found.client, found.scheme, headers if found.host is None else headers.with_header("host", found.host)

    def _includes(self, address: IPAddress) -> bool:
        return any(address in network for network in self._networks)

    def _hops(self, headers: Headers) -> Sequence[_Hop]:
        """Return what each proxy wrote, the nearest last."""
        if self._fields == "forwarded":
            return _forwarded(headers.get("forwarded", ""))[-_MAX_HOPS:]
        clients = _list(headers, "x-forwarded-for")
        protos, hosts = _list(headers, "x-forwarded-proto"), _list(headers, "x-forwarded-host")
        # One value each is what a proxy sets that overwrites. As many as addresses is a chain that appends. In any other
        # number the last one is the only one that the nearest proxy surely wrote.
        return [
            _Hop(address, _nth(protos, index, len(clients)), _nth(hosts, index, len(clients)))
            for index, address in enumerate(clients)
        ][-_MAX_HOPS:]


def _list(headers: Headers, name: str) -> list[str]:
    value = headers.get(name)
    return [] if value is None else [part.strip(" \t").lower() for part in value.split(",")]


def _nth(values: list[str], index: int, count: int) -> str:
    if not values:
        return ""
    return values[index] if len(values) == count else values[-1]


def _forwarded(value: str) -> list[_Hop]:
    """Read ``Forwarded``; an element that cannot be read empties everything, since nobody knows where it ends."""
    hops: list[_Hop] = []
    pairs: dict[str, str] = {}
    at = 0
    while at < len(value):
        match = _PAIR.match(value, at)
        if match is None or match[1].lower() in pairs:
            return []
        text = match[2]
        pairs[match[1].lower()] = re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text
        at = match.end()
        if match[3] != ";":
            hops.append(_Hop(pairs.get("for", ""), pairs.get("proto", "").lower(), pairs.get("host", "").lower()))
            pairs = {}
    return [] if pairs else hops


def _node(text: str) -> tuple[IPAddress, int] | None:
    """Read an address with or without a port; IPv6 with or without brackets."""
    name, port = text, ""
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port[1:]
    elif text.count(":") == 1:
        name, _, port = text.partition(":")
    address = _address(name)
    if address is None:
        return None
    return address, int(port) if _PORT.fullmatch(port) and int(port) < 65_536 else 0


def _address(text: str) -> IPAddress | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address  # ::ffff:10.0.0.1 is how a socket for both families shows 10.0.0.1
