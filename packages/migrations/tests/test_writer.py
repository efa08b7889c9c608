import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from partita import orm
from partita.migrations import AddField, CreateModel, MigrationApp, RunPython, RunSQL, SeparateDatabaseAndState
from partita.migrations.arrangement import make
from partita.migrations.errors import MigrationFileError, NotWritable
from partita.migrations.loader import load
from partita.migrations.state import ProjectState
from partita.migrations.writer import write


def create(**fields: Any) -> CreateModel:
    return CreateModel(
        "Album", [("code", orm.CharField(max_length=9, primary_key=True)), *fields.items()], {"ordering": ("title",)}
    )


def test_a_file_is_what_a_person_would_write() -> None:
    text = write(
        make(
            "shop",
            "0002_album_title",
            [
                create(title=orm.CharField(max_length=50), artist=orm.ForeignKey("shop.Artist", orm.CASCADE)),
                AddField("Album", "day", orm.DateField(default=dt.date(2026, 1, 1)), preserve_default=False),
            ],
            [("music", "0001_initial"), ("shop", "0001_initial")],
        )
    )
    assert (
        text
        == '''"""shop: album title."""

import datetime

from partita import migrations, orm


class Migration(migrations.Migration):
    dependencies = [("music", "0001_initial"), ("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Album",
            fields=[
                ("code", orm.CharField(primary_key=True, max_length=9)),
                ("title", orm.CharField(max_length=50)),
                ("artist", orm.ForeignKey(to="shop.Artist", on_delete=orm.CASCADE)),
            ],
            options={"ordering": ("title",)},
        ),
        migrations.AddField(
            model_name="Album",
            name="day",
            field=orm.DateField(default=datetime.date(2026, 1, 1)),
            preserve_default=False,
        ),
    ]
'''
    )


@pytest.mark.parametrize(
    "operations",
    [
        [create(title=orm.CharField("a \"b\" 'c' \\ \n", max_length=5, choices=[("a", "A"), ("b", "B")]))],
        [RunSQL('SELECT 1;\nSELECT \'"""\'', "SELECT \\ 2\n", [create()])],
        [RunSQL(["SELECT 'a'", 'SELECT "b"'], RunSQL.noop)],
        [SeparateDatabaseAndState([create()], [create(n=orm.IntegerField(null=True))])],
        [],
    ],
)
def test_a_file_reads_back(tmp_path: Path, operations: list[Any]) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    written = make("shop", "0001_initial", operations, initial=True)
    (folder / "0001_initial.py").write_text(write(written), "utf-8")
    read = load([MigrationApp("shop", "shop", tmp_path)]).migrations["shop", "0001_initial"]
    assert write(read) == write(written)
    assert read.initial
    state = ProjectState()
    assert read.change(state).describe("shop") == written.change(state).describe("shop")


def test_a_default_that_has_no_name_is_refused_with_its_field() -> None:
    operation = create(title=orm.CharField(max_length=5, default=lambda: "x"))
    with pytest.raises(NotWritable, match="lambda"):
        write(make("shop", "0001_initial", [operation]))


def test_a_function_of_the_file_itself_is_not_written() -> None:
    with pytest.raises(NotWritable):
        write(make("shop", "0001_initial", [RunPython(lambda apps, editor: None)]))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("0001_initial.py", "x = ", "SyntaxError"),
        ("0001_initial.py", "import no_such_module", "ModuleNotFoundError"),
        ("0001_initial.py", "x = 1", "no class Migration"),
        ("0001-initial.py", "", "letters, digits and underscores"),
    ],
)
def test_a_file_that_is_no_migration_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / name).write_text(text, "utf-8")
    with pytest.raises(MigrationFileError, match=message) as caught:
        load([MigrationApp("shop", "shop", tmp_path)])
    assert name in str(caught.value)
