"""WebSockets know the user as pages do: the session's cookie comes with the handshake."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("partita.auth")
pytest.importorskip("partita.web")

from partita.auth import USER
from partita.auth.models import User
from partita.http import Unauthorized
from partita.orm import DATABASES
from partita.testing import Client, WebSocketClosed, WebSocketRefused, application
from partita.urls import path
from partita.web.consumers import JsonConsumer


class Inbox(JsonConsumer):
    """Lets users in, and leaves them once they say so."""

    async def connect(self) -> None:
        if not self.socket[USER].is_authenticated:
            raise Unauthorized("Log in first.")
        await self.accept()
        await self.send_json({"hello": str(self.socket[USER])})

    async def receive_json(self, message: Any) -> None:
        if message == "bye":
            await self.socket.close(4000)
        else:
            await self.send_json({"to": str(self.socket[USER]), "message": message})


@pytest.fixture
def client() -> Iterator[Client]:
    settings: dict[str, Any] = {
        "databases": {"default": "sqlite://:memory:"},
        "auth": {"argon2_time_cost": 1, "argon2_memory_cost": 64},
    }
    with application(["partita.auth"], urls=[path("inbox/", Inbox.as_view())], **settings) as app:
        database = app.require(DATABASES)["default"]
        database.create_all(User)
        User.objects.create_user("ada@example.com", "correct horse staple")
        yield Client()
        database.close()


def test_only_users_get_in_and_each_is_who_he_is(client: Client) -> None:
    with pytest.raises(WebSocketRefused) as refused, client.websocket("/inbox/"):
        pass
    assert refused.value.status == 401
    client.force_login(User.objects.get(email="ada@example.com"))
    with client.websocket("/inbox/") as socket:
        assert socket.receive_json() == {"hello": "ada@example.com"}
        socket.send_json([1, 2])
        assert socket.receive_json() == {"to": "ada@example.com", "message": [1, 2]}
        socket.send_json("bye")
        with pytest.raises(WebSocketClosed) as closed:
            socket.receive_json()
        assert closed.value.code == 4000
    client.logout()
    with pytest.raises(WebSocketRefused), client.websocket("/inbox/"):
        pass
