"""What is written at once is what SQLAlchemy would have written, on every database; what is more than plain goes to SQLAlchemy."""

import datetime as dt
import re
from contextlib import suppress
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, literal_column, update

from partita.orm import CASCADE, Count, Database, Exists, F, Lower, OuterRef, Q, Value
from partita.orm.backends import Backend
from partita.orm.compiler import Compiler
from partita.orm.compiler.direct import Direct, NotPlain
from partita.orm.compiler.statements import changed_rows, compile_delete, compile_update
from partita.orm.expressions import Leaf
from partita.orm.plans import Plan
from partita.orm.query import Query

_PLACES = [Database(f"{url}://nobody@127.0.0.1/none") for url in ("postgresql", "mysql")]
BACKENDS = {
    "sqlite": Database("sqlite://").blocking,
    "postgresql": _PLACES[0].blocking,
    "asyncpg": _PLACES[0].native,
    "mysql": _PLACES[1].blocking,
}
NOON = dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)


def same(backend: Backend | None, query: Query) -> str:
    """The SQL of both ways, which is the same but for names that nobody reads, and takes the same values."""
    assert backend is not None
    leaves: list[Leaf] = []
    query.shape(leaves)
    compiler = Compiler(backend, query, leaves)
    expected = compiler.plan(*compiler.select())
    found = Direct(backend, query, leaves).rows()
    compare(expected, found, leaves)
    if not query.is_sliced and not query.distinct and query.columns is None:
        counted = Compiler(backend, query, leaves)
        star = counted.plan(counted.statement([func.count(literal_column("*"))], ordered=False))
        compare(star, Direct(backend, query, leaves).one("count(*)"), leaves)
    if not query.distinct and query.columns is None:
        asked = Compiler(backend, query, leaves)
        one = asked.plan(asked.statement([literal_column("1")], ordered=False))
        compare(one, Direct(backend, query, leaves).one("1"), leaves)
    return found.sql


def compare(expected: Plan, found: Plan, leaves: list[Leaf]) -> None:
    sql, values = re.sub(r"\s+", " ", re.sub(r" AS \w+_\d+\b", "", expected.sql)).strip(), list(expected.bind(leaves))
    if sql.endswith(" OFFSET ?") and values[-1] == 0:  # SQLAlchemy writes it for SQLite where nobody asked
        sql, values = sql.removesuffix(" OFFSET ?"), values[:-1]
    if "LIMIT ? OFFSET" in sql and -1 in values:  # all the rest
        sql, values = sql.replace("LIMIT ?", "LIMIT -1"), [value for value in values if value != -1]
    sql = sql.replace(" LIMIT ALL", "")
    assert found.sql == re.sub(r"(?<!INNER|OUTER) JOIN", " INNER JOIN", sql)
    assert list(found.bind(leaves)) == values


