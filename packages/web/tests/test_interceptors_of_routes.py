"""Interceptors around a route see what its view raises."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.http import Forbidden, Request, Response
from partita.http.declared import with_headers
from partita.http.interceptors import Interceptor, RetryInterceptor, TimingInterceptor, intercept
from partita.urls import include, path
from partita.web.testing import application

View = Callable[[Request], Coroutine[Any, Any, Response]]


class Noting(Interceptor):
    def __init__(self) -> None:
        self.seen: list[object] = []

    def after(self, request: Request, response: Response) -> Response:
        self.seen.append(response.status)
        return response

    def error(self, request: Request, error: Exception, tries: int) -> None:
        self.seen.append(error)


async def at_once(seconds: float) -> None: ...


def failing(times: int, error: Exception) -> View:
    left = [error] * times

    async def view(request: Request) -> Response:
        if left:
            raise left.pop()
        return Response.text("ok")

    return view


def ask(urls: list[Any], where: str = "/") -> Response:
    with application(urls=urls, default_apps=()) as app:
        return asyncio.run(app(Request.build("GET", where)))


def test_a_view_that_fails_for_a_while_is_asked_again() -> None:
    told: list[float] = []
    chain = intercept(
        RetryInterceptor(TimeoutError, sleep=at_once), TimingInterceptor(report=lambda _, seconds: told.append(seconds))
    )
    answer = ask([path("", failing(2, TimeoutError()), middleware=[chain])])
    assert (answer.status, answer.body, len(told)) == (200, b"ok", 3)


def test_it_fails_in_the_end() -> None:
    chain = intercept(RetryInterceptor(TimeoutError, tries=2, sleep=at_once))
    assert ask([path("", failing(2, TimeoutError()), middleware=[chain])]).status == 500


@pytest.mark.parametrize("error", [Forbidden("Not you."), ValueError("wrong")])
def test_around_an_include_as_well_and_others_outside_get_the_answer(error: Exception) -> None:
    inner, outer = Noting(), Noting()
    urls = [
        path(
            "a/",
            include([path("b", failing(1, error))]),
            middleware=[intercept(outer), with_headers({"X-A": "1"}), intercept(inner)],
        )
    ]
    answer = ask(urls, "/a/b")
    assert inner.seen == [error]
    assert outer.seen == [answer.status]
    assert answer.headers["x-a"] == "1"
