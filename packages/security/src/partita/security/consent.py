"""Consent: what needs a visitor's yes does not happen before it (directive 2002/58/EC, article 5(3); GDPR, articles 4(11) and 7).

    POLICY = ConsentPolicy((
        Purpose("analytics", "Statistics", "How many people read what.", cookies=("_stats*",),
                sources={"script-src": ("https://stats.example",), "connect-src": ("https://stats.example",)}),
    ))
    App(settings, middleware=[consent_layer(POLICY)], urls=[path("consent/", consent_view(POLICY)), ...])

Until a visitor has agreed to a purpose, its cookies are taken out of answers and browsers get no policy that would let its scripts load,
whatever the pages say. Pages ask for `CONSENT`, or show `consent_banner`, in templates ``{% consent_banner %}``.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from html import escape
from inspect import isawaitable
from typing import Any

import msgspec

from partita.http.errors import MethodNotAllowed
from partita.http.handlers import HEADERS, Layer, Middleware
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot
from partita.security.csrf import FIELD_NAME, current_settings, get_token
from partita.security.errors import PolicyError
from partita.security.policies import CSP_OVERRIDE, policy_sources

__all__ = (
    "CONSENT",
    "Consent",
    "ConsentPolicy",
    "Purpose",
    "consent_banner",
    "consent_layer",
    "consent_middleware",
    "consent_view",
)

_NAME = re.compile(r"[a-z][a-z0-9_\-]{0,31}")
_PLACE = re.compile(
    r"/(?![/\\])[!-\[\]-~\x80-\U0010ffff]*"
)  # on this site: neither another host nor a space that browsers drop
_MOST = 50  # purposes
_LONGEST = 2000


class Purpose(msgspec.Struct, frozen=True):
    """What something is done for.

    Args:
        name: Of lower-case letters, digits, hyphens and underscores, for programs.
        title: For visitors.
        text: What is done, for how long, and who gets to know it; for visitors.
        cookies: Names of cookies; a star at the end stands for whatever follows.
        sources: By directive of a Content-Security-Policy: what pages may load with consent, and not without.
        needed: Whether the site cannot do without it, so that nobody is asked.

    Raises:
        PolicyError: If the name is none.
    """

    name: str
    title: str
    text: str = ""
    cookies: tuple[str, ...] = ()
    sources: Mapping[str, tuple[str, ...]] = {}
    needed: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PolicyError("purpose", self.name, "a name of lower-case letters, digits, hyphens and underscores")

    def has_cookie(self, name: str) -> bool:
        """Tell whether a cookie of this name belongs to it."""
        return any(name.startswith(each[:-1]) if each[-1:] == "*" else name == each for each in self.cookies)


class ConsentPolicy(msgspec.Struct, frozen=True):
    """What visitors are asked about.

    Args:
        purposes: In the order in which visitors read them.
        version: Raise it when purposes change: everybody is asked again.
        path: Where `consent_view` lies.
        cookie: Name of the cookie that keeps a choice.
        days: That it is kept.

    Raises:
        PolicyError: If two purposes have one name, or there is nothing to ask about.
    """

    purposes: tuple[Purpose, ...]
    version: int = 1
    path: str = "/consent/"
    cookie: str = "consent"
    days: int = 180

    def __post_init__(self) -> None:
        names = [purpose.name for purpose in self.purposes]
        if len(set(names)) < len(names) or len(names) > _MOST:
            raise PolicyError("purposes", ", ".join(names), f"names that differ, at most {_MOST}")
        if not self.optional:
            raise PolicyError(
                "purposes", ", ".join(names), "one at least that is not needed; for others nobody is asked"
            )
        if not _PLACE.fullmatch(self.path):
            raise PolicyError("path", self.path, "a path on this site, such as /consent/")

    @property
    def optional(self) -> tuple[str, ...]:
        """Names of those that visitors decide about."""
        return tuple(purpose.name for purpose in self.purposes if not purpose.needed)


class Consent(msgspec.Struct, frozen=True):
    """What one visitor has agreed to.

    Args:
        policy: What there was to decide about.
        given: Names of purposes, those that are needed among them.
        decided: Whether the visitor has chosen, be it by ``Sec-GPC``, so that no banner is shown.
    """

    policy: ConsentPolicy
    given: frozenset[str]
    decided: bool

    def allows(self, name: str) -> bool:
        """Tell whether something may be done for this purpose.

        Raises:
            PolicyError: If there is no such purpose: a name with a mistake in it must not look like a no, or a yes.
        """
        if all(name != purpose.name for purpose in self.policy.purposes):
            known = ", ".join(purpose.name for purpose in self.policy.purposes)
            raise PolicyError("purpose", name, f"one of {known}")
        return name in self.given


CONSENT = Slot[Consent]("partita.security.consent", varies_on=("Cookie", "Sec-GPC"))
"""What the visitor of this request has agreed to; filled by `consent_middleware`."""

Record = Callable[[Request, Consent], Awaitable[None] | None]
"""Keeps a choice, for whoever has to prove it (GDPR, article 7(1)); sync or async."""


def consent_layer(policy: ConsentPolicy) -> Layer:
    """Return the layer for ``App(middleware=[...])``; it stands inside of the one that sends the Content-Security-Policy."""
    return Layer(HEADERS + 5, consent_middleware(policy), "consent")


def consent_middleware(policy: ConsentPolicy) -> Middleware:
    """Return the middleware that fills `CONSENT`, and keeps cookies and sources back until their purpose is agreed to.

    A purpose with sources makes all answers depend on the visitor's cookie, which caches are told.
    """
    loading = any(purpose.sources for purpose in policy.purposes)

    def after(request: Request, response: Response) -> Response:
        if "set-cookie" in response.headers:
            response = _without_cookies(response, policy, request[CONSENT])
        if loading:
            _allow_sources(request, policy, request[CONSENT])
            response = response.with_vary("Cookie", "Sec-GPC")
        elif request.state.is_made(CONSENT):
            response = response.with_vary("Cookie", "Sec-GPC")
        return response

    return Inline(after=after, slots={CONSENT: lambda request: _consent(request, policy)})


def consent_view(
    policy: ConsentPolicy, record: Record | None = None, title: str = "Your choice"
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return the view for `ConsentPolicy.path`: a page that tells what is done and asks, and what takes the choice.

    Saying no takes as many clicks as saying yes, and a choice can be changed here at any time. Cookies of purposes that are not agreed
    to any more are deleted, as far as they are for all paths of this host.

    Args:
        policy: See `ConsentPolicy`.
        record: Gets each choice.
        title: Of the page.
    """

    async def view(request: Request) -> Response:
        if request.method in {"GET", "HEAD"}:
            page = _page(request, policy, _consent(request, policy), title)
            return Response.html(page).with_header("Cache-Control", "no-store")
        if request.method != "POST":
            raise MethodNotAllowed(("GET", "HEAD", "POST"))
        form = await request.aform()
        choice = form.get("choice", "")
        asked = policy.optional if choice == "all" else form.getlist("purpose") if choice == "some" else ()
        consent = Consent(policy, _needed(policy) | {name for name in policy.optional if name in asked}, True)
        if record is not None:
            recorded = record(request, consent)
            if isawaitable(recorded):
                await recorded
        place = form.get("next", "/")
        response = Response.redirect(place if len(place) <= _LONGEST and _PLACE.fullmatch(place) else "/").with_status(
            303
        )
        value = ".".join([str(policy.version), *[name for name in policy.optional if name in consent.given]])
        response = response.with_cookie(
            policy.cookie, value, max_age=policy.days * 86_400, secure=request.is_secure, samesite="Lax"
        )
        for name in request.cookies:
            if not _may_keep(name, policy, consent):
                response = response.without_cookie(name)
        return response

    return view


