"""Transactions by hand."""

import contextvars
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from partita.orm import (
    Database,
    IntegrityError,
    TransactionManagementError,
    atomic,
    commit,
    connect,
    get_autocommit,
    on_commit,
    rollback,
    set_autocommit,
)


def names(models: SimpleNamespace) -> list[str]:
    return sorted(models.Genre.objects.values_list("name", flat=True))


def test_what_is_kept_is_said_by_hand(database: Database, models: SimpleNamespace) -> None:
    assert get_autocommit()
    set_autocommit(False)
    try:
        assert not get_autocommit()
        models.Genre.objects.create(name="kept")
        commit()
        models.Genre.objects.create(name="undone")
        rollback()
        assert names(models) == ["kept"]
        models.Genre.objects.create(name="kept by turning it on")
    finally:
        set_autocommit(True)
    assert get_autocommit()
    assert names(models) == ["kept", "kept by turning it on"]
    assert database.pool().in_use == 0


def test_blocks_inside_are_savepoints(database: Database, models: SimpleNamespace) -> None:
    set_autocommit(False)
    try:
        with pytest.raises(ZeroDivisionError), atomic():
            models.Genre.objects.create(name="undone")
            for forbidden in (commit, rollback):
                with pytest.raises(TransactionManagementError, match="atomic"):
                    forbidden()
            with pytest.raises(TransactionManagementError, match="atomic"):
                set_autocommit(True)
            raise ZeroDivisionError
        with atomic():
            models.Genre.objects.create(name="kept")
        commit()
        with atomic():
            models.Genre.objects.create(name="undone with all")
        rollback()
        with pytest.raises(TransactionManagementError, match="by hand"):
            on_commit(lambda: None)
    finally:
        set_autocommit(True)
    assert names(models) == ["kept"]


def test_an_error_ends_with_a_rollback(database: Database, models: SimpleNamespace) -> None:
    models.Genre.objects.create(name="there")
    set_autocommit(False)
    try:
        with pytest.raises(IntegrityError):
            models.Genre.objects.create(name="there")
        rollback()
        assert names(models) == ["there"]
    finally:
        set_autocommit(True)


def test_nothing_to_end(database: Database) -> None:
    set_autocommit(True)
    for end in (commit, rollback):
        with pytest.raises(TransactionManagementError, match="Autocommit is on"):
            end()
    with atomic():
        assert not get_autocommit()
        with pytest.raises(TransactionManagementError, match="atomic"):
            set_autocommit(False)


def test_others_see_what_is_kept_only(database: Database, models: SimpleNamespace) -> None:
    if database.is_memory:
        pytest.skip("platform: a database in memory has one connection")
    other = connect(database.url)
    schema = "" if database.vendor != "postgresql" else database.execute("SELECT current_schema()")[0][0] + "."
    found: list[int] = []

    def look() -> None:
        found.append(other.execute(f"SELECT count(*) FROM {schema}shop_genre")[0][0])

    set_autocommit(False)
    try:
        models.Genre.objects.create(name="a")
        ends: list[Callable[[], object]] = [lambda: None, commit]
        for end in ends:
            end()
            thread = threading.Thread(target=contextvars.Context().run, args=(look,))
            thread.start()
            thread.join()
    finally:
        set_autocommit(True)
        other.close()
    assert found == [0, 1]
