"""Guarded views in code written in Django's way, which changes what it is answered."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from typing import Any

import pytest

from partita.auth import USER, AnonymousUser, aget_user, alogin, login_required, permission_required
from partita.auth.decorators import redirect_to_login
from partita.auth.models import User
from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponseRedirect
from partita.orm import DATABASES
from partita.sessions import SESSION, MemoryStore, Session
from partita.testing import Client, application
from partita.urls import include, path


def marked(view: Callable[..., Any]) -> Callable[..., Any]:
    """Set a field and a cookie on whatever ``view`` answers."""

    @wraps(view)
    def calling(request: HttpRequest) -> Any:
        response = view(request)
        response["X-Own"] = "1"
        response.set_cookie("seen", "1")
        return response

    return calling


def amarked(view: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Async twin of `marked`."""

    @wraps(view)
    async def awaiting(request: HttpRequest) -> Any:
        response = await view(request)
        response["X-Own"] = "1"
        response.set_cookie("seen", "1")
        return response

    return awaiting


@marked
@login_required
def members(request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("members")


@amarked
@login_required
async def amembers(request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("members")


@marked
@permission_required("auth.nobody", login_url="/elsewhere/")
def few(request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("few")


@pytest.fixture
def app() -> Iterator[Any]:
    """An application that gives its views drafts, and has one user."""
    urls = [
        path("account/", include("partita.auth.urls")),
        path("members/", members),
        path("amembers/", amembers),
        path("few/", few),
    ]
    cheap = {"argon2_time_cost": 1, "argon2_memory_cost": 64}
    with application(
        ["partita.auth"], urls, databases={"default": "sqlite://:memory:"}, web={"drafts": True}, auth=cheap
    ) as made:
        database = made.require(DATABASES)["default"]
        database.create_all(User)
        User.objects.create_user("anna@shop.test", "correct horse staple")
        yield made
        database.close()


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/members/?a=1", "/account/login/?next=/members/%3Fa%3D1"),
        ("/amembers/", "/account/login/?next=/amembers/"),
        ("/few/", "/elsewhere/?next=/few/"),
    ],
)
def test_the_way_to_the_login_can_be_changed_on_its_way_out(app: Any, asked: str, to: str) -> None:
    with Client(app) as client:
        response = client.get(asked)
    assert (response.status, response.headers["location"]) == (302, to)
    assert (response.headers["x-own"], response.headers["cache-control"]) == ("1", "no-store")
    assert response.headers["set-cookie"].startswith("seen=1;")


def test_a_draft_is_sent_to_the_login_by_a_draft_however_long_the_way_back_is(app: Any) -> None:
    request = Request.build("GET", f"/members/?{'a' * 3000}")
    assert type(redirect_to_login(request)) is Response
    draft = redirect_to_login(HttpRequest.of(request))
    assert isinstance(draft, HttpResponseRedirect)
    assert draft.url.endswith("a" * 3000)


def test_the_user_is_read_from_the_session_where_no_layer_keeps_one(app: Any) -> None:
    async def visit() -> None:
        request = Request.build("GET", "/")
        request.state.fill(SESSION, Session(MemoryStore()))
        assert (await aget_user(request)).is_anonymous
        anna = await User.objects.aget()
        await alogin(request, anna)

        again = Request.build("GET", "/")  # of the same visitor, without what the log-in has left at the request
        again.state.fill(SESSION, request[SESSION])
        assert await aget_user(again) == anna
        again.state.fill(USER, AnonymousUser())  # as a layer would that knows better
        assert (await aget_user(again)).is_anonymous

    asyncio.run(visit())
