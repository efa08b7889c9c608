import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.http.drafts import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from partita.http.errors import SlotEmpty
from partita.http.request import Request
from partita.security import csrf_exempt, csrf_protect, ensure_csrf_cookie, get_token, requires_csrf_token, rotate_token
from partita.security.context_processors import csrf
from partita.security.csrf_tokens import mask_secret, new_secret, unmask_token
from partita.security.csrf_view import CsrfViewMiddleware, RejectRequest
from partita.security.errors import PolicyError
from partita.security.settings import SECURITY, SecuritySettings

SECRET = "t" * 16 + "7" * 16


class _Settings:
    """An application that has settings of security and nothing else."""

    def __init__(self, **options: Any) -> None:
        self.settings = SecuritySettings(**options)

    def find(self, key: object) -> Any:
        return self.settings if key is SECURITY else None

    def all(self, point: object) -> tuple[Any, ...]:
        return ()

    def require(self, key: object) -> Any:
        raise LookupError(key)


@pytest.fixture
def settings() -> Any:
    """A function that sets some of them until the test ends."""
    before = CURRENT.get()

    def use(**options: Any) -> None:
        made: Any = _Settings(**options)
        CURRENT.set(made)

    yield use
    CURRENT.set(before)


def ask(
    method: str = "POST", *, cookie: str | None = SECRET, token: str = "", secure: bool = False, **meta: str
) -> Any:
    request = HttpRequest()
    request.method, request.path = method, "/albums/"
    request.META = {"HTTP_HOST": "shop.test", **meta}
    request.scheme = "https" if secure else "http"
    if cookie is not None:
        request.COOKIES["csrftoken"] = cookie
    if token:
        request.POST["csrfmiddlewaretoken"] = token
    return request


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(csrf(request)["csrf_token"]))


def refusal(request: HttpRequest, view: Any = page) -> Any:
    middleware = CsrfViewMiddleware(page)
    middleware.process_request(request)
    return middleware.process_view(request, view, (), {})


@pytest.mark.parametrize("write_cookie", [str, mask_secret])
@pytest.mark.parametrize("write_token", [str, mask_secret])
def test_secret_and_token_pass_as_they_are_and_masked(
    write_cookie: Callable[[str], str], write_token: Callable[[str], str]
) -> None:
    cookie, token = write_cookie(SECRET), write_token(SECRET)
    assert refusal(ask(cookie=cookie, token=token)) is None
    assert refusal(ask(cookie=cookie, HTTP_X_CSRFTOKEN=token)) is None
    assert refusal(ask("DELETE", cookie=cookie, HTTP_X_CSRF_TOKEN=token)) is None


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cookie": None}, "cookie is missing"),
        ({"cookie": "x"}, "CSRF cookie has incorrect length"),
        ({"cookie": "*" * 32}, "CSRF cookie has invalid characters"),
        ({}, "token is missing"),
        ({"token": "a"}, "token from POST has incorrect length"),
        ({"token": "!" * 64}, "token from POST has invalid characters"),
        ({"token": "a" * 64}, "token from POST incorrect"),
        ({"HTTP_X_CSRFTOKEN": "a" * 64}, "token from the 'X-Csrftoken' HTTP header incorrect"),
        ({"token": SECRET, "HTTP_ORIGIN": "http://evil.test"}, "origin http://evil.test"),
        ({"token": SECRET, "HTTP_ORIGIN": "null"}, "origin null"),
        ({"token": SECRET, "HTTP_ORIGIN": "https://["}, "origin https://["),
        ({"token": SECRET, "HTTP_ORIGIN": "https://shop.test"}, "origin https://shop.test"),
        ({"token": SECRET, "secure": True}, "no referrer"),
        ({"token": SECRET, "secure": True, "HTTP_REFERER": "http://shop.test/"}, "without HTTPS"),
        ({"token": SECRET, "secure": True, "HTTP_REFERER": "https://["}, "cannot be read"),
        ({"token": SECRET, "secure": True, "HTTP_REFERER": "//shop.test/"}, "cannot be read"),
        ({"token": SECRET, "secure": True, "HTTP_REFERER": ""}, "cannot be read"),
        (
            {"token": SECRET, "secure": True, "HTTP_REFERER": "https://evil.test/shop.test"},
            "https://evil.test/shop.test",
        ),
    ],
)
def test_the_log_tells_why_a_request_is_refused(
    options: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "partita.security.csrf"):
        refused = refusal(ask(**options))
    assert refused.status_code == 403
    (record,) = caplog.records
    assert reason in record.getMessage()
    assert record.getMessage().startswith("Forbidden (")
    assert record.__dict__["status_code"] == 403
    assert reason.encode() not in refused.content  # that is for the developer


