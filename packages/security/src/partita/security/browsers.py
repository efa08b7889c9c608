"""Browsers that are too old for a site: told so, instead of being shown a broken page."""

import re
from collections.abc import Mapping

from partita.http.errors import NotAcceptable
from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("MODERN", "allow_browsers", "browser_version")

MODERN: Mapping[str, float] = {"chrome": 120, "edge": 120, "firefox": 121, "opera": 106, "safari": 17.2}
"""Versions that have import maps, CSS nesting, ``:has`` and WebP."""

# In this order, as most of them claim to be others, too: Edge and Opera to be Chrome, all of them to be Safari.
_BROWSERS = (
    ("edge", re.compile(r"\bEdgA?/([0-9]{1,4})(?:\.([0-9]{1,4}))?")),
    ("opera", re.compile(r"\bOPR/([0-9]{1,4})(?:\.([0-9]{1,4}))?")),
    ("firefox", re.compile(r"\b(?:Firefox|FxiOS)/([0-9]{1,4})(?:\.([0-9]{1,4}))?")),
    ("chrome", re.compile(r"\b(?:Chrome|CriOS)/([0-9]{1,4})(?:\.([0-9]{1,4}))?")),
    ("safari", re.compile(r"\bVersion/([0-9]{1,4})(?:\.([0-9]{1,4}))?[^ ]* (?:Mobile/[^ ]+ )?Safari/")),
    ("ie", re.compile(r"\b(?:MSIE |Trident/[^)]*rv:)([0-9]{1,4})(?:\.([0-9]{1,4}))?")),
)
_LONGEST = 500


def browser_version(user_agent: str) -> tuple[str, float] | None:
    """Return the name of a browser in lower case and its version; None for what is none of those that people use.

    Args:
        user_agent: The field ``User-Agent``; only its first 500 characters are looked at.
    """
    text = user_agent[:_LONGEST]
    for name, pattern in _BROWSERS:
        found = pattern.search(text)
        if found is not None:
            # A float has one place for the minor version: 17.10 is above 17.2, but below it as a number.
            return name, float(f"{found[1]}.{min(int(found[2] or 0), 9)}")
    return None


def allow_browsers(
    versions: Mapping[str, float] = MODERN, message: str = "Your browser is too old for this site. Please update it."
) -> Middleware:
    """Return middleware that answers 406 to browsers below a version.

    What is not in ``versions``, and whatever does not say what it is, such as bots and programs, passes; except Internet Explorer.

    Args:
        versions: By name: ``chrome``, ``edge``, ``firefox``, ``opera``, ``safari``; infinity turns one away whatever its version.
        message: Shown to the visitor; a project's own page for 406 may say more.
    """
    least = {"ie": float("inf"), **versions}

    def middleware(handler: Handler) -> Handler:
        async def allowing(request: Request) -> Response:
            found = browser_version(request.headers.get("user-agent", ""))
            if found is not None and found[1] < least.get(found[0], 0):
                raise NotAcceptable(message, [("Vary", "User-Agent")])
            return await handler(request)

        return allowing

    return middleware
