"""What security gives an application: three layers, a guard, a template tag and checks."""

from collections.abc import Iterable, Mapping

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.i18n import LazyText
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.http.handlers import CSRF, GUARDS, HEADERS, HOST, MIDDLEWARE, Handler, Layer
from partita.http.request import Request
from partita.security.csrf import CSRF_SECRET, csrf_guard, csrf_middleware, get_token
from partita.security.headers import headers_middleware
from partita.security.hosts import host_middleware
from partita.security.settings import SecuritySettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Protect ``app`` as its section ``[security]`` says."""
    settings = app.section("security", SecuritySettings)

    def hosts(handler: Handler) -> Handler:
        allowed, debug = app.find(ALLOWED_HOSTS), app.find(DEBUG)
        return host_middleware(allowed or (), debug=debug is True)(handler)

    app.add(MIDDLEWARE, Layer(HOST, hosts, "hosts"))
    app.add(MIDDLEWARE, Layer(HEADERS, headers_middleware(settings), "security headers"))
    app.add(MIDDLEWARE, Layer(CSRF, csrf_middleware(settings), "csrf"))
    app.add(GUARDS, csrf_guard(settings))
    app.add(TEMPLATE_LIBRARIES, ("", "partita.security.templatetags"))
    app.add(CONTEXT_PROCESSORS, _csrf_token)
    app.add(CHECKS, lambda resolver: _check(resolver, settings))


def _csrf_token(request: object) -> Mapping[str, object]:
    """Give templates ``{{ csrf_token }}``, made only if it is shown."""
    if not isinstance(request, Request) or CSRF_SECRET not in request.state:
        return {}
    return {"csrf_token": LazyText(lambda: get_token(request))}


def _check(app: Resolver, settings: SecuritySettings) -> Iterable[Finding]:
    debug, allowed = app.find(DEBUG), app.find(ALLOWED_HOSTS)
    hosts = allowed or ()
    if debug:
        yield Finding(
            "security.W018",
            "warning",
            "debug is on: errors show source code to everybody.",
            "Switch it off on a server.",
        )
    elif not hosts:
        yield Finding(
            "security.W020", "error", "allowed_hosts is empty, so every request is refused.", "List the site's names."
        )
    if "*" in hosts:
        yield Finding(
            "security.W028", "warning", "allowed_hosts takes any host, so links in mails can be forged.", "List names."
        )
    if not debug:
        yield from _check_transport(settings)


def _check_transport(settings: SecuritySettings) -> Iterable[Finding]:
    if not settings.hsts_seconds:
        yield Finding(
            "security.W004", "info", "Browsers are not told to stay with HTTPS.", "Set [security] hsts_seconds = 3600."
        )
    if not settings.ssl_redirect:
        yield Finding(
            "security.W008",
            "info",
            "Requests over HTTP are answered.",
            "Set [security] ssl_redirect = true, unless the proxy in front does it.",
        )
    if not settings.content_security_policy:
        yield Finding("security.W026", "info", "No Content-Security-Policy is sent.", "Leave it at its default.")