def consent_banner(request: Request) -> str:
    """Return HTML that asks for consent; empty for whoever has decided, and without `consent_middleware`.

    It has no script and no style of its own: give ``.consent-banner`` a place.
    """
    consent = request.state.get(CONSENT)
    if consent is None or consent.decided:
        return ""
    policy = consent.policy
    titles = ", ".join(purpose.title for purpose in policy.purposes if not purpose.needed)
    return (
        f'<form class="consent-banner" role="region" aria-label="Consent" method="post" action="{escape(policy.path)}">'
        f"{_hidden(request, request.full_path)}<p>May we, beyond what this site needs: {escape(titles)}? "
        f'<a href="{escape(policy.path)}">What that means, and details</a></p>{_BUTTONS}</form>'
    )


_BUTTONS = '<button name="choice" value="none">No</button> <button name="choice" value="all">Yes, all of it</button>'


def _consent(request: Request, policy: ConsentPolicy) -> Consent:
    needed = _needed(policy)
    version, _, names = request.cookies.get(policy.cookie, "")[:_LONGEST].partition(".")
    if version == str(policy.version):
        return Consent(policy, needed | (set(policy.optional) & set(names.split("."))), True)
    # Who tells all sites not to sell or share what they learn (Global Privacy Control) has answered.
    return Consent(policy, needed, request.headers.get("sec-gpc") == "1")


