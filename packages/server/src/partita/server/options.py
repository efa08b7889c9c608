"""How a server behaves."""

from typing import Literal

import msgspec

from partita.http import Limits
from partita.server.access_log import AccessLog

__all__ = ("Options",)

_SECONDS = (
    "header_timeout",
    "body_timeout",
    "write_timeout",
    "idle_timeout",
    "handler_timeout",
    "grace",
    "blocked_after",
    "websocket_ping_interval",
    "websocket_ping_timeout",
    "websocket_close_timeout",
)
_LEAST = {
    "min_rate": 1,
    "max_requests": 0,
    "max_connections": 0,
    "backlog": 1,
    "http2_max_streams": 1,
    "websocket_max_message": 1,
}


class Options(msgspec.Struct, frozen=True):
    """Settings of a server; times in seconds.

    Args:
        limits: Bounds on requests.
        header_timeout: For the whole head of a request, from its first byte (408); slow clients gain nothing by dribbling.
        body_timeout: For a body, beyond the time that `min_rate` allows for its bytes (408).
        write_timeout: For a client that takes less than `min_rate` of what is sent to it; then the connection is cut.
        min_rate: Bytes a second that a client must send or take.
        idle_timeout: Between requests of one connection.
        handler_timeout: Until the application has begun to answer (503, and its work is cancelled); 0 waits for ever.
        grace: For requests that run when the server is told to stop.
        max_requests: On one connection; 0 for no limit.
        max_connections: At once, with those whose TLS handshake or PROXY header is still to come; more are answered with 503. 0 for
            as many as the limit on open files (``ulimit -n``) leaves room for.
        backlog: Connections that wait to be accepted.
        access_log: Log a line for each request to ``partita.server.access``: ``text`` (as True), ``json``, or False for none.
        trusted_proxies: Networks whose ``Forwarded`` or ``X-Forwarded-*`` fields tell client and scheme, such as
            ``10.0.0.0/8``; ``unix`` for UNIX sockets. Empty trusts nobody. See `partita.http.forwarded.TrustedProxies`.
        forwarded_fields: Which of the two the proxies write.
        forwarded_host: Whether they set the host, too.
        proxy_protocol: Networks of proxies whose connections begin with a header that tells the client, such as ``10.0.0.0/8``;
            ``unix`` for UNIX sockets. A connection of theirs without it is closed; one of others with it is a bad request.
        root_path: Where the application is mounted, such as ``/shop``; cut off paths that begin with it, and put before
            addresses that are made. For proxies that pass a part of their paths on.
        blocked_after: Seconds that one step of the event loop may take before a warning says where it hangs; 0 never looks.
            For development.
        http2: Whether HTTP/2 is spoken: over TLS with those who offer it (ALPN), else with those who begin with it.
        http2_upgrade: Whether HTTP/1.1 in the clear may be upgraded to HTTP/2 (``Upgrade: h2c``), which RFC 9113 has dropped. A
            proxy that passes such an upgrade on sees nothing of the requests behind it, so only where there is none.
        http2_max_streams: Requests at once on one connection.
        websocket_max_message: Bytes of one message of a WebSocket, decompressed; a larger one closes it with 1009.
        websocket_compression: Whether to agree to compressed messages (RFC 7692).
        websocket_ping_interval: Of silence, after which a WebSocket's client is asked whether it is there; 0 never asks.
        websocket_ping_timeout: For the answer to that; anything that comes is one.
        websocket_close_timeout: For the end of a WebSocket that is being closed.
    """

    limits: Limits = Limits()
    header_timeout: float = 10.0
    body_timeout: float = 20.0
    write_timeout: float = 20.0
    min_rate: int = 240
    idle_timeout: float = 65.0
    handler_timeout: float = 0.0
    grace: float = 30.0
    max_requests: int = 0
    max_connections: int = 0
    backlog: int = 2048
    access_log: bool | AccessLog = False
    trusted_proxies: tuple[str, ...] = ()
    forwarded_fields: Literal["x-forwarded", "forwarded"] = "x-forwarded"
    forwarded_host: bool = False
    proxy_protocol: tuple[str, ...] = ()
    root_path: str = ""
    blocked_after: float = 0.0
    http2: bool = True
    http2_upgrade: bool = False
    http2_max_streams: int = 100
    websocket_max_message: int = 1_048_576
    websocket_compression: bool = True
    websocket_ping_interval: float = 20.0
    websocket_ping_timeout: float = 20.0
    websocket_close_timeout: float = 5.0

    def __post_init__(self) -> None:
        for name in _SECONDS:
            if not (value := getattr(self, name)) >= 0:  # nor is it NaN
                raise ValueError(f"{name} must be a number of seconds from 0 on, not {value}")
        for name, least in _LEAST.items():
            if (count := getattr(self, name)) < least:
                raise ValueError(f"{name} must be at least {least}, not {count}")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.startswith("//")):
            raise ValueError(f"root_path must begin with one slash, as in /shop, not {self.root_path[:80]!r}")
        for name in ("trusted_proxies", "proxy_protocol"):
            if networks := getattr(self, name):
                _check_networks(name, networks)


def _check_networks(name: str, networks: tuple[str, ...]) -> None:
    from ipaddress import ip_network  # few servers need it

    for network in networks:
        try:
            if network != "unix":
                ip_network(network)
        except ValueError as error:
            raise ValueError(
                f"{name} must be networks such as 10.0.0.0/8, addresses, or unix; {network[:80]!r} is none: {error}"
            ) from error
