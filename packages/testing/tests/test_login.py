"""Visitors who are logged in without a page."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("partita.auth")

from partita import bridge
from partita.auth import alogout, get_user
from partita.auth.backends import ModelBackend
from partita.auth.errors import SetupError
from partita.auth.models import User
from partita.http import Request, Response
from partita.orm import DATABASES
from partita.sessions import SESSION
from partita.testing import Client, application
from partita.urls import path

PASSWORD = "correct horse staple"


class Another(ModelBackend):
    """Finds users as the first one does."""


async def who(request: Request) -> Response:
    return Response.text(str(request.state.get_by_name("user")))


@pytest.fixture
def client() -> Iterator[Client]:
    settings: dict[str, Any] = {
        "databases": {"default": "sqlite://:memory:"},
        "auth": {
            "backends": ("partita.auth.backends.ModelBackend", f"{__name__}.Another"),
            "argon2_time_cost": 1,
            "argon2_memory_cost": 64,
        },
    }
    with application(["partita.auth"], urls=[path("who/", who)], **settings) as app:
        database = app.require(DATABASES)["default"]
        database.create_all(User)
        User.objects.create_user("ada@example.com", PASSWORD)
        yield Client()
        database.close()


def test_a_user_is_logged_in_with_or_without_a_password_and_out_again(client: Client) -> None:
    nobody = client.get("/who/").text
    assert not client.login("ada@example.com", "wrong")
    assert client.get("/who/").text == nobody
    assert not client.login(email="ada@example.com", password="wrong")
    assert client.login(email="ada@example.com", password=PASSWORD)
    client.logout()
    assert client.login("ada@example.com", PASSWORD)
    assert client.get("/who/").text == "ada@example.com"
    client.logout()
    assert client.get("/who/").text == nobody
    client.force_login(User.objects.get(email="ada@example.com"))
    assert client.get("/who/").text == "ada@example.com"


def test_logging_in_has_async_twins(client: Client) -> None:
    async def visit() -> str:
        user = await User.objects.aget(email="ada@example.com")
        await client.aforce_login(user)
        name = (await client.aget("/who/")).text
        await client.alogout()
        assert await client.alogin("ada@example.com", PASSWORD)
        return name

    assert asyncio.run(visit()) == "ada@example.com"


def test_a_user_is_logged_in_with_the_back_end_that_the_test_names(client: Client) -> None:
    user = User.objects.get(email="ada@example.com")
    client.force_login(user, backend=f"{__name__}.Another")
    assert client.get("/who/").text == "ada@example.com"
    assert client.session["_auth_user_backend"] == f"{__name__}.Another"
    with pytest.raises(SetupError, match=r"does not name 'elsewhere\.Backend'"):
        client.force_login(user, "elsewhere.Backend")


def test_a_request_of_a_test_takes_the_session_of_the_client(client: Client) -> None:
    async def visit() -> tuple[str, str]:
        await client.aforce_login(await User.objects.aget(email="ada@example.com"))
        request = client.build_request("GET", "/")
        request.state.fill(SESSION, await client.asession())
        before = str(await bridge.run(get_user, request))
        await alogout(request)
        return before, (await client.aget("/who/")).text

    nobody = client.get("/who/").text
    assert asyncio.run(visit()) == ("ada@example.com", nobody)