def _needed(policy: ConsentPolicy) -> frozenset[str]:
    return frozenset(purpose.name for purpose in policy.purposes if purpose.needed)


def _may_keep(cookie: str, policy: ConsentPolicy, consent: Consent) -> bool:
    owners = [purpose.name for purpose in policy.purposes if purpose.has_cookie(cookie)]
    return cookie == policy.cookie or not owners or not consent.given.isdisjoint(owners)


def _without_cookies(response: Response, policy: ConsentPolicy, consent: Consent) -> Response:
    lines = response.headers.get_all("set-cookie")
    kept = [line for line in lines if _deletes(line) or _may_keep(line.partition("=")[0].strip(), policy, consent)]
    if len(kept) == len(lines):
        return response
    response = response.without_header("set-cookie")
    for line in kept:
        response = response.with_added_header("set-cookie", line)
    return response


def _deletes(line: str) -> bool:
    return any(attribute.strip().lower() == "max-age=0" for attribute in line.split(";")[1:])


def _allow_sources(request: Request, policy: ConsentPolicy, consent: Consent) -> None:
    given = [purpose for purpose in policy.purposes if purpose.sources and purpose.name in consent.given]
    base = request[CSP_OVERRIDE] if CSP_OVERRIDE in request.state else current_settings().content_security_policy
    if not given or not base:
        return
    merged = policy_sources(base)
    for purpose in given:
        for directive, sources in policy_sources(purpose.sources).items():
            before = [each for each in merged.get(directive, merged.get("default-src", ())) if each != "'none'"]
            merged[directive] = (*before, *[each for each in sources if each not in before])
    request.state.fill(CSP_OVERRIDE, merged)


def _hidden(request: Request, place: str) -> str:
    return (
        f'<input type="hidden" name="{FIELD_NAME}" value="{escape(get_token(request))}">'
        f'<input type="hidden" name="next" value="{escape(place)}">'
    )


def _page(request: Request, policy: ConsentPolicy, consent: Consent, title: str) -> str:
    items = []
    for purpose in policy.purposes:
        state = " checked" if purpose.name in consent.given else ""
        state += " disabled" if purpose.needed else ""
        cookies = f"<p>Cookies: {escape(', '.join(purpose.cookies))}</p>" if purpose.cookies else ""
        items.append(
            f'<fieldset><legend><label><input type="checkbox" name="purpose" value="{purpose.name}"{state}> '
            f"{escape(purpose.title)}</label></legend><p>{escape(purpose.text)}</p>{cookies}</fieldset>"
        )
    place = request.query.get("next", "/")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head><body><main><h1>{escape(title)}</h1>"
        f'<form method="post" action="{escape(policy.path)}">{_hidden(request, place)}{"".join(items)}'
        f'<button name="choice" value="some">Keep this choice</button> {_BUTTONS}</form></main></body></html>'
    )
