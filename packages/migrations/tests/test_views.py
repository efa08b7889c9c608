"""Views are made, changed and dropped by migrations that are found by comparing models."""

from typing import Any

from partita import orm
from partita.migrations.autodetector import detect
from partita.migrations.executor import Executor
from partita.migrations.graph import Graph
from partita.migrations.migration import Migration
from partita.migrations.operations import AddField, AlterView, CreateModel, DeleteModel
from partita.migrations.questions import Answers
from partita.migrations.state import ProjectState
from partita.migrations.writer import write
from partita.orm.patterns.views import View


def models(least: int | None, *, more: bool = False) -> ProjectState:
    registry = orm.Registry()
    meta = type("Meta", (), {"registry": registry, "app_label": "shop"})
    album = type(
        "Album",
        (orm.Model,),
        {"__module__": "shop.models", "Meta": meta, "title": orm.CharField(max_length=20), "year": orm.IntegerField()},
    )
    found: list[Any] = [album]
    if least is not None:

        def definition(cls: Any) -> Any:
            rows = album.objects.filter(year__gte=least, title__contains="%").order_by()  # type: ignore[attr-defined]
            return rows.values("id", "title", *(["year"] if more else []))

        body: dict[str, Any] = {
            "__module__": "shop.models",
            "Meta": type("Meta", (), {"registry": registry, "app_label": "shop"}),
            "id": orm.IntegerField(primary_key=True),
            "title": orm.CharField(max_length=20),
            "materialized": True,
            "definition": classmethod(definition),
            **({"year": orm.IntegerField()} if more else {}),
        }
        found.insert(0, type("New", (View,), body))
    return ProjectState.of(found)


def test_views_follow_their_models(place: Any) -> None:
    states = [models(2000), models(1950), models(1950, more=True), models(None)]
    before = ProjectState()
    migrations: list[Migration] = []
    kinds: list[list[type]] = []
    for number, after in enumerate(states, 1):
        changes = detect(before, after, Answers())
        kinds.append([type(each.operation) for each in changes])
        body = {
            "operations": [each.operation for each in changes],
            "dependencies": [migrations[-1].key] if migrations else [],
            "__slots__": (),
        }
        kind: type[Migration] = type("Migration", (Migration,), body)
        migrations.append(kind("shop", f"000{number}_x"))
        assert write(migrations[-1])
        before = after
    assert kinds[0] == [CreateModel, CreateModel]
    assert migrations[0].operations[0].describe() == "Create model Album"
    assert kinds[1] == [AlterView]
    assert set(kinds[2]) == {AddField, AlterView}
    assert kinds[3] == [DeleteModel]
    graph = Graph(migrations)

    def go(name: str) -> None:
        with place.databases:
            executor = Executor(place.database, graph)
            executor.run(executor.plan([("shop", name)]))

    def seen(columns: str = "title") -> list[tuple[Any, ...]]:
        if place.database.vendor == "postgresql":
            place.database.execute("REFRESH MATERIALIZED VIEW shop_new")
        return [tuple(row) for row in place.database.execute(f"SELECT {columns} FROM shop_new ORDER BY title")]

    go("0001_x")
    place.database.execute(
        "INSERT INTO shop_album (title, year) VALUES (%s, 1959), (%s, 2001), ('c', 2002)", ["a%", "b%"]
    )
    assert seen() == [("b%",)]
    go("0002_x")
    assert seen() == [("a%",), ("b%",)]
    go("0003_x")
    assert seen("title, year") == [("a%", 1959), ("b%", 2001)]
    go("0001_x")
    assert seen() == [("b%",)]
    go("0004_x")
    assert list(place.schema()) == ["shop_album"]
    go("0003_x")
    assert seen("year") == [(1959,), (2001,)]
    go("zero")
    assert not place.schema()
