"""Cookies at the edges of their grammar: what is still one, and what no browser would keep."""

import pytest

from partita.http import CookieError
from partita.http.cookies import MAX_COOKIE_BYTES, format_cookie, parse_cookie


@pytest.mark.parametrize(
    ("value", "cookies"),
    [
        ("\ta\t=\t1\t;\tb = 2 ", {"a": "1", "b": "2"}),  # tabs are white space as well (RFC 9110, section 5.6.3)
        ('a="', {"a": '"'}),  # a quote alone quotes nothing
        ('a=""', {"a": ""}),
        ('a="1', {"a": '"1'}),
        ("a=", {"a": ""}),
        ("a=\xff", {"a": "\N{REPLACEMENT CHARACTER}"}),
        ("a=\xc3\xbc", {"a": "ü"}),
        (r'a="\377"', {"a": "\N{REPLACEMENT CHARACTER}"}),
        (r'a="\400\q\""', {"a": '400q"'}),
        (r"a=\103", {"a": r"\103"}),  # escapes stand within quotes only
        ("a=1;a=2", {"a": "1"}),
        ("=1; a b=2; é=3", {}),
    ],
)
def test_what_browsers_send_is_read_and_nothing_else(value: str, cookies: dict[str, str]) -> None:
    assert parse_cookie(value) == cookies


@pytest.mark.parametrize("value", ["", "plain", "a b", 'a"b', "a;b,c", "a\\b", "ü€𝄞", "\x00\x1f\x7f", "\udc80"])
def test_every_value_stays_in_its_place(value: str) -> None:
    written = format_cookie("a", value)
    text, semicolon, attributes = written.partition("; ")
    assert text.isascii()
    assert (semicolon, attributes) == ("; ", "Path=/; HttpOnly; SameSite=Lax")
    assert parse_cookie(text)["a"] == value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def test_an_empty_value_is_written_without_quotes() -> None:
    assert format_cookie("a", "").startswith("a=; ")


def test_a_cookie_may_be_as_long_as_browsers_keep_it_and_no_longer() -> None:
    assert format_cookie("ab", "x" * (MAX_COOKIE_BYTES - 3))
    with pytest.raises(CookieError, match="4097 bytes"):
        format_cookie("ab", "x" * (MAX_COOKIE_BYTES - 2))


@pytest.mark.parametrize("name", ["__Host-a", "__Secure-a"])
def test_a_name_that_promises_https_needs_it(name: str) -> None:
    with pytest.raises(CookieError, match="needs secure=True"):
        format_cookie(name, "1")
    assert "; Secure" in format_cookie(name, "1", secure=True)


@pytest.mark.parametrize("name", ["__Host", "__Hosta", "__Secure", "__Securea"])
def test_a_name_that_only_begins_alike_promises_nothing(name: str) -> None:
    assert "; Domain=example.com; Path=/a" in format_cookie(name, "1", path="/a", domain="example.com")


@pytest.mark.parametrize("wrong", [{"path": "/a"}, {"domain": "example.com"}])
def test_a_name_that_promises_one_host_has_no_other_path_or_domain(wrong: dict[str, str]) -> None:
    with pytest.raises(CookieError, match="needs path='/' and no domain"):
        format_cookie("__Host-a", "1", secure=True, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"samesite": "None"}, {"partitioned": True}])
def test_what_goes_to_other_sites_needs_https(wrong: dict[str, object]) -> None:
    with pytest.raises(CookieError, match="needs secure=True"):
        format_cookie("a", "1", **wrong)  # type: ignore[arg-type]
    assert format_cookie("a", "1", secure=True, **wrong)  # type: ignore[arg-type]


def test_no_same_site_is_a_choice_and_another_word_is_none() -> None:
    assert "SameSite" not in format_cookie("a", "1", samesite=None)
    with pytest.raises(CookieError, match="must be Lax, Strict, None or absent"):
        format_cookie("a", "1", samesite="lax")  # type: ignore[arg-type]


@pytest.mark.parametrize("domain", ["example.com", ".example.com", "a", "a-b.example"])
def test_a_host_name_is_a_domain(domain: str) -> None:
    assert f"; Domain={domain};" in format_cookie("a", "1", domain=domain)


@pytest.mark.parametrize("domain", ["", ".", "-a", "a-", "a b", "a;b", "a/b", "é.example", "example.com.", "a\n"])
def test_what_is_no_host_name_is_no_domain(domain: str) -> None:
    with pytest.raises(CookieError, match="is not a host name"):
        format_cookie("a", "1", domain=domain)


@pytest.mark.parametrize("path", ["", "a", "/a;b", "/a\r\nSet-Cookie: b=1", "/ü", "/a\x7f"])
def test_a_path_begins_with_a_slash_and_cannot_end_the_attribute(path: str) -> None:
    with pytest.raises(CookieError, match="must begin with /"):
        format_cookie("a", "1", path=path)


def test_only_what_is_over_gets_a_date_in_the_past() -> None:
    assert "Expires" not in format_cookie("a", "1", max_age=1)
    for seconds in (0, -5):
        assert "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0;" in format_cookie("a", "1", max_age=seconds)
