"""Nothing that needs a visitor's yes happens before it."""

import asyncio
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import MethodNotAllowed, Request, Response
from partita.http.handlers import HEADERS, SESSION, Layer, compose
from partita.security import csrf_middleware, headers_middleware
from partita.security.consent import (
    CONSENT,
    Consent,
    ConsentPolicy,
    Purpose,
    consent_banner,
    consent_layer,
    consent_middleware,
    consent_view,
)
from partita.security.errors import PolicyError
from partita.security.policies import csp_override

STATS = "https://stats.example"
NEEDED = Purpose("site", "The site", cookies=("sessionid",), needed=True)
ANALYTICS = Purpose(
    "analytics",
    "Statistics",
    "How many <people> read what.",
    cookies=("_stats*", "seen"),
    sources={"script-src": (STATS,), "connect-src": (STATS,)},
)
ADS = Purpose("ads", "Advertising", cookies=("_ads",))
POLICY = ConsentPolicy((NEEDED, ANALYTICS, ADS))


async def page(request: Request) -> Response:
    response = Response.html(consent_banner(request))
    for name in ("sessionid", "_stats_1", "seen", "_ads", "own"):
        response = response.with_cookie(name, "1")
    return response


def visit(cookie: str = "", view: Any = page, **headers: str) -> Response:
    layers = [consent_layer(POLICY), Layer(HEADERS, headers_middleware(), "headers")]
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie:
        fields["Cookie"] = cookie
    return asyncio.run(compose(csrf_middleware()(view), layers)(Request.build(path="/a?b=<c>", headers=fields)))


def cookies(response: Response) -> set[str]:
    return {line.partition("=")[0] for line in response.headers.get_all("set-cookie")} - {"csrftoken"}


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "consent=",
        "consent=1",
        "consent=0.analytics",
        "consent=2.analytics.ads",
        "consent=x",
        "consent=1.Analytics",
        "consent=1analytics",
    ],
)
def test_there_is_no_analytics_before_consent(cookie: str) -> None:
    response = visit(cookie)
    assert cookies(response) == {"sessionid", "own"}
    assert STATS not in response.headers["content-security-policy"]


def test_with_consent_its_cookies_are_set_and_its_scripts_load_and_those_of_others_do_not() -> None:
    response = visit("consent=1.analytics")
    assert cookies(response) == {"sessionid", "own", "_stats_1", "seen"}
    policy = response.headers["content-security-policy"]
    assert f"script-src 'self' {STATS}" in policy
    assert f"connect-src 'self' {STATS}" in policy
    assert cookies(visit("consent=1.ads.analytics")) == {"sessionid", "own", "_stats_1", "seen", "_ads"}
    assert cookies(visit("consent=1.ads.unknown")) == {"sessionid", "own", "_ads"}


def test_a_policy_of_one_view_gets_the_sources_too_and_one_that_lets_nothing_in_as_well() -> None:
    view = csp_override({"default-src": ["'none'"], "script-src": ["'none'"]})(page)
    assert STATS not in visit(view=view).headers["content-security-policy"]
    policy = visit("consent=1.analytics", view).headers["content-security-policy"]
    assert policy == f"default-src 'none'; script-src {STATS}; connect-src {STATS}"


def test_caches_know_that_it_depends_on_the_visitor() -> None:
    assert visit().headers["vary"].replace(" ", "").lower().split(",").count("cookie") == 1
    assert "Sec-GPC" in visit().headers["vary"]

    async def bare(request: Request) -> Response:
        return Response.text("")

    async def asking(request: Request) -> Response:
        return Response.text(str(request[CONSENT].allows("ads")))

    middleware = consent_middleware(
        ConsentPolicy((ADS,))
    )  # without sources, pages that do not ask are the same for all
    assert "vary" not in asyncio.run(middleware(bare)(Request.build())).headers
    assert asyncio.run(middleware(asking)(Request.build())).headers["vary"] == "Cookie, Sec-GPC"


def test_the_banner_is_shown_until_somebody_decides() -> None:
    shown = visit().body
    assert isinstance(shown, bytes)
    assert b"Statistics, Advertising" in shown
    assert b'name="next" value="/a?b=%3Cc%3E"' in shown
    assert b"<script" not in shown
    assert b"style=" not in shown
    for decided in (visit("consent=1"), visit("consent=1.ads"), visit(Sec_GPC="1")):
        assert decided.body == b""
    assert visit("consent=0.ads").body != b"", "the purposes are others now"
    assert consent_banner(Request.build()) == ""


