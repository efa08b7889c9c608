"""An application that a server mounts below a path of its own makes links that lead there."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from partita.contracts.static import ASSET_URL
from partita.http import Handler, Request, Response
from partita.http.handlers import URLCONF
from partita.http.websocket import WebSocket
from partita.urls import get_script_prefix, get_urlconf, path, reverse
from partita.views.mounting import mount
from partita.web import App, Settings, websocket

LEAN = ("partita.http", "partita.urls")


async def link(request: Request, pk: int) -> Response:
    """Say where this is."""
    return Response.text(reverse("link", pk=pk))


async def stream(request: Request) -> Response:
    """Say where something else is, while the body is sent."""

    async def pieces() -> AsyncIterator[bytes]:
        yield reverse("link", pk=1).encode()
        yield reverse("link", pk=2).encode()

    return Response(pieces())


def threaded(request: Request) -> Response:
    """Say where something else is, from a thread."""
    return Response.text(reverse("link", pk=4))


@websocket
async def talk(socket: WebSocket) -> None:
    """Say where something else is."""
    await socket.accept()
    await socket.send(reverse("link", pk=3))


ROUTES = [
    path("links/<int:pk>/", link, name="link"),
    path("stream/", stream),
    path("thread/", threaded),
    path("talk/", talk),
]


async def ask(app: App, scope: dict[str, Any], *incoming: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask as an ASGI server does."""
    queue, sent = [*incoming], list[dict[str, Any]]()

    async def receive() -> Any:
        return queue.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app.asgi(
        {"headers": [(b"host", b"shop.test")], "query_string": b"", "http_version": "1.1", **scope}, receive, send
    )
    return sent


def get(app: App, url: str, root_path: str = "/app") -> bytes:
    """Return the body of an answer."""
    scope = {
        "type": "http", "method": "GET", "path": root_path + url, "raw_path": (root_path + url).encode(),
        "root_path": root_path, "scheme": "http",
    }  # fmt: skip
    answer = asyncio.run(ask(app, scope, {"type": "http.request", "body": b"", "more_body": False}))
    return b"".join(message.get("body", b"") for message in answer)


def shop(**sections: Any) -> App:
    """Return an application."""
    return App(Settings("k" * 50, allowed_hosts=("shop.test",), sections=sections), urls=ROUTES, default_apps=LEAN)


def test_reverse_knows_where_an_asgi_server_mounted_the_application() -> None:
    app = shop()
    assert get(app, "/links/5/") == b"/app/links/5/"
    assert get(app, "/links/5/", "/über uns") == b"/%C3%BCber%20uns/links/5/"
    assert get(app, "/links/5/", "") == b"/links/5/"
    assert get(app, "/thread/") == b"/app/links/4/"
    assert get_script_prefix() == "/"


def test_reverse_knows_it_while_a_body_is_sent() -> None:
    assert get(shop(), "/stream/") == b"/app/links/1//app/links/2/"


def test_reverse_knows_where_a_wsgi_server_mounted_the_application() -> None:
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/app", "PATH_INFO": "/stream/", "HTTP_HOST": "shop.test",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http",
    }  # fmt: skip
    assert b"".join(shop().wsgi(environ, lambda *_: None)) == b"/app/links/1//app/links/2/"


