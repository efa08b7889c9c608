"""Somebody is told, in a whole application, when its database fails or somebody attacks it."""

import asyncio
import sqlite3
from typing import Any

import pytest

from partita.contracts.testing.app import SimpleRegistrar
from partita.http import Request, SuspiciousOperation
from partita.security import integration
from partita.security.alerts import ALERTS, Alert
from partita.urls import path
from partita.web import App, Settings

LEAN = ("partita.http", "partita.urls", "partita.security")


async def broken(request: Request) -> Any:
    raise sqlite3.OperationalError("unable to open database file")


async def attacked(request: Request) -> Any:
    raise SuspiciousOperation("a forged step of the wizard")


async def wrong(request: Request) -> Any:
    raise KeyError("album")


URLS = [path("broken/", broken), path("attacked/", attacked), path("wrong/", wrong)]


def visit(app: App, *names: str) -> list[int]:
    async def main() -> list[int]:
        return [(await app(Request.build("GET", f"/{name}/"))).status for name in names]

    return asyncio.run(main())


def test_the_hook_is_called_for_what_is_critical_and_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Alert] = []
    original = integration.setup

    def setup(app: Any) -> None:
        original(app)
        app.add(ALERTS, told.append)

    monkeypatch.setattr(integration, "setup", setup)  # as the package of a project would add it in its own
    app = App(Settings("key", allowed_hosts=["testserver"]), urls=URLS, default_apps=LEAN)
    assert visit(app, "broken", "attacked", "wrong", "broken") == [500, 400, 500, 500]
    assert [(alert.kind, alert.name, alert.path) for alert in told] == [
        ("database", "OperationalError", "/broken/"),
        ("security", "SuspiciousOperation", "/attacked/"),
    ]


def test_without_a_hook_nobody_is_told_and_all_is_answered() -> None:
    app = App(Settings("key", allowed_hosts=["testserver"]), urls=URLS, default_apps=LEAN)
    assert visit(app, "broken", "attacked") == [500, 400]
    assert SimpleRegistrar().all(ALERTS) == ()
