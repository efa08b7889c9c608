"""Views as models: read like tables, computed by the database."""

import argparse
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    DO_NOTHING,
    CharField,
    Count,
    Database,
    DecimalField,
    F,
    FieldError,
    ForeignKey,
    IntegerField,
    Model,
    ModelError,
    OneToOneField,
    Q,
    Registry,
    Sum,
    Value,
    registry,
)
from partita.orm.patterns.views import RefreshViews, View

gallery = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = gallery
        app_label = "gallery"


class Painter(Base):
    """Paints."""

    name = CharField(max_length=20)


class Picture(Base):
    """Costs something."""

    painter = ForeignKey(Painter, DO_NOTHING, related_name="pictures")
    price = DecimalField(max_digits=8, decimal_places=2)


class Sales(View):
    """What the pictures of each painter cost together."""

    painter = OneToOneField(Painter, DO_NOTHING, primary_key=True, related_name="sales", db_constraint=False)
    total = DecimalField(max_digits=12, decimal_places=2, null=True)
    count = IntegerField()
    note = CharField(max_length=30)
    materialized = True

    class Meta(Base.Meta):
        abstract = False

    @classmethod
    def definition(cls) -> Any:
        """Return the query."""
        rows = Painter.objects.filter(~Q(name__contains="100% it's")).order_by()
        return rows.values(
            painter=F("pk"), total=Sum("pictures__price"), count=Count("pictures"), note=Value("it's 100%:\n%s")
        )


class Names(View):
    """By SQL of one's own."""

    id = IntegerField(primary_key=True)
    name = CharField(max_length=20)

    class Meta(Base.Meta):
        abstract = False

    @classmethod
    def definition(cls) -> str:
        """Return the query."""
        return "SELECT id, name FROM gallery_painter WHERE name LIKE 'A%'"


@pytest.fixture
def painters(tables: Callable[..., None]) -> SimpleNamespace:
    tables(Painter, Picture, Sales, Names)
    ann, bob = Painter.objects.create(name="Ann"), Painter.objects.create(name="Bob")
    for price in ("1.50", "2.50"):
        Picture.objects.create(painter=ann, price=Decimal(price))
    return SimpleNamespace(ann=ann, bob=bob)


def test_rows_of_a_view(painters: SimpleNamespace, database: Database, run: Any) -> None:
    kept = database.vendor == "postgresql"
    if kept:
        assert not Sales.objects.exists()  # computed when it was made
    Sales.refresh()
    ann = Sales.objects.select_related("painter").get(painter=painters.ann)
    assert (ann.painter.name, ann.total, ann.count, ann.note) == ("Ann", Decimal(4), 2, "it's 100%:\n%s")
    assert Painter.objects.get(sales__count=2) == painters.ann
    assert Sales.objects.get(count=0).total is None
    Picture.objects.create(painter=painters.bob, price=Decimal(9))
    assert Sales.objects.filter(count=0).exists() is kept
    Sales.refresh(concurrently=False)
    assert Sales.objects.get(painter__name="Bob").total == 9
    assert [row.name for row in Names.objects.all()] == ["Ann"]
    Names.refresh()

    async def awaited() -> None:
        await Picture.objects.acreate(painter=painters.bob, price=Decimal(1))
        await Sales.arefresh()
        assert (await Sales.objects.aget(painter=painters.bob)).total == 10

    run(awaited())


def test_a_view_is_read_only(painters: SimpleNamespace) -> None:
    Sales.refresh()
    row = Sales.objects.first()
    assert row is not None
    with pytest.raises(ModelError, match="is a view"):
        row.save()
    with pytest.raises(ModelError, match="is a view"):
        row.delete()
    with pytest.raises(ModelError, match="is a view"):
        Sales.objects.create(painter=painters.ann, count=1)


def test_queries_that_do_not_fit() -> None:
    class Empty(View):
        id = IntegerField(primary_key=True)

        class Meta:
            registry = Registry()
            app_label = "gallery"

    with pytest.raises(ModelError, match=r"definition\(\)"):
        Empty.view_sql()
    kind: Any = Empty
    for rows in (Painter.objects.all(), Painter.objects.values("name"), Painter.objects.values("id", "name")):
        kind.definition = classmethod(lambda cls, rows=rows: rows)
        with pytest.raises(FieldError, match="the fields are id"):
            kind.view_sql()
    kind.definition = classmethod(lambda cls: {"sqlite": "SELECT 1 AS id"})
    assert list(kind.view_sql()) == ["sqlite"]


def test_the_command_refreshes_them(
    painters: SimpleNamespace, database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(registry), "get_models", lambda self: [Sales, Names])

    class App:
        def require(self, key: Any) -> Any:
            from partita.orm import Databases

            return Databases({"default": database})

    command = RefreshViews()
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    app: Any = App()
    assert command.run(app, parser.parse_args([])) == 0
    assert capsys.readouterr().out == "Refreshed gallery.Sales.\n"
    assert Sales.objects.count() == 2
    assert command.run(app, parser.parse_args(["gallery.Sales", "--block"])) == 0
    assert command.run(app, parser.parse_args(["gallery.Names"])) == 1
    assert "gallery.names is no materialised view" in capsys.readouterr().err
