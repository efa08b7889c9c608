"""Which hosts an application answers to: a forged ``Host`` would end up in links and mails it makes."""

import logging
from collections.abc import Sequence

from partita.http.errors import BadRequest
from partita.http.handlers import Middleware
from partita.http.hosts import LOCAL_HOSTS, host_fits
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response
from partita.security.errors import HostNotAllowed

__all__ = ("LOCAL_HOSTS", "host_middleware", "matches")

_KNOWN = 256  # a pattern may take in any number of hosts
_log = logging.getLogger("partita.security.host")


def host_middleware(allowed: Sequence[str], *, debug: bool = False, exempt: Sequence[str] = ()) -> Middleware:
    """Return a middleware that answers 400 to requests for hosts that are not ours.

    Args:
        allowed: Names without a port. A leading dot takes in the name and all below, ``*`` takes any.
        debug: If nothing is allowed, whether this machine's own names are.
        exempt: Beginnings of paths that are answered whatever the host.
    """
    prefixes = tuple(exempt)
    patterns = tuple(pattern.lower() for pattern in allowed) or (LOCAL_HOSTS if debug else ())
    exact = frozenset(patterns)
    known: set[bytes | None] = set()  # fields that were found good, as they came
    mark = object()

    def check(request: Request) -> Response | None:
        headers = request.headers
        if mark in headers.passed:
            return None
        field = headers.get_raw(b"host")
        if field in known:
            headers.passed = (*headers.passed, mark)
            return None
        if prefixes and request.path.startswith(prefixes):
            return None
        try:
            if len(headers.get_all("host")) > 1:
                raise BadRequest("The request names more than one host.")
            name = _name(request.host)
        except BadRequest as error:
            return Response.error(error)
        if name not in exact and not matches(name, patterns):
            _log.warning("Refused host %s. If it is yours, add it to allowed_hosts.", name.encode("ascii", "replace"))
            return Response.error(HostNotAllowed())
        if field is not None and len(known) < _KNOWN:
            known.add(field)
        return None

    return Inline(before=check)


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether the host ``name``, in lower case and without a port, fits one of ``patterns``."""
    return host_fits(name, patterns)


def _name(host: str) -> str:
    if host.endswith("]"):
        return host
    return host.partition(":")[0].removesuffix(".") if not host.startswith("[") else host[: host.index("]") + 1]