PLAIN: dict[str, Any] = {
    "all": lambda m: m.Album.objects.all(),
    "by key": lambda m: m.Album.objects.filter(pk=5),
    "two conditions": lambda m: m.Album.objects.filter(year__gte=1959, price__lt=Decimal("9.5"))[:20],
    "several calls": lambda m: m.Album.objects.filter(year=1).filter(title="x").order_by("-year", "title"),
    "a list": lambda m: m.Album.objects.filter(pk__in=[1, 2, 3]),
    "a range": lambda m: m.Album.objects.filter(released__range=(NOON, NOON)),
    "nothing": lambda m: m.Album.objects.filter(year=None, producer__isnull=False),
    "text": lambda m: m.Artist.objects.filter(name__icontains="a%_\\", email__startswith="b", name__iendswith="c"),
    "case": lambda m: m.Artist.objects.filter(name__contains="a", email__iexact="b", name__endswith="c"),
    "either": lambda m: m.Album.objects.filter(Q(year=1) | Q(year__gt=5, title="a"), pk__gt=0),
    "nested": lambda m: m.Album.objects.filter((Q(year=1) | Q(year=2)) & (Q(pk=3) | Q(Q(pk=4) & Q(pk=5)))),
    "over a relation": lambda m: m.Album.objects.filter(artist__name="Miles", producer__name="Teo"),
    "over many rows": lambda m: m.Artist.objects.filter(albums__title="x", albums__year=3).filter(albums__year__lt=9),
    "many to many": lambda m: m.Album.objects.filter(genres__name="jazz").distinct(),
    "either over a relation": lambda m: m.Album.objects.filter(Q(producer__name="a") | Q(title="b")),
    "a key over a relation": lambda m: m.Album.objects.filter(artist__manager=5, producer__manager__isnull=True),
    "along": lambda m: m.Album.objects.select_related("artist__manager", "producer"),
    "along and asked": lambda m: m.Album.objects.select_related("producer").filter(producer__name="x").order_by("producer__name"),
    "backwards": lambda m: m.Sleeve.objects.select_related("album"),
    "one to one": lambda m: m.Album.objects.select_related("sleeve"),
    "sorted over": lambda m: m.Track.objects.order_by("album__artist__name", F("pk").desc(nulls_last=True)).reverse(),
    "nulls": lambda m: m.Album.objects.order_by(F("year").asc(nulls_first=True)),
    "values": lambda m: m.Album.objects.values("title", "artist__name"),
    "tuples": lambda m: m.Album.objects.values_list("pk", "year", "genres").filter(year=3),
    "distinct": lambda m: m.Album.objects.values_list("year").distinct().order_by("year"),
    "some fields": lambda m: m.Album.objects.only("title", "artist__name").select_related("artist"),
    "without": lambda m: m.Album.objects.defer("title", "data"),
    "a page": lambda m: m.Album.objects.order_by("pk")[20:40],
    "the rest": lambda m: m.Album.objects.order_by("pk")[20:],
    "no order": lambda m: m.Album.objects.order_by()[:1],
    "not": lambda m: m.Album.objects.exclude(title="x").exclude(pk__lt=3, pk__gte=1),
    "not some": lambda m: m.Album.objects.exclude(pk__in=[1, 2]).exclude(title__contains="a").exclude(pk__range=(1, 2)),
    "not nothing": lambda m: m.Album.objects.exclude(year=None).exclude(year=3).exclude(year__gt=1, pk=1),
    "not either": lambda m: m.Album.objects.filter(~(Q(pk=1) | Q(title="a")) | Q(pk=4), ~Q(title__iexact="x")),
    "not over a relation": lambda m: m.Album.objects.exclude(producer__name="a").filter(~Q(artist__name="b")),
    "columns": lambda m: m.Album.objects.filter(artist__name=F("producer__name"), title__gt=F("artist__name")),
    "every type": lambda m: m.Everything.objects.all(),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", PLAIN)
def test_both_ways_write_the_same(models: SimpleNamespace, name: str, backend: str) -> None:
    same(BACKENDS[backend], PLAIN[name](models).query)


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_of_every_type_are_marked_alike(models: SimpleNamespace, backend: str) -> None:
    marked = 0
    for field in models.Everything._meta.fields:
        if field.is_relation or "JSON" in type(field).__name__:
            continue
        marked += 1
        value: Any = field.get_default()
        given = {} if value in (None, "") else {field.name: value}
        same(BACKENDS[backend], models.Everything.objects.filter(**given).query)
        same(BACKENDS[backend], models.Everything.objects.filter(**{f"{field.name}__isnull": True}).query)
    assert marked > 10


MORE: dict[str, Any] = {
    "not any of many": lambda m: m.Album.objects.exclude(genres__name="x"),
    "not not": lambda m: m.Album.objects.filter(~Q(~Q(year=1), pk=1)),
    "either or": lambda m: m.Album.objects.filter(Q(year=1) ^ Q(year=2)),
    "a column of another type": lambda m: m.Album.objects.filter(year=F("pk")),
    "computed columns": lambda m: m.Album.objects.filter(year=F("year") + 1),
    "a transform": lambda m: m.Album.objects.filter(released__year=1959, released__hour=3),
    "JSON": lambda m: m.Album.objects.filter(data__a=1),
    "numbers as text": lambda m: m.Album.objects.filter(year__contains=1),
    "a pattern": lambda m: m.Album.objects.filter(title__regex="x"),
    "a query": lambda m: m.Album.objects.filter(artist__in=m.Artist.objects.all()),
    "whether": lambda m: m.Album.objects.filter(Exists(m.Artist.objects.filter(pk=OuterRef("artist")))),
    "computed": lambda m: m.Album.objects.annotate(n=Count("genres")),
    "order computed": lambda m: m.Album.objects.order_by(Lower("title")),
    "by chance": lambda m: m.Album.objects.order_by("?"),
    "no values": lambda m: m.Album.objects.filter(pk__in=[]),
    "both": lambda m: m.Genre.objects.all().union(m.Genre.objects.all()),
    "locked": lambda m: m.Album.objects.select_for_update(),
    "distinct on": lambda m: m.Album.objects.distinct("year"),
}


@pytest.mark.parametrize("name", MORE)
def test_what_is_more_is_left_to_sqlalchemy(models: SimpleNamespace, name: str) -> None:
    query = MORE[name](models).query
    leaves: list[Leaf] = []
    query.shape(leaves)
    backend = BACKENDS["postgresql"]
    assert backend is not None
    with pytest.raises(NotPlain):
        Direct(backend, query, leaves).rows()


def test_everything_that_a_query_can_ask_is_looked_at() -> None:
    """Whoever adds to `Query` has to say in `Direct` whether it is plain."""
    written = {"model", "where", "order", "backwards", "limit", "offset", "distinct", "related", "only", "deferred"}
    written |= {"columns", "form", "hidden"}
    refused = {"annotations", "grouped", "empty", "lock", "combined", "filtered", "tables", "plain", "ctes"}
    assert set(Query.__struct_fields__) == written | refused


def test_types_of_somebody_else_are_left_to_sqlalchemy() -> None:
    from sqlalchemy.types import TypeDecorator, Unicode

    from partita.orm import CharField, Model, Registry

    class Shouted(TypeDecorator[str]):
        impl, cache_ok = Unicode, True

        def bind_expression(self, bindvalue: Any) -> Any:
            return func.upper(bindvalue)

    class LoudField(CharField[str]):
        def sql_type(self) -> Any:
            return Shouted()

    class Sign(Model):
        text = LoudField(max_length=10)

        class Meta:
            registry = Registry()
            app_label = "signs"

    with Database("sqlite://") as database:
        database.create_all(Sign)
        Sign(text="HEY").save()
        assert Sign.objects.filter(text="hey").count() == 1


names = st.sampled_from(["year", "pk", "price", "artist__manager", "genres", "artist__albums__year"])
terms = st.builds(lambda name, look, value: Q(**{f"{name}__{look}": value}), names, st.sampled_from(["exact", "gt", "lte"]), st.integers(0, 99))  # fmt: skip
trees = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.builds(lambda a, b, both: a & b if both else a | b, inner, inner, st.booleans()),
        st.builds(lambda a: ~a, inner),
    ),
)


