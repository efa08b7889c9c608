"""Headers that tell browsers what our pages may not do."""

import base64
import os
import re
from collections.abc import Callable, Sequence

from partita.http.handlers import Middleware
from partita.http.headers import Headers
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot
from partita.security.errors import PolicyError
from partita.security.frames import FRAME_EXEMPT
from partita.security.policies import CSP_OVERRIDE, CSP_REPORT_ONLY_OVERRIDE, Policy, policy_sources
from partita.security.settings import NONCE, SecuritySettings

__all__ = ("CSP_NONCE", "format_policy", "headers_middleware", "refusals_middleware")

CSP_NONCE = Slot[str]("partita.security.csp_nonce", varies_on=("*",))
"""The nonce for inline scripts of this answer, in templates ``{{ request.state.csp_nonce }}``; made when it is read."""

_DIRECTIVE = re.compile(r"[a-z][a-z0-9-]*")
_SOURCE = re.compile(r"[!-+\--:<-~]+")  # visible, without comma and semicolon: they end a policy or a directive

_OWN = frozenset({CSP_OVERRIDE, CSP_REPORT_ONLY_OVERRIDE, FRAME_EXEMPT})  # what views may want for themselves
_POLICIES = (
    ("content_security_policy", "content-security-policy"),
    ("content_security_policy_report_only", "content-security-policy-report-only"),
)


def headers_middleware(settings: SecuritySettings | None = None) -> Middleware:
    """Return a middleware that redirects to HTTPS if the settings say so, and adds headers that the answer lacks.

    A view that sets one of them itself keeps it.

    Raises:
        PolicyError: If a Content-Security-Policy of the settings cannot be written.
    """
    options = SecuritySettings() if settings is None else settings

    def to_https(request: Request) -> Response | None:
        if request.is_secure or request.path.startswith(options.ssl_exempt):
            return None
        return _to_https(request, options)

    fields = _fields(options)
    return Inline(
        to_https if options.ssl_redirect else None, _adding(options, fields), slots={CSP_NONCE: _nonce}, fields=fields
    )


def refusals_middleware(settings: SecuritySettings | None = None) -> Middleware:
    """Return a middleware that adds the same headers to what `headers_middleware` never saw.

    That are errors and redirects of layers that stand between the two, such as the check of hosts and limits of rates. Other
    answers pass: they have their headers, and a 304 must not change those of the page that the client has kept.

    Raises:
        PolicyError: If a Content-Security-Policy of the settings cannot be written.
    """
    options = SecuritySettings() if settings is None else settings
    add = _adding(options, _fields(options))

    def after(request: Request, response: Response) -> Response:
        return response if response.status == 304 else add(request, response)

    return Inline(after=after, if_refused=True)


def _policies(options: SecuritySettings) -> list[tuple[str, Policy]]:
    return [(header, policy) for name, header in _POLICIES if (policy := getattr(options, name))]


def _fields(options: SecuritySettings) -> tuple[Headers, Headers]:
    """Return what is added over HTTP and over HTTPS where no view wants anything for itself."""
    always = _always(options)
    secure = [*always, ("Strict-Transport-Security", _hsts(options))] if options.hsts_seconds else always
    written = [(header, format_policy(policy)) for header, policy in _policies(options)]
    return Headers([*always, *written]), Headers([*secure, *written])


def _adding(options: SecuritySettings, fields: tuple[Headers, Headers]) -> Callable[[Request, Response], Response]:
    """Return what adds the headers that an answer lacks."""
    policies = _policies(options)
    for_http, for_https = fields

    def after(request: Request, response: Response) -> Response:
        added = for_https if request.scheme == "https" else for_http
        if request.is_looked_into:
            state = request.state
            if state.has_any(_OWN) or (policies and state.is_made(CSP_NONCE)):
                nonce = request[CSP_NONCE] if state.is_made(CSP_NONCE) else None
                added = _adjusted(added, request, policies, nonce, exempt=FRAME_EXEMPT in state)
        return response.with_defaults(added)

    return after


def _adjusted(
    added: Headers,
    request: Request,
    policies: Sequence[tuple[str, Policy]],
    nonce: str | None,
    *,
    exempt: bool,
) -> Headers:
    """Return the fields with what the view wants otherwise, and the nonce that its page has."""
    wanted = dict(policies)
    for (_, header), slot in zip(_POLICIES, (CSP_OVERRIDE, CSP_REPORT_ONLY_OVERRIDE), strict=True):
        if slot in request.state:
            wanted[header] = request[slot]
            added = added.without(header)
    if exempt:
        added = added.without("x-frame-options")
    for header, policy in wanted.items():
        sources = {name: value for name, value in policy.items() if not (exempt and name == "frame-ancestors")}
        if sources:
            added = added.with_header(header, format_policy(sources, nonce))
    return added


def format_policy(policy: Policy, nonce: str | None = None) -> str:
    """Write a Content-Security-Policy (CSP level 3, section 2.3).

    Args:
        policy: Sources by directive; see `partita.security.policies.Policy`.
        nonce: Put where the policy has `NONCE`; if None, that source is left out.

    Raises:
        PolicyError: If a name or a source could be read as something else.
    """
    parts: list[str] = []
    for directive, sources in policy_sources(policy).items():
        if not _DIRECTIVE.fullmatch(directive):
            raise PolicyError("Content-Security-Policy", directive, "a directive in lower case, such as script-src")
        words = [directive]
        for source in sources:
            if not _SOURCE.fullmatch(source):
                raise PolicyError(directive, source, "one source without spaces, commas and semicolons")
            if source != NONCE:
                words.append(source)
            elif nonce is not None:
                words.append(f"'nonce-{nonce}'")
        parts.append(" ".join(words))
    return "; ".join(parts)


def _always(options: SecuritySettings) -> list[tuple[str, str]]:
    values = {
        "X-Content-Type-Options": "nosniff" if options.nosniff else "",
        "X-Frame-Options": options.frame_options,
        "Referrer-Policy": options.referrer_policy,
        "Cross-Origin-Opener-Policy": options.cross_origin_opener_policy,
        "Cross-Origin-Embedder-Policy": options.cross_origin_embedder_policy,
        "Cross-Origin-Resource-Policy": options.cross_origin_resource_policy,
        "Origin-Agent-Cluster": "?1" if options.origin_agent_cluster else "",
        "Document-Policy": options.document_policy,
        "Permissions-Policy": options.permissions_policy,
        "Reporting-Endpoints": ", ".join([f'{name}="{url}"' for name, url in options.reporting_endpoints.items()]),
    }
    return [(name, value) for name, value in values.items() if value]


def _hsts(options: SecuritySettings) -> str:
    value = f"max-age={options.hsts_seconds}"
    value += "; includeSubDomains" if options.hsts_include_subdomains else ""
    return value + ("; preload" if options.hsts_preload else "")


def _to_https(request: Request, options: SecuritySettings) -> Response:
    host = options.ssl_host or request.host.removesuffix(":80")
    # A form that was sent to http:// keeps its method, or the redirect would turn it into a GET.
    unsafe = request.method not in {"GET", "HEAD"}
    return Response.redirect(f"https://{host}{request.full_path}", permanent=True, preserve_method=unsafe)


def _nonce(request: Request) -> str:
    return base64.urlsafe_b64encode(os.urandom(18)).decode("ascii")  # a multiple of three bytes needs no padding