def test_what_a_browser_sent_forges_no_lines_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "partita.security.csrf"):
        refusal(ask(HTTP_ORIGIN="http://evil.test\n\x1b[31mAll is well"))
    (record,) = caplog.records
    assert record.getMessage().isprintable()


@pytest.mark.parametrize(
    ("secure", "meta"),
    [
        (False, {"HTTP_ORIGIN": "http://shop.test"}),
        (True, {"HTTP_ORIGIN": "https://shop.test:443"}),
        (True, {"HTTP_REFERER": "https://shop.test/albums/"}),
        (True, {"HTTP_REFERER": "https://shop.test"}),
    ],
)
def test_our_own_pages_pass_with_the_token(secure: bool, meta: dict[str, str]) -> None:
    assert refusal(ask(secure=secure, token=SECRET, **meta)) is None
    assert refusal(ask(secure=secure, **meta)).status_code == 403  # the origin alone is not enough here


def test_trusted_origins_pass_with_the_token(settings: Any) -> None:
    settings(trusted_origins=("https://pay.test", "https://*.example.com"))
    for origin in ("https://pay.test", "https://a.example.com"):
        assert refusal(ask(secure=True, token=SECRET, HTTP_ORIGIN=origin)) is None
        assert refusal(ask(secure=True, token=SECRET, HTTP_REFERER=f"{origin}/x")) is None
    for origin in ("http://pay.test", "https://example.com", "https://x.pay.test"):
        assert refusal(ask(secure=True, token=SECRET, HTTP_ORIGIN=origin)) is not None
    middleware = CsrfViewMiddleware(page)
    assert middleware.allowed_origins_exact == {"https://pay.test"}
    assert middleware.allowed_origin_subdomains == {"https": [".example.com"]}


def test_the_domain_of_the_cookie_widens_what_a_referrer_may_be(settings: Any) -> None:
    settings(csrf_cookie_domain=".example.com")
    meta = {"HTTP_REFERER": "https://a.example.com/x", "SERVER_PORT": "443", "HTTP_HOST": "b.example.com"}
    assert refusal(ask(secure=True, token=SECRET, **meta)) is None
    meta |= {"HTTP_REFERER": "https://a.example.com:4443/x", "HTTP_HOST": "b.example.com:4443"}
    assert refusal(ask(secure=True, token=SECRET, **meta)) is None
    assert refusal(ask(secure=True, token=SECRET, **{**meta, "HTTP_HOST": "b.example.com"})) is not None


def test_exempt_views_and_safe_methods_are_not_checked() -> None:
    assert refusal(ask(cookie=None), csrf_exempt(page)) is None
    for method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        assert refusal(ask(method, cookie=None)) is None


def test_a_client_that_went_away_sent_no_token(caplog: pytest.LogCaptureFixture) -> None:
    class Gone(HttpRequest):
        @property
        def POST(self) -> QueryDict:
            raise UnreadablePostError("gone")

        @POST.setter
        def POST(self, value: QueryDict) -> None: ...

    request = Gone()
    request.method, request.COOKIES["csrftoken"] = "POST", SECRET
    assert refusal(request).status_code == 403