@given(st.lists(trees, max_size=3), st.lists(names, max_size=2), st.sampled_from([None, "artist", "producer__manager"]))
def test_both_ways_write_the_same_for_any_tree(
    models: SimpleNamespace, filters: list[Q], order: list[str], related: str | None
) -> None:
    rows = models.Album.objects.order_by(*order)
    for one in filters:
        rows = rows.filter(one)
    if related is not None:
        rows = rows.select_related(related)
    for backend in BACKENDS.values():
        with suppress(NotPlain):
            same(backend, rows.query)


@pytest.mark.parametrize("backend", BACKENDS)
def test_changes_are_written_alike(models: SimpleNamespace, backend: str) -> None:
    place = BACKENDS[backend]
    assert place is not None
    title, year = (models.Album._meta.get_field(name) for name in ("title", "year"))
    for rows in (models.Album.objects.filter(year=3).exclude(title="x"), models.Album.objects.all()):
        for values in ([(title, Value("new", title))], [(title, Value("new", title)), (year, Value(None, year))]):
            leaves: list[Leaf] = []
            for _, value in values:
                value.shape(leaves)
            rows.query.shape(leaves)
            compiler, where = changed_rows(place, rows.query, leaves)
            assigned = {field.column: value.compile(compiler) for field, value in values}
            expected = compiler.plan(update(compiler.base).where(*where).values(assigned))
            compare(expected, compile_update(place, rows.query, leaves, values), leaves)
            gone = compiler.plan(delete(compiler.base).where(*where))
            compare(gone, compile_delete(place, rows.query, leaves), leaves)


def test_names_are_quoted() -> None:
    from partita.orm import CharField, ForeignKey, Model, Registry

    marks = Registry()

    class Odd(Model):
        order = CharField(max_length=5, db_column='se"lect %s')
        group = ForeignKey("self", CASCADE, null=True)

        class Meta:
            registry = marks
            app_label = "marks"
            db_table = 'from "x" %s; --'

    with Database("sqlite://") as database:
        database.create_all(Odd)
        odd = Odd.objects.create(order="?")
        assert list(Odd.objects.filter(order="?").select_related("group")) == [odd]
    for backend in BACKENDS.values():
        same(backend, Odd.objects.filter(order="?", group__order="x").query)
