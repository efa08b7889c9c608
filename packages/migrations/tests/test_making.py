from pathlib import Path
from types import new_class
from typing import Any

import pytest

from partita import orm
from partita.migrations import MigrationApp, make_migrations, save
from partita.migrations.errors import (
    ConflictingMigrations,
    MigrationFileError,
    NotWritable,
    Unanswered,
    UnknownMigration,
)
from partita.migrations.making import NewFile, drifted
from partita.migrations.questions import Answers, Ask, Refuse

Model = Any


@pytest.fixture
def apps(tmp_path: Path) -> list[MigrationApp]:
    return [MigrationApp(label, label, tmp_path / label) for label in ("music", "shop")]


def model(registry: orm.Registry, label: str, **parts: Any) -> Model:
    app, _, name = label.partition(".")
    options = {"app_label": app, "registry": registry} | parts.pop("Meta", {})
    body = {"__module__": f"{app}.models", "Meta": type("Meta", (), options), **parts}
    return new_class(name, (orm.Model,), {}, lambda namespace: namespace.update(body))


def made(apps: list[MigrationApp], *labels: str, registry: orm.Registry, **options: Any) -> list[NewFile]:
    files = make_migrations(apps, registry.get_models(), labels or None, **options)
    save(files, apps)
    return files


def shown(files: list[NewFile]) -> list[str]:
    return [
        f"{file.migration.app_label}.{file.migration.name} after {file.migration.dependencies}: "
        + ", ".join(operation.describe() for operation in file.migration.operations)
        for file in files
    ]


def test_models_become_files_and_then_nothing_is_left(apps: list[MigrationApp]) -> None:
    registry = orm.Registry()
    model(registry, "music.Artist", name=orm.CharField(max_length=50))
    model(registry, "shop.Album", artist=orm.ForeignKey("music.Artist", orm.CASCADE))
    files = made(apps, registry=registry)
    assert shown(files) == [
        "music.0001_initial after []: Create model Artist",
        "shop.0001_initial after [('music', '0001_initial')]: Create model Album",
    ]
    assert (apps[1].folder / "__init__.py").exists()
    assert (apps[1].folder / "snapshot.json").exists()
    assert made(apps, registry=registry) == []
    assert drifted(apps) == []


def test_a_change_is_named_after_what_it_does(apps: list[MigrationApp]) -> None:
    first, second = orm.Registry(), orm.Registry()
    model(first, "shop.Album", title=orm.CharField(max_length=50))
    made(apps, registry=first)
    model(second, "shop.Album", title=orm.CharField(max_length=50), year=orm.IntegerField(null=True))
    assert shown(made(apps, registry=second)) == [
        "shop.0002_album_year after [('shop', '0001_initial')]: Add field year to Album"
    ]


def test_apps_that_point_to_each_other_get_more_than_one_each(apps: list[MigrationApp]) -> None:
    registry = orm.Registry()
    model(registry, "music.Artist", best=orm.ForeignKey("shop.Album", orm.CASCADE, null=True, related_name="+"))
    model(registry, "shop.Album", artist=orm.ForeignKey("music.Artist", orm.CASCADE, related_name="+"))
    files = made(apps, registry=registry)
    assert len(files) == 3
    assert made(apps, registry=registry) == []


def test_one_app_brings_those_along_that_it_needs(apps: list[MigrationApp]) -> None:
    registry = orm.Registry()
    model(registry, "music.Artist", name=orm.CharField(max_length=50))
    model(registry, "shop.Album", artist=orm.ForeignKey("music.Artist", orm.CASCADE))
    assert [file.migration.app_label for file in made(apps, "music", registry=registry)] == ["music"]
    assert [file.migration.app_label for file in made(apps, "shop", registry=registry)] == ["shop"]
    (apps[0].folder / "0001_initial.py").unlink()
    with pytest.raises(UnknownMigration, match=r"music\.0001_initial"):
        made(apps, "shop", registry=registry)


def test_a_deleted_model_waits_for_those_that_pointed_to_it(apps: list[MigrationApp]) -> None:
    first, second = orm.Registry(), orm.Registry()
    model(first, "music.Artist", name=orm.CharField(max_length=50))
    model(first, "shop.Album", artist=orm.ForeignKey("music.Artist", orm.CASCADE))
    made(apps, registry=first)
    model(second, "shop.Album")
    files = made(apps, registry=second)
    assert shown(files) == [
        "shop.0002_remove_album_artist after [('shop', '0001_initial')]: Remove field artist from Album",
        "music.0002_delete_artist after [('music', '0001_initial'), ('shop', '0002_remove_album_artist')]: "
        "Delete model Artist",
    ]


