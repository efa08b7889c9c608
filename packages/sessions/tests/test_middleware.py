import asyncio
from collections.abc import Callable

import pytest

from partita.http.request import Request
from partita.http.response import Response
from partita.sessions import (
    SESSION,
    EncryptedCookieStore,
    MemoryStore,
    SessionSettings,
    SignedCookieStore,
    Store,
    session_middleware,
)

View = Callable[[Request], Response]
DEFAULTS = SessionSettings()


class Browser:
    """Keeps the session cookie."""

    def __init__(self, store: Store | None = None, settings: SessionSettings = DEFAULTS, scheme: str = "http") -> None:
        self.store = MemoryStore() if store is None else store
        self.settings, self.scheme = settings, scheme
        self.cookie: str | None = None

    def visit(self, view: View) -> Response:
        async def handler(request: Request) -> Response:
            return view(request)

        headers = {} if self.cookie is None else {"Cookie": f"sessionid={self.cookie}"}
        request = Request.build("GET", "/", headers=headers, scheme=self.scheme)
        response = asyncio.run(_answer(session_middleware(self.store, self.settings)(handler), request))
        for field in response.headers.get_all("set-cookie"):
            value = field.partition(";")[0].partition("=")[2].strip('"')
            self.cookie = value or None
        return response


async def _answer(handler: Callable[[Request], object], request: Request) -> Response:
    answer = await handler(request)  # type: ignore[misc]  # a coroutine of Response
    assert isinstance(answer, Response)
    return answer


def plain(request: Request) -> Response:
    return Response.text("hello")


def count(request: Request) -> Response:
    session = request[SESSION]
    visits = session.get("visits", 0)
    assert isinstance(visits, int)
    session["visits"] = visits + 1
    return Response.text(str(visits + 1))


def read(request: Request) -> Response:
    return Response.text(str(dict(request[SESSION])))


def fail(request: Request) -> Response:
    request[SESSION]["visits"] = 99
    return Response.text("broken", status=500)


@pytest.mark.parametrize("store", [MemoryStore(), SignedCookieStore(("k",)), EncryptedCookieStore(("k",))])
def test_a_session_lasts_over_requests(store: Store) -> None:
    browser = Browser(store)
    assert [browser.visit(count).body for _ in range(3)] == [b"1", b"2", b"3"]


def test_an_untouched_session_costs_no_cookie_and_no_vary() -> None:
    browser = Browser()
    browser.visit(count)
    response = browser.visit(plain)
    assert "set-cookie" not in response.headers
    assert "vary" not in response.headers


def test_templates_find_it_by_its_short_name() -> None:
    browser = Browser()
    assert browser.visit(lambda request: Response.text(str(request.state.session))).body == b"<Session>"


def test_the_cookie_is_safe_by_default() -> None:
    response = Browser().visit(count)
    cookie = response.headers["set-cookie"]
    assert "; HttpOnly" in cookie
    assert "; SameSite=Lax" in cookie
    assert "; Path=/" in cookie
    assert "; Max-Age=1209600" in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert "; Secure" in Browser(scheme="https").visit(count).headers["set-cookie"]


def test_the_cookie_follows_the_settings() -> None:
    settings = SessionSettings(
        secure=True, httponly=False, samesite="Strict", domain="example.com", path="/x", at_browser_close=True
    )
    cookie = Browser(settings=settings).visit(count).headers["set-cookie"]
    for part in ("; Secure", "; SameSite=Strict", "; Domain=example.com", "; Path=/x"):
        assert part in cookie
    for part in ("HttpOnly", "Max-Age", "Expires"):
        assert part not in cookie


