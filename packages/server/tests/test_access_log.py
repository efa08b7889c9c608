import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import pytest

from partita.http import Request, Response
from partita.server.access_log import AccessEntry, json_line, log_to_stderr, text_line

ENTRY = AccessEntry(
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "192.0.2.7", "GET", "/a", 200, 13, 1.25, user_agent="curl"
)


class Running(Protocol):
    def send(self, data: bytes) -> bytes: ...
    def stop(self) -> bool: ...


Start = Callable[..., Running]


async def hello(request: Request) -> Response:
    return Response.text(f"{request.client and request.client[0]} {request.scheme}")


def test_a_text_line_is_for_people() -> None:
    assert text_line(ENTRY) == '192.0.2.7 "GET /a" 200 13 1.2ms "-" "curl"'


def test_a_json_line_is_for_programs() -> None:
    assert json.loads(json_line(ENTRY)) == {
        "time": "2026-01-02T03:04:05Z",
        "client": "192.0.2.7",
        "method": "GET",
        "path": "/a",
        "status": 200,
        "bytes": 13,
        "milliseconds": 1.25,
        "user_agent": "curl",
    }


@pytest.mark.parametrize("line", [text_line, json_line])
def test_what_clients_say_cannot_forge_or_colour_a_line(line: Callable[[AccessEntry], str]) -> None:
    agent = 'x" 200 1\n10.0.0.1 "GET /forged\x1b[31m\x85'
    entry = AccessEntry(ENTRY.time, "192.0.2.7", "GET", "/a", 404, 0, 0.0, user_agent=agent)
    written = line(entry)
    assert not any(c in written for c in "\n\r\x1b")
    assert '"GET /forged' not in written.replace('\\"', "")


@pytest.mark.parametrize("kind", [True, "text", "json"])
def test_each_request_gives_a_line_without_its_query(
    quick: Start, caplog: pytest.LogCaptureFixture, kind: bool | str
) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")
    server = quick(hello, access_log=kind)
    server.send(b"GET /a?token=secret HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8\r\nConnection: close\r\n\r\n")
    server.send(b"nonsense\r\n\r\n")
    server.stop()
    first, second = [record.getMessage() for record in caplog.records if record.name == "partita.server.access"]
    assert "secret" not in first
    if kind == "json":
        entry = json.loads(first)
        assert (entry["path"], entry["status"], entry["bytes"], entry["user_agent"]) == ("/a", 200, 14, "curl/8")
        assert entry["milliseconds"] >= 0
        assert json.loads(second)["status"] == 400
    else:
        assert first.startswith('127.0.0.1 "GET /a" 200 14 ')
        assert first.endswith('"-" "curl/8"')
        assert " 400 " in second


def test_without_the_option_nothing_is_logged(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")
    quick(hello).send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert not caplog.records


FORWARDED = (
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
    b"Connection: close\r\n\r\n"
)


def test_a_trusted_proxy_tells_client_and_scheme(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")
    answer = quick(hello, trusted_proxies=("127.0.0.0/8",), access_log=True).send(FORWARDED)
    assert answer.endswith(b"203.0.113.9 https")
    assert caplog.records[-1].getMessage().startswith('203.0.113.9 "GET /"')


@pytest.mark.parametrize("networks", [(), ("10.0.0.0/8",), ("unix",)])
def test_a_spoofed_field_from_anybody_else_is_ignored(quick: Start, networks: tuple[str, ...]) -> None:
    assert quick(hello, trusted_proxies=networks).send(FORWARDED).endswith(b"127.0.0.1 http")


def test_logging_that_is_set_up_already_is_left_alone() -> None:
    log = logging.getLogger("partita.server.access")
    before = (log.handlers[:], log.level, log.propagate)
    try:
        log.handlers, log.propagate = [], False
        log_to_stderr()
        log_to_stderr()
        assert len(log.handlers) == 1
        assert log.level == logging.INFO
    finally:
        log.handlers, log.propagate = before[0], before[2]
        log.setLevel(before[1])
