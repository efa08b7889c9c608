import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from partita.orm import connect
from partita.sessions import Session, Store
from partita.sessions.database import DatabaseStore
from partita.sessions.models import StoredSession
from partita.sessions.stores import Change
from partita.sessions.testing import ServerStoreContract


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with connect(f"sqlite:///{tmp_path / 'sessions.sqlite3'}") as database:
        database.create_all(StoredSession)
        yield
        database.close()


class TestDatabaseStore(ServerStoreContract):
    now = 1_800_000_000.0

    def make(self) -> Store:
        return DatabaseStore(clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def test_the_table_holds_no_token(self) -> None:
        store = self.make()
        token = store.save(None, Change({"a": 1}, {"a": 1}, frozenset()), 60)
        (row,) = StoredSession.objects.all()
        assert token not in row.key_hash
        assert store.load(row.key_hash) is None

    def test_a_quote_in_the_token_is_only_a_quote(self) -> None:
        store = self.make()
        store.save(None, Change({"a": 1}, {"a": 1}, frozenset()), 60)
        assert store.load("' OR 1=1 --") is None
        store.delete("' OR 1=1 --")
        assert StoredSession.objects.count() == 1


def test_sessions_survive_in_postgresql() -> None:
    psycopg = pytest.importorskip("psycopg")
    schema = f"sessions_{secrets.token_hex(4)}"
    url = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
    try:
        raw = psycopg.connect(url, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("there is no PostgreSQL at 127.0.0.1:5432")
    raw.execute(f"CREATE SCHEMA {schema}")
    try:
        with connect(url, init=[f"SET search_path TO {schema}"]) as database:
            database.create_all(StoredSession)
            session = Session(DatabaseStore())
            session["user"] = 1
            token = session.save()
            assert dict(Session(DatabaseStore(), token)) == {"user": 1}
            database.close()
    finally:
        raw.execute(f"DROP SCHEMA {schema} CASCADE")
        raw.close()
