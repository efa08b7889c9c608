"""What helps tests: counting queries, and finding those that repeat."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database
from partita.orm.testing import assert_no_repeated_queries, assert_num_queries, repeated_queries


def test_the_count_of_queries_is_checked_and_the_error_shows_them(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    with assert_num_queries(2) as log:
        models.Album.objects.count()
        models.Album.objects.exists()
    assert len(log) == 2
    shown = r"(?s)1 queries executed, 0 expected:\n1\. SELECT.*test_testing\.py:\d+"
    with pytest.raises(AssertionError, match=shown), assert_num_queries(0, using=database):
        models.Album.objects.count()
    with pytest.raises(AssertionError, match="0 queries executed, 1 expected"), assert_num_queries(1):
        pass
    with assert_num_queries(3, at_most=True):
        models.Album.objects.count()
    with pytest.raises(AssertionError, match="at most 0"), assert_num_queries(0, at_most=True):
        models.Album.objects.count()


def test_counts_may_be_nested(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with assert_num_queries(2):
        models.Album.objects.count()
        with assert_num_queries(1):
            models.Album.objects.count()


def test_an_error_in_the_block_is_not_hidden(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(LookupError), assert_num_queries(5):
        raise LookupError


def test_a_repeated_query_is_found_with_the_line_that_asks(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    keys = [music.blue.pk, music.brew.pk, music.low.pk]
    shown = r"3 times from .*test_testing\.py:\d+: SELECT"
    with pytest.raises(AssertionError, match=shown), assert_no_repeated_queries():
        for key in keys:
            models.Album.objects.get(pk=key)
    with assert_no_repeated_queries() as log:
        assert len({album.artist.name for album in models.Album.objects.all()}) == 2  # peers are loaded together
    assert repeated_queries(log) == []
    assert len(log) == 2


def test_in_async_code_the_line_is_that_of_the_coroutine(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Callable[..., Any]
) -> None:
    keys = [music.blue.pk, music.brew.pk, music.low.pk]

    async def work() -> None:
        for key in keys:
            await models.Album.objects.aget(pk=key)

    with database.query_log() as log:
        run(work())
    (repeated,) = repeated_queries(log)
    line = work.__code__.co_firstlineno + 2
    assert (repeated.times, repeated.where) == (3, f"{__file__}:{line}")
