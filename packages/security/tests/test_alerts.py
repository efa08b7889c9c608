import asyncio
import logging
import sqlite3
from typing import Any

import pytest

from partita.http.errors import NotFound, SuspiciousOperation
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot
from partita.security.alerts import Alert, Alerter, alert_of, send_alert

FAILURE = Slot[BaseException]("somewhere.failure")


class OrmError(Exception):
    """Stands for the base of a package that has nothing to do with PEP 249."""


class DatabaseError(OrmError):
    """As in PEP 249."""


class OperationalError(DatabaseError):
    """As in PEP 249."""


class IntegrityError(DatabaseError):
    """As in PEP 249."""


def wrapped(cause: BaseException) -> BaseException:
    try:
        raise RuntimeError("page failed") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (OperationalError("cannot reach db:5432"), "database", "cannot reach db:5432"),
        (DatabaseError("Key (email)=(anna@shop.test)"), "database", ""),
        (sqlite3.OperationalError("disk I/O error"), "database", "disk I/O error"),
        (wrapped(sqlite3.DatabaseError("malformed: anna")), "database", ""),
        (SuspiciousOperation("../\x1b[31m"), "security", "../\\x1b[31m"),
    ],
)
def test_critical_errors_are_alerts_that_hold_nobodys_data(error: BaseException, kind: str, text: str) -> None:
    alert = alert_of(error, Request.build("POST", "/a\n?x=1"))
    assert alert is not None
    assert (alert.kind, alert.text, alert.method) == (kind, text, "POST")
    assert "\n" not in alert.path


@pytest.mark.parametrize("error", [IntegrityError("twice"), ValueError("x"), NotFound(), wrapped(KeyError("a"))])
def test_what_users_and_programmers_do_wrong_is_no_alert(error: BaseException) -> None:
    assert alert_of(error) is None


def visit(alerter: Alerter, error: BaseException | None) -> Response:
    async def view(request: Request) -> Response:
        if error is not None:
            request.state.fill(FAILURE, error)
        return Response.text("sorry", status=500)

    return asyncio.run(alerter.middleware()(view)(Request.build("GET", "/shop")))


def test_the_hooks_are_called_when_an_error_became_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Alert] = []

    async def awaiting(alert: Alert) -> None:
        told.append(alert)

    alerter = Alerter([told.append, awaiting])
    assert visit(alerter, OperationalError("gone")).status == 500
    expected = Alert("database", "OperationalError", "gone", "GET", "/shop")
    assert told == [expected, expected]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    visit(alerter, None)
    visit(alerter, ValueError("x"))
    assert len(told) == 2


def test_the_same_is_told_once_in_a_while_with_how_often_it_happened() -> None:
    told: list[Alert] = []
    now = [0.0]
    alerter = Alerter([told.append], every=60, clock=lambda: now[0])
    for _ in range(4):
        visit(alerter, OperationalError("gone"))
    visit(alerter, SuspiciousOperation("x"))
    assert [(alert.name, alert.again) for alert in told] == [("OperationalError", 0), ("SuspiciousOperation", 0)]
    now[0] = 60.0
    visit(alerter, OperationalError("gone"))
    assert told[-1].again == 3


def test_kinds_can_be_chosen() -> None:
    told: list[Alert] = []
    visit(Alerter([told.append], kinds=["security"]), OperationalError("gone"))
    assert told == []


def test_what_is_remembered_is_bounded() -> None:
    alerter = Alerter([lambda alert: None], every=1e9)

    async def flood() -> None:
        for number in range(1000):
            await alerter.tell(Alert("security", f"Name{number}"))

    asyncio.run(flood())
    assert len(alerter._told) == 200


def test_a_hook_that_fails_keeps_neither_the_others_nor_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Alert] = []

    def broken(alert: Alert) -> None:
        raise OSError("no mail today")

    assert visit(Alerter([broken, told.append]), OperationalError("gone")).status == 500
    assert len(told) == 1
    assert "could not be sent" in caplog.text


def test_alerts_can_be_sent_from_anywhere() -> None:
    told: list[Any] = []
    asyncio.run(send_alert(Alert("security", "StolenCard"), [told.append]))
    assert told == [Alert("security", "StolenCard")]
    asyncio.run(send_alert(Alert("security", "StolenCard")))  # without an application there is nobody but the log
