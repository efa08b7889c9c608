"""URIs, query strings, destinations, and what needs no escaping in a URL."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.text import (
    base36_to_int,
    escape_leading_slashes,
    escape_uri_path,
    filepath_to_uri,
    int_to_base36,
    iri_to_uri,
    is_same_domain,
    quote_url,
    uri_to_iri,
    url_has_allowed_host_and_scheme,
    urlencode,
    urlsafe_base64_decode,
    urlsafe_base64_encode,
)


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("/J\xfcrgen M\xfcnster/", "/J%C3%BCrgen%20M%C3%BCnster/"),
        ("red%09rosé#red", "red%09ros%C3%A9#red"),
        ("%&?a=[1]", "%&?a=[1]"),
        ("<\"\\^`{|}>", "%3C%22%5C%5E%60%7B%7C%7D%3E"),
    ],
)  # fmt: skip
def test_letters_of_any_script_are_encoded(iri: str, uri: str) -> None:
    assert iri_to_uri(iri) == uri
    assert iri_to_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "iri"),
    [
        ("/%E2%99%A5%e2%99%a5/?x=%E2%9C%93", "/♥♥/?x=✓"),
        ("/%41%5a%6B/", "/AZk/"),
        ("/%25%20%02%7b%2F/", "/%25%20%02%7b%2F/"),
        ("/%AAd%AAj/", "/%AAd%AAj/"),
        ("/%E2%99%A5%E2%99%E2%99%A5/", "/♥%E2%99♥/"),
        ("%", "%"),
    ],
)
def test_encoded_letters_are_decoded_for_people(uri: str, iri: str) -> None:
    assert uri_to_iri(uri) == iri
    assert uri_to_iri(iri) == iri


@given(st.text())
def test_the_way_through_an_iri_leads_back(text: str) -> None:
    try:
        uri = iri_to_uri(text)
    except UnicodeEncodeError:  # half of a surrogate pair
        return
    assert uri.isascii()
    assert (
        iri_to_uri(uri_to_iri(uri)).lower()
        == iri_to_uri(uri).lower().replace("%2d", "-").replace("%2e", ".").replace("%5f", "_").replace("%7e", "~")
        or "%" in text
    )


def test_paths_of_files_and_of_urls() -> None:
    assert filepath_to_uri("upload\\чу бака?.mp4") == "upload/%D1%87%D1%83%20%D0%B1%D0%B0%D0%BA%D0%B0%3F.mp4"
    assert filepath_to_uri(PurePosixPath("a/b c")) == "a/b%20c"
    assert escape_uri_path("/;a/=b/?c/:d/@e/&f/+g#h%i") == "/%3Ba/%3Db/%3Fc/:d/@e/&f/+g%23h%25i"
    assert escape_leading_slashes("//a.com/b") == "/%2Fa.com/b"
    assert escape_leading_slashes("/b") == "/b"


@pytest.mark.parametrize(
    ("url", "quoted"),
    [
        ("https://faß.example.com/ä", "https://fa%C3%9F.example.com/%C3%A4"),
        ("http://a.com/?x=<>\"'", "http://a.com/?x=%3C%3E%22%27"),
        ("http://a.com/?q=http://a.com/?x=1%26q=y", "http://a.com/?q=http%3A%2F%2Fa.com%2F%3Fx%3D1%26q%3Dy"),
        ("http://xn--fa-hia.com/", "http://xn--fa-hia.com/"),
        ("http://[fd00::1]/", "http://[fd00::1]/"),
        ("a b", "a%20b"),
    ],
)
def test_a_url_is_quoted_once(url: str, quoted: str) -> None:
    assert quote_url(url) == quoted
    assert quote_url(quoted) == quoted


@pytest.mark.parametrize(
    ("query", "doseq", "text"),
    [
        ({"a": 1, "b": "ä &"}, False, "a=1&b=%C3%A4+%26"),
        ((("a", 1), ("a", 2)), False, "a=1&a=2"),
        ({"a": [1, 2]}, False, "a=%5B1%2C+2%5D"),
        ({"a": [1, b"x"], "b": []}, True, "a=1&a=x"),
        ({"a": b"abc", "c": "de"}, True, "a=abc&c=de"),
    ],
)
def test_query_strings(query: dict[str, object], doseq: bool, text: str) -> None:
    assert urlencode(query, doseq) == text


@pytest.mark.parametrize("value", [None, [None]])
def test_none_in_a_query_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="Cannot encode None for key 'a'"):
        urlencode({"a": value}, doseq=True)


EVIL = [
    "http://evil.com", "http:///evil.com", "//evil.com", "///evil.com", r"\\evil.com", r"/\evil.com", r"\/evil.com",
    r"http:\/evil.com", "javascript:alert(1)", "java\nscript:alert(1)", "\x08//evil.com", r"http://shop.com\@evil.com",
    "http:999", "ftp://shop.com", "\n", "", "http://[2001:db8::1/", "http://shop.com:1/", "http://user@shop.com/",
    "/" + "a" * 2048,
]  # fmt: skip


@pytest.mark.parametrize("url", EVIL)
def test_destinations_elsewhere_are_refused(url: str) -> None:
    assert not url_has_allowed_host_and_scheme(url, {"shop.com"})


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/a?next=http://evil.com",
        "a//b",
        "?x",
        "https://shop.com/",
        "HTTPS://shop.com/",
        "//shop.com/a",
        "a/http:2",
    ],
)
def test_destinations_on_the_site_are_allowed(url: str) -> None:
    assert url_has_allowed_host_and_scheme(url, {"shop.com"})
    assert url_has_allowed_host_and_scheme(url, "shop.com")


def test_a_destination_may_have_to_be_https() -> None:
    assert url_has_allowed_host_and_scheme("https://shop.com/", "shop.com", require_https=True)
    assert url_has_allowed_host_and_scheme("/a", require_https=True)
    assert not url_has_allowed_host_and_scheme("http://shop.com/", "shop.com", require_https=True)
    assert not url_has_allowed_host_and_scheme("//shop.com/", "shop.com", require_https=True)


def test_subdomains_are_taken_in_by_a_leading_dot() -> None:
    assert is_same_domain("a.shop.com:8", ".shop.com:8")
    assert is_same_domain("shop.com", ".SHOP.com")
    assert not is_same_domain("myshop.com", ".shop.com")
    assert not is_same_domain("a.shop.com", "shop.com")
    assert not is_same_domain("shop.com", "")


@given(st.integers(0, 2**64))
def test_a_number_in_base_36_reads_back(number: int) -> None:
    assert base36_to_int(int_to_base36(number)) == number


@given(st.binary())
def test_bytes_in_base_64_read_back(raw: bytes) -> None:
    text = urlsafe_base64_encode(raw)
    assert urlsafe_base64_decode(text) == raw
    assert "=" not in text


def test_other_numbers_and_letters_are_refused() -> None:
    assert (int_to_base36(818469960), base36_to_int("Django")) == ("django", 818469960)
    for text in ("", " 1", "1_0", "+1", "٣", "#"):
        with pytest.raises(ValueError, match="invalid literal"):
            base36_to_int(text)
    with pytest.raises(ValueError, match="too large"):
        base36_to_int("1" * 14)
    with pytest.raises(ValueError, match="Negative"):
        int_to_base36(-1)
    for wrong in ("1", 1.5, None):
        with pytest.raises(TypeError, match="expected an int"):
            int_to_base36(wrong)  # type: ignore[arg-type] # that is the test
    with pytest.raises(ValueError, match="base 64"):
        urlsafe_base64_decode("a")


def test_no_address_stays_none() -> None:
    assert iri_to_uri(None) is uri_to_iri(None) is filepath_to_uri(None) is None
