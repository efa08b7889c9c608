"""On PostgreSQL a sync lazy relation in a template is awaited natively: no thread, and the loop goes on."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from partita.contracts import current
from partita.http import Request
from partita.migrations import migrate
from partita.migrations.integration import MIGRATION_APPS
from partita.orm import DATABASES
from partita.web import App

SERVER = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture
def address() -> Iterator[str]:
    """A database of its own."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"PostgreSQL is not reachable: {str(error).splitlines()[0]}")
    name = f"partita_shop_{uuid4().hex[:12]}"
    with server:
        server.execute(f'create database "{name}"')
    yield f"{SERVER.rpartition('/')[0]}/{name}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'drop database "{name}" with (force)')


def test_a_lazy_relation_in_a_template_neither_blocks_the_loop_nor_takes_a_thread(
    address: str, make_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    from shop.models import Album, Artist, Genre, MediaType, Track

    app = make_app(address)
    with app:
        migrate(current.require(DATABASES), app.all(MIGRATION_APPS))
        artist = Artist.objects.create(name="The Lazy Relations")
        album = Album.objects.create(title="Awaited", artist=artist)
        genre, media = Genre.objects.create(name="Rock"), MediaType.objects.create(name="MPEG")
        Track.objects.create(
            name="Tick", album=album, genre=genre, media_type=media, milliseconds=1, bytes=1, unit_price=Decimal("0.99")
        )

    threads: list[str] = []
    turns = 0

    really_start, here = threading.Thread.start, threading.get_ident()

    def recorded_start(thread: threading.Thread) -> None:
        if threading.get_ident() == here:
            threads.append(thread.name)
        really_start(thread)

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    async def main() -> tuple[float, str]:
        await app.startup()
        await app(Request.build("GET", "/albums/"))  # connections and plans are made once
        # The view itself does not read the artists; the template does, and has to wait for this lock.
        locker = await psycopg.AsyncConnection.connect(address)
        await locker.execute("lock table shop_artist in access exclusive mode")
        asyncio.get_running_loop().call_later(0.5, lambda: asyncio.ensure_future(locker.rollback()))
        monkeypatch.setattr(threading.Thread, "start", recorded_start)
        ticker = asyncio.ensure_future(tick())
        start = time.perf_counter()
        page = await app(Request.build("GET", "/albums/"))
        seconds = time.perf_counter() - start
        ticker.cancel()
        monkeypatch.undo()
        await locker.close()
        await app.shutdown()
        assert isinstance(page.body, bytes)
        return seconds, page.body.decode()

    seconds, text = asyncio.run(main())
    assert "The Lazy Relations" in text
    assert seconds > 0.4  # it did wait for the lock
    assert threads == []
    assert turns > 10  # and the loop ran all the while: else nobody would have given the lock back
