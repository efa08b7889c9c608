"""The cookie jar, by RFC 6265."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.testing import Client, CookieJar

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def jar(*fields: str, host: str = "shop.test", path: str = "/a/b") -> CookieJar:
    """Make a jar that has seen these fields."""
    made = CookieJar(now=lambda: NOW)
    for field in fields:
        made.take(field, host, path)
    return made


@pytest.mark.parametrize(
    ("field", "host", "path", "secure", "sent"),
    [
        ("x=1; Path=/", "shop.test", "/", False, "x=1"),
        ("x=1; Path=/", "www.shop.test", "/", False, ""),
        ("x=1; Path=/; Domain=shop.test", "www.shop.test", "/", False, "x=1"),
        ("x=1; Path=/; Domain=shop.test", "badshop.test", "/", False, ""),
        ("x=1; Path=/; Domain=other.test", "other.test", "/", False, ""),
        ("x=1", "shop.test", "/a/c", False, "x=1"),
        ("x=1", "shop.test", "/", False, ""),
        ("x=1; Path=/a", "shop.test", "/ab", False, ""),
        ("x=1; Path=/; Secure", "shop.test", "/", False, ""),
        ("x=1; Path=/; Secure", "shop.test", "/", True, "x=1"),
        ("x=1; Path=/; Max-Age=0", "shop.test", "/", False, ""),
        ("x=1; Path=/; Max-Age=5", "shop.test", "/", False, "x=1"),
        ("x=1; Path=/; Expires=Wed, 31 Dec 2025 00:00:00 GMT", "shop.test", "/", False, ""),
        ("x=1; Path=/; Expires=nonsense", "shop.test", "/", False, "x=1"),
        ("=__Host-x=1; Path=/", "shop.test", "/", False, ""),
        ("nonsense", "shop.test", "/", False, ""),
    ],
)
def test_a_cookie_is_sent_where_it_belongs(field: str, host: str, path: str, secure: bool, sent: str) -> None:
    assert jar(field).header(host, path, secure=secure) == sent


def test_a_later_cookie_replaces_and_deletes() -> None:
    made = jar("x=1; Path=/", "x=2; Path=/; HttpOnly; SameSite=Lax", "y=1; Path=/")
    assert dict(made) == {"x": "2", "y": "1"}
    assert (made.get_cookie("x").httponly, made.get_cookie("x").samesite) == (True, "Lax")
    made.take("x=; Path=/; Max-Age=0", "shop.test", "/")
    assert dict(made) == {"y": "1"}


def test_cve_2026_50269_a_host_only_cookie_stays_one() -> None:
    assert jar("x=1; Path=/").get_cookie("x").host_only
    assert not jar("x=1; Path=/; Domain=shop.test").get_cookie("x").host_only


def test_a_cookie_expires() -> None:
    now = NOW
    made = CookieJar(now=lambda: now)
    made.take("x=1; Max-Age=60; Path=/", "shop.test", "/")
    assert "x" in made
    now = NOW + timedelta(seconds=61)
    assert "x" not in made


@given(st.text(max_size=60))
def test_no_field_is_too_odd_for_the_jar(field: str) -> None:
    made = jar(field)
    assert len(made) <= 1


def test_the_client_keeps_and_sends_cookies() -> None:
    async def count(request: Request) -> Response:
        seen = int(request.cookies.get("seen", "0")) + 1
        response = Response.text(str(seen)).with_cookie("seen", str(seen))
        return response.without_cookie("seen") if seen == 3 else response

    client = Client(count)
    assert [client.get("/").text for _ in range(4)] == ["1", "2", "3", "1"]
    client.cookies["seen"] = "8"
    assert client.get("/").text == "9"
    assert client.cookies["seen"] == "9"
    del client.cookies["seen"]
    assert client.get("/").text == "1"
    with pytest.raises(KeyError):
        del client.cookies["absent"]


def test_cookies_are_loaded_as_names_and_values_or_as_a_header_has_them() -> None:
    made = jar("language=en; Path=/")
    made.load({"language": "fr", "size": 3})
    made.load('theme="dark"; nonsense; a=b=c')
    assert dict(made) == {"language": "fr", "size": "3", "theme": "dark", "a": "b=c"}
    assert made.header("anywhere.test", "/", secure=False) == "language=fr; size=3; theme=dark; a=b=c"
