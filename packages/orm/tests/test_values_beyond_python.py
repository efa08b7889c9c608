"""Values that Python cannot hold, and text that no database takes: DataError, on a connection that goes on."""

from typing import Any

import pytest

from partita.orm import Database, DataError, atomic

HALF = "half a \ud800 character"


def statistics(database: Database) -> list[Any]:
    return [(each.opened, each.dead) for each in database.pool_statistics().values()]


def test_what_the_server_has_and_python_does_not(
    database: Any, sessions: Any, music: Any, models: Any, run: Any
) -> None:
    if database.vendor != "postgresql":
        pytest.skip("platform: MariaDB has no dates beyond those of Python")
    models.Artist.objects.create(name="Zoroaster")
    dates = "UPDATE shop_artist SET born = '0628-01-01 BC' WHERE name = 'Zoroaster'"
    asked = models.Artist.objects.order_by("name")
    with pytest.raises(DataError, match="too small"), atomic(database):
        database.execute(dates)
        with pytest.raises(DataError):
            list(asked.values_list("born"))
        with pytest.raises(DataError):
            list(asked.iterator())
        with pytest.raises(DataError):
            database.execute("SELECT '24:00:00'::time")
        assert asked.count() == 3  # the transaction goes on
        list(asked)
    before = statistics(database)
    assert asked.filter(born=None).count() == 2
    assert statistics(database) == before

    async def awaited() -> None:
        await asked.acount()
        opened = statistics(database)
        with pytest.raises(DataError, match="ordinal must be"):
            async with atomic(database):
                await database.aexecute(dates)
                for _ in range(3):
                    with pytest.raises(DataError):
                        [row async for row in asked]
                    with pytest.raises(DataError):
                        [row async for row in asked.aiterator()]
                    with pytest.raises(DataError, match="hour must be"):
                        await database.aexecute("SELECT '24:00:00'::time FROM generate_series(1, 100)")
                    assert await database.aexecute("SELECT '1000000000'::int, n FROM generate_series(1, 2) n") == [
                        (1_000_000_000, 1),
                        (1_000_000_000, 2),
                    ]
                    assert await asked.acount() == 3
                await asked.aget(name="Zoroaster")
        assert await asked.filter(born=None).acount() == 2
        assert statistics(database) == opened

    run(awaited())


def test_half_a_character_is_an_error_in_what_was_given(database: Any, music: Any, models: Any, run: Any) -> None:
    with atomic(database):
        with pytest.raises(DataError, match="surrogates not allowed"):
            models.Genre.objects.create(name=HALF)
        with pytest.raises(DataError, match="surrogates not allowed") as caught:
            models.Genre.objects.filter(name=HALF).first()
        assert "SELECT" not in str(caught.value)
        with pytest.raises(DataError, match="surrogates not allowed"), atomic(database):
            models.Genre.objects.bulk_create([models.Genre(name="Ragtime"), models.Genre(name=HALF)])
        assert models.Genre.objects.count() == 3
    before = statistics(database)
    with pytest.raises(DataError, match="surrogates not allowed"):
        database.execute("SELECT %s", [HALF])
    assert models.Genre.objects.count() == 3
    assert statistics(database) == before

    async def awaited() -> None:
        async with atomic(database):
            with pytest.raises(DataError, match="surrogates not allowed"):
                await models.Genre.objects.filter(name=HALF).acount()
            assert await models.Genre.objects.acount() == 3

    run(awaited())
