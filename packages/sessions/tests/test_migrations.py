import json
from pathlib import Path

from partita import migrations
from partita.orm import Databases
from partita.sessions import database as database_module
from partita.sessions.database import DatabaseStore
from partita.sessions.models import StoredSession
from partita.sessions.stores import Change

FOLDER = Path(database_module.__file__).parent


def test_the_migrations_make_the_table_of_the_model(tmp_path: Path) -> None:
    apps = [migrations.MigrationApp("sessions", "partita.sessions", FOLDER)]
    databases = Databases({"default": f"sqlite:///{tmp_path / 'x.sqlite3'}"})
    migrations.migrate(databases, apps)
    with databases:
        token = DatabaseStore().save(None, Change({"a": 1}, {"a": 1}, frozenset()), 60)
        assert DatabaseStore().load(token) == b'{"a":1}'
    databases.close()
    assert migrations.make_migrations(apps, [StoredSession]) == []
    snapshot = json.loads((FOLDER / "migrations" / "snapshot.json").read_text("utf-8"))
    assert snapshot["migration"] == "0001_initial"
