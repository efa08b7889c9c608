"""How a server behaves."""

from typing import Literal

import msgspec

from partita.http import Limits
from partita.server.access_log import AccessLog

__all__ = ("Options",)


class Options(msgspec.Struct, frozen=True):
    """Settings of a server; times in seconds.

    Args:
        limits: Bounds on requests.
        header_timeout: For the whole head of a request, from its first byte (408); slow clients gain nothing by dribbling.
        body_timeout: For a body, beyond the time that `min_rate` allows for its bytes (408).
        write_timeout: For a client that takes less than `min_rate` of what is sent to it; then the connection is cut.
        min_rate: Bytes a second that a client must send or take.
        idle_timeout: Between requests of one connection.
        grace: For requests that run when the server is told to stop.
        max_requests: On one connection; 0 for no limit.
        max_connections: At once; more are answered with 503. 0 for no limit.
        backlog: Connections that wait to be accepted.
        access_log: Log a line for each request to ``partita.server.access``: ``text`` (as True), ``json``, or False for none.
        trusted_proxies: Networks whose ``Forwarded`` or ``X-Forwarded-*`` fields tell client and scheme, such as
            ``10.0.0.0/8``; ``unix`` for UNIX sockets. Empty trusts nobody. See `partita.http.forwarded.TrustedProxies`.
        forwarded_fields: Which of the two the proxies write.
        forwarded_host: Whether they set the host, too.
    """

    limits: Limits = Limits()
    header_timeout: float = 10.0
    body_timeout: float = 20.0
    write_timeout: float = 20.0
    min_rate: int = 240
    idle_timeout: float = 65.0
    grace: float = 30.0
    max_requests: int = 0
    max_connections: int = 0
    backlog: int = 2048
    access_log: bool | AccessLog = False
    trusted_proxies: tuple[str, ...] = ()
    forwarded_fields: Literal["x-forwarded", "forwarded"] = "x-forwarded"
    forwarded_host: bool = False
