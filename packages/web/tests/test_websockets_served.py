"""WebSockets under a server of others, with a client of others."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from partita.http.websocket import WebSocket
from partita.urls import path
from partita.web import App, Settings, websocket

uvicorn: Any = pytest.importorskip("uvicorn")
client: Any = pytest.importorskip("websockets.asyncio.client")
exceptions: Any = pytest.importorskip("websockets.exceptions")


@websocket
async def echo(connection: WebSocket, room: str) -> None:
    await connection.accept("chat")
    async for message in connection:
        await connection.send(message if isinstance(message, bytes) else f"{room} {message}")


@websocket
async def closing(connection: WebSocket) -> None:
    await connection.accept()
    await connection.close(4001, "enough")


@pytest.fixture(scope="module", params=["uvicorn", "partita"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    app = App(
        Settings("key"),
        urls=[path("closing/", closing), path("<room>/", echo)],
        default_apps=("partita.http", "partita.urls"),
    )
    yield from _under_uvicorn(app) if request.param == "uvicorn" else _under_partita(app)


def _under_uvicorn(app: App) -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="websockets-sansio", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def _under_partita(app: App) -> Iterator[int]:
    served: Any = pytest.importorskip("partita.server")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = served.Server(app)
    asyncio.run_coroutine_threadsafe(server.start(port=0), loop).result()
    yield server.addresses[0][1]
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_real_client_speaks_with_a_view(port: int) -> None:
    async def talk() -> None:
        url = f"ws://127.0.0.1:{port}/lobby/"
        async with client.connect(url, subprotocols=["chat"], origin=f"http://127.0.0.1:{port}") as connection:
            assert connection.subprotocol == "chat"
            await connection.send("hä")
            assert await connection.recv() == "lobby hä"
            big = b"\x00" * 300_000
            await connection.send(big)
            assert await connection.recv() == big

    asyncio.run(talk())


def test_another_site_gets_403_a_path_without_a_view_404_and_a_close_its_code(port: int) -> None:
    async def refused(target: str, **options: Any) -> int:
        try:
            async with client.connect(f"ws://127.0.0.1:{port}{target}", **options):
                return 101
        except exceptions.InvalidStatus as error:
            return int(error.response.status_code)

    async def main() -> None:
        assert await refused("/lobby/", origin="https://evil.test") == 403
        assert await refused("/no/where/") == 404
        async with client.connect(f"ws://127.0.0.1:{port}/closing/") as connection:
            with pytest.raises(exceptions.ConnectionClosed):
                await connection.recv()
            assert (connection.close_code, connection.close_reason) == (4001, "enough")

    asyncio.run(main())
