"""What security gives an application: three layers, a guard, a template tag and checks."""

from collections.abc import Mapping

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS
from partita.contracts.i18n import LazyText
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.http.drafts import HttpRequest
from partita.http.handlers import CSRF, GUARDS, HEADERS, HOST, MIDDLEWARE, Handler, Layer
from partita.http.request import Request
from partita.security.checks import check_security
from partita.security.cors import cors_middleware
from partita.security.csrf import CSRF_SECRET, csrf_guard, csrf_middleware, get_token
from partita.security.fetch_metadata import fetch_metadata_guard
from partita.security.headers import CSP_NONCE, headers_middleware
from partita.security.hosts import host_middleware
from partita.security.rate_limit import rate_limit_middleware
from partita.security.rate_stores import MemoryRates
from partita.security.rates import RATES
from partita.security.settings import SecuritySettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Protect ``app`` as its section ``[security]`` says."""
    settings = app.section("security", SecuritySettings)

    def hosts(handler: Handler) -> Handler:
        allowed, debug = app.find(ALLOWED_HOSTS), app.find(DEBUG)
        return host_middleware(allowed or (), debug=debug is True, exempt=settings.host_exempt_paths)(handler)

    def rates(handler: Handler) -> Handler:
        limit = rate_limit_middleware(
            settings.rate_limits,
            app.require(RATES),
            exempt=settings.rate_limit_exempt_paths,
            fail_open=settings.rate_limit_fail_open,
        )
        return limit(handler)

    app.provide(RATES, MemoryRates)
    app.add(MIDDLEWARE, Layer(HOST, hosts, "hosts"))
    if settings.cors.is_on:
        app.add(MIDDLEWARE, Layer(HOST + 20, cors_middleware(settings.cors), "cors"))
    if settings.rate_limits:
        app.add(MIDDLEWARE, Layer(HOST + 30, rates, "rate limit"))
    app.add(MIDDLEWARE, Layer(HEADERS, headers_middleware(settings), "security headers"))
    app.add(MIDDLEWARE, Layer(CSRF, csrf_middleware(settings), "csrf"))
    app.add(GUARDS, csrf_guard(settings))
    if settings.fetch_metadata:
        app.add(GUARDS, fetch_metadata_guard())
    app.add(TEMPLATE_LIBRARIES, ("", "partita.security.templatetags"))
    app.add(CONTEXT_PROCESSORS, _context)
    app.add(CHECKS, lambda resolver: check_security(resolver, settings))


def _context(request: object) -> Mapping[str, object]:
    """Give templates ``{{ csrf_token }}`` and ``{{ csp_nonce }}``, each made only if it is shown."""
    if not isinstance(request, Request | HttpRequest):
        return {}
    shown: dict[str, object] = {}
    if CSRF_SECRET in request.state:
        shown["csrf_token"] = LazyText(lambda: get_token(request))
    if CSP_NONCE in request.state:
        shown["csp_nonce"] = LazyText(lambda: request[CSP_NONCE])
    return shown
