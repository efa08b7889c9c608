"""Where to report a vulnerability: ``/.well-known/security.txt`` (RFC 9116), and a page for people."""

import re
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import msgspec

from partita.contracts.checks import Finding
from partita.http.request import Request
from partita.http.response import Response
from partita.security.errors import PolicyError

__all__ = ("Disclosure", "check_disclosure", "disclosure_page", "security_txt")

_URI = re.compile(r"(https://[!-~]+|mailto:[!-~]+@[!-~]+|tel:[+0-9().\-]+)")
_LINK = re.compile(r"https://[!-~]+")
_KEY = re.compile(r"(https://[!-~]+|dns:[!-~]+|openpgp4fpr:[0-9A-Fa-f]{40})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Disclosure(msgspec.Struct, frozen=True):
    """What somebody who found a weakness needs to know.

    Args:
        contacts: Addresses in the order of preference: ``https:``, ``mailto:`` or ``tel:``.
        expires: When this is no longer to be believed; less than a year ahead. Without a zone it is UTC.
        policy: Link to the rules for reports; the address of `disclosure_page`, for example.
        acknowledgments: Link to a page of thanks.
        encryption: Where the key is: ``https:``, ``dns:`` or ``openpgp4fpr:``.
        hiring: Link to open positions.
        canonical: The addresses of this file itself.
        languages: That reports may be written in, such as ``en``.
        text: The policy in paragraphs, for `disclosure_page`; blank lines part them.

    Raises:
        PolicyError: If there is no contact, or a value cannot be written.
    """

    contacts: tuple[str, ...]
    expires: datetime
    policy: str = ""
    acknowledgments: str = ""
    encryption: str = ""
    hiring: str = ""
    canonical: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    text: str = ""

    def __post_init__(self) -> None:
        if not self.contacts:
            raise PolicyError("Contact", "", "at least one address (RFC 9116, section 2.5.3)")
        _each("Contact", self.contacts, _URI, "https:, mailto: or tel:")
        links = (self.policy, self.acknowledgments, self.hiring, *self.canonical)
        _each("security.txt", filter(None, links), _LINK, "a link with https:")
        _each("Encryption", filter(None, [self.encryption]), _KEY, "https:, dns: or openpgp4fpr:")
        _each("Preferred-Languages", self.languages, _LANGUAGE, "a tag such as en or pt-BR")

    @property
    def until(self) -> datetime:
        """`expires` in UTC."""
        return self.expires.replace(tzinfo=UTC) if self.expires.tzinfo is None else self.expires.astimezone(UTC)

    def __str__(self) -> str:
        """Return the text of the file."""
        lines = [f"Contact: {contact}" for contact in self.contacts]
        lines.append(f"Expires: {self.until:%Y-%m-%dT%H:%M:%SZ}")
        links = {"Encryption": self.encryption, "Acknowledgments": self.acknowledgments, "Policy": self.policy}
        lines += [f"{name}: {value}" for name, value in {**links, "Hiring": self.hiring}.items() if value]
        lines += [f"Canonical: {value}" for value in self.canonical]
        if self.languages:
            lines.append(f"Preferred-Languages: {', '.join(self.languages)}")
        return "".join(f"{line}\n" for line in lines)


def security_txt(disclosure: Disclosure) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return the view for ``path(".well-known/security.txt", ...)``."""
    text = str(disclosure)

    async def view(request: Request) -> Response:
        return Response.text(text).with_cache_control(max_age=86_400)

    return view


def disclosure_page(disclosure: Disclosure, title: str = "Reporting a vulnerability") -> Callable[[Request], Coroutine[Any, Any, Response]]:  # fmt: skip
    """Return a view with a plain page: the policy, and where reports go."""
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n", disclosure.text) if part.strip()]
    items = [
        f'<li><a href="{escape(each)}">{escape(each.removeprefix("mailto:"))}</a></li>' for each in disclosure.contacts
    ]
    body = "".join(f"<p>{escape(part)}</p>" for part in paragraphs)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head><body><main><h1>{escape(title)}</h1>{body}"
        f"<h2>Contact</h2><ul>{''.join(items)}</ul></main></body></html>"
    )

    async def view(request: Request) -> Response:
        return Response.html(page)

    return view


def check_disclosure(disclosure: Disclosure, now: datetime | None = None) -> Iterable[Finding]:
    """Report a file that nobody may believe any more, or that will soon be one; for ``app.add(CHECKS, ...)``."""
    left = disclosure.until - (datetime.now(UTC) if now is None else now)
    if left <= timedelta(days=30):
        state = "has expired" if left <= timedelta() else f"expires in {left.days} days"
        yield Finding("security.W033", "warning", f"security.txt {state}.", "Look it through, and set a later date.")
    elif left > timedelta(days=366):
        text = "security.txt expires in more than a year, so nobody knows whether it still holds (RFC 9116, section 2.5.5)."
        yield Finding("security.W034", "warning", text, "Set a date less than a year ahead.")


def _each(name: str, values: Iterable[str], pattern: "re.Pattern[str]", expected: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise PolicyError(name, value, expected)