def test_reverse_knows_it_in_a_websocket() -> None:
    scope = {"type": "websocket", "path": "/app/talk/", "raw_path": b"/app/talk/", "root_path": "/app", "scheme": "ws"}
    sent = asyncio.run(
        ask(shop(), scope, {"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000})
    )
    assert [message.get("text") for message in sent if message["type"] == "websocket.send"] == ["/app/links/3/"]


def test_one_application_may_be_mounted_twice_at_once() -> None:
    app = shop()

    async def both() -> list[bytes]:
        def scope(root: str) -> dict[str, Any]:
            whole = f"{root}/stream/"
            return {
                "type": "http",
                "method": "GET",
                "path": whole,
                "raw_path": whole.encode(),
                "root_path": root,
                "scheme": "http",
            }

        request = {"type": "http.request", "body": b"", "more_body": False}
        answers = await asyncio.gather(ask(app, scope("/a"), request), ask(app, scope("/b"), request))
        return [b"".join(message.get("body", b"") for message in answer) for answer in answers]

    assert asyncio.run(both()) == [b"/a/links/1//a/links/2/", b"/b/links/1//b/links/2/"]


def test_static_files_are_below_the_mount_where_the_application_serves_them(tmp_path: Path) -> None:
    (tmp_path / "shop.css").write_text("a {}")

    async def asset(request: Request) -> Response:
        return Response.text(app.require(ASSET_URL)("shop.css"))

    def made(**static: Any) -> App:
        settings = Settings(
            "k" * 50, allowed_hosts=("shop.test",), sections={"static": {"dirs": [str(tmp_path)], **static}}
        )
        return App(settings, urls=[path("", asset)], default_apps=(*LEAN, "partita.static"))

    app = made()
    assert get(app, "/") == b"/app/static/shop.css"
    assert get(app, "/static/shop.css") == b"a {}"
    assert get(app, "/", "") == b"/static/shop.css"
    app = made(serve=False)  # whoever does serve them knows nothing of our mount
    assert get(app, "/") == b"/static/shop.css"
    app = made(url="https://cdn.test/shop/")
    assert get(app, "/") == b"https://cdn.test/shop/shop.css"


def test_the_routes_that_middleware_chose_count_until_the_answer_is_sent() -> None:
    seen = list[str]()

    def outer(handler: Handler) -> Handler:
        async def choose(request: Request) -> Response:
            request.state.fill(URLCONF, [path("other/<int:pk>/", link, name="link"), path("stream/", stream)])
            response = await handler(request)
            seen.append(reverse("link", pk=9))
            return response

        return choose

    app = App(Settings("k" * 50, allowed_hosts=("shop.test",)), urls=ROUTES, middleware=[outer], default_apps=LEAN)
    assert get(app, "/stream/", "") == b"/other/1//other/2/"
    assert seen == ["/other/9/"]
    assert get_urlconf() is None


def test_the_routes_that_middleware_chose_do_not_count_for_the_next_request() -> None:
    chosen: list[object] = [[path("only/<int:pk>/", link, name="link")], None]

    def outer(handler: Handler) -> Handler:
        async def choose(request: Request) -> Response:
            request.state.fill(URLCONF, chosen.pop(0))
            return await handler(request)

        return choose

    app = App(Settings("k" * 50, allowed_hosts=("shop.test",)), urls=ROUTES, middleware=[outer], default_apps=LEAN)

    async def one_after_the_other(call: Callable[[Request], Any]) -> list[bytes]:
        paths = ("/only/1/", "/links/1/")
        return [(await call(Request.build("GET", each, headers={"host": "shop.test"}))).body for each in paths]

    assert asyncio.run(one_after_the_other(app)) == [b"/only/1/", b"/links/1/"]


def test_the_routes_that_middleware_chose_say_how_errors_look(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = ModuleType("partita_test_tenant")
    monkeypatch.setitem(sys.modules, tenant.__name__, tenant)

    async def lost(request: Request, exception: BaseException) -> Response:
        return Response.text("nothing of this tenant", 404)

    tenant.__dict__.update(urlpatterns=[path("only/<int:pk>/", link, name="link")], handler404=lost)
    chosen: list[object] = [tenant, tenant.__name__, [], None]

    def outer(handler: Handler) -> Handler:
        async def choose(request: Request) -> Response:
            request.state.fill(URLCONF, chosen.pop(0))
            return await handler(request)

        return choose

    app = App(Settings("k" * 50, allowed_hosts=("shop.test",)), urls=ROUTES, middleware=[outer], default_apps=LEAN)
    answers = [get(app, "/nowhere/", "") for _ in range(4)]
    assert answers[:2] == [b"nothing of this tenant"] * 2
    assert answers[2:] == [b"There is nothing here.\n"] * 2


@pytest.mark.parametrize("chooses", [True, False])
def test_an_application_within_another_has_routes_of_its_own(chooses: bool) -> None:
    async def both(request: Request) -> Response:
        return Response.text(f"{reverse('link', pk=1)} {get_script_prefix()}")

    inner = App(
        Settings("k" * 50, allowed_hosts=("shop.test",)),
        urls=[path("both/", both), path("inner/<int:pk>/", link, name="link")],
        default_apps=LEAN,
    )
    routes = [*mount("in/", inner.handle), path("outer/<int:pk>/", link, name="link")]
    seen = list[str]()

    def outer(handler: Handler) -> Handler:
        async def choose(request: Request) -> Response:
            request.state.fill(URLCONF, routes if chooses else None)
            response = await handler(request)
            seen.append(reverse("link", pk=2))
            return response

        return choose

    app = App(
        Settings("k" * 50, allowed_hosts=("shop.test",)),
        urls=[] if chooses else routes,
        middleware=[outer],
        default_apps=LEAN,
    )
    assert get(app, "/in/both/") == b"/app/in/inner/1/ /app/in/"
    assert seen == ["/app/outer/2/"]


def test_middleware_may_choose_the_routes_that_there_are_anyway() -> None:
    def outer(handler: Handler) -> Handler:
        async def choose(request: Request) -> Response:
            request.state.fill(URLCONF, ROUTES)
            return await handler(request)

        return choose

    app = App(Settings("k" * 50, allowed_hosts=("shop.test",)), urls=ROUTES, middleware=[outer], default_apps=LEAN)
    assert get(app, "/links/5/") == b"/app/links/5/"
    assert get(app, "/stream/") == b"/app/links/1//app/links/2/"
