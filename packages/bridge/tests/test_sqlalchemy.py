"""SQLAlchemy's async engines await through the bridge."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from partita.bridge import run


def test_sqlalchemys_own_wait_works_beneath_the_bridge() -> None:
    assert asyncio.run(run(lambda: await_only(asyncio.sleep(0.001, "waited")))) == "waited"


def test_a_sync_connection_of_an_async_engine_works_beneath_the_bridge() -> None:
    async def main() -> object:
        engine = create_async_engine("sqlite+aiosqlite://")

        def query() -> object:
            with engine.sync_engine.connect() as connection:
                return connection.execute(text("select 40 + 2")).scalar_one()

        found = await run(query)
        await engine.dispose()
        return found

    assert asyncio.run(main()) == 42


def test_the_bridge_waits_beneath_sqlalchemys_own_greenlet() -> None:
    from sqlalchemy.util import greenlet_spawn

    from partita.bridge import wait

    assert asyncio.run(greenlet_spawn(lambda: wait(asyncio.sleep(0.001, "both")))) == "both"
