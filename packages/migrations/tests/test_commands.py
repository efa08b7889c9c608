import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, new_class
from typing import Any

import pytest

from partita import orm
from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.testing.app import SimpleRegistrar
from partita.migrations import MigrationApp
from partita.migrations import commands as commands_module
from partita.migrations.integration import MIGRATION_APPS, setup
from partita.orm import DATABASES, Databases, connect

Run = Callable[..., int]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> orm.Registry:
    """An app with one model, in a register of its own."""
    registry = orm.Registry()
    monkeypatch.setattr(commands_module, "registry", registry)
    monkeypatch.chdir(tmp_path)
    meta = type("Meta", (), {"app_label": "shop", "registry": registry})
    parts = {"__module__": "shop.models", "Meta": meta, "title": orm.CharField(max_length=50)}
    new_class("Album", (orm.Model,), {}, lambda namespace: namespace.update(parts))
    return registry


@pytest.fixture
def app(tmp_path: Path, shop: orm.Registry) -> Iterator[SimpleRegistrar]:
    made = SimpleRegistrar()
    database = connect(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    databases = Databases({"default": database})
    made.provide(DATABASES, lambda: databases)
    made.add(MIGRATION_APPS, MigrationApp("shop", "shop", tmp_path / "shop"))
    setup(made)
    yield made
    database.close()


@pytest.fixture
def run(app: SimpleRegistrar) -> Run:
    commands: dict[str, Any] = {command.name: command for command in app.all(COMMANDS)}

    def call(name: str, *arguments: str) -> int:
        parser = argparse.ArgumentParser()
        commands[name].add_arguments(parser)
        status: int = commands[name].run(app, parser.parse_args(arguments))
        return status

    return call


def test_a_project_goes_from_models_to_tables_and_back(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("makemigrations", "--check") == 1
    assert run("makemigrations") == 0
    assert run("makemigrations", "--check") == 0
    assert "  - Create model Album" in capsys.readouterr().out
    assert run("migrate", "--check") == 1
    assert run("migrate") == 0
    assert "Applying shop.0001_initial... OK" in capsys.readouterr().out
    assert run("migrate", "--check") == 0
    assert run("migrate") == 0
    assert "Nothing to migrate." in capsys.readouterr().out
    run("showmigrations")
    assert capsys.readouterr().out == "shop\n [X] 0001_initial\n"
    run("migrate", "shop", "zero", "--plan")
    assert capsys.readouterr().out == "Undo shop.0001_initial\n"
    run("migrate", "shop", "zero")
    run("showmigrations", "shop")
    assert capsys.readouterr().out.endswith("shop\n [ ] 0001_initial\n")


def test_sql_is_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("makemigrations", "--name", "start")
    capsys.readouterr()
    run("sqlmigrate", "shop", "0001")
    text = capsys.readouterr().out
    assert text.startswith("CREATE TABLE shop_album")
    assert text.endswith(";\n")
    run("sqlmigrate", "shop", "0001_start", "--backwards")
    assert capsys.readouterr().out == "DROP TABLE shop_album;\n"


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("makemigrations", "--dry-run")
    assert "class Migration(migrations.Migration):" in capsys.readouterr().out
    assert not (tmp_path / "shop").exists()


def test_faking_records_only(run: Run, app: SimpleRegistrar) -> None:
    run("makemigrations")
    run("migrate", "--fake")
    assert run("migrate", "--check") == 0
    with pytest.raises(Exception, match="no such table"):
        app.require(DATABASES)["default"].execute("SELECT * FROM shop_album")


def test_a_mistake_is_a_message_and_not_a_traceback(run: Run) -> None:
    run("makemigrations")
    with pytest.raises(SystemExit, match=r"migrate: There is no migration shop\.0009\. shop has: 0001_initial\."):
        run("migrate", "shop", "0009")
    with pytest.raises(SystemExit, match="makemigrations: There is no migration music"):
        run("makemigrations", "music")


def test_hand_made_changes_fail_the_check(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("makemigrations")
    path = tmp_path / "shop" / "migrations" / "0001_initial.py"
    path.write_text(path.read_text("utf-8").replace("max_length=50", "max_length=50, help_text='x'"), "utf-8")
    assert run("makemigrations", "--check") == 1
    assert "changed by hand" in capsys.readouterr().out


def test_installed_packages_are_left_to_their_authors(app: SimpleRegistrar, run: Run, tmp_path: Path) -> None:
    app.add(MIGRATION_APPS, MigrationApp("auth", "partita.auth", tmp_path / "auth"))
    app.add(MIGRATION_APPS, MigrationApp("site", "site", Path(sys.prefix) / "lib" / "nowhere"))
    run("makemigrations")
    assert (tmp_path / "shop").exists()
    assert not (tmp_path / "auth").exists()


def test_the_check_finds_broken_migrations(app: SimpleRegistrar, tmp_path: Path) -> None:
    (check,) = app.all(CHECKS)
    assert list(check(app)) == []
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    (tmp_path / "shop" / "migrations" / "0001_initial.py").write_text("nonsense(", "utf-8")
    assert [finding.id for finding in check(app)] == ["migrations.E001"]


def test_importing_the_package_registers_nothing() -> None:
    assert isinstance(commands_module, ModuleType)
    assert SimpleRegistrar().all(COMMANDS) == ()
