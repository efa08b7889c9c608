"""Atomic requests: what a failing view wrote is undone."""

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.http import NotFound, Request, Response
from partita.orm import CharField, Databases, Model, connect
from partita.orm.registry import Registry
from partita.urls import path
from partita.web import App, AppError, Settings, non_atomic_requests

MODELS = Registry()


class Order(Model):
    """An order."""

    title = CharField(max_length=20)

    class Meta:
        app_label = "atomicshop"
        registry = MODELS


async def async_view(request: Request, end: str) -> Response:
    """Write, then end well or badly."""
    await Order.objects.acreate(title=end)
    return finish(end)


def sync_view(request: Request, end: str) -> Response:
    """Write in a thread, then end well or badly."""
    Order.objects.create(title=end)
    return finish(end)


def loop_view(request: Request, end: str) -> Response:
    """Write on the loop, then end well or badly."""
    return sync_view(request, end)


loop_view.runs_on_loop = True  # type: ignore[attr-defined]


@non_atomic_requests
def free_view(request: Request, end: str) -> Response:
    """Write without a transaction."""
    return sync_view(request, end)


def disguised(request: Request, end: str) -> Any:
    """Give what an async view gives."""
    return async_view(request, end)


def finish(end: str) -> Response:
    """Answer, or raise."""
    if end == "missing":
        raise NotFound()
    if end == "broken":
        raise ZeroDivisionError
    return Response.text("done", 200 if end == "well" else 400)


VIEWS = {"async": async_view, "sync": sync_view, "loop": loop_view, "free": free_view, "disguised": disguised}


def build(atomic: bool) -> App:
    """Make an application."""
    settings = Settings("key", sections={"web": {"atomic_requests": atomic}})
    urls = [path(f"{name}/<end>/", view) for name, view in VIEWS.items()]
    return App(settings, urls=urls, default_apps=("partita.http", "partita.urls"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    """A database in a file, which threads share."""
    database = connect(f"sqlite:///{tmp_path / 'orders.sqlite3'}")
    with Databases({"default": database}):
        database.create_all(Order)
        yield
        database.close()


def after(app: App, target: str) -> tuple[int, int]:
    """Return the status of a request, and how many orders there are after it."""

    async def steps() -> int:
        return (await app(Request.build("GET", target))).status

    status = asyncio.run(steps())
    return status, Order.objects.count()


@pytest.mark.parametrize("kind", ["async", "sync", "loop"])
@pytest.mark.usefixtures("database")
def test_what_a_view_wrote_is_undone_if_it_raises_and_kept_if_it_answers(kind: str) -> None:
    app = build(atomic=True)
    assert after(app, f"/{kind}/broken/") == (500, 0)
    assert after(app, f"/{kind}/missing/") == (404, 0)
    assert after(app, f"/{kind}/well/") == (200, 1)
    assert after(app, f"/{kind}/bad/") == (400, 2)  # an answer is an answer, whatever its status


@pytest.mark.usefixtures("database")
def test_without_the_setting_or_with_the_mark_there_is_no_transaction() -> None:
    assert after(build(atomic=False), "/async/broken/") == (500, 1)
    assert after(build(atomic=True), "/free/broken/") == (500, 2)


@pytest.mark.usefixtures("database")
def test_a_view_whose_work_would_come_after_its_transaction_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    assert after(build(atomic=True), "/disguised/well/") == (500, 0)
    assert "non_atomic_requests" in caplog.text


def test_without_the_orm_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    app = build(atomic=True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("partita.web.transactions.find_spec", lambda name: None)
    with pytest.raises(AppError, match="partita-orm"):
        app.prepare()


def test_only_the_default_database_has_transactions_to_keep_out_of() -> None:
    def view(request: Request) -> Response:
        return Response.text("")

    def other(request: Request) -> Response:
        return Response.text("")

    assert non_atomic_requests(using="default")(view).atomic_requests is False  # type: ignore[attr-defined]
    assert not hasattr(non_atomic_requests(using="archive")(other), "atomic_requests")
