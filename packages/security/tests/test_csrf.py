import asyncio
import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.errors import SlotEmpty
from partita.http.handlers import Handler
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot
from partita.security import (
    CsrfFailed,
    PolicyError,
    SecuritySettings,
    csrf_exempt,
    csrf_guard,
    csrf_middleware,
    get_token,
    rotate_token,
)
from partita.security.csrf import CsrfSecret

View = Callable[[Request], Response]
TRUSTING = SecuritySettings(trusted_origins=("https://partner.test", "https://*.example.com", "http://localhost:3000"))


def plain(request: Request) -> Response:
    return Response.text("ok")


def token_page(request: Request) -> Response:
    return Response.text(get_token(request))


def send(request: Request, view: View = plain, settings: SecuritySettings | None = None) -> Response:
    guard = csrf_guard(settings)

    async def handler(inner: Request) -> Response:
        asked = guard(inner, view)
        return (None if asked is None else await asked) or view(inner)

    async def main() -> Response:
        return await csrf_middleware(settings)(handler)(request)

    return asyncio.run(main())


def post(method: str = "POST", scheme: str = "https", settings: SecuritySettings | None = None, **headers: str) -> bool:
    """Tell whether a request with these headers reaches the view."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        send(Request.build(method, "/", headers={"Host": "shop.test", **named}, scheme=scheme), settings=settings)
    except CsrfFailed:
        return False
    return True


def visited() -> tuple[str, str]:
    """Return the cookie and a token as a browser gets them."""
    response = send(Request.build("GET", "/"), token_page)
    assert isinstance(response.body, bytes)
    return response.headers["set-cookie"].partition(";")[0], response.body.decode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_safe_methods_are_free(method: str) -> None:
    assert post(method, sec_fetch_site="cross-site", origin="https://evil.test")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "MKCOL"])
def test_another_sites_page_changes_nothing(method: str) -> None:
    assert not post(method, sec_fetch_site="cross-site", origin="https://evil.test")
    assert not post(method, origin="https://evil.test")
    assert not post(method, referer="https://evil.test/")
    assert not post(method)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_browsers_word_is_enough(site: str) -> None:
    assert post(sec_fetch_site=site)


@pytest.mark.parametrize("site", ["same-site", "cross-site", "", "Same-Origin", "same-origin, cross-site", "x"])
def test_any_other_word_is_a_refusal(site: str) -> None:
    assert not post(sec_fetch_site=site)
    assert not post(sec_fetch_site=site, origin="https://shop.test")


@pytest.mark.parametrize("origin", ["https://shop.test", "https://SHOP.test", "https://shop.test:443"])
def test_our_own_origin_is_enough(origin: str) -> None:
    assert post(origin=origin)
    assert post(referer=f"{origin}/page?x=https://evil.test")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://shop.test",
        "https://shop.test:8443",
        "https://shop.test.evil.test",
        "https://evil.test/https://shop.test",
        "https://shop.test@evil.test",
        "https://evil.test#shop.test",
        "https://a.shop.test",
        "shop.test",
        "https://",
        "https://[",
        "://",
        "https:shop.test",
        "file://",
    ],
)
def test_an_origin_that_only_looks_like_ours_is_refused(origin: str) -> None:
    assert not post(origin=origin)
    assert not post(referer=f"{origin}/x")
    assert not post(origin=origin, settings=TRUSTING)


def test_a_refusal_answers_403() -> None:
    assert CsrfFailed().status == 403


def test_two_origins_are_refused() -> None:
    headers = Headers([("Host", "shop.test"), ("Origin", "https://shop.test"), ("Origin", "https://evil.test")])
    with pytest.raises(CsrfFailed):
        send(Request.build("POST", "/", headers=headers, scheme="https"))
    with pytest.raises(CsrfFailed):
        send(Request.build("POST", "/", headers=headers.with_added("Sec-Fetch-Site", "same-origin"), scheme="https"))


@pytest.mark.parametrize("origin", ["https://partner.test", "https://a.b.example.com", "http://localhost:3000"])
def test_trusted_origins_may_post(origin: str) -> None:
    assert post(origin=origin, settings=TRUSTING)
    assert post(sec_fetch_site="cross-site", origin=origin, settings=TRUSTING)
    assert post(referer=f"{origin}/page", settings=TRUSTING)
    assert not post(origin=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://partner.test",
        "https://example.com",
        "https://evilexample.com",
        "http://localhost:3001",
        "https://a.partner.test",
    ],
)
def test_only_exactly_those_origins_are_trusted(origin: str) -> None:
    assert not post(origin=origin, settings=TRUSTING)


def test_an_exempt_view_is_free() -> None:
    @csrf_exempt
    def webhook(request: Request) -> Response:
        return Response.text("ok")

    evil = Request.build("POST", "/", headers={"Origin": "https://evil.test"})
    assert send(evil, webhook).status == 200
    assert send(evil, csrf_exempt(plain)).status == 200
    assert csrf_exempt(plain).__name__ == "plain"
    with pytest.raises(CsrfFailed):
        send(evil, plain)  # as it was


def test_an_exempt_async_view_is_still_one() -> None:
    @csrf_exempt
    async def webhook(request: Request, *, title: str = "none") -> Response:
        return Response.text(title)

    assert asyncio.iscoroutinefunction(webhook)
    assert asyncio.run(webhook(Request.build())).body == b"none"


def test_a_form_with_the_token_is_accepted() -> None:
    cookie, token = visited()
    form = {"csrfmiddlewaretoken": token, "title": "x"}
    assert send(Request.build("POST", "/", headers={"Cookie": cookie}, form=form)).status == 200


@pytest.mark.parametrize("header", ["X-CSRF-Token", "X-CSRFToken"])
def test_a_header_with_the_token_is_accepted(header: str) -> None:
    cookie, token = visited()
    headers = {"Cookie": cookie, header: token}
    assert send(Request.build("DELETE", "/", headers=headers)).status == 200


def test_a_token_does_not_outweigh_the_origin() -> None:
    cookie, token = visited()
    headers = {"Cookie": cookie, "X-CSRF-Token": token, "Origin": "https://evil.test"}
    with pytest.raises(CsrfFailed):
        send(Request.build("POST", "/", headers=headers))


def test_a_token_needs_its_cookie() -> None:
    cookie, token = visited()
    other, _ = visited()
    for cookies, sent in [
        ("", token),
        (other, token),
        (cookie, ""),
        (cookie, token[:-1]),
        ("csrftoken=", ""),
    ]:
        request = Request.build("POST", "/", headers={"Cookie": cookies}, form={"csrfmiddlewaretoken": sent})
        with pytest.raises(CsrfFailed):
            send(request)


def test_scripts_may_send_what_the_cookie_holds() -> None:
    cookie, _ = visited()
    _, secret = cookie.split("=")
    assert send(Request.build("POST", "/", headers={"Cookie": cookie, "X-CSRFToken": secret})).status == 200
    with pytest.raises(CsrfFailed):
        send(Request.build("POST", "/", headers={"Cookie": cookie, "X-CSRFToken": secret[::-1]}))


def test_the_settings_name_the_header() -> None:
    cookie, token = visited()
    settings = SecuritySettings(csrf_header_name="X-Proof")
    assert post(settings=settings, cookie=cookie, x_proof=token)
    assert not post(settings=settings, cookie=cookie, x_csrf_token=token)
    assert not post(cookie=cookie, x_proof=token)


@given(st.text(), st.text(max_size=90))
def test_no_foreign_cookie_or_token_is_accepted(cookie: str, token: str) -> None:
    assert not CsrfSecret(cookie).accepts(token)
    assert not CsrfSecret(None).accepts(token)


def test_tokens_never_look_the_same_and_all_are_good() -> None:
    cookie, _ = visited()
    secret = CsrfSecret(cookie.split("=")[1])
    tokens = {secret.token() for _ in range(20)}
    assert len(tokens) == 20
    assert all(CsrfSecret(cookie.split("=")[1]).accepts(token) for token in tokens)


def test_the_cookie_is_set_once_and_the_page_is_private() -> None:
    response = send(Request.build("GET", "/", scheme="https"), token_page)
    cookie = response.headers["set-cookie"]
    assert "; Secure" in cookie
    assert "; SameSite=Lax" in cookie
    assert response.headers["vary"] == "Cookie"
    assert response.headers["cache-control"] == "private"
    again = send(Request.build("GET", "/", headers={"Cookie": cookie.partition(";")[0]}), token_page)
    assert "set-cookie" not in again.headers
    assert again.headers["vary"] == "Cookie"


def test_a_page_without_a_token_sets_no_cookie() -> None:
    response = send(Request.build("GET", "/"))
    assert "set-cookie" not in response.headers
    assert "vary" not in response.headers


def test_rotation_makes_old_tokens_worthless() -> None:
    cookie, token = visited()

    def log_in(request: Request) -> Response:
        rotate_token(request)
        return Response.text("")

    response = send(Request.build("GET", "/", headers={"Cookie": cookie}), log_in)
    new = response.headers["set-cookie"].partition(";")[0]
    assert new != cookie
    with pytest.raises(CsrfFailed):
        send(Request.build("POST", "/", headers={"Cookie": new, "X-CSRF-Token": token}))


def test_a_damaged_cookie_is_replaced() -> None:
    response = send(Request.build("GET", "/", headers={"Cookie": "csrftoken=damaged"}), token_page)
    assert "csrftoken=" in response.headers["set-cookie"]


def test_without_the_middleware_the_error_tells_so() -> None:
    with pytest.raises(SlotEmpty, match=r"partita\.security\.csrf_secret"):
        get_token(Request.build())


def test_the_refusal_is_logged_without_control_characters(caplog: pytest.LogCaptureFixture) -> None:
    request = Request.build("POST", "/a%0Ab%1B[31m", headers={"Origin": "https://evil.test"})
    with caplog.at_level(logging.WARNING, "partita.security"), pytest.raises(CsrfFailed):
        send(request)
    (record,) = caplog.records
    assert record.getMessage().isprintable()


SESSION = Slot[dict[str, object]]("test.session")


def test_the_secret_may_be_kept_in_the_session() -> None:
    kept: dict[str, object] = {}
    settings = SecuritySettings(csrf_use_sessions=True)

    async def form(request: Request) -> Response:
        return Response.text(get_token(request))

    def visit(handler: Handler, request: Request) -> Response:
        request.state.fill(SESSION, kept)
        return asyncio.run(csrf_middleware(settings)(handler)(request))

    shown = visit(form, Request.build())
    assert "set-cookie" not in shown.headers
    assert isinstance(shown.body, bytes)
    token, secret = shown.body.decode(), kept["_csrf_secret"]

    async def guarded(request: Request) -> Response:
        asked = csrf_guard(settings)(request, None)
        return (None if asked is None else await asked) or Response.text("done")

    assert visit(guarded, Request.build("POST", headers={"X-CSRF-Token": token})).body == b"done"
    assert isinstance(secret, str)
    kept.clear()  # another visitor's session
    with pytest.raises(CsrfFailed):
        visit(guarded, Request.build("POST", headers={"X-CSRF-Token": token, "Cookie": f"csrftoken={secret}"}))
    with pytest.raises(PolicyError, match="session"):
        asyncio.run(csrf_middleware(settings)(form)(Request.build()))
