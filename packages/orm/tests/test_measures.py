"""What databases do for safety: files that are private, lines that nobody reads along, statements that end."""

from pathlib import Path

import pytest

from partita.contracts.testing.app import SimpleRegistrar
from partita.orm import DATABASES, Databases
from partita.orm.measures import database_measures


def found(**urls: str) -> dict[str, bool]:
    app = SimpleRegistrar()
    app.provide(DATABASES, lambda: Databases(urls))
    return {measure.name: measure.in_force for measure in database_measures(app) if measure.layer == "database"}


@pytest.mark.parametrize(("mode", "private"), [(0o600, True), (0o640, False), (0o604, False)])
def test_a_file_that_others_can_read_is_found(tmp_path: Path, mode: int, private: bool) -> None:
    path = tmp_path / "shop.sqlite3"
    path.touch()
    path.chmod(mode)
    assert found(default=f"sqlite:///{path}") == {"default: the file is nobody else's to read": private}
    assert all(found(default="sqlite://:memory:", other=f"sqlite:///{tmp_path / 'none'}").values())


@pytest.mark.parametrize(
    ("host", "mode", "safe"),
    [("localhost", "", True), ("db.test", "", False), ("db.test", "prefer", False), ("db.test", "verify-full", True)],
)
def test_a_line_without_encryption_is_found(monkeypatch: pytest.MonkeyPatch, host: str, mode: str, safe: bool) -> None:
    monkeypatch.setenv("PGSSLMODE", mode)
    measures = found(default=f"postgresql://shop@{host}/shop?statement_timeout=30")
    assert measures == {
        "default: nobody on the way reads along": safe,
        "default: no statement runs for ever": True,
    }
    assert not found(default=f"postgresql://shop@{host}/shop")["default: no statement runs for ever"]


def test_databases_that_cannot_be_used_are_a_hole() -> None:
    assert found(default="nonsense") == {"the databases can be used": False}
