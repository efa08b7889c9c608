"""One line for each request, as text or as JSON, to the logger ``partita.server.access``.

Queries are left out: they carry tokens and search words, which do not belong into logs.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

import msgspec

__all__ = ("AccessEntry", "AccessLog", "json_line", "log_to_stderr", "now", "text_line", "write")

AccessLog = Literal["text", "json"]
_log = logging.getLogger("partita.server.access")
_MORE_CONTROLS = re.compile("[\x7f-\x9f]")  # to some terminals 0x9b begins a command, as ESC [ does


class AccessEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one request when its response is written.

    Args:
        time: When that was, with a time zone.
        client: Address, behind trusted proxies the real one.
        method: Of the request.
        path: As it came.
        status: 499 if the client left before.
        bytes: Of the body.
        milliseconds: From the end of the request's head to the end of the response.
        referer: As the client says.
        user_agent: As the client says.
    """

    time: datetime
    client: str
    method: str
    path: str
    status: int
    bytes: int
    milliseconds: float
    referer: str = ""
    user_agent: str = ""


def text_line(entry: AccessEntry) -> str:
    """Return a line as people read it; quotes and controls in what clients say are escaped."""
    return (
        f'{entry.client} "{entry.method} {_quoted(entry.path)}" {entry.status} {entry.bytes} '
        f'{entry.milliseconds:.1f}ms "{_quoted(entry.referer) or "-"}" "{_quoted(entry.user_agent) or "-"}"'
    )


def json_line(entry: AccessEntry) -> str:
    """Return a line as programs read it; controls that JSON lets stand are escaped, for people look at logs, too."""
    return _MORE_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", msgspec.json.encode(entry).decode())


def write(entry: AccessEntry, kind: "AccessLog | bool") -> None:
    """Log ``entry``."""
    _log.info("%s", json_line(entry) if kind == "json" else text_line(entry))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def log_to_stderr(name: str = "partita.server.access") -> None:
    """Let the lines of a logger go to standard error as they are, unless the application has set up logging for them.

    Args:
        name: Of the logger.
    """
    log = logging.getLogger(name)
    if not log.hasHandlers():
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.propagate = False
    if log.level == logging.NOTSET:
        log.setLevel(logging.INFO)


def _quoted(text: str) -> str:
    return "".join([c if " " <= c <= "~" and c not in '"\\' else f"\\x{ord(c):02x}" for c in text])
