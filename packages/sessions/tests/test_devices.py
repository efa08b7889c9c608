"""A session stays on the kind of device on which it began."""

import asyncio
import logging
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.errors import SuspiciousOperation
from partita.http.handlers import MIDDLEWARE, Layer, compose, misplaced
from partita.http.request import Request
from partita.http.response import Response
from partita.sessions import SESSION, MemoryStore, SignedCookieStore, Store, session_middleware
from partita.sessions.devices import DeviceChanged, device_layer, device_middleware, device_profile

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
NEWER = FIREFOX.replace("132.0", "140.1")
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
EDGE = f"{CHROME} Edg/131.0.0.0".replace("Edg/", "EdgA/")
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"


async def view(request: Request) -> Response:
    session = request[SESSION]
    if request.path == "/in":
        session["user"] = "anna"
    assert "_device" not in list(session)
    return Response.text(str(session.get("user")))


class Site:
    """A store behind the two layers, asked with a cookie and a browser."""

    def __init__(self, store: Store, change: Literal["end", "refuse"] = "end") -> None:
        self.handler = session_middleware(store)(device_middleware("key", change)(view))

    def ask(self, agent: str, cookie: str = "", path: str = "/") -> tuple[str, str]:
        headers = {"User-Agent": agent, **({"Cookie": f"sessionid={cookie}"} if cookie else {})}
        response = asyncio.run(_asked(self.handler, Request.build("GET", path, headers=headers)))
        sent = [each.partition(";")[0].partition("=")[2].strip('"') for each in response.headers.get_all("set-cookie")]
        assert isinstance(response.body, bytes)
        return response.body.decode(), sent[0] if sent else cookie


async def _asked(handler: Any, request: Request) -> Response:
    return await handler(request)  # type: ignore[no-any-return]


STORES = [MemoryStore, lambda: SignedCookieStore(["key" * 20])]


@pytest.mark.parametrize("make", STORES)
def test_the_session_goes_on_in_its_browser_even_after_an_update(make: Any) -> None:
    site = Site(make())
    _, cookie = site.ask(FIREFOX, path="/in")
    assert site.ask(FIREFOX, cookie)[0] == "anna"
    assert site.ask(NEWER, cookie)[0] == "anna"


@pytest.mark.parametrize("make", STORES)
@pytest.mark.parametrize("other", [CHROME, PHONE, IPHONE, "curl/8.5.0", ""])
def test_a_stolen_cookie_is_worth_nothing_elsewhere(make: Any, other: str, caplog: pytest.LogCaptureFixture) -> None:
    site = Site(make())
    _, cookie = site.ask(FIREFOX, path="/in")
    with caplog.at_level(logging.WARNING, "partita.security.device"):
        assert site.ask(other, cookie) == ("None", "")
    assert "another device" in caplog.text
    assert "anna" not in caplog.text


def test_what_was_stolen_ends_for_its_owner_too_where_the_server_keeps_it() -> None:
    site = Site(MemoryStore())
    _, cookie = site.ask(FIREFOX, path="/in")
    site.ask(CHROME, cookie)
    assert site.ask(FIREFOX, cookie)[0] == "None"


def test_it_may_be_refused_as_an_attack() -> None:
    site = Site(MemoryStore(), "refuse")
    _, cookie = site.ask(FIREFOX, path="/in")
    with pytest.raises(DeviceChanged, match="log in again"):
        site.ask(CHROME, cookie)
    assert issubclass(DeviceChanged, SuspiciousOperation)


def test_a_visitor_without_session_gets_none() -> None:
    site = Site(MemoryStore())
    assert site.ask(FIREFOX) == ("None", "")
    assert site.ask(CHROME, "forged") == ("None", "")


def test_a_new_login_on_another_device_is_a_session_of_its_own() -> None:
    site = Site(MemoryStore())
    _, first = site.ask(FIREFOX, path="/in")
    _, second = site.ask(PHONE, path="/in")
    assert site.ask(FIREFOX, first)[0] == site.ask(PHONE, second)[0] == "anna"


def test_browsers_are_told_apart() -> None:
    profiles = [
        device_profile(Request.build(headers={"User-Agent": each})) for each in (FIREFOX, CHROME, EDGE, PHONE, IPHONE)
    ]
    assert profiles == [
        "firefox|Linux|",
        "chrome|Windows|",
        "edge|Windows|",
        "chrome|Android|phone",
        "safari|iPhone|phone",
    ]


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=1000))
def test_whatever_a_client_says_gives_a_short_profile(agent: str) -> None:
    assert len(device_profile(Request.build(headers={"User-Agent": agent}))) < 600


def test_the_layer_stands_within_the_sessions() -> None:
    store = MemoryStore()
    layer = device_layer("key")
    sessions = Layer(layer.order - 10, session_middleware(store), "sessions")
    assert list(misplaced([layer])) != []
    assert list(misplaced([layer, sessions])) == []
    response = asyncio.run(_asked(compose(view, [layer, sessions]), Request.build("GET", "/in")))
    assert response.status == 200
    assert MIDDLEWARE.name
    with pytest.raises(ValueError, match="needs a secret"):
        device_middleware("")
