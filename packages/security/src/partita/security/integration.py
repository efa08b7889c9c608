"""What security gives an application: layers, a guard, a template tag, checks, measures and a command."""

from collections.abc import Iterable, Mapping, Sequence

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.i18n import LazyText
from partita.contracts.measures import MEASURES, Measure
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.http.around import is_draft_request
from partita.http.handlers import CSRF, GUARDS, HEADERS, HOST, MIDDLEWARE, Handler, Layer, MiddlewareNotUsed
from partita.http.request import Request
from partita.security.alerts import ALERTS, Alert, Alerter, AlertHook, AlertSettings
from partita.security.checks import check_security
from partita.security.cors import cors_middleware
from partita.security.csrf import CSRF_SECRET, csrf_guard, csrf_middleware, get_token
from partita.security.errors import FetchFailed
from partita.security.filtering import parameters_middleware
from partita.security.headers import CSP_NONCE, headers_middleware, refusals_middleware
from partita.security.hosts import host_middleware
from partita.security.rate_limit import rate_limit_middleware
from partita.security.rates import RATES, Rates
from partita.security.scan_command import ScanCommand
from partita.security.settings import SECURITY, SecuritySettings, StrictSettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Protect ``app`` as its section ``[security]`` says."""
    settings = _settings(app)

    def hosts(handler: Handler) -> Handler:
        allowed, debug = app.find(ALLOWED_HOSTS), app.find(DEBUG)
        return host_middleware(allowed or (), debug=debug is True, exempt=settings.host_exempt_paths)(handler)

    def cors(handler: Handler) -> Handler:
        return cors_middleware(settings.cors, debug=app.find(DEBUG) is True)(handler)

    def rates(handler: Handler) -> Handler:
        limit = rate_limit_middleware(
            settings.rate_limits,
            app.require(RATES),
            exempt=settings.rate_limit_exempt_paths,
            fail_open=settings.rate_limit_fail_open,
            let_pass=settings.rate_limit_pass,
        )
        return limit(handler)

    def alerts(handler: Handler) -> Handler:
        hooks = _alert_hooks(app, settings.alerts)
        if not hooks:
            raise MiddlewareNotUsed("nobody is to be told")
        return Alerter(hooks, settings.alerts.kinds, settings.alerts.every).middleware()(handler)

    app.provide(SECURITY, lambda: settings)
    app.provide(RATES, _memory_rates)
    app.add(MIDDLEWARE, Layer(HOST - 10, refusals_middleware(settings), "headers of refusals"))
    app.add(MIDDLEWARE, Layer(HOST, hosts, "hosts"))
    if settings.cors.is_on:
        app.add(MIDDLEWARE, Layer(HOST + 20, cors, "cors"))
    if settings.rate_limits:
        app.add(MIDDLEWARE, Layer(HOST + 30, rates, "rate limit"))
    app.add(MIDDLEWARE, Layer(HOST - 60, alerts, "alerts"))
    if settings.log_parameters:
        app.add(MIDDLEWARE, Layer(HOST - 50, parameters_middleware(settings.filtered_parameters), "parameters"))
    app.add(MIDDLEWARE, Layer(HEADERS, headers_middleware(settings), "security headers"))
    app.add(MIDDLEWARE, Layer(CSRF, csrf_middleware(settings), "csrf"))
    app.add(GUARDS, csrf_guard(settings))
    if settings.fetch_metadata:
        from partita.security.fetch_metadata import fetch_metadata_guard, fetch_metadata_middleware  # for who wants it

        app.add(GUARDS, fetch_metadata_guard())
        app.add(MIDDLEWARE, Layer(HEADERS + 1, fetch_metadata_middleware(), "fetch metadata"))
    app.add(TEMPLATE_LIBRARIES, ("", "partita.security.templatetags"))
    app.add(CONTEXT_PROCESSORS, _context)
    app.add(CHECKS, lambda resolver: check_security(resolver, settings))
    app.add(MEASURES, lambda resolver: measures(resolver, settings))
    app.add(COMMANDS, ScanCommand())


def measures(app: Resolver, settings: SecuritySettings) -> Iterable[Measure]:
    """Tell what this package does for the safety of an application; see `partita.security.measures`."""
    from partita.security.measures import security_measures  # for the command line only

    return security_measures(app, settings)


def _memory_rates() -> Rates:
    from partita.security.rate_stores import MemoryRates  # for who limits anything

    return MemoryRates()


def _settings(app: Registrar) -> SecuritySettings:
    """Return the section with the defaults of the preset that it names."""
    settings = app.section("security", SecuritySettings)
    if settings.preset == "strict" and not isinstance(settings, StrictSettings):
        return app.section("security", StrictSettings)
    return settings


def _alert_hooks(app: Registrar, settings: AlertSettings) -> Sequence[AlertHook]:
    if not settings.webhook:
        return app.all(ALERTS)
    from partita.security.webhooks import WebhookSender  # it looks up addresses over the network

    sender = WebhookSender(settings.secret, waits=())

    async def by_webhook(alert: Alert) -> None:
        delivery = await sender.send(settings.webhook, alert)
        if not delivery.delivered:
            raise FetchFailed(settings.webhook, f"the alert was answered with {delivery.status}")

    return (*app.all(ALERTS), by_webhook)


def _context(request: object) -> Mapping[str, object]:
    """Give templates ``{{ csrf_token }}`` and ``{{ csp_nonce }}``, each made only if it is shown."""
    if not isinstance(request, Request) and not is_draft_request(request):
        return {}
    shown: dict[str, object] = {}
    if CSRF_SECRET in request.state:
        shown["csrf_token"] = LazyText(lambda: get_token(request))
    if CSP_NONCE in request.state:
        shown["csp_nonce"] = LazyText(lambda: request[CSP_NONCE])
    return shown
