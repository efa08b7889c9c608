import contextlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request
from partita.http.url import URL


def test_its_parts_are_read() -> None:
    url = URL("HTTPS://ada:pw@Example.org:8443/a%20b/c?x=1&x=2&e=%C3%A9#part")
    assert (url.scheme, url.host, url.port, url.username) == ("https", "example.org", 8443, "ada")
    assert (url.authority, url.path, url.query_string, url.fragment) == (
        "ada:pw@Example.org:8443",
        "/a%20b/c",
        "x=1&x=2&e=%C3%A9",
        "part",
    )
    assert url.query.getlist("x") == ["1", "2"]
    assert url.query["e"] == "é"
    assert url.is_absolute
    assert url.is_secure
    assert not URL("/a?b=c").is_absolute
    assert (URL("http://[::1]/").host, URL("http://[::1]/").port, URL("/a").port) == ("::1", 80, None)


def test_it_cannot_be_changed_but_others_are_made_of_it() -> None:
    url = URL("https://example.org/albums?sort=year&page=2#top")
    with pytest.raises(AttributeError):
        url.path = "/"  # type: ignore[misc]  # wrong on purpose
    assert url.with_params(page=3, q="a&b") == "https://example.org/albums?sort=year&page=3&q=a%26b#top"
    assert url.with_params(page=None, sort=None) == "https://example.org/albums#top"
    assert url.with_query([("a", 1), ("a", 2)]).with_fragment("") == "https://example.org/albums?a=1&a=2"
    assert url.with_path("/é?#") == "https://example.org/%C3%A9%3F%23"
    assert url.with_scheme("http").with_host("::1", 8000) == "http://[::1]:8000/albums?sort=year&page=2#top"
    assert URL("https://ada:pw@example.org/").with_host("other.test") == "https://other.test/"
    assert url == "https://example.org/albums?sort=year&page=2#top"


def test_what_may_not_stand_in_an_address_is_escaped_and_the_password_does_not_show() -> None:
    assert str(URL("/a b\r\nX: y/é")) == "/a%20b%0D%0AX:%20y/%C3%A9"
    assert repr(URL("https://ada:secret@example.org/secret")) == "URL('https://ada:***@example.org/secret')"
    assert "secret" not in repr(URL("https://ada:secret@example.org/"))
    for wrong in ("http://a:port/", "http://[::1/", "http://a:99999/"):
        with pytest.raises(ValueError, match=r"\S"):
            URL(wrong)
    with pytest.raises(ValueError, match="10000"):
        _ = URL("/?" + "&" * 20_000).query


def test_the_address_of_a_request_is_one() -> None:
    request = Request.build(path="/café?page=1", headers={"host": "shop.test"})
    assert URL(request.url).with_params(page=2) == "http://shop.test/caf%C3%A9?page=2"


@given(st.text(max_size=60))
def test_what_was_read_reads_back_as_itself(text: str) -> None:
    with contextlib.suppress(ValueError):
        url = URL(text)
        assert URL(str(url)) == url
        assert hash(URL(str(url))) == hash(url)
        assert pickle.loads(pickle.dumps(url)) == url
        assert url.with_params(a="b&c").query["a"] == "b&c"


@given(
    st.text(max_size=20)
    | st.lists(st.sampled_from(["/", "//", "\\", ":", "@", "?", "#", "..", "a", "http:", "é", " "])).map("".join)
)
def test_no_part_that_is_changed_becomes_another_part(text: str) -> None:
    for address in ("https://shop.test:8443/x?y=1#z", "/x?y=1", "x"):
        url = URL(address)
        for change in (url.with_path, url.with_fragment, url.with_scheme, url.with_host):
            try:
                changed = change(text)
            except ValueError:
                continue
            assert changed.authority == url.authority or change == url.with_host
            assert changed.scheme == url.scheme or change == url.with_scheme
            assert changed.query_string == ("" if change == url.with_path else url.query_string)
            assert changed.path in {url.path, f"/{url.path}"} or change == url.with_path


def test_a_path_never_leads_to_another_host() -> None:
    assert URL("/a").with_path("//evil.test/") == "/.//evil.test/"
    assert URL("a").with_path("https://evil.test/") == "/https://evil.test/"
    assert URL("https://shop.test/a").with_path("//evil.test/") == "https://shop.test//evil.test/"
    for wrong in ("evil.test/", "a@evil.test", "a?", "a#", "a\\b", "a b", "a\n"):
        with pytest.raises(ValueError, match="no host"):
            URL("https://shop.test/").with_host(wrong)
    with pytest.raises(ValueError, match="no scheme"):
        URL("https://shop.test/").with_scheme("javascript:alert(1)//")