def test_the_cookie_goes_with_answers_that_show_a_token() -> None:
    middleware = CsrfViewMiddleware(form)
    request = ask("GET", cookie=None)
    shown = middleware(request)
    secret = unmask_token(shown.content.decode())
    assert shown.cookies["csrftoken"].value == secret == request.META["CSRF_COOKIE"]
    assert shown["Vary"] == "Cookie"
    assert CsrfViewMiddleware(page)(ask("GET", cookie=None)).cookies == {}
    kept = middleware(ask("GET"))
    assert unmask_token(kept.content.decode()) == SECRET
    assert kept.cookies["csrftoken"].value == SECRET  # it lasts from now on


def test_a_damaged_cookie_is_replaced() -> None:
    shown = CsrfViewMiddleware(page)(ask("GET", cookie="damaged"))
    assert len(shown.cookies["csrftoken"].value) == 32


def test_async_views_are_awaited() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_token(request))

    async def main() -> None:
        shown = await CsrfViewMiddleware(view)(ask("GET"))
        assert unmask_token(shown.content.decode()) == SECRET
        assert (await csrf_protect(view)(ask())).status_code == 403
        assert (await csrf_protect(view)(ask(token=SECRET))).cookies["csrftoken"].value == SECRET
        assert (await ensure_csrf_cookie(view)(ask("GET", cookie=None))).cookies["csrftoken"].value

    asyncio.run(main())


def test_the_secret_may_be_kept_in_the_session(settings: Any) -> None:
    settings(csrf_use_sessions=True)
    with pytest.raises(PolicyError, match="session"):
        CsrfViewMiddleware(page)(ask("GET"))
    request = ask("GET", cookie=None)
    session: dict[str, Any] = {}
    request.session = session
    shown = CsrfViewMiddleware(form)(request)
    assert shown.cookies == {}
    assert unmask_token(shown.content.decode()) == session["_csrf_secret"]
    request = ask(cookie=None, token=shown.content.decode())
    request.session = session
    assert refusal(request) is None
    request = ask(cookie=session["_csrf_secret"], token=shown.content.decode())
    request.session = {}
    assert refusal(request).status_code == 403


def test_the_settings_say_how_the_cookie_looks(settings: Any) -> None:
    settings(
        csrf_cookie_name="proof",
        csrf_cookie_age=60,
        csrf_cookie_path="/shop/",
        csrf_cookie_domain=".shop.test",
        csrf_cookie_secure=True,
        csrf_cookie_httponly=True,
        csrf_cookie_samesite="Strict",
        csrf_header_name="X-Proof",
    )
    cookie = CsrfViewMiddleware(form)(ask("GET")).cookies["proof"]
    assert (cookie["max-age"], cookie["path"], cookie["domain"]) == (60, "/shop/", ".shop.test")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    request = ask(cookie=None, HTTP_X_PROOF=SECRET)
    request.COOKIES["proof"] = SECRET
    assert refusal(request) is None


def test_single_views_are_protected_without_any_layer() -> None:
    assert csrf_protect(page)(ask()).status_code == 403
    assert csrf_protect(page)(ask(token=SECRET)).content == b"done"
    answered = ensure_csrf_cookie(page)(ask("GET", cookie=None))
    assert len(answered.cookies["csrftoken"].value) == 32
    shown = requires_csrf_token(form)(ask(token="x"))
    assert unmask_token(shown.content.decode()) == shown.cookies["csrftoken"].value == SECRET
    with pytest.raises(SlotEmpty):
        get_token(Request.build())  # what is no draft needs the layer


def test_a_new_secret_at_log_in_makes_tokens_worthless() -> None:
    request = ask("GET")
    token = get_token(request)
    rotate_token(request)
    assert request.META["CSRF_COOKIE"] != SECRET
    assert refusal(ask(cookie=request.META["CSRF_COOKIE"], token=token)).status_code == 403


def test_one_that_inherits_may_answer_refusals_itself() -> None:
    class Check(CsrfViewMiddleware):
        def _reject(self, request: Any, reason: str) -> Any:
            return reason

    check = Check(page)
    request = ask(token=mask_secret(new_secret()))
    check.process_request(request)
    assert check.process_view(request, None, (), {}) == "CSRF token from POST incorrect."
    with pytest.raises(RejectRequest, match="referrer"):
        check._check_referer(request)