def test_cve_2026_35192_whatever_sets_the_cookie_is_private_and_varies() -> None:
    browser = Browser(settings=SessionSettings(save_every_request=True))
    browser.visit(count)
    response = browser.visit(plain)  # not modified, not even looked at
    assert "set-cookie" in response.headers
    assert response.headers["vary"] == "Cookie"
    assert response.headers["cache-control"] == "private"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("public, max-age=60", "private, max-age=60"),
        ("s-maxage=60", "private"),
        ("PUBLIC", "private"),
        ("no-store", "no-store"),
        ("public, no-store", "no-store"),
        ("private", "private"),
        ('private="x, y", public', "private"),
        ("max-age=0", "private, max-age=0"),
    ],
)
def test_no_shared_cache_keeps_a_page_with_the_cookie(given: str, expected: str) -> None:
    def view(request: Request) -> Response:
        return count(request).with_header("Cache-Control", given)

    assert Browser().visit(view).headers["cache-control"] == expected


@pytest.mark.parametrize("look", [len, bool, list, lambda s: "a" in s, lambda s: s.get("a")])
def test_cve_2023_30861_any_look_makes_the_answer_vary(look: Callable[[object], object]) -> None:
    def view(request: Request) -> Response:
        look(request[SESSION])
        return Response.text("x").with_vary("Accept")

    assert Browser().visit(view).headers["vary"] == "Accept, Cookie"


def test_a_server_error_saves_nothing() -> None:
    browser = Browser()
    browser.visit(count)
    response = browser.visit(fail)
    assert "set-cookie" not in response.headers
    assert browser.visit(read).body == b"{'visits': 1}"


def test_an_emptied_session_is_deleted_with_its_cookie() -> None:
    browser = Browser()
    browser.visit(count)
    token = browser.cookie
    assert token is not None

    def clear(request: Request) -> Response:
        request[SESSION].clear()
        return Response.text("")

    response = browser.visit(clear)
    assert "Max-Age=0" in response.headers["set-cookie"]
    assert response.headers["cache-control"] == "private"
    assert browser.store.load(token) is None


@pytest.mark.parametrize(
    "cookie", ["x", "a.b:c", "x" * 10_000, '"\\377"', "%00", "=", "\u00fc", "1" * 43, ":::", '"', "é" * 4000]
)
@pytest.mark.parametrize("store", [MemoryStore(), SignedCookieStore(("k",)), EncryptedCookieStore(("k",))])
def test_a_foreign_cookie_gives_a_new_session_and_no_error(store: Store, cookie: str) -> None:
    browser = Browser(store)
    browser.cookie = cookie
    assert browser.visit(read).body == b"{}"
    assert browser.cookie is None  # told to forget it
    browser.cookie = cookie
    assert browser.visit(count).body == b"1"
    assert browser.cookie not in {cookie, None}


def test_a_planted_session_is_not_logged_in_with_the_victim() -> None:
    store = MemoryStore()
    attacker = Browser(store)
    attacker.visit(count)
    victim = Browser(store)
    victim.cookie = attacker.cookie

    def log_in(request: Request) -> Response:
        request[SESSION].cycle_key()
        request[SESSION]["user"] = "victim"
        return Response.text("")

    victim.visit(log_in)
    assert victim.cookie != attacker.cookie
    assert victim.visit(read).body == b"{'visits': 1, 'user': 'victim'}"
    assert attacker.visit(read).body == b"{}"


def test_twenty_concurrent_requests_lose_no_key() -> None:
    store = MemoryStore()
    browser = Browser(store)
    browser.visit(count)
    cookie = {"Cookie": f"sessionid={browser.cookie}"}

    async def handler(request: Request) -> Response:
        await request[SESSION].aset(request.path, True)
        await asyncio.sleep(0)
        return Response.text("")

    async def storm() -> None:
        app = session_middleware(store)(handler)
        await asyncio.gather(*(app(Request.build("GET", f"/{n}", headers=cookie)) for n in range(20)))

    asyncio.run(storm())
    keys = browser.visit(lambda request: Response.json(sorted(request[SESSION]))).body
    assert isinstance(keys, bytes)
    assert keys.count(b"/") == 20


def test_expiry_set_by_the_view_reaches_the_cookie() -> None:
    def view(request: Request) -> Response:
        request[SESSION]["a"] = 1
        request[SESSION].set_expiry(60)
        return Response.text("")

    assert "; Max-Age=60" in Browser().visit(view).headers["set-cookie"]
