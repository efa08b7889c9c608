"""Rows that go to PostgreSQL by COPY are those that INSERT would have made; elsewhere INSERT is what runs."""

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.orm import Database, F, IntegrityError, connect
from partita.orm.copying import copied_text
from partita.orm.testing import assert_num_queries


def several(models: SimpleNamespace) -> list[Any]:
    return [
        models.Everything(
            text="tab\t, line\n, \r, backslash \\ \\N \\., quote ' \" % %s ü 🎷",
            flag=True,
            real=1e-300,
            day=dt.date(1, 1, 1),
            moment=dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.UTC),
            clock=dt.time(1, 2, 3, 4),
            span=dt.timedelta(days=-3, microseconds=7),
            amount=Decimal("-12.3400"),
            key=uuid.UUID(int=7),
            blob=b"\x00\\\n\xff",
            data={"a": [1, None, 'x"\\\n']},
        ),
        models.Everything(text="\\N"),
        models.Everything(text="", real=float("inf")),
    ]


def values(rows: Any) -> list[Any]:
    return [{name: value for name, value in vars(row).items() if name not in ("_s", "id")} for row in rows]


def test_copied_rows_are_the_same(database: Database, models: SimpleNamespace) -> None:
    if database.vendor != "postgresql":
        assert database.copies_from == 0
        return
    schema = database.execute("SELECT current_schema()")[0][0]
    with connect(database.url, copy_rows=3, init=(f"SET search_path TO {schema}",)) as copying:
        rows = models.Everything.objects.all()
        with copying.query_log() as log:
            made = models.Everything.objects.bulk_create(several(models))
        assert any(query.sql.startswith("COPY ") for query in log)
        assert [row.pk for row in made] == sorted({row.pk for row in made})
        assert values(rows.order_by("pk")) == values(several(models))
        assert [row.pk for row in rows.order_by("pk")] == [row.pk for row in made]
        later = models.Everything.objects.create(text="later")
        assert later.pk > made[-1].pk
        with assert_num_queries(1, copying) as log:  # fewer rows than that are inserted
            models.Everything.objects.bulk_create([models.Everything(), models.Everything()])
        assert log[0].sql.startswith("INSERT")
        with pytest.raises(IntegrityError):
            models.Genre.objects.bulk_create([models.Genre(name="same") for _ in range(3)])
        assert not models.Genre.objects.exists()
        models.Genre.objects.bulk_create([models.Genre(name="same") for _ in range(3)], ignore_conflicts=True)
        assert models.Genre.objects.count() == 1

        async def awaited() -> None:
            try:
                with copying.query_log() as log:
                    made = await models.Everything.objects.abulk_create(several(models))
                assert any(query.sql.startswith("COPY ") for query in log)
                fresh = models.Everything.objects.filter(pk__in=[row.pk for row in made]).order_by("pk")
                assert values([row async for row in fresh]) == values(several(models))
            finally:
                await copying.aclose_native()

        asyncio.run(awaited())
        copying.close()


def test_what_has_no_text_form_is_inserted() -> None:
    assert copied_text([[1, object()]]) is None
    assert copied_text([[F("x")]]) is None
    assert copied_text([[None, "a\tb", True]]) == b"\\N\ta\\tb\tt\n"


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_a_row_is_always_one_line_of_as_many_cells(texts: list[str]) -> None:
    text = copied_text([texts])
    assert text is not None
    assert text.decode().count("\n") == 1
    assert len(text.decode().rstrip("\n").split("\t")) == len(texts)
