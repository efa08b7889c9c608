"""Operations of migrations in a real PostgreSQL, there and back, and elsewhere."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from partita import orm
from partita.migrations.errors import CannotRun
from partita.migrations.executor import change
from partita.migrations.migration import Migration
from partita.migrations.operations import AddConstraint, AddIndex, CreateModel
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ProjectState
from partita.migrations.writer import write
from partita.orm import CheckConstraint, Database, Databases, IntegrityError, Q, UniqueConstraint, atomic, connect
from partita.orm.functions import Lower
from partita.postgres import OpClass, operations
from partita.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    CreateCollation,
    CreateExtension,
    RemoveCollation,
    RemoveIndexConcurrently,
    ValidateConstraint,
)

Do = Callable[..., ProjectState]
KEY = ("id", orm.BigAutoField(primary_key=True))
YEAR = CheckConstraint(condition=Q(year__gt=1900), name="year_of_records")
TITLE = orm.Index(fields=["title"], name="album_title")


def migration(*steps: Any) -> Migration:
    kind = type("Migration", (Migration,), {"operations": list(steps), "__slots__": ()})
    made: Migration = kind("shop", "0001_test")
    return made


@pytest.fixture
def do(database: Database) -> Iterator[Do]:
    """Run operations from a state on, forwards or backwards; return the state after them."""
    made: list[str] = []

    def do(*steps: Any, before: ProjectState | None = None, backwards: bool = False) -> ProjectState:
        before = before or ProjectState()
        one = migration(*steps)
        after = one.change(before)
        made.append("shop_album")
        editor = SchemaEditor("postgresql", database.run, database=database)
        change(one, editor, before, after, backwards=backwards)
        return before if backwards else after

    yield do
    for table in set(made):
        database.run(f"DROP TABLE IF EXISTS {table}")


def album(**options: Any) -> CreateModel:
    fields = [KEY, ("title", orm.CharField(max_length=50, **options)), ("year", orm.IntegerField(default=2000))]
    return CreateModel("Album", fields)


def indexes(database: Database) -> dict[str, str]:
    rows = database.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'shop_album' AND schemaname = current_schema()"
    )
    return {name: text for name, text in rows if not name.endswith("pkey")}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("BloomExtension", "bloom"),
        ("BtreeGinExtension", "btree_gin"),
        ("BtreeGistExtension", "btree_gist"),
        ("CITextExtension", "citext"),
        ("CryptoExtension", "pgcrypto"),
        ("HStoreExtension", "hstore"),
        ("TrigramExtension", "pg_trgm"),
        ("UnaccentExtension", "unaccent"),
    ],
)
def test_extensions_are_there_after_it(kind: str, name: str, database: Database, do: Do) -> None:
    extension = getattr(operations, kind)()
    do(extension)
    assert database.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [name]) == [(1,)]
    do(extension)  # once more does no harm
    assert f"operations.{kind}()" in write(migration(extension))


def test_an_extension_goes_again(database: Database, do: Do) -> None:

    extension = CreateExtension("isn")
    do(extension)
    do(extension, backwards=True)
    assert not database.execute("SELECT 1 FROM pg_extension WHERE extname = 'isn'")
    with pytest.raises(ValueError, match="no name"):
        CreateExtension('x"; DROP TABLE shop_album; --')


class NoShop:
    """Keeps the app ``shop`` out of a database."""

    def allow_migrate(self, alias: str, app_label: str, model_name: str | None = None) -> bool | None:
        return False if (alias, app_label) == ("default", "shop") else None


def test_routers_keep_extensions_and_collations_out(place: Any) -> None:
    name = f"kept_out_{secrets.token_hex(4)}"
    steps = (CreateExtension("isn"), CreateCollation(name, "C"), RemoveCollation(name, "C"))
    with connect(place[0], init=place[1]) as outside:
        pass
    found: list[str] = []
    for databases, wanted in (
        (Databases({"default": outside}, routers=[NoShop()]), []),
        (
            Databases({"default": outside}),
            ['CREATE EXTENSION IF NOT EXISTS "isn"', "CREATE COLLATION", "DROP COLLATION", "CREATE COLLATION"],
        ),
    ):
        found.clear()
        with databases:
            editor = SchemaEditor("postgresql", found.append, database=databases["default"])
            for step in steps:
                change(migration(step), editor, ProjectState(), ProjectState())
            change(migration(steps[2]), editor, ProjectState(), ProjectState(), backwards=True)
        assert [text[: len(start)] for text, start in zip(found, wanted, strict=True)] == wanted
    outside.close()


def test_indexes_are_made_while_others_write(database: Database, do: Do) -> None:
    add = AddIndexConcurrently("Album", TITLE)
    state = do(album())
    after = do(add, before=state)
    assert list(indexes(database)) == ["album_title"]
    with pytest.raises(CannotRun, match="atomic = False"), atomic(database):
        do(AddIndexConcurrently("Album", orm.Index(fields=["year"], name="album_year")), before=after)
    remove = RemoveIndexConcurrently("Album", "album_title")
    do(remove, before=after)
    assert not indexes(database)
    do(remove, before=after, backwards=True)
    assert list(indexes(database)) == ["album_title"]
    do(add, before=state, backwards=True)
    assert not indexes(database)
    text = write(migration(add, remove))
    assert "operations.AddIndexConcurrently(" in text
    assert "operations.RemoveIndexConcurrently(" in text
    found: list[str] = []
    change(migration(add), SchemaEditor("postgresql", found.append), state, after)
    assert found == ["CREATE INDEX CONCURRENTLY album_title ON shop_album (title)"]
    for vendor in ("sqlite", "mysql"):
        found.clear()
        change(migration(add), SchemaEditor(vendor, found.append), state, after)
        assert found == ["CREATE INDEX album_title ON shop_album (title)"]


def test_constraints_are_validated_later(database: Database, do: Do) -> None:
    state = do(album())
    database.run("INSERT INTO shop_album (title, year) VALUES ('old', 1800)")
    with pytest.raises(IntegrityError):
        do(AddConstraint("Album", YEAR), before=state)
    after = do(AddConstraintNotValid("Album", YEAR), before=state)
    assert database.execute("SELECT convalidated FROM pg_constraint WHERE conname = 'year_of_records'") == [(False,)]
    with pytest.raises(IntegrityError):
        database.run("INSERT INTO shop_album (title, year) VALUES ('old', 1800)")
    validate = ValidateConstraint("Album", "year_of_records")
    with pytest.raises(IntegrityError):
        do(validate, before=after)
    database.run("UPDATE shop_album SET year = 1959")
    do(validate, before=after)
    assert database.execute("SELECT convalidated FROM pg_constraint WHERE conname = 'year_of_records'") == [(True,)]
    do(validate, before=after, backwards=True)
    do(AddConstraintNotValid("Album", YEAR), before=state, backwards=True)
    assert not database.execute("SELECT 1 FROM pg_constraint WHERE conname = 'year_of_records'")
    with pytest.raises(TypeError, match="check constraint"):
        AddConstraintNotValid("Album", UniqueConstraint(fields=["title"], name="x"))
    text = write(migration(AddConstraintNotValid("Album", YEAR), validate))
    assert "operations.ValidateConstraint(" in text


def test_texts_compare_without_case(database: Database, do: Do) -> None:
    name = f"no_case_{secrets.token_hex(4)}"
    create = CreateCollation(name, "und-u-ks-level2", provider="icu", deterministic=False)
    state = do(create, album(db_collation=name))
    database.run("INSERT INTO shop_album (title, year) VALUES ('Kind of Blue', 1959)")
    model: Any = state.apps.get_model("shop", "Album")
    assert model.objects.get(title="KIND OF BLUE").year == 1959
    database.run("DROP TABLE shop_album")
    remove = RemoveCollation(name, "und-u-ks-level2", provider="icu", deterministic=False)
    do(remove)
    assert not database.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [name])
    do(remove, backwards=True)
    do(create, backwards=True)
    assert not database.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [name])
    assert "deterministic=False" in write(migration(create, remove))
    for wrong in ({"locale": "x'; --"}, {"locale": "C", "provider": "x"}, {"locale": "C", "name": "a b"}):
        with pytest.raises(ValueError, match=r"\S"):
            CreateCollation(**{"name": "x", **wrong})  # type: ignore[arg-type]  # texts of several arguments


def test_classes_of_operators_in_indexes(database: Database, do: Do) -> None:
    index = orm.Index(OpClass(Lower("title"), name="varchar_pattern_ops"), name="begins")
    backwards = orm.Index(OpClass("title", name="text_pattern_ops").desc(), name="backwards")
    state = do(album())
    do(
        AddIndex("Album", index),
        AddIndex("Album", backwards),
        before=state,
    )
    found = indexes(database)
    assert "lower((title)::text) varchar_pattern_ops" in found["begins"]
    assert "title text_pattern_ops DESC" in found["backwards"]
    _, expressions, arguments = index.deconstruct()
    assert orm.Index(*expressions, **arguments) == index
    with pytest.raises(ValueError, match="no name of a class"):
        OpClass("title", name="x) ; --")
