"""Which answers get a line in the log ``partita.request``."""

import asyncio
import logging
from typing import Any

import pytest

from partita.http import NotFound, Request, Response
from partita.http.drafts import HttpResponse
from partita.urls import path, resolve
from partita.web import App, Settings

LEAN = ("partita.http", "partita.urls")


def refused(request: Any) -> Response:
    return Response.text("no", 403)


def failed(request: Any) -> Response:
    return HttpResponse("broken", status=503)


def absent(request: Any) -> Response:
    raise NotFound("There is no such album.")


def unexpected(request: Any) -> Response:
    raise ZeroDivisionError


def asking(request: Any) -> Response:
    return Response.text(str(resolve("/nowhere/else/")))


URLS = [
    path("asking/", asking),
    path("fine/", lambda request: Response.text("ok")),
    path("refused/", refused),
    path("failed/", failed),
    path("absent/", absent),
    path("unexpected/", unexpected),
]


def lines(caplog: pytest.LogCaptureFixture, target: str, *, on: bool = True) -> list[tuple[int, str]]:
    app = App(Settings("k" * 50, sections={"web": {"log_answers": on}}), urls=URLS, default_apps=LEAN)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "partita.request"):
        asyncio.run(app.handle(Request.build("GET", target)))
    return [(record.levelno, record.getMessage()) for record in caplog.records if record.name == "partita.request"]


def test_refusals_are_warnings_and_failures_errors(caplog: pytest.LogCaptureFixture) -> None:
    assert lines(caplog, "/fine/") == []
    assert lines(caplog, "/refused/") == [(logging.WARNING, "Forbidden: /refused/")]
    assert lines(caplog, "/absent/") == [(logging.WARNING, "Not Found: /absent/")]
    assert lines(caplog, "/asking/") == [(logging.WARNING, "Not Found: /asking/")]  # what it asked for leads nowhere
    assert lines(caplog, "/nowhere/") == [(logging.WARNING, "Not Found: /nowhere/")]
    assert lines(caplog, "/failed/") == [(logging.ERROR, "Service Unavailable: /failed/")]
    assert caplog.records[0].__dict__["status_code"] == 503
    assert caplog.records[0].__dict__["request"].path == "/failed/"


def test_what_no_view_expected_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    assert lines(caplog, "/unexpected/") == [(logging.ERROR, "GET '/unexpected/' failed")]
    assert lines(caplog, "/unexpected/", on=False) == [(logging.ERROR, "GET '/unexpected/' failed")]


def test_without_the_setting_refusals_leave_no_line(caplog: pytest.LogCaptureFixture) -> None:
    assert lines(caplog, "/refused/", on=False) == lines(caplog, "/nowhere/", on=False) == []


def test_a_path_forges_no_lines(caplog: pytest.LogCaptureFixture) -> None:
    ((_, message),) = lines(caplog, "/a%0AINFO%1B[31m")
    assert message.isprintable()
