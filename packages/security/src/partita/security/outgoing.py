"""Requests that visitors make us send: to public addresses only (server-side request forgery).

An address is looked up once, all that it leads to is checked, and the connection goes to what was checked: a name server that answers
otherwise the second time (DNS rebinding) is not asked again. Each redirect is checked like the first address.
"""

import contextlib
import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from partita.bridge import STOP, Stop, in_thread
from partita.security.errors import DestinationRefused, FetchFailed, PolicyError

__all__ = ("Destination", "Fetched", "OutgoingGuard", "afetch", "fetch")

Addresses = list[tuple[object, object, object, str, tuple[object, ...]]]
Resolve = Callable[[str, int], Iterable[str]]
_IP = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"[a-z0-9._\-]{1,253}|[0-9a-f:.]+")  # names after IDNA, IPv4, IPv6
_METHOD = re.compile(r"[A-Z][A-Z\-]{0,63}")
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
# What Python's own tables count as public, or did in some of its versions: between carriers and their customers (RFC 6598), protocol
# assignments (RFC 6890), relays of 6to4 (RFC 7526), benchmarks (RFC 2544).
_NEVER = tuple(map(ipaddress.IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15")))
_REDIRECTS = {301, 302, 303, 307, 308}
_SECRET = {"authorization", "cookie", "proxy-authorization"}


class Destination(msgspec.Struct, frozen=True):
    """Where a request goes, looked up and checked.

    Args:
        scheme: ``http`` or ``https``.
        host: The name, for ``Host`` and for the certificate.
        port: Of the connection.
        addresses: What to connect to, instead of looking the name up again.
        target: Path and query.
    """

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]
    target: str


class Fetched(msgspec.Struct, frozen=True):
    """What came back, and from where."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def _look_up(host: str, port: int) -> Iterable[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return dict.fromkeys(str(address[4][0]) for address in found)


class OutgoingGuard:
    """Decides where requests may go.

    Args:
        schemes: That are allowed.
        ports: That are allowed; others belong to services that do not expect strangers.
        networks: That are allowed though they are not public, such as ``10.1.0.0/16``.
        hosts: If given, the only names that are allowed; a leading dot takes in all below.
        resolve: Gives the addresses of a name; the system's resolver by default.
    """

    __slots__ = ("_hosts", "_networks", "_ports", "_resolve", "_schemes")

    def __init__(
        self,
        *,
        schemes: Iterable[str] = ("https", "http"),
        ports: Iterable[int] = (80, 443),
        networks: Iterable[str] = (),
        hosts: Iterable[str] = (),
        resolve: Resolve = _look_up,
    ) -> None:
        self._schemes, self._ports = frozenset(schemes), frozenset(ports)
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._hosts = tuple(host.lower() for host in hosts)
        self._resolve = resolve

    def check(self, url: str) -> Destination:
        """Look up and check where ``url`` leads; waits for the name server.

        Raises:
            DestinationRefused: If it is no address that requests may go to; says why without saying what was found there.
            FetchFailed: If the name server gives no answer for now, so that asking later may help.
        """
        scheme, host, port, target = self._parts(url)
        if self._hosts and not any(
            host == each or (each[:1] == "." and f".{host}".endswith(each)) for each in self._hosts
        ):
            raise DestinationRefused(url, "the host is none of those that are allowed")
        try:
            addresses = tuple(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise FetchFailed(url, "the name server cannot be asked for now") from error
            raise DestinationRefused(url, "the host is not known") from error
        if not addresses:
            raise DestinationRefused(url, "the host is not known")
        # All of them: a name with a public and a private address is an attack.
        if not all(self._allows(address) for address in addresses):
            raise DestinationRefused(url, "the host is not on the public internet")
        return Destination(scheme, host, port, addresses, target)

    def _parts(self, url: str) -> tuple[str, str, int, str]:
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise DestinationRefused(url, "an address has no spaces, backslashes and control characters; encode others")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise DestinationRefused(url, "it is no address") from error
        host = (parts.hostname or "").removesuffix(".")
        if parts.scheme not in self._schemes or parts.scheme not in _PORTS:
            raise DestinationRefused(url, f"only {' and '.join(sorted(self._schemes))} are allowed")
        if "@" in parts.netloc:
            raise DestinationRefused(url, "a name or password in an address is not allowed")
        if not _HOST.fullmatch(host):
            raise DestinationRefused(url, "it names no host")
        port = _PORTS[parts.scheme] if port is None else port
        if port not in self._ports:
            raise DestinationRefused(url, "the port is none of those that are allowed")
        return parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _allows(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if any(address.version == network.version and address in network for network in self._networks):
            return True
        return all(_is_public(each) for each in _embedded(address))


def _embedded(address: _IP) -> list[_IP]:
    """Return the address and those that are reached through it."""
    found: list[_IP] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is not None:
            return [mapped]
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found += address.teredo
        if address in _NAT64:
            return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return found


def _is_public(address: _IP) -> bool:
    if isinstance(address, ipaddress.IPv4Address) and any(address in network for network in _NEVER):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address in _NAT64_LOCAL or address.is_site_local):
        return False
    refused = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not refused and not address.is_link_local and not address.is_private


def fetch(
    url: str,
    guard: OutgoingGuard | None = None,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    deadline: float = 60.0,
    max_redirects: int = 5,
    max_bytes: int = 10_485_760,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """Send a request to an address that somebody else chose.

    Args:
        url: ASCII.
        guard: Decides; by default all of the public internet is allowed.
        method: In upper case.
        headers: More fields. ``Authorization`` and ``Cookie`` do not go to another origin when a redirect leads there.
        body: What is sent.
        timeout: Seconds that each step of a connection may take. In a view the end of its own time ends this too.
        deadline: Seconds that all steps may take together, those of redirects among them: whoever answers a byte at a time would keep
            the thread for ever. Looking up names takes what the system's resolver allows.
        max_redirects: That are followed; with 0 the redirect itself is the answer.
        max_bytes: Of the answer.
        tls: Instead of the system's trust.

    Raises:
        DestinationRefused: If the address, or one that a redirect leads to, is not allowed.
        FetchFailed: If there is no answer, or it is too large.
        PolicyError: If the method is none.
    """
    if not _METHOD.fullmatch(method):  # http.client lets spaces pass, so a method could bring a target of its own
        raise PolicyError("method", method, "a name in upper case, such as GET")
    guard = OutgoingGuard() if guard is None else guard
    pace = _Pace(timeout, time.monotonic() + deadline)
    fields = {"Accept-Encoding": "identity", "User-Agent": "partita", **(headers or {})}
    for left in range(max_redirects, -1, -1):
        destination = guard.check(url)
        answer = _send(url, destination, method, fields, body, pace, max_bytes, tls)
        location = next((value for name, value in answer.headers if name.lower() == "location"), None)
        if answer.status not in _REDIRECTS or location is None or max_redirects == 0:
            return answer
        if left == 0:
            raise FetchFailed(url, f"there were more than {max_redirects} redirects")
        onward = urljoin(url, location)
        if urlsplit(url).scheme == "https" and urlsplit(onward).scheme != "https":
            raise DestinationRefused(onward, "a redirect leads from https to somewhere without")
        if _origin(onward) != _origin(url):
            fields = {name: value for name, value in fields.items() if name.lower() not in _SECRET}
        if answer.status in {301, 302, 303} and method not in {"GET", "HEAD"}:
            method, body = "GET", None
        url = onward
    raise AssertionError("unreachable")  # pragma: no cover - the last turn returns or raises


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454, section 4); of what is no address, one that equals no other."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", url, None


async def afetch(url: str, guard: OutgoingGuard | None = None, **options: object) -> Fetched:
    """Async twin of `fetch`; waits in a thread, and hangs up if it is cancelled."""
    return await in_thread(fetch, url, guard, **options)  # type: ignore[arg-type]  # those of fetch


def _send(
    url: str,
    destination: Destination,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    pace: "_Pace",
    max_bytes: int,
    tls: ssl.SSLContext | None,
) -> Fetched:
    connection = _Pinned(destination, pace, tls)
    with contextlib.closing(connection), contextlib.closing(connection.watch):
        try:
            connection.request(method, destination.target, body, dict(headers))
            answer = connection.getresponse()
            data = answer.read(max_bytes + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchFailed(url, type(error).__name__) from error
        if connection.watch.was_ended():  # what has come may look whole
            raise FetchFailed(url, "nobody waits for the answer any more")
        if len(data) > max_bytes:
            raise FetchFailed(url, f"the answer has more than {max_bytes} bytes")
        if answer.length:  # left of what was announced, which http.client does not mind
            raise FetchFailed(url, "the answer ended before its announced length")
        return Fetched(url, answer.status, tuple(answer.getheaders()), data)


class _Pace:
    """How long the next step may take."""

    __slots__ = ("_end", "_timeout")

    def __init__(self, timeout: float, end: float) -> None:
        self._timeout, self._end = timeout, end

    def left(self) -> float:
        """Return seconds, more than none.

        Raises:
            TimeoutError: If the time for all steps is over.
        """
        left = min(self._timeout, self._end - time.monotonic())
        if left <= 0:
            raise TimeoutError("all of it took too long")
        return left


class _Paced:
    """A connection on which each step has the time that is left; what `http.client` wants of a socket."""

    __slots__ = ("_pace", "_sock")

    def __init__(self, sock: socket.socket, pace: _Pace) -> None:
        self._sock, self._pace = sock, pace

    def sendall(self, data: bytes) -> None:
        """Send, all of it within the time."""
        self._sock.settimeout(self._pace.left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what reads the answer."""
        raw = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_PacedReader(self._sock, raw, self._pace))

    def close(self) -> None:
        """Hang up when nobody reads any more."""
        self._sock.close()


