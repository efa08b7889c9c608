"""Computed columns of PostgreSQL's types, defaults of arrays that the database knows, and checks of what only it compares."""

from collections.abc import Callable
from pathlib import Path
from types import new_class
from typing import Any

import pytest

from partita import orm
from partita.migrations import MigrationApp, make_migrations, migrate, save
from partita.orm import CheckConstraint, Database, F, Func, IntegrityError, Model, Q, Registry, Value, current_databases
from partita.postgres import ArrayField, HStoreField, IntegerRangeField, Range, SearchVector, SearchVectorField

pages = Registry()


class Page(Model):
    """Keeps what is computed of its title, and lists that the database fills in."""

    title = orm.CharField(max_length=50, default="")
    start = orm.IntegerField(default=1)
    document = orm.GeneratedField(
        expression=SearchVector("title", config="english"), output_field=SearchVectorField(), db_persist=True
    )
    words: Any = orm.GeneratedField(
        expression=Func(F("title"), Value(" "), function="string_to_array"),
        output_field=ArrayField(orm.TextField()),
        db_persist=True,
    )
    span: Any = orm.GeneratedField(
        expression=Func(F("start"), Value(10), function="int4range"), output_field=IntegerRangeField(), db_persist=True
    )
    numbers: Any = ArrayField(orm.IntegerField(), db_default=[1, 2])
    tags: Any = ArrayField(orm.CharField(max_length=5), db_default=["a", "b'\"{"])
    none: Any = ArrayField(orm.CharField(max_length=5), db_default=[])
    facts: Any = ArrayField(HStoreField(), db_default=[{"a": "1"}])

    class Meta:
        registry = pages
        app_label = "pages"
        constraints = (
            CheckConstraint(condition=Q(numbers__len__lte=3), name="few_numbers"),
            CheckConstraint(condition=~Q(tags__contains=["zz"]), name="no_zz"),
        )


@pytest.mark.parametrize(
    "asked",
    [
        {"document": "musician"},
        {"document__search": "runs"},
        {"words__contains": ["Running"]},
        {"words__0": "Running"},
        {"words__len": 2},
        {"words__overlap": ["y", "musicians"]},
        {"span__contains": 5},
        {"span__startswith": 1},
        {"span": (1, 10)},
    ],
)
def test_computed_columns_are_asked_as_what_they_hold(asked: dict[str, Any], tables: Callable[..., None]) -> None:
    tables(Page)
    Page.objects.create(title="Running musicians")
    Page.objects.create(title="x", start=9)
    assert [page.title for page in Page.objects.filter(**asked)] == ["Running musicians"]


def test_the_database_fills_lists_in_and_checks_them(tables: Callable[..., None]) -> None:
    tables(Page)
    page = Page.objects.create()
    page.refresh_from_db()
    assert (page.numbers, page.tags, page.none, page.facts) == ([1, 2], ["a", "b'\"{"], [], [{"a": "1"}])
    with pytest.raises(IntegrityError, match="few_numbers"):
        Page.objects.create(numbers=[1, 2, 3, 4])
    with pytest.raises(IntegrityError, match="no_zz"):
        Page.objects.create(tags=["zz"])


def test_lists_are_added_to_tables_that_have_rows(database: Database, tmp_path: Path) -> None:
    apps = [MigrationApp("house", "house", tmp_path / "house")]

    def step(**parts: Any) -> Any:
        registry = orm.Registry()
        body = {
            "__module__": "house.models",
            "Meta": type("Meta", (), {"app_label": "house", "registry": registry}),
            **parts,
        }
        model: Any = new_class("Room", (orm.Model,), {}, lambda namespace: namespace.update(body))
        save(make_migrations(apps, registry.get_models()), apps)
        migrate(current_databases(), apps)
        return model

    try:
        step().objects.create()
        added = step(
            tags=ArrayField(orm.CharField(max_length=5), default=list),
            words=ArrayField(orm.TextField(), default=["a", "b\"\\',{}"]),
            facts=ArrayField(HStoreField(), default=[{"a": '"1"'}]),
            spans=ArrayField(IntegerRangeField(), default=[Range(1, 2)]),
            grid=ArrayField(ArrayField(orm.IntegerField(null=True)), default=[[1, None], [3, 4]]),
        )
        row = added.objects.get()
        assert (row.tags, row.words, row.facts) == ([], ["a", "b\"\\',{}"], [{"a": '"1"'}])
        assert (row.spans, row.grid) == ([Range(1, 2)], [[1, None], [3, 4]])
    finally:
        migrate(current_databases(), apps, "house", "zero")
