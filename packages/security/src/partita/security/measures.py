"""What this package does for the safety of an application, for ``partita check --profile``."""

import logging
from collections.abc import Iterable

from partita.contracts.current import Resolver
from partita.contracts.measures import Measure
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.http.handlers import GUARDS, MIDDLEWARE
from partita.security.alerts import ALERTS
from partita.security.policies import policy_problems
from partita.security.settings import SecuritySettings

__all__ = ("security_measures",)

_YEAR = 31_536_000


def security_measures(app: Resolver, settings: SecuritySettings) -> Iterable[Measure]:
    """Give the measures of the layers transport, content, validation and audit."""
    yield from _transport(settings)
    yield from _content(app, settings)
    yield from _validation(app, settings)
    yield from _audit(app, settings)


def _transport(settings: SecuritySettings) -> Iterable[Measure]:
    yield Measure("transport", "HTTP leads to HTTPS", settings.ssl_redirect, "[security] ssl_redirect = true")
    long = settings.hsts_seconds >= _YEAR and settings.hsts_include_subdomains
    hint = f"[security] hsts_seconds = {_YEAR} and hsts_include_subdomains = true"
    yield Measure("transport", "browsers stay with HTTPS for a year, on all hosts below, too", long, hint)
    secure = settings.csrf_cookie_secure is not False and (settings.ssl_redirect or settings.csrf_cookie_secure is True)
    yield Measure("transport", "the CSRF cookie goes over HTTPS only", secure, "[security] csrf_cookie_secure = true")


def _content(app: Resolver, settings: SecuritySettings) -> Iterable[Measure]:
    names = {layer.name for layer in app.all(MIDDLEWARE)}
    sent = "security headers" in names
    policy = settings.content_security_policy
    good = sent and bool(policy) and not policy_problems(policy)
    yield Measure(
        "content", "a policy keeps injected scripts from running", good, "mend [security] content_security_policy"
    )
    styles = policy.get("style-src", policy.get("default-src", ("'unsafe-inline'",)))
    yield Measure(
        "content", "inline styles are refused", sent and "'unsafe-inline'" not in styles, "style-src = [\"'self'\"]"
    )
    framed = bool(settings.frame_options) or "frame-ancestors" in policy
    yield Measure("content", "other sites cannot frame the pages", sent and framed, '[security] frame_options = "DENY"')
    yield Measure("content", "browsers believe content types", sent and settings.nosniff, "[security] nosniff = true")
    referrer = settings.referrer_policy not in {"", "unsafe-url", "no-referrer-when-downgrade"}
    yield Measure(
        "content", "other sites do not learn addresses", sent and referrer, '[security] referrer_policy = "same-origin"'
    )
    yield Measure("content", "errors do not show source code", not app.find(DEBUG), "debug = false")


def _validation(app: Resolver, settings: SecuritySettings) -> Iterable[Measure]:
    names = {layer.name for layer in app.all(MIDDLEWARE)}
    hosts = app.find(ALLOWED_HOSTS) or ()
    known = "hosts" in names and bool(hosts) and "*" not in hosts
    yield Measure("validation", "only the site's own names are answered to", known, "list them in allowed_hosts")
    guarded = "csrf" in names and bool(app.all(GUARDS))
    yield Measure("validation", "other sites' pages cannot send forms", guarded, "set up partita.security")
    cors = not settings.cors.all_origins
    yield Measure("validation", "no site but those named reads answers", cors, "name origins in [security.cors]")
    hint = '[security] rate_limits = ["600/minute"]'
    yield Measure("validation", "requests by one address are limited", bool(settings.rate_limits), hint)
    isolated = settings.fetch_metadata
    yield Measure("validation", "other sites load nothing from here", isolated, "[security] fetch_metadata = true")


def _audit(app: Resolver, settings: SecuritySettings) -> Iterable[Measure]:
    heard = logging.getLogger("partita.security").isEnabledFor(logging.WARNING)
    yield Measure("audit", "refused requests are logged", heard, "let the logger partita.security through at WARNING")
    alerts = bool(app.all(ALERTS)) or bool(settings.alerts.webhook)
    hint = '[security.alerts] webhook = "https://…", or app.add(ALERTS, …)'
    yield Measure("audit", "somebody is told when the database fails or an attack is seen", alerts, hint)
    passwords = {"password", "token", "secret"} <= {name.lower() for name in settings.filtered_parameters}
    yield Measure(
        "audit", "passwords do not get into logs", passwords, "leave [security] filtered_parameters at its default"
    )
