"""The section ``[security]`` of an application's settings."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from partita.contracts.key import Key
from partita.security.alerts import AlertSettings
from partita.security.cors import CorsSettings
from partita.security.errors import PolicyError
from partita.security.filtering import FILTERED

__all__ = ("DEFAULT_POLICY", "NONCE", "SECURITY", "SecuritySettings", "StrictSettings")

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._\-]+)(:[0-9]{1,5})?")
_ORIGIN = re.compile(rf"[a-z][a-z0-9+.\-]*://(\*\.)?{_HOST.pattern}")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ENDPOINT = re.compile(r"[a-z*][a-z0-9_\-.*]*")  # a key of RFC 9651, section 3.1.2
_URL = re.compile(r"[!#-\[\]-~]+")  # what stands in a string of RFC 9651 without escapes

NONCE = "'nonce'"
"""Stands in a Content-Security-Policy for the nonce of the answer; left out where the page did not ask for one."""

DEFAULT_POLICY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "default-src": ("'self'",),
        "script-src": ("'self'", NONCE),
        "style-src": ("'self'", "'unsafe-inline'"),
        "img-src": ("'self'", "data:"),
        "object-src": ("'none'",),
        "base-uri": ("'self'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
    }
)
"""Everything from this site only, no inline scripts without the nonce, no frames around our pages."""


class SecuritySettings(msgspec.Struct, frozen=True):
    """What is sent, checked, refused and written down.

    Args:
        ssl_redirect: Whether requests over HTTP are sent to HTTPS.
        ssl_host: The host they are sent to; None for the one they named.
        ssl_exempt: Beginnings of paths that are served over HTTP, such as ``/health``.
        hsts_seconds: How long browsers shall use nothing but HTTPS; 0 sends nothing. Begin with 3600.
        hsts_include_subdomains: Whether this holds for hosts below, too.
        hsts_preload: Whether the domain may go into the lists that browsers ship.
        nosniff: Whether browsers shall believe our content types.
        frame_options: Who may put our pages into a frame; empty sends nothing.
        referrer_policy: What other sites learn about where visitors come from; empty sends nothing.
        cross_origin_opener_policy: Whether windows that opened ours can reach into them; empty sends nothing.
        cross_origin_embedder_policy: Whether pages load only what agrees to that; empty sends nothing.
        cross_origin_resource_policy: Who may load our answers: ``same-origin``, ``same-site``, ``cross-origin``; empty sends nothing.
        origin_agent_cluster: Whether browsers keep our origin apart in a process of its own.
        document_policy: Value of ``Document-Policy``; empty sends nothing.
        reporting_endpoints: URLs by name, for ``report-to`` in policies.
        permissions_policy: Value of ``Permissions-Policy``; empty sends nothing.
        content_security_policy: Sources by directive; empty sends nothing.
        content_security_policy_report_only: The same for a policy that is only tried.
        trusted_origins: Other origins whose pages may send forms here, such as ``https://*.example.com``.
        csrf_use_sessions: Whether the secret is kept in the session instead of a cookie of its own.
        csrf_header_name: The header that scripts send the token in; with the default ``X-CSRFToken`` will do as well.
        csrf_cookie_name: Name of the cookie.
        csrf_cookie_age: Seconds; None keeps it until the browser is closed.
        csrf_cookie_domain: None keeps it to this host.
        csrf_cookie_path: Of the URLs that get it.
        csrf_cookie_secure: Only over HTTPS; None decides by the request.
        csrf_cookie_httponly: Whether scripts are kept from it; they can read the token from the page.
        csrf_cookie_samesite: Whether other sites' pages may cause it to be sent.
        csrf_exempt_paths: Beginnings of paths that other sites may post to.
        host_exempt_paths: Beginnings of paths that are answered whatever the host, such as ``/health``.
        fetch_metadata: Whether other sites' pages may link here and load nothing; see `partita.security.fetch_metadata`.
        cors: Which other sites' pages may read answers.
        rate_limits: For all requests by address, such as ``100/minute``; empty limits nothing.
        rate_limit_exempt_paths: Beginnings of paths that are not counted.
        rate_limit_fail_open: Whether requests are answered while the store of counts cannot be reached.
        rate_limit_pass: A secret of 32 characters or more; requests that send it as ``X-RateLimit-Pass`` are not counted. Empty lets
            nobody through.
        filtered_parameters: Parts of names of fields whose values do not get into logs.
        log_parameters: Whether the fields of each query and form are logged, those filtered, to ``partita.security.parameters``.
        alerts: Who is told when the database fails or an attack is seen.
        preset: ``strict`` turns on what a site needs that has no reason to do otherwise; see `StrictSettings`.
    """

    ssl_redirect: bool = False
    ssl_host: str | None = None
    ssl_exempt: tuple[str, ...] = ()
    hsts_seconds: int = 0
    hsts_include_subdomains: bool = False
    hsts_preload: bool = False
    nosniff: bool = True
    frame_options: Literal["DENY", "SAMEORIGIN", ""] = "DENY"
    referrer_policy: str = "same-origin"
    cross_origin_opener_policy: str = "same-origin"
    cross_origin_embedder_policy: Literal["", "require-corp", "credentialless", "unsafe-none"] = ""
    cross_origin_resource_policy: Literal["", "same-origin", "same-site", "cross-origin"] = ""
    origin_agent_cluster: bool = False
    document_policy: str = ""
    reporting_endpoints: dict[str, str] = {}
    permissions_policy: str = ""
    content_security_policy: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: dict(DEFAULT_POLICY))
    content_security_policy_report_only: dict[str, tuple[str, ...]] = {}
    trusted_origins: tuple[str, ...] = ()
    csrf_use_sessions: bool = False
    csrf_header_name: str = "X-CSRF-Token"
    csrf_cookie_name: str = "csrftoken"
    csrf_cookie_age: int | None = 31_449_600
    csrf_cookie_domain: str | None = None
    csrf_cookie_path: str = "/"
    csrf_cookie_secure: bool | None = None
    csrf_cookie_httponly: bool = False
    csrf_cookie_samesite: Literal["Lax", "Strict", "None"] = "Lax"
    csrf_exempt_paths: tuple[str, ...] = ()
    host_exempt_paths: tuple[str, ...] = ()
    fetch_metadata: bool = False
    cors: CorsSettings = CorsSettings()
    rate_limits: tuple[str, ...] = ()
    rate_limit_exempt_paths: tuple[str, ...] = ()
    rate_limit_fail_open: bool = True
    rate_limit_pass: str = ""
    filtered_parameters: tuple[str, ...] = FILTERED
    log_parameters: bool = False
    alerts: AlertSettings = AlertSettings()
    preset: Literal["", "strict"] = ""

    def __post_init__(self) -> None:
        """See that nothing in it is silently without effect, or breaks an answer later.

        Raises:
            PolicyError: If something cannot be what is meant.
        """
        if self.hsts_seconds < 0:
            raise PolicyError("hsts_seconds", str(self.hsts_seconds), "seconds, 0 or more")
        for origin in self.trusted_origins:
            if not _ORIGIN.fullmatch(origin.lower()):
                raise PolicyError("trusted_origins", origin, "scheme and host, such as https://*.example.com")
        if self.ssl_host is not None and not _HOST.fullmatch(self.ssl_host.lower()):
            raise PolicyError("ssl_host", self.ssl_host, "a host, perhaps with a port, such as shop.example")
        for name in ("csrf_cookie_name", "csrf_header_name"):
            if not _TOKEN.fullmatch(getattr(self, name)):
                raise PolicyError(name, getattr(self, name), "a name as RFC 9110, section 5.6.2 has it")
        if self.csrf_cookie_samesite == "None" and self.csrf_cookie_secure is False:
            raise PolicyError("csrf_cookie_samesite", "None", "csrf_cookie_secure with it, or browsers drop the cookie")
        for name, url in self.reporting_endpoints.items():
            if not _ENDPOINT.fullmatch(name) or not _URL.fullmatch(url):
                raise PolicyError("reporting_endpoints", f"{name} = {url}", "a name in lower case, and a URL in ASCII")


class StrictSettings(SecuritySettings, frozen=True):
    """The same with the defaults of ``preset = "strict"``; what the settings say themselves still goes before."""

    ssl_redirect: bool = True
    hsts_seconds: int = 31_536_000
    hsts_include_subdomains: bool = True
    csrf_cookie_secure: bool | None = True
    cross_origin_resource_policy: Literal["", "same-origin", "same-site", "cross-origin"] = "same-origin"
    origin_agent_cluster: bool = True
    permissions_policy: str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    content_security_policy: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {**DEFAULT_POLICY, "style-src": ("'self'", NONCE)}
    )
    fetch_metadata: bool = True
    rate_limits: tuple[str, ...] = ("600/minute",)
    preset: Literal["", "strict"] = "strict"


SECURITY = Key[SecuritySettings]("partita.security.settings")
"""The section as the application read it."""