class _PacedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: socket.SocketIO, pace: _Pace) -> None:
        self._sock, self._raw, self._pace = sock, raw, pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._pace.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Pinned(http.client.HTTPConnection):
    """Connects to the addresses that were checked, and says the name."""

    def __init__(self, destination: Destination, pace: _Pace, tls: ssl.SSLContext | None) -> None:
        super().__init__(destination.host, destination.port)
        self._destination, self._pace = destination, pace
        self._tls = tls
        self.watch = _Watch(STOP.get())
        self.default_port = _PORTS[destination.scheme]  # left out of the Host field

    def connect(self) -> None:
        """Connect to the first address that answers."""
        failure: OSError | None = None
        for address in self._destination.addresses:
            try:
                sock = socket.create_connection((address, self._destination.port), self._pace.left())
                break
            except OSError as error:
                failure = error
        else:
            raise failure or OSError("no address")
        try:
            self.watch.begin(sock)
            if self._destination.scheme == "https":
                context = self._tls or ssl.create_default_context()
                sock.settimeout(self._pace.left())
                sock = context.wrap_socket(sock, server_hostname=self._destination.host)
        except BaseException:
            sock.close()
            raise
        self.sock = _Paced(sock, self._pace)


class _Watch:
    """Hangs up if nobody waits for this thread any more."""

    def __init__(self, stop: Stop | None) -> None:
        self._stop = stop
        self._handle: socket.socket | None = None

    def begin(self, sock: socket.socket) -> None:
        """Watch a connection.

        Raises:
            TimeoutError: If nobody waits even now.
        """
        if self._stop is None:
            return
        self._handle = handle = sock.dup()  # TLS takes the socket itself away
        if not self._stop.watch(self, lambda: handle.shutdown(socket.SHUT_RDWR)):
            raise TimeoutError("nobody waits for the answer any more")

    def was_ended(self) -> bool:
        """Tell whether it has hung up; afterwards it does not."""
        return self._stop is not None and self._stop.forget(self)

    def close(self) -> None:
        """Let the connection go."""
        self.was_ended()
        if self._handle is not None:
            self._handle.close()
