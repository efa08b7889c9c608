"""The section ``[messages]`` of the settings."""

from typing import Literal

import msgspec

from partita.contracts.key import Key

__all__ = ("MESSAGE_SETTINGS", "MessageSettings")


class MessageSettings(msgspec.Struct, frozen=True):
    """The section ``[messages]``.

    Args:
        level: The least level that is kept: a number, or ``debug``, ``info``, ``success``, ``warning``, ``error``.
        tags: What stands among the tags of a message, by level: ``{error = "danger", "50" = "critical"}``.
        store: Where messages wait: ``cookie`` (signed), ``session``, or ``fallback``: in the cookie as far as they fit, the
            others in the session.
        expires: Seconds after which a message that nobody has seen is forgotten; 0 for never.
        most: Messages that may wait for one visitor; the oldest give way.
        htmx: Whether answers to what HTMX asked carry the messages in ``HX-Trigger``.
        cookie_name: Name of the cookie.
        cookie_bytes: What the cookie may hold. Browsers take 4096 with the name; servers bound the sum of all cookies.
        domain: None keeps the cookie to this host.
        path: Of the URLs that get the cookie.
        secure: Only over HTTPS; None decides by the request.
        httponly: Whether scripts are kept from it.
        samesite: Whether other sites' pages may cause it to be sent.
    """

    level: int | str = "info"
    tags: dict[str, str] = {}
    store: Literal["cookie", "session", "fallback"] = "fallback"
    expires: float = 0
    most: int = 100
    htmx: bool = False
    cookie_name: str = "messages"
    cookie_bytes: int = 2048
    domain: str | None = None
    path: str = "/"
    secure: bool | None = None
    httponly: bool = True
    samesite: Literal["Lax", "Strict", "None"] = "Lax"


MESSAGE_SETTINGS = Key[MessageSettings]("partita.messages.settings")
"""How an application treats messages."""
