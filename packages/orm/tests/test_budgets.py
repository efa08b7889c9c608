"""Budgets of queries: who asks too often is told, or refused."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database
from partita.orm.patterns.budgets import TooManyQueries, query_budget


def test_the_first_one_beyond_is_logged_with_the_line_that_asked(
    music: SimpleNamespace, models: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    @query_budget(50)
    def view(times: int) -> int:
        return sum(models.Album.objects.count() for _ in range(times))

    with caplog.at_level(logging.WARNING):
        assert view(50) == 150
        assert not caplog.records
        assert view(60) == 180
    (record,) = caplog.records
    assert record.name == "partita.orm.patterns.budgets"
    assert "view asks the database more than 50 times" in record.message
    assert "test_budgets.py" in record.message
    caplog.clear()
    view(3)  # each call has a budget of its own
    assert not caplog.records


def test_what_is_beyond_does_not_run(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Any
) -> None:
    with query_budget(2, exceeded="fail", name="the list", using=database) as budget:
        assert models.Album.objects.count() == 3
        models.Album.objects.filter(title="Low").update(year=1)
        with pytest.raises(TooManyQueries, match=r"the list asks the database more than 2 times; the next was \w"):
            models.Album.objects.all().delete()
    assert budget.used == 3
    assert models.Album.objects.count() == 3  # the budget is over

    @query_budget(1, exceeded="fail")
    async def view() -> int:
        await models.Album.objects.acount()
        return int(await models.Album.objects.acount())

    with pytest.raises(TooManyQueries):
        run(view())
    for limit, exceeded in ((-1, "warn"), (1, "explode")):
        with pytest.raises(ValueError, match="budget"):
            query_budget(limit, exceeded=exceeded)  # type: ignore[arg-type]  # wrong on purpose
