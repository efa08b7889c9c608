"""Templates, sessions, log-in and WebSockets, as a test sees them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES
from partita.http import Request, Response
from partita.http.websocket import WebSocket
from partita.sessions import SESSION
from partita.testing import (
    Client,
    ClientError,
    WebSocketClosed,
    WebSocketRefused,
    application,
    assert_template_not_used,
    assert_template_used,
)
from partita.urls import path
from partita.views import TemplateResponse, render
from partita.web import websocket

APPS = ("partita.http", "partita.urls", "partita.signing", "partita.sessions", "partita.templates")


def page(request: Request) -> Response:
    return render(request, "page.html", {"x": 1})


def lazy(request: Request) -> Response:
    response = TemplateResponse(request, ["absent.html", "page.html"], {"x": 2})
    response.context_data = {"x": 3}
    return response


async def count(request: Request) -> Response:
    session = request[SESSION]
    await session.aload()
    session["visits"] = int(str(session.get("visits", 0))) + 1
    return Response.text(str(session["visits"]))


async def failing(request: Request) -> Response:
    raise ZeroDivisionError


@websocket
async def chat(socket: WebSocket) -> None:
    if socket.request.query.get("no"):
        return
    await socket.accept("chat" if "chat" in socket.subprotocols else None)
    if socket.request.query.get("silent"):
        await socket.receive()
        await socket.close(4000, "enough")
        return
    async for message in socket:
        session = socket[SESSION]
        await session.aload()
        await socket.send_json({"said": message, "visits": session.get("visits")})


async def by_hand(request: Request) -> Response:
    engine: Any = require(TEMPLATES)
    whole = engine.from_string("{% extends 'base.html' %}{% block a %}{{ x }}{% endblock %}")
    return Response.text(whole.render({"x": 7}) + engine.render("page.html", {"x": 8}))


URLS = [
    path("page/", page),
    path("by-hand/", by_hand),
    path("lazy/", lazy),
    path("count/", count),
    path("chat/", chat),
    path("failing/", failing),
]


@pytest.fixture
def client(tmp_path: Path) -> Any:
    (tmp_path / "page.html").write_text("{{ x }}")
    (tmp_path / "base.html").write_text("[{% block a %}{% endblock %}]")
    with application(urls=URLS, default_apps=APPS, templates={"dirs": (str(tmp_path),)}):
        yield Client()


def test_a_client_without_an_application_asks_the_current_one() -> None:
    with pytest.raises(ClientError, match="No application is current"):
        Client().get("/")


@pytest.mark.parametrize(("target", "x"), [("/page/", 1), ("/lazy/", 3)])
def test_templates_and_context_are_known(client: Client, target: str, x: int) -> None:
    response = client.get(target)
    assert response.text == str(x)
    assert response.context is not None
    assert response.context["x"] == x
    assert_template_used(response, "page.html", count=1)
    assert_template_not_used(response, "other.html")
    with pytest.raises(AssertionError, match=r"rendered were: page\.html"):
        assert_template_used(response, "other.html")
    with pytest.raises(AssertionError):
        assert_template_not_used(response, "page.html")
    assert response.resolver_match.route == target[1:]


def test_templates_that_a_view_renders_by_itself_are_known_with_those_they_extend(client: Client) -> None:
    response = client.get("/by-hand/")
    assert response.text == "[7]8"
    assert [template.name for template in response.templates] == ["", "base.html", "page.html"]
    assert response.context is not None
    assert response.context["x"] == 7
    assert_template_used(response, "base.html", count=1)
    assert client.get("/count/").context is None


def test_the_session_is_seen_and_changed(client: Client) -> None:
    assert client.session == {}
    client.change_session(lambda session: session.update(visits=41))
    assert client.get("/count/").text == "42"
    assert client.session == {"visits": 42}


def test_a_session_of_the_client_is_kept_when_it_is_saved(client: Client) -> None:
    session = client.session
    session["visits"] = 9
    assert client.session == {}
    session.save()
    assert client.get("/count/").text == "10"
    later = client.session
    later.cycle_key()
    later["more"] = [1]
    later.save()
    assert client.session == {"visits": 10, "more": [1]}
    client.session.flush()
    assert client.session == {}
    assert "sessionid" not in client.cookies


def test_the_session_of_the_client_has_async_twins(client: Client) -> None:
    async def visit() -> str:
        session = await client.asession()
        session["visits"] = 4
        await session.asave()
        assert session.session_key == (await client.asession()).session_key
        return (await client.aget("/count/")).text

    assert asyncio.run(visit()) == "5"


def test_what_a_view_raised_is_known(client: Client) -> None:
    client.raise_exceptions = False
    assert isinstance(client.get("/failing/").exc_info, ZeroDivisionError)
    assert client.get("/nowhere/").context is None
    with pytest.raises(AttributeError, match="leads nowhere"):
        client.get("/page/").url


def test_a_websocket_speaks_with_its_view(client: Client) -> None:
    client.get("/count/")
    with client.websocket("/chat/", subprotocols=["x", "chat"]) as socket:
        assert socket.subprotocol == "chat"
        socket.send("hello")
        assert socket.receive_json() == {"said": "hello", "visits": 1}
    with pytest.raises(WebSocketRefused, match="403"), client.websocket("/chat/?no=1"):
        pass
    with pytest.raises(WebSocketRefused, match="403"):
        client.websocket("/chat/", headers={"Origin": "https://evil.test"}).__enter__()
    with client.websocket("/chat/?silent=1") as socket:
        socket.send_json(1)
        with pytest.raises(WebSocketClosed) as caught:
            socket.receive()
    assert (caught.value.code, caught.value.reason) == (4000, "enough")


def test_a_websocket_has_async_twins(client: Client) -> None:
    async def talk() -> None:
        async with client.websocket("/chat/") as socket:
            await socket.asend("hi")
            assert await socket.areceive_json() == {"said": "hi", "visits": None}

    asyncio.run(talk())


def test_only_an_application_has_layers_to_go_through() -> None:
    async def handler(request: Request) -> Response:
        return Response()

    with pytest.raises(ClientError, match="asks a handler"):
        Client(handler).session
