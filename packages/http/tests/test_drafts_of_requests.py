"""Requests that can be changed: what code written for Django asks of them."""

from datetime import timedelta
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.http import Request, Slot
from partita.http.drafts import (
    PROTECTED_COOKIES,
    DisallowedHost,
    HttpHeaders,
    HttpRequest,
    HttpResponse,
    QueryDict,
    parse_cookie,
)
from partita.http.protected_cookies import ProtectedCookies

USER = Slot[str]("test.user")


def test_a_request_draft_has_what_djangos_has() -> None:
    request = Request.build(
        "POST",
        "/albums/ä/?page=2&page=3",
        form={"title": "Partita", "tags": ["a", "b"]},
        headers={"Host": "shop.test:8443", "Cookie": "a=1", "Accept": "text/html;q=0.5, application/json", "X-A": "x"},
        scheme="https",
        root_path="/shop",
    )
    request.state.fill(USER, "ada")
    draft = HttpRequest(request)
    assert (draft.method, draft.scheme, draft.is_secure()) == ("POST", "https", True)
    assert (draft.path, draft.path_info) == ("/shop/albums/ä/", "/albums/ä/")
    assert draft.GET.getlist("page") == ["2", "3"]
    assert draft.POST.lists() == [("title", ["Partita"]), ("tags", ["a", "b"])]
    assert not draft.FILES.keys()
    assert draft.COOKIES == {"a": "1"}
    assert draft.META["HTTP_X_A"] == "x"
    assert draft.META["REMOTE_ADDR"] == "127.0.0.1"
    assert draft.META["CONTENT_TYPE"] == draft.content_type == "application/x-www-form-urlencoded"
    assert draft.META["SCRIPT_NAME"] == "/shop"
    assert draft.META["QUERY_STRING"] == "page=2&page=3"
    assert draft.body == b"title=Partita&tags=a&tags=b"
    assert draft.read(5) == b"title"
    assert draft.readlines() == [b"=Partita&tags=a&tags=b"]
    assert (draft.get_host(), draft.get_port()) == ("shop.test:8443", "8443")
    assert draft.get_full_path() == "/shop/albums/%C3%A4/?page=2&page=3"
    assert draft.build_absolute_uri() == "https://shop.test:8443/shop/albums/%C3%A4/?page=2&page=3"
    assert draft.build_absolute_uri("../x") == "https://shop.test:8443/shop/albums/x"
    assert draft.build_absolute_uri("//other.test/x") == "https://other.test/x"
    assert draft.accepts("text/html")
    assert not draft.accepts("image/png")
    assert draft.get_preferred_type(["text/html", "application/json"]) == "application/json"
    assert [str(kind) for kind in draft.accepted_types] == ["application/json", "text/html; q=0.5"]
    assert draft.user == "ada"
    with pytest.raises(AttributeError):
        draft.nobody
    assert draft.seal() is request


def test_a_request_draft_can_be_changed_and_the_immutable_one_stays() -> None:
    request = Request.build("GET", "/a")
    draft = HttpRequest(request)
    draft.user = "grace"
    draft.method, draft.path_info = "POST", "/ö"
    draft.GET = QueryDict("x=1")
    assert (draft.GET["x"], draft.path) == ("1", "/ö")
    sealed = draft.seal()
    assert (sealed.method, sealed.path, sealed.raw_path) == ("POST", "/ö", b"/%C3%B6")
    assert (request.method, request.path) == ("GET", "/a")


@pytest.mark.parametrize(
    ("path", "slash", "expected"),
    [("/a", True, "/a/?x=1"), ("/a/", True, "/a/?x=1"), ("/a b;c", False, "/a%20b%3Bc?x=1")],
)
def test_full_paths_are_escaped_and_may_get_a_slash(path: str, slash: bool, expected: str) -> None:
    draft = HttpRequest(Request.build("GET", path, query="x=1"))
    assert draft.get_full_path(slash) == draft.get_full_path_info(slash) == expected


class _Seals:
    """Just enough of a signer to tell what was signed for what."""

    def __init__(self, salt: str) -> None:
        self._salt = salt

    def sign(self, value: str) -> str:
        return f"{value}|{self._salt}"

    def unsign(self, signed: str, max_age: float | timedelta | None = None) -> str:
        value, _, salt = signed.partition("|")
        if salt != self._salt:
            raise ValueError("bad signature")
        if max_age == 0:
            raise ValueError("expired")
        return value


class _App:
    def require(self, key: object) -> Any:
        assert key is PROTECTED_COOKIES
        return ProtectedCookies(_Seals)


def test_signed_cookies_use_what_the_current_application_provides() -> None:
    draft = HttpResponse()
    with pytest.raises(LookupError):
        draft.set_signed_cookie("a", "1")
    token = CURRENT.set(_App())  # type: ignore[arg-type]
    try:
        draft.set_signed_cookie("a", "1", max_age=60)
        cookie = draft.headers["set-cookie"].partition(";")[0]
        request = HttpRequest(Request.build(headers={"Cookie": f"{cookie}; b=forged"}))
        assert request.get_signed_cookie("a", max_age=60) == "1"
        with pytest.raises(ValueError, match="expired"):
            request.get_signed_cookie("a", max_age=0)
        with pytest.raises(ValueError, match="bad signature"):
            request.get_signed_cookie("b")
        with pytest.raises(KeyError):
            request.get_signed_cookie("c")
        assert request.get_signed_cookie("b", default=None) is None
        assert request.get_signed_cookie("c", default="x") == "x"
    finally:
        CURRENT.reset(token)


def test_headers_of_a_request_follow_django() -> None:
    headers = HttpHeaders({"HTTP_USER_AGENT": "x", "CONTENT_TYPE": "a/b", "CONTENT_LENGTH": 3, "PATH_INFO": "/"})
    assert dict(headers) == {"User-Agent": "x", "Content-Type": "a/b", "Content-Length": "3"}
    assert headers["user-agent"] == headers["USER_AGENT"] == headers.get("User-Agent") == "x"
    assert "user_agent" in headers
    assert "path-info" not in headers
    assert len(headers) == 3
    with pytest.raises(KeyError):
        headers["absent"]
    assert HttpHeaders.to_wsgi_name("content-type") == "CONTENT_TYPE"
    assert HttpHeaders.to_wsgi_names({"x-a": 1}) == {"HTTP_X_A": 1}
    assert HttpHeaders.to_asgi_name("X_A") == "x-a"
    assert HttpHeaders.parse_header_name("PATH_INFO") is None


def test_cookies_are_read_into_a_dictionary_of_ones_own() -> None:
    found = parse_cookie('a=1; b="\\303\\274"; broken; a=2; =x')
    assert found == {"a": "1", "b": "ü"}
    found["c"] = "mine"


def test_the_host_is_checked_by_the_current_application() -> None:
    class App:
        def find(self, key: object) -> Any:
            return {ALLOWED_HOSTS: (".shop.test",), DEBUG: False}[key]

    def at(host: str) -> HttpRequest:
        return HttpRequest(Request.build(headers={"Host": host}))

    assert at("any.test").get_host() == "any.test"
    token = CURRENT.set(App())  # type: ignore[arg-type]
    try:
        assert at("www.shop.test:8000").get_host() == "www.shop.test:8000"
        for host in ("evil.test", "shop.test.evil.test", "a b", "shop.test@evil.test", "[::1"):
            with pytest.raises(DisallowedHost, match="Invalid HTTP_HOST header"):
                at(host).get_host()
    finally:
        CURRENT.reset(token)
