"""Interceptors are called in their order: before from the outside in, after and error from the inside out."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import NotFound, Request, Response
from partita.http.interceptors import (
    AGAIN,
    Again,
    CacheInterceptor,
    Interceptor,
    LogInterceptor,
    RateInterceptor,
    RetryInterceptor,
    TimingInterceptor,
    intercept,
)
from partita.http.memory_cache import MemoryCache
from partita.http.page_cache import PageCache
from partita.http.server_timing import server_timing


class Writing(Interceptor):
    """Writes down what it is called for."""

    def __init__(self, name: str, log: list[str], early: Response | None = None, rescue: bool = False) -> None:
        self.name, self.log, self.early, self.rescue = name, log, early, rescue

    def before(self, request: Request) -> Response | None:
        self.log.append(f"before {self.name}")
        return self.early

    async def after(self, request: Request, response: Response) -> Response:
        self.log.append(f"after {self.name}")
        return response.with_added_header("X-Through", self.name)

    def error(self, request: Request, error: Exception, tries: int) -> Response | None:
        self.log.append(f"error {self.name}: {error}")
        return Response.text(f"rescued by {self.name}") if self.rescue else None


def ask(*interceptors: Interceptor, view: Any = None, method: str = "GET", path: str = "/") -> Response:
    async def answer(request: Request) -> Response:
        return Response.text("answer")

    return asyncio.run(intercept(*interceptors)(view or answer)(Request.build(method, path)))


def failing(error: Exception, times: int = 1000) -> Callable[[Request], Any]:
    left = [times]

    async def view(request: Request) -> Response:
        if left[0]:
            left[0] -= 1
            raise error
        return Response.text("at last")

    return view


def test_the_first_stands_outermost() -> None:
    log: list[str] = []
    response = ask(*[Writing(name, log) for name in "abc"])
    assert log == ["before a", "before b", "before c", "after c", "after b", "after a"]
    assert response.headers["x-through"] == "c, b, a"


def test_an_early_answer_goes_out_through_those_outside() -> None:
    log: list[str] = []
    response = ask(Writing("a", log), Writing("b", log, early=Response.text("early")), Writing("c", log))
    assert (response.body, log) == (b"early", ["before a", "before b", "after a"])


def test_an_error_goes_outwards_until_one_answers_it() -> None:
    log: list[str] = []
    chain = (Writing("a", log), Writing("b", log, rescue=True), Writing("c", log))
    response = ask(*chain, view=failing(LookupError("album")))
    assert response.body == b"rescued by b"
    assert log == ["before a", "before b", "before c", "error c: album", "error b: album", "after a"]


def test_an_error_that_nobody_answers_is_raised() -> None:
    with pytest.raises(LookupError, match="album"):
        ask(Writing("a", []), view=failing(LookupError("album")))


def test_what_is_no_interceptor_is_refused() -> None:
    with pytest.raises(TypeError, match="takes objects of Interceptor"):
        intercept(Interceptor)  # type: ignore[arg-type]


def test_the_time_is_told_for_answers_and_errors() -> None:
    times: list[tuple[str, float]] = []
    clock = iter([1.0, 3.5, 10.0, 11.0])
    timing = TimingInterceptor(
        report=lambda request, seconds: times.append((request.path, seconds)), clock=lambda: next(clock)
    )
    ask(timing, path="/a/")
    with pytest.raises(ValueError, match="x"):
        ask(timing, view=failing(ValueError("x")), path="/b/")
    assert times == [("/a/", 2.5), ("/b/", 1.0)]


def test_developer_tools_see_the_time() -> None:
    async def answer(request: Request) -> Response:
        return Response.text("")

    handler = server_timing(lambda request: True)(intercept(TimingInterceptor("database"))(answer))
    assert "database;dur=" in asyncio.run(handler(Request.build())).headers["server-timing"]


def test_requests_and_errors_are_logged_with_their_paths_escaped(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        ask(LogInterceptor(), path="/a%0Ab/")
        with pytest.raises(NotFound):
            ask(LogInterceptor(), view=failing(NotFound("no")))
        with pytest.raises(LookupError):
            ask(LogInterceptor(), view=failing(LookupError("album")))
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("INFO", "GET '/a\\nb/': 200"),
        ("INFO", "GET '/': 404"),
        ("ERROR", "GET '/': LookupError"),
    ]


def test_answers_are_kept() -> None:
    asked: list[str] = []

    async def view(request: Request) -> Response:
        asked.append(request.path)
        return Response.text(str(len(asked)))

    chain = CacheInterceptor(60, PageCache(MemoryCache()))
    assert [ask(chain, view=view, path=path).body for path in ("/a/", "/a/", "/b/")] == [b"1", b"1", b"2"]


def test_without_an_application_and_a_cache_nothing_is_kept() -> None:
    assert ask(CacheInterceptor(60)).body == b"answer"


def test_a_request_that_failed_is_tried_again_with_longer_pauses() -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    log: list[str] = []
    retry = RetryInterceptor(TimeoutError, tries=4, pause=0.1, sleep=sleep)
    response = ask(Writing("a", log), retry, Writing("b", log), view=failing(TimeoutError("db"), times=2))
    assert (response.body, pauses) == (b"at last", [0.1, 0.2])
    assert log == [
        *["before a", "before b", "error b: db", "before b", "error b: db", "before b", "after b", "after a"],
    ]


@pytest.mark.parametrize(
    ("method", "error", "tries"), [("POST", TimeoutError, 1), ("GET", LookupError, 1), ("GET", TimeoutError, 3)]
)
def test_what_may_not_be_repeated_is_not_and_tries_end(method: str, error: type[Exception], tries: int) -> None:
    seen: list[int] = []

    async def view(request: Request) -> Response:
        seen.append(1)
        raise error("x")

    async def sleep(seconds: float) -> None: ...

    with pytest.raises(error):
        ask(RetryInterceptor(TimeoutError, sleep=sleep), view=view, method=method)
    assert len(seen) == tries


def test_an_interceptor_that_never_gives_up_is_stopped() -> None:
    class Endless(Interceptor):
        def error(self, request: Request, error: Exception, tries: int) -> Again:
            return AGAIN

    with pytest.raises(LookupError):
        ask(Endless(), view=failing(LookupError("x"), times=10_000))


def test_tries_are_bounded() -> None:
    with pytest.raises(ValueError, match="from 1 to 10 times, not 11"):
        RetryInterceptor(TimeoutError, tries=11)


def test_whoever_asks_too_often_is_refused() -> None:
    left = [1]

    async def limiter(request: Request) -> float:
        left[0] -= 1
        return 0 if left[0] >= 0 else 1.2

    rate = RateInterceptor(limiter)
    assert ask(rate).status == 200
    refused = ask(rate)
    assert (refused.status, refused.headers["retry-after"]) == (429, "2")


def test_all_five_stand_in_one_chain(caplog: pytest.LogCaptureFixture) -> None:
    times: list[float] = []

    async def limiter(request: Request) -> float:
        return 0

    async def sleep(seconds: float) -> None: ...

    order: list[str] = []
    chain = (
        Writing("outermost", order),
        TimingInterceptor(report=lambda request, seconds: times.append(seconds)),
        LogInterceptor(),
        RateInterceptor(limiter),
        CacheInterceptor(60, PageCache(MemoryCache())),
        RetryInterceptor(TimeoutError, sleep=sleep),
        Writing("innermost", order),
    )
    view = failing(TimeoutError("db"), times=1)
    with caplog.at_level(logging.INFO):
        assert [ask(*chain, view=view).body for _ in range(2)] == [b"at last", b"at last"]
    assert len(times) == 2
    assert order == [
        *("before outermost", "before innermost", "error innermost: db"),  # the first try
        *("before innermost", "after innermost", "after outermost"),  # the second one
        *("before outermost", "after outermost"),  # the second request, answered by the cache
    ]
    assert [each.getMessage() for each in caplog.records] == [
        "GET '/' failed and is tried again: TimeoutError",
        "GET '/': 200",
        "GET '/': 200",
    ]
