import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import CookieError
from partita.http.cookies import format_cookie, parse_cookies

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_cookies_are_read_by_name() -> None:
    assert dict(parse_cookies('a=1; b="x y"; c=; d = e ')) == {"a": "1", "b": "x y", "c": "", "d": "e"}


def test_the_first_of_two_with_one_name_wins_because_its_path_is_longer() -> None:
    assert parse_cookies("a=1; a=2")["a"] == "1"


@pytest.mark.parametrize("value", ["", ";", "=", "a", "a b=c", "=x", ";;=;", "(a)=1", "\x00=1"])
def test_what_does_not_look_like_a_cookie_is_skipped(value: str) -> None:
    assert dict(parse_cookies(value)) == {}


@given(texts)
def test_a_value_reads_back_as_it_was_written(value: str) -> None:
    try:
        written = format_cookie("a", value, path="/")
    except CookieError:
        assert len(value.encode()) * 4 > 4000
        return
    pair = written.split("; Path=")[0]
    assert parse_cookies(pair)["a"] == value


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_no_header_makes_the_parser_fail(value: str) -> None:
    parse_cookies(value)


def test_every_attribute_is_written_in_its_form() -> None:
    written = format_cookie(
        "sid",
        "v",
        max_age=timedelta(hours=1),
        expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        path="/a",
        domain="example.com",
        secure=True,
        samesite="None",
        partitioned=True,
    )
    assert written == (
        "sid=v; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Max-Age=3600; Domain=example.com; Path=/a; "
        "Secure; HttpOnly; SameSite=None; Partitioned"
    )


def test_defaults_keep_scripts_and_other_sites_out() -> None:
    assert format_cookie("a", "b") == "a=b; Path=/; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize(
    "options",
    [
        {"path": "/a;b"},
        {"path": "/\r\nX: y"},
        {"path": "a"},
        {"domain": "a;b"},
        {"domain": "a b"},
        {"domain": "a\r\nb"},
        {"samesite": "None"},
        {"samesite": "Weird", "secure": True},
        {"partitioned": True},
    ],
)
def test_attributes_that_browsers_would_misread_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(CookieError):
        format_cookie("a", "b", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a;b", "a\r\n", "ä"])
def test_names_that_are_no_tokens_are_refused(name: str) -> None:
    with pytest.raises(CookieError, match="not a token"):
        format_cookie(name, "x")


def test_prefixes_bring_their_conditions() -> None:
    with pytest.raises(CookieError, match="secure=True"):
        format_cookie("__Secure-a", "b")
    with pytest.raises(CookieError, match="no domain"):
        format_cookie("__Host-a", "b", secure=True, domain="example.com")
    assert format_cookie("__Host-a", "b", secure=True).startswith("__Host-a=b; Path=/; Secure")


def test_a_cookie_that_browsers_would_drop_for_its_size_is_refused() -> None:
    with pytest.raises(CookieError, match="4096"):
        format_cookie("a", "x" * 4096)


def test_cve_2024_7592_unquoting_many_backslashes_is_linear() -> None:
    def cost(count: int) -> float:
        value = 'a="' + "\\" * count + '"'
        start = time.perf_counter()
        parse_cookies(value)
        return time.perf_counter() - start

    cost(1000)
    assert cost(200_000) < 1.0


@pytest.mark.parametrize("name", ["__HOST-a", "__host-a", "__SeCuRe-a"])
def test_prefixes_are_seen_in_any_case_as_browsers_see_them(name: str) -> None:
    with pytest.raises(CookieError, match="secure=True"):
        format_cookie(name, "b")
    assert format_cookie(name, "b", secure=True).startswith(f"{name}=b;")
    if "host" in name.lower():
        with pytest.raises(CookieError, match="no domain"):
            format_cookie(name, "b", secure=True, domain="shop.test")


def test_a_value_that_is_too_long_is_refused_before_any_of_it_is_escaped() -> None:
    # Escaped it would have six hundred thousand and more, and take a tenth of a second.
    with pytest.raises(CookieError, match="100002 bytes or more"):
        format_cookie("a", "\u2028" * 100_000)


@pytest.mark.parametrize(
    ("name", "attributes", "message"),
    [
        ("__Http-a", {}, "secure=True"),
        ("__Http-a", {"secure": True, "httponly": False}, "httponly=True"),
        ("__HTTP-a", {"secure": True, "httponly": False}, "httponly=True"),
        ("__Host-Http-a", {"secure": True, "httponly": False}, "httponly=True"),
        ("__Host-Http-a", {"secure": True, "path": "/x"}, "path='/'"),
        ("__Host-Http-a", {"secure": True, "domain": "a.test"}, "no domain"),
    ],
)
def test_a_name_that_says_that_no_script_has_set_it_keeps_its_word(
    name: str, attributes: dict[str, Any], message: str
) -> None:
    with pytest.raises(CookieError, match=message):
        format_cookie(name, "b", **attributes)
    assert format_cookie(name, "b", secure=True) == f"{name}=b; Path=/; Secure; HttpOnly; SameSite=Lax"
