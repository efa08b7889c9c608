"""Models with PostgreSQL's types: their migrations are written, run, undone, and leave nothing to do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import new_class
from typing import Any

import pytest

from partita import orm
from partita.migrations import MigrationApp, make_migrations, migrate, save
from partita.orm import Database, Func, GeneratedField, IntegrityError, current_databases
from partita.postgres import (
    ArrayField,
    DateTimeRangeField,
    ExclusionConstraint,
    GinIndex,
    GistIndex,
    HStoreField,
    IntegerRangeField,
    Range,
    RangeBoundary,
    RangeOperators,
    SearchVector,
    SearchVectorField,
)
from partita.postgres.validators import ArrayMaxLengthValidator, KeysValidator, RangeMaxValueValidator

Model = Any
Step = Callable[..., Any]


class Hours(Func):
    """A range of two columns, as projects write it."""

    function, output_field = "tstzrange", DateTimeRangeField()


def first() -> dict[str, Any]:
    return {
        "title": orm.CharField(max_length=50, default=""),
        "text": orm.TextField(default=""),
        "language": orm.CharField(max_length=20, default="english"),
        "tags": ArrayField(orm.CharField(max_length=5), size=2, default=list, validators=[ArrayMaxLengthValidator(3)]),
        "grid": ArrayField(ArrayField(orm.IntegerField(null=True)), null=True),
        "facts": HStoreField(null=True, validators=[KeysValidator(["a"], strict=True)]),
        "many": ArrayField(HStoreField(), null=True),
        "seats": IntegerRangeField(default=Range(1, None), validators=[RangeMaxValueValidator(9)]),
        "shown": IntegerRangeField(db_default=Range(5, 10)),
        "start": orm.DateTimeField(null=True),
        "end": orm.DateTimeField(null=True),
        "document": GeneratedField(
            expression=SearchVector("title", config="english", weight="A") + SearchVector("text", config="english"),
            output_field=SearchVectorField(),
            db_persist=True,
        ),
        "Meta": {
            "indexes": (
                GinIndex(SearchVector("title", "text", config="german", weight="B"), name="by_german_words"),
                GinIndex(fields=["tags"], name="by_tags"),
                GistIndex(fields=["seats"], name="by_seats"),
            ),
            "constraints": (
                ExclusionConstraint(
                    name="one_at_a_time",
                    expressions=[
                        ("title", RangeOperators.EQUAL),
                        (Hours("start", "end", RangeBoundary(False, True)), RangeOperators.OVERLAPS),
                    ],
                ),
            ),
        },
    }


@pytest.fixture
def step(database: Database, tmp_path: Path) -> Iterator[Step]:
    """Make the model's migrations and run them; return the model and the files' texts."""
    apps = [MigrationApp("house", "house", tmp_path / "house")]

    def step(parts: dict[str, Any]) -> Any:
        registry = orm.Registry()
        options = {"app_label": "house", "registry": registry, **parts.pop("Meta", {})}
        body = {"__module__": "house.models", "Meta": type("Meta", (), options), **parts}
        model = new_class("Evening", (orm.Model,), {}, lambda namespace: namespace.update(body))
        files = make_migrations(apps, registry.get_models())
        save(files, apps)
        migrate(current_databases(), apps)
        assert make_migrations(apps, registry.get_models()) == []
        return model, "".join(file.text for file in files), lambda: migrate(current_databases(), apps, "house", "zero")

    yield step
    migrate(current_databases(), apps, "house", "zero")


def columns(database: Database) -> dict[str, str]:
    rows = database.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
        " AND attrelid = to_regclass('house_evening')"
    )
    return {name: kind for name, kind in rows if name != "id"}


def test_types_documents_and_constraints_go_there_and_back(database: Database, step: Step) -> None:
    model, text, undo = step(first())
    assert "SearchVector(" in text
    assert "operator.add(" in text
    assert "Range(1, None)" in text
    found = columns(database)
    assert (found["tags"], found["grid"], found["many"]) == ("character varying(5)[]", "integer[]", "hstore[]")
    assert (found["seats"], found["document"]) == ("int4range", "tsvector")
    row = model.objects.create(title="musicians", text="blue", tags=["a"], many=[{"a": "{}"}])
    row.refresh_from_db()
    assert (row.seats, row.shown, row.many) == (Range(1, None), Range(5, 10), [{"a": "{}"}])
    assert "'musician':1A" in row.document
    undo()
    assert columns(database) == {}


def test_types_change_and_keep_what_was_there(database: Database, step: Step) -> None:
    model, _, _ = step(first())
    model.objects.create(title="x", tags=["a", "b"], facts={"a": "1"})
    parts = first()
    parts["grid"] = ArrayField(ArrayField(orm.BigIntegerField()), null=True)
    parts["facts"] = HStoreField(default=dict)
    parts["more"] = HStoreField(default=dict)
    parts["span"] = IntegerRangeField(default=(2, 4))
    parts["Meta"] = {}
    changed, _, undo = step(parts)
    found = columns(database)
    assert (found["grid"], found["more"], found["span"]) == ("bigint[]", "hstore", "int4range")
    row = changed.objects.get()
    assert (row.tags, row.facts, row.more, row.span) == (["a", "b"], {"a": "1"}, {}, Range(2, 4))
    undo()
    assert columns(database) == {}


def test_boundaries_of_a_migrated_constraint_hold(database: Database, step: Step) -> None:
    model, text, _ = step(first())
    assert "RangeBoundary(False, True)" in text
    database.run(
        'INSERT INTO house_evening (title, text, language, tags, seats, start, "end")'
        " VALUES ('a', '', 'english', '{}', '[1,)', '2024-01-01 10:00Z', '2024-01-01 11:00Z')"
    )
    again = (
        'INSERT INTO house_evening (title, text, language, tags, seats, start, "end")'
        " VALUES ('a', '', 'english', '{}', '[1,)', '2024-01-01 11:00Z', '2024-01-01 12:00Z')"
    )
    database.run(again)  # 11:00 belongs to the first range only: the lower limit of the second is left out
    with pytest.raises(IntegrityError, match="one_at_a_time"):
        database.run(again.replace("11:00Z", "10:30Z"))
    assert model.objects.count() == 2
