"""Visitors who are logged in without a page."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("partita.auth")

from partita.auth.models import User
from partita.http import Request, Response
from partita.orm import DATABASES
from partita.testing import Client, application
from partita.urls import path

PASSWORD = "correct horse staple"


async def who(request: Request) -> Response:
    return Response.text(str(request.state.get_by_name("user")))


@pytest.fixture
def client() -> Iterator[Client]:
    settings: dict[str, Any] = {
        "databases": {"default": "sqlite://:memory:"},
        "auth": {"argon2_time_cost": 1, "argon2_memory_cost": 64},
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