def test_an_empty_one_can_be_made_and_named(apps: list[MigrationApp]) -> None:
    (file,) = made(apps, "shop", registry=orm.Registry(), empty=True, name="fill")
    assert file.path.name == "0001_fill.py"
    assert list(file.migration.operations) == []
    (second,) = made(apps, "shop", registry=orm.Registry(), empty=True)
    assert second.migration.dependencies == [("shop", "0001_fill")]


def test_a_rename_is_asked_for(apps: list[MigrationApp]) -> None:
    first, second = orm.Registry(), orm.Registry()
    model(first, "shop.Album", title=orm.CharField(max_length=50))
    made(apps, registry=first)
    model(second, "shop.Album", name=orm.CharField(max_length=50, default=""))
    model(second, "shop.Other")
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "y"

    registry = orm.Registry()
    model(registry, "shop.Record", title=orm.CharField(max_length=50))
    files = make_migrations(apps, registry.get_models(), questioner=Ask(ask))
    assert [operation.describe() for operation in files[0].migration.operations] == ["Rename model Album to Record"]
    assert asked == ["Was the model shop.Album renamed to Record? [y/N] "]
    refused = make_migrations(apps, registry.get_models(), questioner=Refuse())
    assert [each.describe() for each in refused[0].migration.operations] == [
        "Create model Record",
        "Delete model Album",
    ]


def test_a_value_for_existing_rows_is_asked_for_until_it_is_one(apps: list[MigrationApp]) -> None:
    first, second = orm.Registry(), orm.Registry()
    model(first, "shop.Album")
    made(apps, registry=first)
    model(second, "shop.Album", day=orm.DateField())
    lines = iter(["nonsense(", "datetime.date(2026, 1, 1)"])
    (file,) = make_migrations(apps, second.get_models(), questioner=Ask(lambda question: next(lines)))
    assert "default=datetime.date(2026, 1, 1)" in file.text
    assert "preserve_default=False" in file.text
    with pytest.raises(Unanswered, match=r"shop\.Album\.day is new and must not be NULL"):
        make_migrations(apps, second.get_models())
    with pytest.raises(Unanswered):
        make_migrations(apps, second.get_models(), questioner=Ask(lambda question: ""))


def test_a_value_that_cannot_be_written_names_its_field(apps: list[MigrationApp]) -> None:
    registry = orm.Registry()
    model(registry, "shop.Album", title=orm.CharField(max_length=50, default=lambda: "x"))
    with pytest.raises(NotWritable, match="Move it to the top of a module"):
        make_migrations(apps, registry.get_models())


def test_two_ends_must_be_joined_first(apps: list[MigrationApp]) -> None:
    made(apps, "shop", registry=orm.Registry(), empty=True)
    made(apps, "shop", registry=orm.Registry(), empty=True)
    second = apps[1].folder / "0002_custom.py"
    (apps[1].folder / "0003_other.py").write_text(second.read_text("utf-8"), "utf-8")
    with pytest.raises(ConflictingMigrations, match="0002_custom, 0003_other"):
        make_migrations(apps, [])


def test_a_migration_changed_by_hand_is_noticed(apps: list[MigrationApp]) -> None:
    registry = orm.Registry()
    model(registry, "shop.Album", title=orm.CharField(max_length=50))
    (file,) = made(apps, registry=registry)
    file.path.write_text(file.text.replace("50", "60"), "utf-8")
    assert drifted(apps) == ["shop"]
    (apps[1].folder / "snapshot.json").write_text("<<<<<<< HEAD", "utf-8")
    with pytest.raises(MigrationFileError, match=r"snapshot\.json"):
        drifted(apps)


def test_a_file_that_is_there_is_never_overwritten(apps: list[MigrationApp]) -> None:
    registry = orm.Registry()
    model(registry, "shop.Album")
    files = make_migrations(apps, registry.get_models())
    save(files, apps)
    with pytest.raises(FileExistsError):
        save(files, apps)


def test_an_unknown_app_is_named() -> None:
    with pytest.raises(UnknownMigration, match="Apps with migrations are: none"):
        make_migrations([], [], ["shop"])


def test_answers_known_before_are_taken() -> None:
    answers = Answers({"shop.Album": "shop.Record"}, {"shop.Album.day": 1})
    assert answers.renamed_model("shop", "Album", "Record")
    assert not answers.renamed_model("shop", "Album", "Other")
    assert answers.default_for("shop.Album", "day", new=True) == 1
