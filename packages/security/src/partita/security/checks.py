"""What ``partita check --deploy`` says of the security of an application."""

from collections.abc import Iterable

from partita.contracts.checks import Finding
from partita.contracts.current import Resolver
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.http.handlers import GUARDS, MIDDLEWARE
from partita.security.policies import policy_problems
from partita.security.settings import SecuritySettings

__all__ = ("check_security",)

_REFERRER = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
_OPENER = frozenset({"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"})
_PRELOAD_SECONDS = 31_536_000


def check_security(app: Resolver, settings: SecuritySettings) -> Iterable[Finding]:
    """Give what is wrong, errors whatever the mode, the rest only with ``debug`` off."""
    yield from _values(settings)
    yield from _hosts(app)
    if not app.find(DEBUG):
        yield from _layers(app)
        yield from _transport(settings)
        yield from _headers(settings)
        yield from _cookies(settings)


def _values(settings: SecuritySettings) -> Iterable[Finding]:
    wrong = [each for each in _words(settings.referrer_policy) if each not in _REFERRER]
    if wrong:
        text = f"referrer_policy has {', '.join(wrong)}, which browsers do not know."
        yield Finding("security.E023", "error", text, f"Take of: {', '.join(sorted(_REFERRER))}.")
    opener = settings.cross_origin_opener_policy
    if opener and opener not in _OPENER:
        text = f"cross_origin_opener_policy is {opener!r}, which browsers do not know."
        yield Finding("security.E024", "error", text, f"Take one of: {', '.join(sorted(_OPENER))}.")
    for name in ("content_security_policy", "content_security_policy_report_only"):
        for directive, sources in getattr(settings, name).items():
            if "'none'" in sources and len(sources) > 1:
                text = f"{name}: {directive} has 'none' beside other sources, which makes it void."
                yield Finding("security.E026", "error", text, "Leave out 'none', or the others.")
    if settings.cors.all_origins:
        paths = ", ".join(settings.cors.paths)
        text = f"cors.all_origins lets any site's page read what is below {paths}."
        if not paths:
            text = "cors.all_origins counts with debug on only; on a server it lets nobody in."
        yield Finding("security.W030", "warning", text, "Name the origins, or limit it with cors.paths.")


def _hosts(app: Resolver) -> Iterable[Finding]:
    debug, hosts = app.find(DEBUG), app.find(ALLOWED_HOSTS) or ()
    if debug:
        text = "debug is on: errors show source code to everybody."
        yield Finding("security.W018", "warning", text, "Switch it off on a server.", deploy=True)
    elif not hosts:
        text = "allowed_hosts is empty, so every request is refused."
        yield Finding("security.W020", "error", text, "List the site's names.")
    if "*" in hosts:
        text = "allowed_hosts takes any host, so links in mails can be forged."
        yield Finding("security.W028", "warning", text, "List names.")


def _layers(app: Resolver) -> Iterable[Finding]:
    names = {layer.name for layer in app.all(MIDDLEWARE)}
    if "security headers" not in names:
        text = "No layer adds security headers."
        yield Finding("security.W001", "warning", text, "Set up partita.security, or add headers_middleware().")
    if "csrf" not in names or not app.all(GUARDS):
        text = "Nothing keeps other sites' pages from sending forms here."
        yield Finding(
            "security.W003", "warning", text, "Set up partita.security, or add csrf_middleware() and csrf_guard()."
        )


def _transport(settings: SecuritySettings) -> Iterable[Finding]:
    seconds = settings.hsts_seconds
    if not seconds:
        text = "Browsers are not told to stay with HTTPS."
        yield Finding("security.W004", "info", text, "Set [security] hsts_seconds = 3600.")
    else:
        if not settings.hsts_include_subdomains:
            text = "Hosts below this one may still be asked over HTTP, and set cookies for it."
            yield Finding(
                "security.W005", "info", text, "Set [security] hsts_include_subdomains = true if all serve HTTPS."
            )
        if settings.hsts_preload and (seconds < _PRELOAD_SECONDS or not settings.hsts_include_subdomains):
            text = "hsts_preload has no effect: the lists ask for a year, and for all hosts below."
            yield Finding(
                "security.W021", "warning", text, f"Set hsts_seconds = {_PRELOAD_SECONDS} and hsts_include_subdomains."
            )
    if not settings.ssl_redirect:
        text = "Requests over HTTP are answered."
        hint = "Set [security] ssl_redirect = true, unless the proxy in front does it."
        yield Finding("security.W008", "info", text, hint)


def _headers(settings: SecuritySettings) -> Iterable[Finding]:
    if not settings.nosniff:
        text = "Browsers may take a file for something else than its content type says."
        yield Finding("security.W006", "warning", text, "Set [security] nosniff = true.")
    ancestors = settings.content_security_policy.get("frame-ancestors")
    if not settings.frame_options and (ancestors is None or not {"*", "http:", "https:"}.isdisjoint(ancestors)):
        text = "Any site may put the pages into a frame and let visitors click in it."
        yield Finding("security.W002", "warning", text, "Set frame_options, or frame-ancestors in the policy.")
    elif settings.frame_options == "SAMEORIGIN":
        text = "frame_options lets the site's own pages frame each other."
        yield Finding("security.W019", "info", text, "Set it to DENY unless they do.")
    if not settings.referrer_policy:
        text = "Other sites learn the addresses of the pages that link to them."
        yield Finding("security.W022", "info", text, "Set [security] referrer_policy = 'same-origin'.")
    if not settings.content_security_policy:
        yield Finding("security.W026", "info", "No Content-Security-Policy is sent.", "Leave it at its default.")
        return
    for problem in policy_problems(settings.content_security_policy):
        hint = "Change it in [security] content_security_policy; without an entry there it is partita.security.DEFAULT_POLICY."
        yield Finding("security.W027", "info", f"content_security_policy: {problem}", hint)


def _cookies(settings: SecuritySettings) -> Iterable[Finding]:
    if settings.csrf_cookie_secure is False:
        text = "The cookie of the CSRF token also goes over HTTP."
        yield Finding("security.W016", "warning", text, "Leave csrf_cookie_secure at its default, or set it to true.")


def _words(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]
