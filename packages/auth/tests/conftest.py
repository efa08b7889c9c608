"""An application with users in an SQLite database in memory, and a client for it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from partita.auth import login_required, staff_required
from partita.auth.models import User
from partita.http import Request, Response
from partita.orm import DATABASES
from partita.testing import Client, application
from partita.urls import Route, include, path

CHEAP = {"argon2_time_cost": 1, "argon2_memory_cost": 64}
PASSWORD = "correct horse staple"


async def _who(request: Request) -> Response:
    return Response.text(str(request.state.user))


def _who_sync(request: Request) -> Response:
    return Response.text(str(request.state.user))


async def _often(request: Request) -> Response:
    return Response.text(",".join({str(request.state.user) for _ in range(5)}))


async def _set(request: Request) -> Response:
    request.state.session["basket"] = "apples"  # type: ignore[index] # the session is found by its short name
    return Response.text("kept")


async def _get(request: Request) -> Response:
    return Response.text(str(request.state.session.get("basket")))  # type: ignore[attr-defined] # as above


async def _public(request: Request) -> Response:
    return Response.text("public")


@login_required
async def _members(request: Request) -> Response:
    return Response.text("members")


@login_required(login_url="/elsewhere/", field="back")
def _members_sync(request: Request, number: int) -> Response:
    return Response.text(f"members {number}")


@staff_required
async def _staff(request: Request) -> Response:
    return Response.text("staff")


def _routes() -> list[Route]:
    return [
        path("account/", include("partita.auth.urls")),
        path("who/", _who),
        path("who-sync/", _who_sync),
        path("often/", _often),
        path("set/", _set),
        path("get/", _get),
        path("public/", _public),
        path("members/", _members),
        path("members/<int:number>/", _members_sync),
        path("staff/", _staff),
    ]


@pytest.fixture
def make_site() -> Iterator[Callable[..., SimpleNamespace]]:
    """Return a function that builds an application from settings: its app, a client, and a user, Anna."""
    with ExitStack() as stack:

        def make(apps: tuple[str, ...] = ("partita.auth",), **settings: Any) -> SimpleNamespace:
            auth = {**CHEAP, **settings.pop("auth", {})}
            settings.setdefault("databases", {"default": "sqlite://:memory:"})
            app = stack.enter_context(application(apps=apps, urls=_routes(), auth=auth, **settings))
            app.require(DATABASES)["default"].create_all(User)
            client = Client(app)
            stack.callback(client.close)
            anna = User.objects.create_user("Anna@shop.test", PASSWORD, name="Anna")
            return SimpleNamespace(app=app, client=client, anna=anna, password=PASSWORD)

        yield make


@pytest.fixture
def site(make_site: Callable[..., SimpleNamespace]) -> SimpleNamespace:
    """Return an application with the default settings, its client, and a user, Anna."""
    return make_site()
