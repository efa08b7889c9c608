"""Answers are kept only if they may be, and given only to those they are for (RFC 9111)."""

import asyncio
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.i18n import TRANSLATOR
from partita.contracts.zones import ZONE
from partita.http import Request, Response, Slot
from partita.http.memory_cache import MemoryCache
from partita.http.page_cache import PageCache

PERSONAL = Slot[str]("test.personal", varies_on=("Cookie",))
SECRET = Slot[str]("test.secret", varies_on=("*",))


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock | None = None) -> PageCache:
    clock = clock or Clock()
    return PageCache(MemoryCache(clock=clock), clock=clock)


def ask(path: str = "/page/?a=1", **headers: str) -> Request:
    return Request.build("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_an_answer_comes_again_as_it_was_with_its_age() -> None:
    clock = Clock()
    pages = make(clock)
    sent = pages.keep(ask(), Response.html("<p>1</p>", 200, {"X-Own": "yes"}), 60)
    clock.now += 7
    found = pages.load(ask())
    assert found is not None
    assert (found.body, found.status, found.headers["x-own"]) == (b"<p>1</p>", 200, "yes")
    assert found.headers["age"] == "7"
    assert sent.headers["cache-control"] == found.headers["cache-control"] == "max-age=60"
    assert sent.headers["expires"] == found.headers["expires"] == "Mon, 12 Jan 1970 13:47:40 GMT"
    clock.now += 54
    assert pages.load(ask()) is None


@pytest.mark.parametrize(
    "other",
    [
        Request.build("GET", "/page/?a=2"),
        Request.build("GET", "/page/"),
        Request.build("GET", "/other/?a=1"),
        Request.build("GET", "/page/?a=1", headers={"Host": "other.example"}),
        Request.build("GET", "/page/?a=1", scheme="https"),
        Request.build("GET", "/page/?a=1", root_path="/shop"),
        Request.build("POST", "/page/?a=1"),
        Request.build("GET", "/page/?a=1", headers={"Range": "bytes=0-1"}),
        Request.build("GET", "/page/?a=1", headers={"Host": "a/?x"}),
    ],
)
def test_another_request_gets_nothing(other: Request) -> None:
    pages = make()
    pages.keep(ask(), Response.text("1"), 60)
    assert pages.load(other) is None
    assert pages.load(ask()) is not None


def test_a_head_gets_what_a_get_left_and_leaves_nothing() -> None:
    pages = make()
    pages.keep(Request.build("HEAD", "/page/"), Response.text(""), 60)
    assert pages.load(Request.build("GET", "/page/")) is None
    pages.keep(Request.build("GET", "/page/"), Response.text("1"), 60)
    assert pages.load(Request.build("HEAD", "/page/")) is not None


@pytest.mark.parametrize(
    "answer",
    [
        Response.text("1").with_cookie("a", "b"),  # CVE-2026-48588
        Response.text("1", headers={"Cache-Control": "private"}),
        Response.text("1", headers={"Cache-Control": "max-age=60, PRIVATE"}),  # CVE-2026-6907: in any case
        Response.text("1", headers={"Cache-Control": 'private="set-cookie"'}),
        Response.text("1", headers={"Cache-Control": "no-store"}),
        Response.text("1", headers={"Cache-Control": "no-cache"}),
        Response.text("1", headers={"Cache-Control": 'broken="'}),
        Response.text("1", headers={"Vary": "*"}),
        Response.text("1", headers={"Vary": "Accept , * "}),
        Response.text("1", 500),
        Response.text("1", 302),
        Response.text("1", 403),
        Response.stream([b"1"]),
        Response.text("x" * (4 * 2**20 + 1)),
        Response.text("1", headers={"Vary": ", ".join(f"X-{number}" for number in range(17))}),
    ],
)
def test_what_is_not_for_others_is_not_kept(answer: Response) -> None:
    pages = make()
    pages.keep(ask(), answer, 60)
    assert pages.load(ask()) is None


def test_no_time_keeps_nothing_and_says_nothing() -> None:
    pages = make()
    answer = Response.text("1")
    assert pages.keep(ask(), answer, 0) is answer
    assert pages.load(ask()) is None


def test_answers_that_vary_are_kept_apart() -> None:
    pages = make()
    for language in ("de", "fr"):
        pages.keep(ask(Accept_Language=language), Response.text(language, headers={"Vary": " Accept-LANGUAGE "}), 60)
    assert [pages.load(ask(Accept_Language=each)) is not None for each in ("de", "fr", "es")] == [True, True, False]
    found = pages.load(ask(Accept_Language="fr"))
    assert found is not None
    assert found.body == b"fr"


def test_an_absent_header_and_an_empty_one_are_two_things() -> None:  # CVE-2026-113593
    pages = make()
    pages.keep(ask(), Response.text("none", headers={"Vary": "X-Kind"}), 60)
    assert pages.load(ask(X_Kind="")) is None
    assert pages.load(ask()) is not None


def test_what_an_address_varies_on_is_never_forgotten_by_a_later_answer() -> None:
    pages = make()
    pages.keep(ask(Cookie="a=1"), Response.text("mine", headers={"Vary": "Cookie"}), 60)
    pages.keep(ask(Cookie="a=2"), Response.text("other"), 60)
    found = pages.load(ask(Cookie="a=1"))
    assert pages.load(ask(Cookie="a=3")) is None
    assert found is None or found.body == b"mine"


def test_what_was_told_to_somebody_with_credentials_is_theirs() -> None:  # CVE-2026-35193; RFC 9111, section 3.5
    pages = make()
    pages.keep(ask(Authorization="Bearer a"), Response.text("mine"), 60)
    assert pages.load(ask()) is None
    pages.keep(ask(), Response.text("everybody's"), 60)
    assert pages.load(ask(Authorization="Bearer a")) is None
    public = Response.text("all", headers={"Cache-Control": "public"})
    pages.keep(ask("/p/", Authorization="Bearer a"), public, 60)
    assert pages.load(ask("/p/", Authorization="Bearer b")) is not None


def test_an_answer_made_with_what_belongs_to_a_visitor_is_kept_by_that() -> None:
    pages = make()
    mine = ask(Cookie="session=1")
    mine.state.fill_lazily(PERSONAL, lambda: "me")
    assert "vary" not in pages.keep(mine, Response.text("nobody looked"), 60).headers
    assert mine[PERSONAL] == "me"
    assert pages.keep(mine, Response.text("mine"), 60).headers["vary"] == "Cookie"
    found = pages.load(ask(Cookie="session=1"))
    assert found is not None
    assert found.body == b"mine"
    assert pages.load(ask(Cookie="session=2")) is None


def test_an_answer_made_with_a_secret_is_not_kept() -> None:
    pages = make()
    request = ask()
    request.state.fill(SECRET, "token")
    pages.keep(request, Response.text("token"), 60)
    assert pages.load(ask()) is None


def test_languages_are_kept_apart() -> None:
    class German:
        language = "de"

    pages = make()
    pages.keep(ask(), Response.text("English"), 60)
    token = TRANSLATOR.set(German())  # type: ignore[arg-type]  # only its language is asked for
    try:
        assert pages.load(ask()) is None
    finally:
        TRANSLATOR.reset(token)


def test_time_zones_are_kept_apart() -> None:
    pages = make()
    pages.keep(ask(), Response.text("12:00"), 60)
    token = ZONE.set(ZoneInfo("Asia/Kabul"))
    try:
        assert pages.load(ask()) is None
    finally:
        ZONE.reset(token)
    assert pages.load(ask()) is not None


def test_an_entry_that_cannot_be_read_counts_as_absent() -> None:
    cache = MemoryCache()
    pages = PageCache(cache)
    pages.keep(ask(), Response.text("1"), 60)
    for key in list(cache._entries):
        if key.count(".") == 3:
            cache.set(key, b"\xc1 of another version")
    assert pages.load(ask()) is None


def test_async_twins_do_the_same() -> None:
    pages = make()

    async def both() -> Response | None:
        await pages.akeep(ask(), Response.text("1"), 60)
        return await pages.aload(ask())

    found = asyncio.run(both())
    assert found is not None
    assert found.body == b"1"
    assert pages.load(ask()) is not None


_VALUES = st.text("ab, -+", max_size=4)


@given(st.lists(st.tuples(_VALUES, _VALUES), max_size=2, min_size=2))
def test_no_two_requests_meet_unless_what_is_varied_on_is_the_same(pairs: list[tuple[str, str]]) -> None:
    pages = make()
    one, other = [Request.build("GET", "/", headers={"X-A": a, "X-B": b}) for a, b in pairs]
    pages.keep(one, Response.text("1", headers={"Vary": "X-A, X-B"}), 60)
    same = [one.headers.get(name, "").strip() == other.headers.get(name, "").strip() for name in ("x-a", "x-b")]
    assert (pages.load(other) is not None) is all(same)
