"""Signals about requests are sent to whoever listens, if the settings ask for them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from partita.http import NotFound, Request, Response
from partita.urls import path
from partita.web import App, Settings
from partita.web.request_signals import got_request_exception, request_finished, request_started

LEAN = ("partita.http", "partita.urls")


async def view(request: Request, kind: str) -> Response:
    if kind == "missing":
        raise NotFound
    if kind == "broken":
        raise LookupError("album")
    if kind == "stream":
        return Response.stream(chunks())
    return Response.text("fine")


async def chunks() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


@pytest.fixture
def heard() -> Iterator[list[str]]:
    told: list[str] = []

    def started(sender: object, request: Request, **named: object) -> None:
        told.append(f"started {request.path} {sender is App}")

    async def finished(sender: object, **named: object) -> None:
        told.append("finished")

    def failed(sender: object, request: Request, **named: object) -> None:
        told.append(f"failed {request.path}")

    pairs: list[tuple[Any, Any]] = [
        (request_started, started),
        (request_finished, finished),
        (got_request_exception, failed),
    ]
    for signal, receiver in pairs:
        signal.connect(receiver)
    yield told
    for signal, receiver in pairs:
        signal.disconnect(receiver)


def ask(kind: str, signals: bool = True) -> Response:
    app = App(Settings("key", sections={"web": {"signals": signals}}), urls=[path("<kind>/", view)], default_apps=LEAN)
    return asyncio.run(app(Request.build("GET", f"/{kind}/")))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("fine", ["started /fine/ True", "finished"]),
        ("missing", ["started /missing/ True", "finished"]),
        ("broken", ["started /broken/ True", "failed /broken/", "finished"]),
    ],
)
def test_requests_are_told_of_in_their_order(kind: str, told: list[str], heard: list[str]) -> None:
    ask(kind)
    assert heard == told


def test_a_stream_is_finished_when_it_has_ended(heard: list[str]) -> None:
    response = ask("stream")
    assert heard == ["started /stream/ True"]
    assert asyncio.run(response.aread()) == b"ab"
    assert heard[1:] == ["finished"]


def test_without_the_setting_nothing_is_sent(heard: list[str]) -> None:
    assert ask("fine", signals=False).body == b"fine"
    assert heard == []
