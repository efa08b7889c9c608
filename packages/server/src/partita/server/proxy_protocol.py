"""The PROXY protocol, versions 1 and 2: a line before the first request, by which a proxy tells who the client is (HAProxy)."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

import msgspec

from partita.server.arriving import Arriving
from partita.server.errors import BadProxyHeader

if TYPE_CHECKING:
    from partita.server.connection import Connection
    from partita.server.shared import Shared

__all__ = ("Behind", "ProxyHeader", "read_proxy_header")

_log = logging.getLogger("partita.server")
_Address = tuple[str, int]
_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_LONGEST_LINE = 107  # of version 1, with its line end
_LONGEST_BLOCK = 4096  # of version 2: addresses take 216 bytes at most, the rest are extras that we do not read
_SIZES = {0x11: 4, 0x21: 16}  # TCP over IPv4 and IPv6, with the length of an address


class ProxyHeader(msgspec.Struct, frozen=True):
    """What a proxy said.

    Args:
        size: Bytes of the header; requests begin behind it.
        client: Who connected to the proxy; None if it speaks for itself (a health check), or did not say.
        server: Where.
    """

    size: int
    client: _Address | None = None
    server: _Address | None = None


def read_proxy_header(data: bytes) -> ProxyHeader | None:
    """Read the header that a connection begins with; None as long as it is not complete.

    Args:
        data: All bytes that have come.

    Raises:
        BadProxyHeader: If they are the beginning of anything else.
    """
    if data[:1] == b"\r":
        return _read_binary(data)
    return _read_line(data)


def _read_line(data: bytes) -> ProxyHeader | None:
    start = data[:6]
    if not b"PROXY ".startswith(start):
        raise BadProxyHeader("it does not begin with PROXY")
    end = data.find(b"\r\n", 0, _LONGEST_LINE)
    if end < 0:
        if len(data) >= _LONGEST_LINE or b"\n" in data:
            raise BadProxyHeader(f"its line does not end with CR LF within {_LONGEST_LINE} bytes")
        return None
    words = data[:end].split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return ProxyHeader(end + 2)
    if len(words) != 6 or words[1] not in {b"TCP4", b"TCP6"}:
        raise BadProxyHeader("it is not PROXY, TCP4 or TCP6, two addresses and two ports")
    version = 4 if words[1] == b"TCP4" else 6
    client, server = _host(words[2], version), _host(words[3], version)
    return ProxyHeader(end + 2, (client, _port(words[4])), (server, _port(words[5])))


def _read_binary(data: bytes) -> ProxyHeader | None:
    if not _SIGNATURE.startswith(data[:12]):
        raise BadProxyHeader("it begins like version 2, but is not")
    if len(data) < 16:
        return None
    command, family, length = data[12], data[13], int.from_bytes(data[14:16], "big")
    if command not in {0x20, 0x21}:
        raise BadProxyHeader("its version is not 2, or its command unknown")
    if length > _LONGEST_BLOCK:
        raise BadProxyHeader(f"it has more than {_LONGEST_BLOCK} bytes")
    if len(data) < 16 + length:
        return None
    size = _SIZES.get(family)
    if command == 0x20 or size is None:  # the proxy itself, or something that has no address
        return ProxyHeader(16 + length)
    if length < 2 * size + 4:
        raise BadProxyHeader("its addresses are cut off")
    block = data[16 : 16 + 2 * size + 4]
    hosts = [str(ipaddress.ip_address(block[at : at + size])) for at in (0, size)]
    ports = [int.from_bytes(block[at : at + 2], "big") for at in (2 * size, 2 * size + 2)]
    return ProxyHeader(16 + length, (hosts[0], ports[0]), (hosts[1], ports[1]))


def _host(word: bytes, version: int) -> str:
    try:
        address = ipaddress.ip_address(word.decode("ascii"))
    except ValueError as error:
        raise BadProxyHeader("an address is none") from error
    if address.version != version or b"%" in word:
        raise BadProxyHeader(f"an address is not of version {version}")
    return str(address)


def _port(word: bytes) -> int:
    if not word.isdigit() or len(word) > 5 or (port := int(word)) > 65_535 or (len(word) > 1 and word[:1] == b"0"):
        raise BadProxyHeader("a port is no number from 0 to 65535")
    return port


class Behind:
    """Makes connections that begin with the header if they come from a proxy, and ordinary ones otherwise.

    Args:
        networks: The addresses of the proxies; ``unix`` for UNIX sockets.
        shared: See `Connection`.
        make: Makes an ordinary connection.

    Raises:
        ValueError: If a network is none.
    """

    __slots__ = ("_make", "_networks", "_shared", "_unix")

    def __init__(self, networks: Iterable[str], shared: "Shared", make: "Callable[[], Connection]") -> None:
        names = tuple(networks)
        self._networks = tuple(ipaddress.ip_network(name) for name in names if name != "unix")
        self._unix = "unix" in names
        self._shared, self._make = shared, make

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol for a new connection."""
        return _Waiting(self._shared, self._make, self.trusts)

    def trusts(self, peer: object) -> bool:
        """Tell whether ``peer`` is one of the proxies."""
        if not isinstance(peer, tuple):
            return self._unix
        try:
            address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        found = mapped or address
        return any(found.version == network.version and found in network for network in self._networks)


class _Waiting(Arriving):
    """A connection of which nothing is known yet."""

    __slots__ = ("_data", "_transport", "_trusts")

    _transport: asyncio.Transport

    def __init__(self, shared: "Shared", make: "Callable[[], Connection]", trusts: Callable[[object], bool]) -> None:
        super().__init__(shared, make)
        self._trusts = trusts
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._trusts(transport.get_extra_info("peername")):
            self._hand_over(self._transport)
        elif not self._arrive():
            self.cut()  # there is nobody to tell before the proxy has said who it is

    def data_received(self, data: bytes) -> None:
        self._data += data
        try:
            header = read_proxy_header(self._data)
        except BadProxyHeader as error:
            _log.warning("A connection of a proxy was closed: %s", error)
            self.cut()  # what comes cannot be understood, so there is nobody to answer
            return
        if header is not None:
            self._hand_over(self._transport, self._data[header.size :], header.client, header.server)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def cut(self) -> None:
        """See `Arriving`."""
        self._transport.abort()
