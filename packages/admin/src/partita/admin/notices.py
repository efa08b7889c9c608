"""What the next page tells the user: kept in the session from one request to the next."""

from typing import Literal

import msgspec

from partita.http import Request
from partita.sessions import SESSION

__all__ = ("Level", "Notice", "add_notice", "take_notices")

Level = Literal["success", "warning", "error"]
_KEY = "_admin_notices"
_MOST = 20  # a cookie holds about 4000 bytes, and nobody reads more
_LONGEST = 300


class Notice(msgspec.Struct, frozen=True):
    """One sentence, as plain text."""

    level: Level
    text: str


def add_notice(request: Request, text: str, level: Level = "success") -> None:
    """Show ``text`` on the next page.

    Args:
        request: Whose session keeps it.
        text: Plain text, escaped when it is shown; cut after 300 characters.
        level: How it looks.
    """
    session = request[SESSION]
    kept = session.get(_KEY)
    notices = list(kept) if isinstance(kept, list) else []
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    session[_KEY] = [*notices, [level, cut]][-_MOST:]


def take_notices(request: Request) -> list[Notice]:
    """Return what there is to tell, and forget it."""
    session = request[SESSION]
    if _KEY not in session:
        return []
    try:
        return [Notice(level, text) for level, text in msgspec.convert(session.pop(_KEY), list[tuple[Level, str]])]
    except msgspec.ValidationError:
        return []
