"""Sessions that stay on the kind of device on which they began: a stolen cookie is worth little in another browser.

What is compared is what a browser says of itself and does not change by an update: its family, its system, whether it is a phone. It is no
fingerprint of a person, and not the address, which changes with each train. Only a keyed hash is kept.
"""

import hmac
import logging
import re
from collections.abc import Callable, Iterable
from typing import Literal

from partita.http.errors import SuspiciousOperation
from partita.http.handlers import SESSION as SESSION_ORDER
from partita.http.handlers import Handler, Layer, Middleware
from partita.http.request import Request
from partita.http.response import Response
from partita.sessions.session import SESSION

__all__ = ("DeviceChanged", "ProfileOf", "device_layer", "device_middleware", "device_profile")

ProfileOf = Callable[[Request], str]
"""Says what kind of device asks; requests of the same one give the same text."""

_log = logging.getLogger("partita.security.device")
_KEPT = "_device"
_LONGEST = 500
_FAMILIES = (
    ("edge", re.compile(r"\bEdgA?/")),
    ("opera", re.compile(r"\bOPR/")),
    ("samsung", re.compile(r"\bSamsungBrowser/")),
    ("firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("chrome", re.compile(r"\b(?:Chrome|CriOS)/")),
    ("safari", re.compile(r"\bSafari/")),
)
# In this order, as phones claim to be like a desktop's system, too.
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux")


class DeviceChanged(SuspiciousOperation):
    """400: a session came from another kind of device than it began on; it has ended."""

    default = "Your session began on another device. Please log in again."


def device_profile(request: Request) -> str:
    """Return family and system of the browser, and whether it is a phone; the same after each of its updates."""
    agent = request.headers.get("user-agent", "")[:_LONGEST]
    family = next((name for name, pattern in _FAMILIES if pattern.search(agent)), "")
    if not family:
        family = re.split(r"[/ (]", agent, maxsplit=1)[0]  # curl/8.1 and what else is no browser
    system = next((name for name in _SYSTEMS if name in agent), "")
    return "|".join((family, system, "phone" if "Mobi" in agent else ""))


def device_middleware(
    secret: str | bytes, change: Literal["end", "refuse"] = "end", profile: ProfileOf = device_profile
) -> Middleware:
    """Return a middleware that looks at sessions with something in them; it has to stand within that of the sessions.

    The first request after something was put into a session says which device it belongs to.

    Args:
        secret: Of the application, so that what is kept in a cookie tells nothing.
        change: What happens when another device comes with it: ``end`` empties the session, so that people log in again, ``refuse``
            raises `DeviceChanged` as well.
        profile: Tells devices apart.

    Raises:
        ValueError: If there is no secret.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    if not key:
        raise ValueError("device_middleware needs a secret, such as the application's secret_key")

    def middleware(handler: Handler) -> Handler:
        async def checking(request: Request) -> Response:
            session = request[SESSION]
            mark = _mark(key, profile(request))
            await session.aload()
            kept = session.get(_KEPT)
            if kept is not None and not hmac.compare_digest(str(kept).encode(), mark.encode()):
                _log.warning("A session came from another device: %s %r", request.method[:20], request.path[:200])
                await session.aflush()
                if change == "refuse":
                    raise DeviceChanged
            response = await handler(request)
            if session.modified and not session.is_empty and session.get(_KEPT) != mark:
                session[_KEPT] = mark
            return response

        return checking

    return middleware


def _mark(key: bytes, profile: str) -> str:
    return hmac.digest(key, b"partita.sessions.devices|" + profile.encode("utf-8", "surrogatepass"), "sha256").hex()[
        :32
    ]


def device_layer(
    secret: str | bytes,
    change: Literal["end", "refuse"] = "end",
    profile: ProfileOf = device_profile,
    after: Iterable[str] = ("sessions",),
) -> Layer:
    """Return the layer for ``App(middleware=[...])``; see `device_middleware`."""
    return Layer(SESSION_ORDER + 10, device_middleware(secret, change, profile), "devices", within=tuple(after))
