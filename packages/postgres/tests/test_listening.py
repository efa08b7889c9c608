"""Messages between connections of one database, blocking and awaited."""

import asyncio
import threading
import time
import uuid
from typing import Any

import pytest
from sqlalchemy.engine import URL

from partita.orm import Database, NotSupportedError, OperationalError, atomic, connect
from partita.postgres import Notification, alisten, anotify, listen, notify


@pytest.fixture
def channel(database: Database) -> str:
    if database.is_behind_pooler:
        pytest.skip("platform: a pooler in transaction mode keeps no session that could listen")
    return f'Hören "{uuid.uuid4().hex[:8]}"'


def told(message: Notification | None) -> tuple[str, str] | None:
    return None if message is None else (message.channel, message.payload)


def test_messages_arrive_when_the_transaction_is_kept(database: Database, channel: str) -> None:
    with listen(channel, "other") as listener:
        notify(channel, "first")
        assert told(listener.wait(5)) == (channel, "first")
        with atomic():
            notify(channel, "inside")
            assert listener.wait(0.05) is None
        assert told(listener.wait(5)) == (channel, "inside")
        with pytest.raises(RuntimeError), atomic():
            notify(channel, "lost")
            raise RuntimeError
        notify("nobody", "hears this")
        notify("other", "%s; DROP TABLE x; -- '")
        assert [told(one) for one in listener.within(0.3)] == [("other", "%s; DROP TABLE x; -- '")]
        threading.Timer(0.05, lambda: connect(database.url).execute("SELECT pg_notify(%s, 'late')", [channel])).start()
        assert next(iter(listener)).payload == "late"


def test_messages_are_awaited(database: Database, channel: str, run: Any) -> None:
    async def main() -> None:
        async with alisten(channel, "other") as messages:
            started = time.perf_counter()
            await anotify(channel, "a")
            assert told(await asyncio.wait_for(anext(messages), 5)) == (channel, "a")
            assert time.perf_counter() - started < 5
            for number in range(100):
                await anotify("other", str(number))
            assert [(await anext(messages)).payload for _ in range(100)] == [str(number) for number in range(100)]
            waiting = asyncio.ensure_future(anext(messages))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    run(main())


def test_a_lost_connection_is_told(database: Database, channel: str, run: Any) -> None:
    async def main() -> None:
        async with alisten(channel) as messages:
            await database.aexecute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE %s AND pid <> pg_backend_pid()",
                [f"LISTEN%{channel[7:15]}%"],
            )
            with pytest.raises(OperationalError, match="lost"):
                await asyncio.wait_for(anext(messages), 5)

    run(main())


def test_what_is_refused(database: Database) -> None:
    for wrong in ("", "x" * 64, "a\0b"):
        with pytest.raises(ValueError, match="63 bytes"):
            notify(wrong)
    with pytest.raises(ValueError, match="7999"):
        notify("x", "y" * 8000)
    with pytest.raises(ValueError, match="at least one"), listen():
        pass
    with connect("sqlite://:memory:"), pytest.raises(NotSupportedError, match="need PostgreSQL"):
        notify("x")


def test_nobody_listens_behind_a_pooler(place: tuple[URL, tuple[str, ...]]) -> None:
    async def main() -> None:
        async with alisten("a"):
            raise AssertionError("nothing would ever come")

    with connect(place[0].set(query={}), prepared_statements=False):
        with pytest.raises(NotSupportedError, match="keeps no session"), listen("a"):
            raise AssertionError("nothing would ever come")
        with pytest.raises(NotSupportedError, match="keeps no session"):
            asyncio.run(main())
