import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import NotAcceptable, Request, Response
from partita.security.browsers import MODERN, allow_browsers, browser_version

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
AGENTS = {
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36": ("chrome", 131.0),
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70": ("edge", 131.0),
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0": ("opera", 115.0),
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": ("firefox", 133.0),
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.1.2 Safari/605.1.15": ("safari", 17.1),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4) {WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1": ("safari", 17.4),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4) {WEBKIT} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1": (
        "chrome",
        131.0,
    ),
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko": ("ie", 11.0),
    "curl/8.5.0": None,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": None,
    "": None,
}


@pytest.mark.parametrize(("agent", "found"), AGENTS.items())
def test_browsers_are_known_by_their_name_and_version(agent: str, found: tuple[str, float] | None) -> None:
    assert browser_version(agent) == found


async def view(request: Request) -> Response:
    return Response.text("page")


@pytest.mark.parametrize("agent", AGENTS)
def test_old_browsers_get_406_and_others_the_page(agent: str) -> None:
    handle = allow_browsers()(view)
    request = Request.build(headers={"User-Agent": agent})
    found = AGENTS[agent]
    if found is not None and found[1] < MODERN.get(found[0], 999):
        with pytest.raises(NotAcceptable, match="too old") as caught:
            asyncio.run(handle(request))
        assert caught.value.status == 406
    else:
        assert asyncio.run(handle(request)).body == b"page"


@pytest.mark.parametrize(
    ("version", "passes"), [("17.10", True), ("17.2", True), ("17.1", False), ("17", False), ("18", True)]
)
def test_the_tenth_minor_version_comes_after_the_second(version: str, passes: bool) -> None:
    handle = allow_browsers({"safari": 17.2})(view)
    request = Request.build(
        headers={"User-Agent": f"Mozilla/5.0 (Macintosh) {WEBKIT} Version/{version} Safari/605.1.15"}
    )
    if passes:
        assert asyncio.run(handle(request)).status == 200
    else:
        with pytest.raises(NotAcceptable):
            asyncio.run(handle(request))


def test_a_browser_can_be_turned_away_whatever_its_version() -> None:
    handle = allow_browsers({"firefox": float("inf")})(view)
    with pytest.raises(NotAcceptable):
        asyncio.run(handle(Request.build(headers={"User-Agent": "Firefox/9999.0"})))


@given(st.text(max_size=700))
def test_any_name_is_read(agent: str) -> None:
    found = browser_version(agent)
    assert found is None or found[1] >= 0
