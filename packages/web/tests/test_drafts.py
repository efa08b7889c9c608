"""Views, middleware and error handlers written Django's way, inside of an application."""

import asyncio
import types
from typing import Any

import pytest

from partita.http import Layer, NotFound, Request, Response, Slot, SuspiciousOperation
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponseRedirect
from partita.http.handlers import SESSION, URLCONF
from partita.security import CorsSettings, MemoryRates, cors_middleware, rate_limit_middleware
from partita.urls import include, path, reverse
from partita.views import TemplateResponse
from partita.views.middleware import MiddlewareMixin, MiddlewareNotUsed, adapt, async_only_middleware
from partita.web import App, Settings
from partita.web.testing import application

LEAN = ("partita.http", "partita.urls")


def ask(app: App, target: str, method: str = "GET", **options: Any) -> Response:
    return asyncio.run(app(Request.build(method, target, **options)))


def build(*urls: Any, middleware: Any = (), web: Any = None, default_apps: Any = LEAN, **options: Any) -> App:
    settings = Settings("key", sections={"web": {"drafts": True, **(web or {})}}, **options)
    return App(settings, urls=urls, middleware=middleware, default_apps=default_apps)


def echo(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(f"{request.POST.get('a')} {request.GET.getlist('x')} {request.path}")
    response["X-Own"] = "1"
    return response


async def aecho(request: HttpRequest) -> HttpResponse:
    return echo(request)


@pytest.mark.parametrize("view", [echo, aecho])
def test_views_get_drafts_and_their_answers_are_sealed(view: Any) -> None:
    response = ask(build(path("", view)), "/?x=1&x=2", "POST", form={"a": "ü"})
    assert type(response) is Response
    assert response.body == "ü ['1', '2'] /".encode()
    assert response.headers["x-own"] == "1"


def test_one_view_may_ask_for_drafts() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(type(request).__name__)

    view.takes_draft = True  # type: ignore[attr-defined]
    app = App(Settings("key"), urls=[path("", view)], default_apps=LEAN)
    assert ask(app, "/").body == b"HttpRequest"


class Recording(MiddlewareMixin):
    """Writes down what it is called for."""

    seen: list[str] = []

    def process_request(self, request: HttpRequest) -> None:
        self.seen.append("request")
        request.tenant = "blue"

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        self.seen.append(f"response {response.status_code}")
        response["X-Tenant"] = request.tenant
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        self.seen.append(f"view {view.__name__} {kwargs}")
        return HttpResponse("early") if kwargs.get("name") == "early" else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        self.seen.append(f"exception {error}")
        return HttpResponse("mended", status=503) if isinstance(error, ValueError) else None


class SyncRecording(Recording):
    async_capable = False


def failing(request: HttpRequest, name: str = "") -> HttpResponse:
    if name == "value":
        raise ValueError(name)
    raise ZeroDivisionError(name)


@pytest.mark.parametrize("middleware", [Recording, SyncRecording])
def test_middleware_in_djangos_manner_has_all_its_hooks(middleware: type[Recording]) -> None:
    app = build(path("", aecho), path("<name>/", failing), middleware=[adapt(middleware)])
    middleware.seen = []
    assert ask(app, "/").headers["x-tenant"] == "blue"
    assert middleware.seen == ["request", "view aecho {}", "response 200"]
    assert ask(app, "/early/").body == b"early"
    mended = ask(app, "/value/")
    assert (mended.status, mended.body) == (503, b"mended")
    middleware.seen = []
    assert ask(app, "/other/").status == 500
    assert middleware.seen[2:] == ["exception other", "response 500"]


def test_middleware_may_answer_itself_or_be_unused_or_only_async() -> None:
    def refusing(get_response: Any) -> Any:
        return lambda request: HttpResponseRedirect("/login/")

    def unused(get_response: Any) -> Any:
        raise MiddlewareNotUsed

    @async_only_middleware
    def marking(get_response: Any) -> Any:
        async def marked(request: Any) -> Any:
            response = await get_response(request)
            response["X-Marked"] = "1"
            return response

        return marked

    app = build(path("", echo), middleware=[adapt(unused), adapt(marking), adapt(refusing)])
    response = ask(app, "/")
    assert (response.status, response.headers["location"], response.headers["x-marked"]) == (302, "/login/", "1")


TENANT = Slot[str]("test.tenant_name")


def test_a_draft_and_the_native_request_share_their_slots() -> None:
    request = Request.build()
    request.state.fill(TENANT, "blue")
    draft = HttpRequest.of(request)
    draft.tenant_name = "red"
    assert request[TENANT] == draft[TENANT] == draft.tenant_name == "red"
    assert HttpRequest.of(request) is draft


def test_middleware_chooses_other_routes_for_a_request() -> None:
    def choosing(handler: Any) -> Any:
        async def choose(request: Request) -> Response:
            if request.host == "other.test":
                request.state.fill(URLCONF, other)
            return await handler(request)  # type: ignore[no-any-return]

        return choose

    other = [path("only/", echo)]
    app = build(path("", echo), middleware=[choosing])
    assert ask(app, "/only/", headers={"Host": "other.test"}).status == 200
    assert ask(app, "/only/").status == 404
    assert ask(app, "/", headers={"Host": "other.test"}).status == 404


def test_the_root_of_the_routes_says_how_errors_look(caplog: pytest.LogCaptureFixture) -> None:
    root: Any = types.ModuleType("root")
    root.urlpatterns = [path("<name>/", failing)]

    def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
        return HttpResponse(f"{type(exception).__name__} at {request.path}", status=404)

    async def handler500(request: HttpRequest) -> HttpResponse:
        return HttpResponse("sorry", status=500)

    root.handler404, root.handler500 = handler404, handler500
    settings = Settings("key", sections={"web": {"drafts": True}})
    app = App(settings, urls=root, default_apps=LEAN)
    assert ask(app, "/").body == b"NotFound at /"
    assert ask(app, "/x/").body == b"sorry"
    root.handler404 = lambda request, **named: HttpResponse(",".join(named), status=404)
    assert ask(App(settings, urls=root, default_apps=LEAN), "/").body == b"exception"
    root.handler404 = lambda request, error: HttpResponse(str(error), status=404)
    assert ask(App(settings, urls=root, default_apps=LEAN), "/").status == 404
    root.handler404 = lambda request, exception: 1 / 0
    broken = App(settings, urls=root, default_apps=LEAN)
    assert ask(broken, "/").status == 500
    assert "The view for errors with status 404 failed" in caplog.text


def test_what_no_honest_client_does_goes_into_the_security_log(caplog: pytest.LogCaptureFixture) -> None:
    class Forged(SuspiciousOperation):
        pass

    def view(request: Any) -> Any:
        raise Forged("a form that nobody sent\n")

    assert ask(build(path("", view)), "/").status == 400
    assert [(each.name, "\n" in each.getMessage()) for each in caplog.records] == [("partita.security.Forged", False)]


def test_a_layer_out_of_place_is_found_by_the_check() -> None:
    def nothing(handler: Any) -> Any:
        return handler

    app = build(middleware=[Layer(SESSION - 1, nothing, "user", within=("sessions",))])
    assert [each.text for each in app.check() if each.id == "web.E002"] == [
        "The layer 'user' needs a layer 'sessions' outside of it, and there is none."
    ]


def test_options_and_head_are_answered_for_routes_with_methods() -> None:
    app = build(path("a/", echo, methods=["GET"]), path("a/", echo, methods=["POST"]))
    options = ask(app, "/a/", "OPTIONS")
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert ask(app, "/a/", "HEAD").status == 200
    assert ask(app, "/a/", "PUT").status == 405


def test_the_settings_ask_for_common_layers() -> None:
    long = "x" * 5000

    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(long)

    web = {"conditional_get": True, "prepend_www": True, "disallowed_user_agents": ["^badbot"]}
    app = build(path("", page), web=web)
    moved = ask(app, "/?a=1", headers={"Host": "shop.test"})
    assert (moved.status, moved.headers["location"]) == (301, "http://www.shop.test/?a=1")
    ours = {"Host": "www.shop.test"}
    assert ask(app, "/", headers={**ours, "User-Agent": "BadBot/1"}).status == 403
    first = ask(app, "/", headers=ours)
    assert ask(app, "/", headers={**ours, "If-None-Match": first.headers["etag"]}).status == 304
    packed = ask(app, "/", headers={**ours, "Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    # A page of another site that makes the browser ask, to measure lengths, gets it as it is (BREACH).
    foreign = {**ours, "Accept-Encoding": "gzip", "Cookie": "a=1", "Sec-Fetch-Site": "cross-site"}
    assert "content-encoding" not in ask(app, "/", headers=foreign).headers
    plain = build(path("", page), web={"compress": False})
    assert "content-encoding" not in ask(plain, "/", headers={"Accept-Encoding": "gzip"}).headers


def test_trusted_proxies_say_who_asks_and_how() -> None:
    async def view(request: Request) -> Response:
        assert request.client is not None
        return Response.text(f"{request.client[0]} {request.scheme}")

    def served(proxies: list[str]) -> bytes:
        app = App(
            Settings("key", sections={"web": {"trusted_proxies": proxies}}), urls=[path("", view)], default_apps=LEAN
        )
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "path": "/", "client": ("10.0.0.1", 1), "scheme": "http"}
        headers = [(b"x-forwarded-for", b"192.0.2.7"), (b"x-forwarded-proto", b"https")]
        asyncio.run(app({**scope, "headers": headers}, receive, send))
        return sent[1]["body"]  # type: ignore[no-any-return]

    assert served(["10.0.0.0/8"]) == b"192.0.2.7 https"
    assert served([]) == b"10.0.0.1 http"


def test_signed_cookies_work_in_an_application() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(str(request.get_signed_cookie("a", default=None, salt="s")))
        response.set_signed_cookie("a", "1", salt="s")
        # The name "as" with no salt must not pass for "a" with the salt "s" (CVE-2026-6873).
        response.set_signed_cookie("as", "2")
        return response

    with application(urls=[path("", view)], default_apps=(*LEAN, "partita.signing"), web={"drafts": True}) as app:
        first = ask(app, "/")
        one, other = [each.partition(";")[0].partition("=")[2] for each in first.headers.get_all("set-cookie")]
        assert ask(app, "/", headers={"Cookie": f"a={one}"}).body == b"1"
        assert ask(app, "/", headers={"Cookie": f"a={other}"}).body == b"None"


def test_not_found_of_a_view_is_no_missing_route() -> None:
    def view(request: Any) -> Any:
        raise NotFound("No such album.")

    assert ask(build(path("", view)), "/").body == b"No such album.\n"


def test_error_views_that_cannot_work_are_found_by_the_check() -> None:
    root: Any = types.ModuleType("root")
    root.urlpatterns = []
    root.handler400 = lambda request, exception=None: HttpResponse()
    root.handler403 = "nowhere.view"
    root.handler404 = lambda request: HttpResponse()
    root.handler500 = lambda request, exception: HttpResponse()
    found = App(Settings("key"), urls=root, default_apps=LEAN).check()
    assert [each.id for each in found] == ["urls.E008", "urls.E007", "urls.E007"]


def test_links_know_where_the_application_is_mounted() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(reverse("view"))

    app = build(path("a/", view, name="view"))
    assert ask(app, "/a/").body == b"/a/"
    assert ask(app, "/a/", root_path="/shop").body == b"/shop/a/"


def test_the_draft_knows_its_route() -> None:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        match = request.resolver_match
        return HttpResponse(f"{match.view_name} {match.kwargs} {match.route}")

    assert ask(build(path("a/<int:pk>/", view, name="a")), "/a/7/").body == b"a {'pk': 7} a/<int:pk>/"
    assert HttpRequest(Request.build()).resolver_match is None


def test_middleware_in_djangos_manner_chooses_other_routes_which_reverse_follows() -> None:
    def here(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{request.resolver_match.view_name} {reverse('there')} {request.urlconf is not None}")

    other = [path("other/", here, name="here"), path("over/there/", here, name="there")]

    class Choosing(MiddlewareMixin):
        def process_request(self, request: Any) -> None:
            assert request.resolver_match is None  # set once the route is known
            if "choose" in request.GET:
                request.urlconf = other

        def process_response(self, request: Any, response: Any) -> Any:
            response["X-Route"] = request.resolver_match.route
            return response

    app = build(path("other/", here, name="here"), path("there/", here, name="there"), middleware=[adapt(Choosing)])
    assert ask(app, "/other/").body == b"here /there/ False"
    chosen = ask(app, "/other/?choose=1")
    assert chosen.body == b"here /over/there/ True"
    assert chosen.headers["x-route"] == "other/"
    assert ask(app, "/other/").body == b"here /there/ False"


def test_templates_prefer_the_instance_that_the_request_names(tmp_path: Any) -> None:
    (tmp_path / "page.html").write_text("{% url 'shop:cart' %}")

    def cart(request: HttpRequest) -> HttpResponse:
        if "app" in request.GET:
            request.current_app = request.GET["app"]
        return TemplateResponse(request, "page.html")

    shop = ([path("cart/", cart, name="cart")], "shop")
    urls = [path("one/", include(shop, "one")), path("two/", include(shop, "two")), path("", include(shop))]
    with application(urls=urls, web={"drafts": True}, templates={"dirs": (str(tmp_path),)}) as app:
        assert ask(app, "/two/cart/").body == b"/two/cart/"
        assert ask(app, "/two/cart/?app=one").body == b"/one/cart/"
        assert ask(app, "/cart/").body == b"/cart/"


def test_security_stands_around_one_route_only() -> None:
    cors = cors_middleware(CorsSettings(origins=("https://app.test",)))
    limit = rate_limit_middleware(["1/hour"], MemoryRates())
    app = build(path("api/", echo, middleware=[cors, limit]), path("plain/", echo))
    origin = {"Origin": "https://app.test"}
    first, second, plain = (ask(app, target, headers=origin) for target in ("/api/", "/api/", "/plain/"))
    assert [each.status for each in (first, second, plain)] == [200, 429, 200]
    assert [("access-control-allow-origin" in each.headers) for each in (first, second, plain)] == [True, True, False]


def test_https_is_enforced_behind_a_proxy_but_for_exempt_paths() -> None:
    async def view(request: Request) -> Response:
        return Response.text(request.scheme)

    sections = {
        "web": {"trusted_proxies": ["10.0.0.0/8"]},
        "security": {"ssl_redirect": True, "ssl_exempt": ["/health"], "ssl_host": "secure.test"},
    }
    app = App(
        Settings("key", allowed_hosts=["shop.test"], sections=sections),
        urls=[path("health", view), path("", view)],
        default_apps=(*LEAN, "partita.security"),
    )

    def status(target: str, proto: str, peer: str = "10.0.0.1") -> tuple[int, bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        fields = {"host": "shop.test", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": proto}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        scope = {"type": "http", "method": "GET", "path": target, "client": (peer, 1), "headers": headers}
        asyncio.run(app(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]).get(b"location", b"")

    assert status("/", "https") == (200, b"")
    assert status("/", "http") == (301, b"https://secure.test/")
    assert status("/health", "http") == (200, b"")
    assert status("/", "https", peer="192.0.2.1") == (301, b"https://secure.test/")


class Late(HttpResponse):
    """A response with a ``render`` of its own, which fails if it is told to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.told = text

    def render(self) -> "Late":
        if self.told == "fail":
            raise LookupError("template")
        self.content = self.told
        return self


def test_what_fails_while_it_is_rendered_goes_to_process_exception() -> None:
    class Rescuing(MiddlewareMixin):
        def process_exception(self, request: Any, error: Exception) -> HttpResponse:
            return HttpResponse(f"rescued {error}")

    def view(request: HttpRequest, text: str) -> HttpResponse:
        return Late(text)

    app = build(path("<text>/", view), middleware=[adapt(Rescuing)])
    assert ask(app, "/fine/").body == b"fine"
    assert ask(app, "/fail/").body == b"rescued template"
