"""The application: everything a project is made of, put together."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping, Sequence
from contextvars import ContextVar, Token
from functools import partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, TypeVar, overload

from partita.bridge import drive, wait
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import Command
from partita.contracts.current import CURRENT, Resolver
from partita.contracts.key import ExtensionPoint, Key, Name
from partita.contracts.lifecycle import SHUTDOWN, STARTUP
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG, LANGUAGE, TIME_ZONE, USE_TZ
from partita.contracts.templates import CONTEXT_PROCESSORS
from partita.http import (
    GUARDS,
    LIMITS,
    MIDDLEWARE,
    Hooks,
    Layer,
    Limits,
    Middleware,
    Request,
    Response,
    asgi_app,
    compose,
    wsgi_app,
)
from partita.http.asgi import ASGIApp
from partita.http.files import FileBody
from partita.http.forwarded import TrustedProxies
from partita.http.handlers import HOST, URLCONF, USER, misplaced
from partita.http.websocket import WebSocket
from partita.http.wsgi import WSGIApp
from partita.urls import (
    CONVERTERS,
    ROUTER,
    Converter,
    Include,
    Pattern,
    Router,
    get_urlconf,
    include,
    script_prefix,
    set_script_prefix,
    set_urlconf,
)
from partita.urls.current import ROUTERS, Routers
from partita.web.calling import Calls
from partita.web.common import layers_of
from partita.web.composition import contribute, discover, set_up
from partita.web.early_hints import EARLY_HINTS, EarlyHints
from partita.web.errors import AppError
from partita.web.failures import Failures
from partita.web.keys import REPORTS, SETTINGS
from partita.web.packages import DEFAULT_APPS, AppPackage, installed, on_demand, shared_lists, with_required
from partita.web.registry import Registry
from partita.web.rooting import check_error_views, error_views
from partita.web.routing import route_to_views
from partita.web.settings import Settings
from partita.web.streaming import stream_within
from partita.web.transactions import atomic_views
from partita.web.web_settings import WebSettings
from partita.web.websockets import serve_websocket

__all__ = ("App",)

T = TypeVar("T")
Urls = str | ModuleType | Sequence[Pattern] | Include

_entered: ContextVar[tuple[Token[Resolver | None], ...]] = ContextVar("partita.web.entered", default=())


class App:
    """An application, and whatever calls one: it answers partita's server, ASGI and WSGI.

    Args:
        settings: What it is told from outside.
        apps: Dotted names of packages. Each one's ``integration.setup(app)`` is called, its ``models`` are imported, and its
            folders ``templates``, ``static`` and ``locale`` are used.
        urls: The outermost routes, or the module that has them; imported when they are first needed.
        middleware: Layers with their place, or callables, which go innermost.
        default_apps: Packages that are set up before ``apps``, as far as they are installed.

    Raises:
        AppError: If the packages do not fit together.
        ValueError: If the settings of a package are wrong.
    """

    __slots__ = (
        "__weakref__",
        "_asgi",
        "_handler",
        "_layers",
        "_registry",
        "_urls",
        "_web",
        "_wsgi",
        "packages",
        "settings",
    )

    def __init__(
        self,
        settings: Settings,
        apps: Iterable[str] = (),
        urls: Urls = (),
        middleware: Iterable[Layer | Middleware] = (),
        *,
        default_apps: Iterable[str] = DEFAULT_APPS,
    ) -> None:
        self.settings = settings
        self._registry = Registry(settings)
        self._urls = urls
        self._layers = tuple(_layer(each) for each in middleware)
        self._handler: Callable[[Request], Coroutine[Any, Any, Response]] | None = None
        self._asgi: ASGIApp | None = None
        self._wsgi: WSGIApp | None = None
        self._web = settings.section("web", WebSettings)
        chosen = with_required(apps)
        self.packages = tuple(AppPackage(name) for name in chosen)
        self._provide_own()
        defaults = tuple(installed(name for name in default_apps if name not in chosen))
        later = set(on_demand(defaults, settings.sections, self.packages))
        before = [AppPackage(name, on_demand=name in later) for name in defaults]
        self.add(CHECKS, self._check_values)
        if settings.debug:
            from partita.web.debug_context import debug_context  # for development

            self.add(CONTEXT_PROCESSORS, debug_context(True, self._web.internal_ips))
            if self._web.server_timing:
                from partita.web.timings import timing_layers

                for layer in timing_layers(self._web.internal_ips):
                    self.add(MIDDLEWARE, layer)
        contribute(self, before, self.packages)
        for package in (*before, *self.packages):
            register = partial(set_up, self, package, before, self.packages)
            if package in before and package.name in later:
                self._registry.set_up_later(package.name, register, shared_lists(package.name))
            else:
                register()
        discover(self, self.packages)
        self._registry.freeze()

    def provide(self, key: Key[T], factory: Callable[[], T]) -> None:
        """See `Registrar.provide`."""
        self._registry.provide(key, factory)

    def require(self, key: Name[T]) -> T:
        """See `Registrar.require`."""
        return self._registry.require(key)

    def find(self, key: Name[T]) -> T | None:
        """See `Registrar.find`."""
        return self._registry.find(key)

    def add(self, point: ExtensionPoint[T], value: T) -> None:
        """See `Registrar.add`."""
        self._registry.add(point, value)

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """See `Registrar.all`."""
        return self._registry.all(point)

    def section(self, name: str, kind: type[T]) -> T:
        """See `Registrar.section`."""
        return self._registry.section(name, kind)

    def command(self, name: str) -> Command | None:
        """Return the command ``name``, or None; asks for no more packages than it takes to find it."""
        return self._registry.command(name)

    @overload
    def __call__(self, request: Request, /) -> Coroutine[Any, Any, Response]: ...
    @overload
    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object], /) -> Iterable[bytes]: ...
    @overload
    def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
        /,
    ) -> Coroutine[Any, Any, None]: ...
    def __call__(self, first: Any, /, *rest: Any) -> Any:
        """Answer a request: partita's own, an ASGI scope, or a WSGI environment."""
        if not rest:
            return self.handle(first)
        if len(rest) == 1:
            return self.wsgi(first, rest[0])
        return self.asgi(first, rest[0], rest[1])

    async def handle(self, request: Request) -> Response:
        """Answer a request."""
        handler = self._handler
        router = None
        outer = get_urlconf()  # of an application that this one is mounted in
        token = CURRENT.set(self)
        try:
            if outer is not None:
                set_urlconf(None)
            if request.root_path:  # `reverse` has to know where we are mounted
                with script_prefix(request.root_path):
                    response = await drive((handler or self.prepare())(request))
            else:
                response = await drive((handler or self.prepare())(request))
        finally:
            # What middleware chose counts for the whole request, and no further.
            if outer is not None or (request.is_looked_into and URLCONF in request.state):
                router = get_urlconf()
                set_urlconf(outer)
            CURRENT.reset(token)
        body = response.body
        # Most bodies are bytes, and this is the quickest way to know.
        if body.__class__ is bytes or isinstance(body, FileBody):
            return response
        return stream_within(self, response, request.root_path, router)

    def for_server(self, root_path: str = "") -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what a server calls instead of the application itself, which costs less at each request.

        The server calls this once after `startup`, in the context that all requests inherit, and runs requests and streamed
        bodies beneath the bridge; partita's server does.

        Args:
            root_path: Where the application is mounted, without a slash at its end; the same for all requests.
        """
        CURRENT.set(self)
        if root_path:
            set_script_prefix(root_path)
        return self.prepare()

    async def handle_websocket(self, socket: WebSocket) -> None:
        """Take a WebSocket through all layers to its view; returns when it has ended."""
        token = CURRENT.set(self)
        try:
            with script_prefix(socket.request.root_path):
                await serve_websocket(self._handler or self.prepare(), socket)
        finally:
            CURRENT.reset(token)

    @property
    def websocket(self) -> ASGIApp:
        """What a server calls, as ASGI says, for each WebSocket; partita's server does."""
        return self.asgi

    @property
    def early_hints(self) -> "EarlyHints | None":
        """What partita's server asks for each request, before this application; None if it need not."""
        return self.require(EARLY_HINTS) if self._web.early_hints else None

    @property
    def asgi(self) -> ASGIApp:
        """This application for ASGI servers."""
        if self._asgi is None:
            self._asgi = asgi_app(
                self.handle, self.startup, self.shutdown, self._limits(), wait, self._proxies(), self.handle_websocket
            )
        return self._asgi

    @property
    def wsgi(self) -> WSGIApp:
        """This application for WSGI servers."""
        if self._wsgi is None:
            self._wsgi = wsgi_app(self.handle, self.startup, self._limits(), wait, self._proxies())
        return self._wsgi

    def prepare(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put routes and middleware together, which otherwise happens at the first request.

        Returns:
            What answers requests.

        Raises:
            PatternError: If the routes do not fit together.
        """
        if self._handler is None:
            self._handler = self._put_together()
        return self._handler

    def _put_together(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        router = self.require(ROUTER)
        web, hooks = self._web, Hooks()
        calls = Calls(web.view_threads, atomic_views() if web.atomic_requests else None, web.drafts)
        failures = Failures(
            self.settings.debug, error_views(self._urls, calls), web.editor, lambda urls: error_views(urls, calls)
        )
        innermost = route_to_views(
            router,
            self.all(GUARDS),
            calls,
            append_slash=web.append_slash,
            failures=failures,
            hooks=hooks,
            other_router=self.require(ROUTERS),
        )
        layers = self.layers()
        # Middleware sees answers, not exceptions. What it raises itself is answered within those that stand outside of the check
        # of hosts: they tell of failures and give every answer its headers. What these raise is answered outside of all.
        inside = [layer for layer in layers if layer.order >= HOST]
        outside = [layer for layer in layers if layer.order < HOST]
        handler = failures.protect(compose(innermost, inside, hooks))
        return failures.protect(compose(handler, outside, hooks)) if outside else handler

    def exchange_routes(self) -> None:
        """Put routes and middleware together anew, from what modules have now; if that fails, the former ones stay."""
        put_back = self._registry.renew(ROUTER)
        self.require(ROUTERS).clear()
        try:
            self._handler = self._put_together()
        except BaseException:
            put_back()
            raise

    def reload(self, paths: Sequence[str]) -> str:
        """Use what stands in files now, without a new process: for development; see `partita.web.reloading.reload`.

        Args:
            paths: Of files that have changed.

        Returns:
            Why the program has to be started again; empty if it need not be.
        """
        from partita.web.reloading import reload  # for development

        with self:
            return reload(self, paths, Path.cwd())

    def layers(self) -> tuple[Layer, ...]:
        """Return all layers, in no particular order; those of packages, those given to `App`, and those the settings ask for."""
        return (*self.all(MIDDLEWARE), *self._layers, *layers_of(self._web, type(self)))

    async def startup(self) -> None:
        """Get ready to serve."""
        token = CURRENT.set(self)
        try:
            self.prepare()
            for hook in self.all(STARTUP):
                await hook()
        finally:
            CURRENT.reset(token)

    async def shutdown(self) -> None:
        """Let go of everything that was opened; one failure does not keep the others from it."""
        failures: list[Exception] = []
        token = CURRENT.set(self)
        try:
            for hook in reversed(self.all(SHUTDOWN)):
                try:
                    await hook()
                except Exception as error:  # noqa: BLE001 - raised together at the end
                    failures.append(error)
        finally:
            CURRENT.reset(token)
        if failures:
            raise ExceptionGroup("shutdown failed", failures)

    def check(self) -> list[Finding]:
        """Return what packages find wrong with this application."""
        with self:
            self.prepare()
            return [finding for check in self.all(CHECKS) for finding in check(self)]

    def __enter__(self) -> "App":
        _entered.set((*_entered.get(), CURRENT.set(self)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        *outer, token = _entered.get()
        _entered.set(tuple(outer))
        CURRENT.reset(token)

    async def __aenter__(self) -> "App":
        await self.startup()
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
        await self.shutdown()

    def __repr__(self) -> str:
        return f"<App {', '.join(package.name for package in self.packages) or 'without apps'}>"

    def _provide_own(self) -> None:
        settings = self.settings
        self.provide(SETTINGS, lambda: settings)
        self.provide(DEBUG, lambda: settings.debug)
        self.provide(ALLOWED_HOSTS, lambda: settings.allowed_hosts)
        self.provide(LANGUAGE, lambda: settings.language)
        self.provide(TIME_ZONE, lambda: settings.time_zone)
        self.provide(USE_TZ, lambda: settings.use_tz)
        self.provide(ROUTER, self._router)
        self.provide(ROUTERS, lambda: Routers(dict(self.all(CONVERTERS)), self._urls, lambda: self.require(ROUTER)))
        if self._web.early_hints:
            self.provide(EARLY_HINTS, EarlyHints)
            self.add(
                MIDDLEWARE, Layer(USER - 1, lambda handler: self.require(EARLY_HINTS).layer(handler), "early hints")
            )
        self.provide(
            REPORTS, lambda: {"reporter": self._web.exception_reporter, "filter": self._web.exception_reporter_filter}
        )

    def _check_values(self, app: Resolver) -> Iterable[Finding]:
        # Also reads all sections of the settings, so that those nobody reads are known after this.
        for problem in misplaced(self.layers()):
            yield Finding("web.E002", "error", problem, "Change its place among the layers.")
        yield from check_error_views(self._urls)
        for name, error in self._registry.failures():
            yield Finding("web.E001", "error", f"{name} cannot be made: {error}", "Mend the settings or the package.")

    def _router(self) -> Router:
        converters: dict[str, Converter] = dict(self.all(CONVERTERS))
        web = self._web
        return Router(include(self._urls).patterns, converters, web.route_cache, web.route_cache_seconds or None)

    def _proxies(self) -> TrustedProxies | None:
        web = self._web
        return TrustedProxies(web.trusted_proxies, web.forwarded, web.forwarded_host) if web.trusted_proxies else None

    def _limits(self) -> Limits:
        return self.find(LIMITS) or Limits()


# uvicorn and others ask whether __call__ is a coroutine function; it is none, since it answers WSGI as well.
App.__call__._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]


def _layer(given: Layer | Middleware) -> Layer:
    if isinstance(given, Layer):
        return given
    if not callable(given):
        raise AppError(
            f"middleware holds {given!r:.80}, which cannot be called. Expected the function or class itself, or a Layer; what was "
            "written for Django goes in as partita.views.middleware.adapt(...)."
        )
    return Layer(USER, given, getattr(given, "__qualname__", type(given).__qualname__))
