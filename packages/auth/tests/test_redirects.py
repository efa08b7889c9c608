"""The way back after a login: paths of this site pass, everything else is refused."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.auth.redirects import is_safe_redirect, with_next
from partita.contracts.testing.cost import least_seconds

HOSTS = ("shop.test", "shop.test:8000")


@pytest.mark.parametrize(
    "url", ["/", "/basket/", "/a?next=//b", "/a#b", "/%2F/x", "/caf\u00e9", "/a:b@c", "/?q=a\u2019b"]
)
def test_a_path_of_this_site_is_safe(url: str) -> None:
    assert is_safe_redirect(url)


@pytest.mark.parametrize("url", ["http://shop.test/", "https://SHOP.test/x", "https://shop.test:8000"])
def test_a_whole_url_is_safe_on_a_listed_host_only(url: str) -> None:
    assert is_safe_redirect(url, HOSTS)
    assert not is_safe_redirect(url)
    assert not is_safe_redirect(url, ("other.test",))
    assert is_safe_redirect(url, HOSTS, require_https=True) is url.startswith("https:")


@pytest.mark.parametrize(
    "url",
    [
        None, "", " ", "basket/", "?a=b", "#x",
        "//evil.test", "///evil.test", "////evil.test", "/\\evil.test", "\\\\evil.test", "\\evil.test", "/\t/evil.test",
        "/\n/evil.test", "\t//evil.test", " /x", "/x ", "/x\r\nSet-Cookie: a=b", "/\x00", "\x08//evil.test",
        "http:evil.test", "http:/evil.test", "http:///evil.test", "http://", "https:evil.test", "https:////evil.test",
        "http://evil.test", "http://evil.test\\@shop.test", "http://shop.test@evil.test", "http://evil.test@shop.test",
        "http://shop.test\\.evil.test", "http://shop.test:80000", "http://shop.test:x@evil.test/", "http://[::1",
        "http://[shop.test]/", "ftp://shop.test/", "javascript:alert(1)", "JaVaScRiPt:alert(1)//shop.test", "data:,x",
        "javascript://shop.test/%0aalert(1)", "http:shop.test", "http://shop.test.", "http://sh\u014dp.test",
        "http\uff1a//evil.test", "/\u2028/evil.test", "/\u00a0", "//\uff0fevil.test", "http://shop\u3002test/",
        "http://2001:cdba:0000:0000:0000:0000:3257:9652/", "otherscheme:///evil.test", "/\ud800",
    ],
)  # fmt: skip
def test_what_could_lead_to_another_site_is_refused(url: str | None) -> None:
    assert not is_safe_redirect(url, HOSTS)


@pytest.mark.parametrize("cve", ["2023_46695", "2025_27556", "2025_64458", "2026_25673"])
def test_cve_2025_64458_a_long_url_is_refused_at_once_because_nothing_is_normalised(cve: str) -> None:
    url = "/" + "\u00bd\ufb03" * 1_000_000
    assert not is_safe_redirect(url)
    assert least_seconds(lambda: is_safe_redirect(url), enough=0.02) < 0.05


@given(st.text(max_size=40))
def test_no_text_is_safe_unless_it_is_a_path_without_control_characters(text: str) -> None:
    if is_safe_redirect(text):
        assert text.startswith("/")
        assert text[1:2] not in {"/", "\\"}
        assert text.isprintable()
        assert urlsplit(text).netloc == ""


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_the_target_in_the_query_reads_back_as_itself(target: str) -> None:
    url = with_next("/login/?theme=dark#form", target)
    assert parse_qs(urlsplit(url).query, keep_blank_values=True)["next"] == [target]
    assert urlsplit(url).fragment == "form"
