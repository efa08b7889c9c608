"""Which hosts an application answers to: a forged ``Host`` would end up in links and mails it makes."""

import logging
from collections.abc import Sequence

from partita.http.errors import BadRequest
from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response
from partita.security.errors import HostNotAllowed

__all__ = ("LOCAL_HOSTS", "host_middleware", "matches")

LOCAL_HOSTS = ("localhost", ".localhost", "127.0.0.1", "[::1]")
"""What is allowed while developing if nothing else is said; keeps other sites' pages from reaching a local server."""

_log = logging.getLogger("partita.security.host")


def host_middleware(allowed: Sequence[str], *, debug: bool = False) -> Middleware:
    """Return a middleware that answers 400 to requests for hosts that are not ours.

    Args:
        allowed: Names without a port. A leading dot takes in the name and all below, ``*`` takes any.
        debug: If nothing is allowed, whether this machine's own names are.
    """
    patterns = tuple(pattern.lower() for pattern in allowed) or (LOCAL_HOSTS if debug else ())
    exact = frozenset(patterns)

    def middleware(handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            try:
                if len(request.headers.get_all("host")) > 1:
                    raise BadRequest("The request names more than one host.")
                name = _name(request.host)
            except BadRequest as error:
                return Response.error(error)
            if name in exact or matches(name, patterns):
                return await handler(request)
            _log.warning("Refused host %s. If it is yours, add it to allowed_hosts.", name.encode("ascii", "replace"))
            return Response.error(HostNotAllowed())

        return checked

    return middleware


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether the host ``name``, in lower case and without a port, fits one of ``patterns``."""
    return any(
        pattern == "*"
        or name == pattern
        or (pattern.startswith(".") and (name.endswith(pattern) or name == pattern[1:]))
        for pattern in patterns
    )


def _name(host: str) -> str:
    if host.endswith("]"):
        return host
    return host.partition(":")[0].removesuffix(".") if not host.startswith("[") else host[: host.index("]") + 1]
