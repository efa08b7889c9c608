import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from partita.contracts.cache import CACHE
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.memory_cache import MemoryCache
from partita.orm import connect
from partita.sessions import Session, Store
from partita.sessions.cached import CachedStore
from partita.sessions.database import DatabaseStore
from partita.sessions.integration import SESSION_STORE, setup
from partita.sessions.models import StoredSession
from partita.sessions.stores import Change, decode
from partita.sessions.testing import ServerStoreContract


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with connect(f"sqlite:///{tmp_path / 'sessions.sqlite3'}") as database:
        database.create_all(StoredSession)
        yield
        database.close()


class CountingStore(DatabaseStore):
    """Counts what it is asked, and lets others do something before it answers."""

    __slots__ = ("asked", "meanwhile")

    def __init__(self, clock: Callable[[], float] = lambda: 1_800_000_000.0) -> None:
        super().__init__(clock=clock)
        self.asked = 0
        self.meanwhile: Callable[[], None] | None = None

    def load_with_lifetime(self, token: str) -> tuple[bytes, float] | None:
        self.asked += 1
        found = super().load_with_lifetime(token)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return found


def change(**data: object) -> Change:
    return Change(data, data, frozenset())


class TestCachedStore(ServerStoreContract):
    now = 1_800_000_000.0

    def make(self) -> Store:
        return CachedStore(MemoryCache(clock=lambda: self.now), DatabaseStore(clock=lambda: self.now))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds


def test_what_was_read_once_comes_from_the_cache() -> None:
    behind = CountingStore()
    store = CachedStore(MemoryCache(), behind)
    token = store.save(None, change(a=1), 60)
    assert decode(store.load(token) or b"{}") == {"a": 1}
    asked = behind.asked
    assert decode(store.load(token) or b"{}") == {"a": 1}
    assert asyncio.run(store.aload(token)) == b'{"a":1}'
    assert behind.asked == asked


def test_a_cache_that_loses_everything_loses_no_session() -> None:
    behind, cache = DatabaseStore(), MemoryCache()
    store = CachedStore(cache, behind)
    token = store.save(None, change(a=1), 60)
    store.load(token)
    assert CachedStore(MemoryCache(), behind).load(token) == b'{"a":1}'
    assert behind.load(token) == b'{"a":1}'  # each change went through


def test_a_change_is_seen_at_once() -> None:
    store = CachedStore(MemoryCache(), DatabaseStore())
    token = store.save(None, change(a=1), 60)
    store.load(token)
    store.save(token, change(b=2), 60)
    assert decode(store.load(token) or b"{}") == {"a": 1, "b": 2}


def test_who_logs_out_while_another_request_reads_stays_logged_out() -> None:
    behind = CountingStore()
    store = CachedStore(MemoryCache(), behind)
    token = store.save(None, change(user=1), 60)
    behind.meanwhile = lambda: store.delete(token)
    assert store.load(token) is None
    assert store.load(token) is None


def test_what_changed_while_another_request_read_is_not_hidden_by_what_it_read() -> None:
    behind = CountingStore()
    store = CachedStore(MemoryCache(), behind)
    token = store.save(None, change(a=1), 60)

    def save() -> None:
        store.save(token, change(a=2), 60)

    behind.meanwhile = save
    store.load(token)
    assert decode(store.load(token) or b"{}") == {"a": 2}


def test_the_cache_holds_no_token() -> None:
    cache = MemoryCache()
    store = CachedStore(cache, DatabaseStore())
    token = store.save(None, change(a=1), 60)
    store.load(token)
    assert list(cache._entries)
    assert all(token not in key for key in cache._entries)


def test_the_settings_choose_it() -> None:
    made = SimpleRegistrar(sessions={"store": "cached-database"})
    made.provide(CACHE, MemoryCache)
    setup(made)
    store = made.require(SESSION_STORE)
    assert type(store) is CachedStore
    session = Session(store)
    session["a"] = 1
    assert dict(Session(store, session.save())) == {"a": 1}
