"""A shop with all its data, in a file of its own for each test."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE))  # `shop` is a project, not an installed package

from partita.contracts import current  # noqa: E402
from partita.migrations import migrate  # noqa: E402
from partita.migrations.integration import MIGRATION_APPS  # noqa: E402
from partita.orm import DATABASES  # noqa: E402
from partita.testing import Client  # noqa: E402
from partita.web import App, Settings  # noqa: E402


@pytest.fixture(name="make_app", scope="session")
def make_app_fixture() -> Callable[..., App]:
    """The function that makes a shop on a database."""
    return make_app


def make_app(database: str, language: str = "en", **sections: dict[str, object]) -> App:
    """Return the shop on a database; everything else is as in its partita.toml."""
    settings = Settings(
        secret_key="a key for tests, long enough to be taken for a real one",
        language=language,
        allowed_hosts=("testserver", "127.0.0.1", "localhost"),
        sections={
            "databases": {"default": database},
            "i18n": {"languages": ["en", "de", "ar"]},
            "sessions": {"store": "database"},
            **sections,
        },
    )
    return App(settings, apps=["partita.auth", "partita.admin", "shop"], urls="shop.urls")


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database as the demo makes it."""
    from shop.loader import load

    file = tmp_path_factory.mktemp("shop") / "loaded.sqlite3"
    app = make_app(f"sqlite:///{file}")
    with app:
        migrate(current.require(DATABASES), app.all(MIGRATION_APPS))
        load(HERE / "data", lambda table, rows: None)
        current.require(DATABASES)["default"].close()
    assert not file.with_name(f"{file.name}-wal").exists(), "close() left a connection open"
    return file


@pytest.fixture
def database(loaded: Path, tmp_path: Path) -> Path:
    """A copy for one test."""
    return copy_database(loaded, tmp_path / "shop.sqlite3")


@pytest.fixture(name="copy_database", scope="session")
def copy_database_fixture() -> Callable[[Path, Path], Path]:
    """The function that copies a database."""
    return copy_database


def copy_database(source: Path, target: Path) -> Path:
    """Copy a database as SQLite does it: what is still in the log beside the file comes along."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    return target


@pytest.fixture
def app(database: Path) -> Iterator[App]:
    """The shop, entered."""
    app = make_app(f"sqlite:///{database}")
    with app:
        yield app


@pytest.fixture
def client(app: App) -> Client:
    """A visitor."""
    return visitor(app)


@pytest.fixture(name="visitor", scope="session")
def visitor_fixture() -> Callable[[App], Client]:
    """The function that makes one more visitor."""
    return visitor


def visitor(app: App) -> Client:
    """Return a client that behaves as a browser does: it says that its requests come from the shop's own pages."""
    return Client(app)


@pytest.fixture
def rows(database: Path) -> Iterator[sqlite3.Connection]:
    """The database as seen from outside."""
    connection = sqlite3.connect(database)
    yield connection
    connection.close()