def test_whoever_tells_all_sites_no_is_not_asked_and_may_still_say_yes_here() -> None:
    assert cookies(visit(Sec_GPC="1")) == {"sessionid", "own"}
    assert "_ads" in cookies(visit("consent=1.ads", Sec_GPC="1"))


def ask(method: str = "POST", cookie: str = "", record: Any = None, **form: Any) -> Response:
    view = csrf_middleware()(consent_view(POLICY, record))
    headers = {"Cookie": cookie} if cookie else {}
    return asyncio.run(
        view(
            Request.build(method, "/consent/", form=form if method == "POST" else None, headers=headers, scheme="https")
        )
    )


def kept(response: Response) -> str:
    (line,) = [line for line in response.headers.get_all("set-cookie") if line.startswith("consent=")]
    assert all(part in line for part in ("Max-Age=15552000", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"))
    return line.partition(";")[0].partition("=")[2]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ({"choice": "all"}, "1.analytics.ads"),
        ({"choice": "none"}, "1"),
        ({"choice": "some", "purpose": ["ads"]}, "1.ads"),
        ({"choice": "some", "purpose": ["ads", "site", "unknown", "ads"]}, "1.ads"),
        ({"choice": "some"}, "1"),
        ({"choice": "none", "purpose": ["ads"]}, "1"),
        ({"purpose": ["ads"]}, "1"),
        ({"choice": "x" * 1000}, "1"),
    ],
)
def test_a_choice_is_kept_and_what_is_not_chosen_is_a_no(form: dict[str, Any], value: str) -> None:
    response = ask(**form)
    assert (response.status, response.headers["location"]) == (303, "/")
    assert kept(response) == value
    assert cookies(visit(f"consent={value}")) >= ({"_ads"} if "ads" in value else set())


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("/a?b=c", "/a?b=c"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("/\t/evil.test", "/"),
        ("https://evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_the_way_back_stays_on_this_site(place: str, found: str) -> None:
    assert ask(choice="all", next=place).headers["location"] == found


def test_a_consent_that_is_taken_back_deletes_its_cookies() -> None:
    response = ask(
        cookie="consent=1.analytics.ads; _stats_1=a; seen=b; _ads=c; own=d; sessionid=e", choice="some", purpose=["ads"]
    )
    deleted = {line.partition("=")[0] for line in response.headers.get_all("set-cookie") if "Max-Age=0" in line}
    assert deleted == {"_stats_1", "seen"}
    kept_by_layer = asyncio.run(consent_middleware(POLICY)(consent_view(POLICY))(
        Request.build("POST", form={"choice": "none"}, headers={"Cookie": "_ads=1; consent=1.ads"})
    ))  # fmt: skip
    assert any(line.startswith("_ads=") for line in kept_by_layer.headers.get_all("set-cookie")), (
        "deleting needs no consent"
    )


def test_each_choice_can_be_recorded() -> None:
    seen: list[Consent] = []

    async def later(request: Request, consent: Consent) -> None:
        seen.append(consent)

    ask(record=lambda request, consent: seen.append(consent), choice="all")
    ask(record=later, choice="none")
    assert [sorted(each.given) for each in seen] == [["ads", "analytics", "site"], ["site"]]
    assert all(each.decided and each.policy is POLICY for each in seen)


def test_the_page_tells_what_is_done_and_shows_the_choice() -> None:
    response = ask("GET", cookie="consent=1.ads")
    assert response.headers["cache-control"].endswith("no-store")
    assert isinstance(response.body, bytes)
    text = response.body.decode()
    assert "How many &lt;people&gt; read what." in text
    assert "_stats*, seen" in text
    boxes = dict(re.findall(r'value="(site|analytics|ads)"([^>]*)>', text))
    assert boxes == {"site": " checked disabled", "analytics": "", "ads": " checked"}
    assert text.count('value="none"') == text.count('value="all"') == 1
    with pytest.raises(MethodNotAllowed):
        ask("DELETE")


class Reading(HTMLParser):
    """Notes what stands in a page, and that each tag is closed where it may be."""

    def __init__(self, text: bytes | str) -> None:
        super().__init__()
        self.open, self.found, self.texts = list[str](), list[tuple[str, dict[str, str | None]]](), list[str]()
        self.feed(text if isinstance(text, str) else text.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"input", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    def hidden(self, name: str) -> str | None:
        (field,) = [each for each in self.all("input") if each.get("name") == name]
        assert field["type"] == "hidden"
        return field["value"]


@pytest.mark.parametrize("shown", ["banner", "page"])
def test_what_is_shown_sends_the_choice_with_a_token_that_counts(shown: str) -> None:
    if shown == "banner":
        answer = visit()
    else:
        answer = asyncio.run(
            csrf_middleware()(consent_view(POLICY))(Request.build(path="/consent/", query={"next": "/a?b=<c>"}))
        )
    assert isinstance(answer.body, bytes)
    read = Reading(answer.body)
    (form,) = read.all("form")
    assert (form["method"], form["action"]) == ("post", "/consent/")
    assert read.hidden("next") == ("/a?b=%3Cc%3E" if shown == "banner" else "/a?b=<c>")
    assert re.fullmatch("[A-Za-z0-9]{64}", read.hidden("csrfmiddlewaretoken") or "")
    choices = ["none", "all"] if shown == "banner" else ["some", "none", "all"]
    assert [(each["name"], each["value"]) for each in read.all("button")] == [("choice", each) for each in choices]
    if shown == "banner":
        assert form["aria-label"] == "Consent"
        assert [each["href"] for each in read.all("a")] == ["/consent/"]
    else:
        boxes = [each for each in read.all("input") if each["type"] == "checkbox"]
        assert [each["value"] for each in boxes] == ["site", "analytics", "ads"]
        assert all(each["name"] == "purpose" for each in boxes)
        assert {
            "The site",
            "Statistics",
            "How many <people> read what.",
            "Cookies: _stats*, seen",
            "Your choice",
        } <= set(read.texts)


def test_cookies_that_are_set_for_a_while_are_kept_back_and_deleting_ones_are_not() -> None:
    async def view(request: Request) -> Response:
        response = Response.text("").with_cookie("_ads", "1", max_age=600)
        return response.with_cookie("_stats", "max-age=0").without_cookie("seen")

    assert cookies(visit(view=view)) == {"seen"}


def test_what_keeps_the_choice_is_kept_whatever_a_purpose_claims() -> None:
    greedy = ConsentPolicy((Purpose("all", "All", cookies=("*",)),))
    request = Request.build("POST", form={"choice": "none"}, headers={"Cookie": "consent=1.all; a=b"})
    lines = asyncio.run(consent_middleware(greedy)(consent_view(greedy))(request)).headers.get_all("set-cookie")
    assert {line.partition("=")[0]: "Max-Age=0" in line for line in lines} == {"consent": False, "a": True}


def test_where_no_policy_is_sent_consent_makes_none() -> None:
    assert "content-security-policy" not in visit("consent=1.analytics", csp_override({})(page)).headers


def test_a_head_is_a_page_and_other_methods_are_named() -> None:
    assert ask("HEAD").status == 200
    with pytest.raises(MethodNotAllowed) as caught:
        ask("PUT")
    assert caught.value.allowed == ("GET", "HEAD", "POST")


def test_the_layer_stands_inside_of_the_headers_and_outside_of_what_sets_cookies() -> None:
    layer = consent_layer(POLICY)
    assert (layer.name, HEADERS < layer.order < SESSION) == ("consent", True)
    assert CONSENT.varies_on == ("Cookie", "Sec-GPC")


def test_a_choice_that_is_too_long_to_read_says_nothing() -> None:
    async def view(request: Request) -> Response:
        return Response.text(str(request[CONSENT].allows("ads")))

    for filler, found in ((100, b"True"), (5000, b"False")):
        request = Request.build(headers={"Cookie": f"consent=1.{'x' * filler}.ads"})
        assert asyncio.run(consent_middleware(POLICY)(view)(request)).body == found


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Purpose("A b", "x"), "lower-case"),
        (lambda: Purpose("a.b", "x"), "lower-case"),
        (lambda: ConsentPolicy((ADS, ADS)), "differ"),
        (lambda: ConsentPolicy((NEEDED,)), "not needed"),
        (lambda: ConsentPolicy((ADS,), path="//evil"), "a path on this site"),
        (lambda: Consent(POLICY, frozenset({"ads"}), True).allows("adds"), "one of site, analytics, ads"),
    ],
)
def test_what_cannot_be_meant_is_refused(make: Any, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        make()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=300))
def test_no_cookie_is_a_yes_but_the_one_that_says_it(value: str) -> None:
    async def view(request: Request) -> Response:
        return Response.text(str(request[CONSENT].allows("ads")))

    request = Request.build(headers={"Cookie": f"consent={value}"})
    body = asyncio.run(consent_middleware(POLICY)(view)(request)).body
    said = request.cookies.get("consent", "").split(".")
    assert (body == b"True") is (said[0] == "1" and "ads" in said[1:])
