import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.handlers import Middleware
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response
from partita.security import host_middleware
from partita.security.hosts import matches

Answer = Callable[[Middleware, Request, Response], Response]


def visit(answer: Answer, allowed: tuple[str, ...], host: str, debug: bool = False) -> int:
    request = Request.build(headers={"Host": host})
    return answer(host_middleware(allowed, debug=debug), request, Response.text("ok")).status


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "EXAMPLE.com",
        "example.com:8000",
        "example.com.",
        "shop.test",
        "a.b.shop.test",
        "[2001:db8::1]:80",
    ],
)
def test_our_hosts_are_served(answer: Answer, host: str) -> None:
    assert visit(answer, ("example.com", ".shop.test", "[2001:db8::1]"), host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "example.com.evil.test",
        "evilshop.test",
        "a.example.com",
        "example.com:",
        "example.com:abc",
        "example.com:80:80",
        "example.com@evil.test",
        "evil.test#example.com",
        "evil.test/example.com",
        "example.com,evil.test",
        "example.com evil.test",
        "[2001:db8::2]",
        "[::1",
        "",
        "*",
        "xn--exmple-cua.com",
        "example.com..",
    ],
)
def test_other_hosts_are_refused(answer: Answer, host: str) -> None:
    assert visit(answer, ("example.com", ".shop.test", "[2001:db8::1]"), host) == 400


def test_cve_2026_34525_two_host_headers_are_refused(answer: Answer) -> None:
    headers = Headers([("Host", "example.com"), ("Host", "example.com")])
    request = Request.build(headers=headers)
    assert answer(host_middleware(["example.com"]), request, Response.text("ok")).status == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "shop.localhost"])
def test_this_machine_is_allowed_in_debug_only(answer: Answer, host: str) -> None:
    assert visit(answer, (), host, debug=True) == 200
    assert visit(answer, (), host) == 400
    assert visit(answer, ("example.com",), host, debug=True) == 400


def test_a_rebound_name_is_refused_in_debug(answer: Answer) -> None:
    assert visit(answer, (), "evil.test:8000", debug=True) == 400


def test_a_star_takes_any_host(answer: Answer) -> None:
    assert visit(answer, ("*",), "anything.test") == 200
    assert visit(answer, ("*",), "any thing") == 400


def test_the_refusal_is_logged_in_ascii(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "partita.security"):
        visit(answer, ("example.com",), "evil.test")
    assert "evil.test" in caplog.text
    assert "allowed_hosts" in caplog.text


@given(st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True))
def test_a_leading_dot_takes_in_whole_labels_only(name: str) -> None:
    assert matches(name, (".example.com",)) == (name == "example.com" or name.endswith(".example.com"))


def test_fields_that_one_application_found_good_are_still_checked_by_another(answer: Answer) -> None:
    headers = Headers({"Host": "shop.test"})
    ours, theirs = host_middleware(["shop.test"]), host_middleware(["other.test"])
    for middleware, status in ((ours, 200), (ours, 200), (theirs, 400), (ours, 200), (theirs, 400)):
        request = Request.build(headers=headers)
        assert answer(middleware, request, Response.text("ok")).status == status


def test_a_host_that_the_server_stands_in_for_is_checked_each_time(answer: Answer) -> None:
    middleware = host_middleware(["127.0.0.1"])
    for server, status in ((("127.0.0.1", 80), 200), (("127.0.0.1", 80), 200), (("10.0.0.1", 80), 400)):
        request = Request("GET", "/", server=server)
        assert answer(middleware, request, Response.text("ok")).status == status
