"""What is written at once is what SQLAlchemy would have written, on every database; what is more than plain goes to SQLAlchemy."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func

import partita.orm as o
from partita.orm import CASCADE, Count, Database, Exists, F, Lower, OuterRef, Q, Subquery, Value
from partita.orm.compiler.direct import Direct, NotPlain
from partita.orm.expressions import Leaf
from partita.orm.query import Query

BACKENDS = ("sqlite", "postgresql", "asyncpg", "mysql")
NOON = dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)


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
    "not any of many": lambda m: m.Album.objects.exclude(genres__name="x").exclude(genres__albums__year=3, pk=1),
    "not any of many by key": lambda m: m.Artist.objects.filter(~Q(albums=3) | Q(albums__tracks__number=2)),
    "not not": lambda m: m.Album.objects.filter(~Q(~Q(year=1), pk=1)),
    "a column of another type": lambda m: m.Album.objects.filter(year=F("pk"), title=F("year")),
    "a transform": lambda m: m.Album.objects.filter(released__year=1959, released__hour=3, released__month__gt=4),
    "numbers as text": lambda m: m.Album.objects.filter(year__contains=1, price__startswith=2),
    "numbers beyond": lambda m: m.Album.objects.filter(year__lt=10**12, pk__in=[1, 10**11]),
    "a query": lambda m: m.Album.objects.filter(artist__in=m.Artist.objects.filter(name="x"), pk__in=m.Sleeve.objects.values("album")),
    "a query of many": lambda m: m.Album.objects.exclude(genres__in=m.Genre.objects.filter(name="x")),
    "whether": lambda m: m.Album.objects.filter(Exists(m.Artist.objects.filter(pk=OuterRef("artist"), albums__year=1)), year=1),
    "whether alone": lambda m: m.Album.objects.filter(Exists(m.Track.objects.filter(album=OuterRef("pk"))[:3])),
    "whether not": lambda m: m.Album.objects.filter(~Exists(m.Artist.objects.filter(managed=OuterRef("artist__manager")))),
    "not whether": lambda m: m.Album.objects.filter(~Q(Exists(m.Track.objects.filter(album=OuterRef("pk")))), ~Q(~Exists(m.Track.objects.all()))),
    "whether in": lambda m: m.Artist.objects.filter(Exists(m.Album.objects.filter(
        Exists(m.Track.objects.filter(album=OuterRef("pk"), number=OuterRef(OuterRef("pk")))), artist=OuterRef("pk")))),
    "computed": lambda m: m.Album.objects.annotate(more=F("year") * 2 + F("pk"), less=F("price") - Decimal("1.5")).filter(more__gt=5),
    "computed of computed": lambda m: m.Album.objects.annotate(a=F("year") + 1).annotate(b=F("a") * F("a")).filter(b=F("a")).order_by("-b", "a"),
    "by alias": lambda m: m.Album.objects.alias(more=F("year") + F("artist__manager")).filter(Q(more=1) | ~Q(more__in=[1, 2])),
    "operators": lambda m: m.Album.objects.annotate(
        a=F("year") / 2, b=F("year") % 3, c=F("pk") ** 2, d=F("year").bitand(1), e=F("year").bitor(2), f=F("pk").bitxor(3),
        g=F("year").bitleftshift(1), h=-F("year"), i=(F("year") - F("pk")) - (F("pk") - 1)),
    "functions of one's own": lambda m: m.Artist.objects.annotate(
        a=o.Func("name", function="UPPER"), b=o.Func("name", Value("x"), function="coalesce"), c=o.Func("name", function="Soundex")),
    "texts": lambda m: m.Artist.objects.annotate(
        a=o.Upper("name"), b=o.Concat("name", Value(" 100%s? "), "email"), c=o.Length("name"), d=o.Substr("name", 2, 3),
        e=o.Trim("name"), f=o.LPad("name", 9, Value("-")), g=o.Replace("name", Value("a"), Value("b")), h=o.StrIndex("name", Value("x")),
        i=o.Left("name", 2), j=o.Repeat("name", 2), k=o.MD5("name"), l=o.Chr("pk"), n=o.Reverse("name")),
    "numbers": lambda m: m.Album.objects.annotate(
        a=o.Abs("year"), b=o.Ceil("year"), c=o.Floor("price"), d=o.Sqrt("year"), e=o.Mod("year", 2), f=o.Power("year", 2),
        g=o.Round("price", precision=1), h=o.Sign("year"), i=o.Log(2, "year"), j=o.ATan2("year", "pk"), k=o.Cot("year")),
    "choices": lambda m: m.Album.objects.annotate(
        a=o.Coalesce("year", 5), b=o.Greatest("year", "pk"), c=o.Least("price", "price"), d=o.NullIf("year", 3),
        e=o.Cast("year", o.CharField(max_length=9)), f=o.Cast("title", o.IntegerField()), g=o.Cast("price", o.FloatField())),
    "parts of moments": lambda m: m.Album.objects.annotate(
        a=o.ExtractYear("released"), b=o.ExtractQuarter("released"), c=o.TruncMonth("released"), d=o.TruncDate("released"),
        e=o.TruncHour("released"), f=o.ExtractDay("artist__born")),
    "moments": lambda m: m.Everything.objects.annotate(a=F("moment") - F("moment")).filter(day=F("moment"), moment__gt=F("day")),
    "one or another": lambda m: m.Album.objects.annotate(kind=o.Case(
        o.When(Q(year__lt=1960) | Q(price__gt=9), then=Value("a")), o.When(artist__name="x", then=F("title")), default=Value("c"))).filter(kind="a"),
    "conditions": lambda m: m.Album.objects.annotate(
        old=o.Case(o.When(year=1, then=1), default=None, output_field=o.IntegerField())).order_by(o.Case(o.When(old=1, then=F("pk") + 1), default=0)),
    "a value of a query": lambda m: m.Artist.objects.annotate(
        last=Subquery(m.Album.objects.filter(artist=OuterRef("pk")).order_by("-year").values("title")[:1])).filter(last="x").order_by("last"),
    "a count of a query": lambda m: m.Artist.objects.annotate(n=Subquery(
        m.Album.objects.filter(artist=OuterRef("pk")).order_by().values("artist").annotate(n=Count("pk")).values("n"))),
    "annotated whether": lambda m: m.Artist.objects.annotate(has=Exists(m.Album.objects.filter(artist=OuterRef("pk")))).filter(has=True),
    "order computed": lambda m: m.Album.objects.order_by(Lower("title").desc(), (F("year") + 1).asc(nulls_last=True), o.Length("artist__name")),
    "values computed": lambda m: m.Album.objects.values("title", up=o.Upper("artist__name"), n=F("year") + 1).order_by("n"),
    "distinct computed": lambda m: m.Album.objects.annotate(n=F("year") + 1).values_list("n").distinct(),
    "aggregated": lambda m: m.Artist.objects.annotate(n=Count("albums")),
    "aggregated and asked": lambda m: m.Artist.objects.annotate(n=Count("albums")).filter(n__gt=1, name="x").order_by("-n", "name"),
    "aggregated after a filter": lambda m: m.Artist.objects.filter(albums__year=1).annotate(n=o.Sum("albums__price")).filter(albums__title="x"),
    "aggregated with": lambda m: m.Artist.objects.annotate(
        a=Count("albums", filter=Q(albums__year__gt=3), distinct=True), b=o.Sum(F("albums__price") * 2, default=0),
        c=o.Max("albums__year") + 1, d=o.Avg("albums__pk"), e=Count("*"), f=o.StdDev("albums__year"), g=o.BitAnd("albums__year")),
    "aggregated along": lambda m: m.Album.objects.select_related("artist").annotate(n=Count("tracks"), x=F("year") + 1),
    "groups": lambda m: m.Album.objects.values("artist__name").annotate(n=o.Sum("price")).order_by("artist__name"),
    "computed groups": lambda m: m.Album.objects.annotate(x=F("year") + 1).values("x").annotate(n=Count("pk")).filter(n__gt=1).order_by("x"),
    "groups of parts": lambda m: m.Album.objects.values(y=o.ExtractYear("released")).annotate(n=Count("pk")),
    "groups and more": lambda m: m.Album.objects.values("year").annotate(n=Count("pk"), m=F("year") + Count("tracks")),
    "either or having": lambda m: m.Artist.objects.annotate(n=Count("albums")).filter(Q(n=1) | Q(name="x"), ~Q(n=4)),
    "either or": lambda m: m.Album.objects.filter(Q(year=1) ^ Q(year=2) ^ Q(title="x"), ~(Q(pk=1) ^ Q(pk=2))),
    "JSON": lambda m: m.Album.objects.filter(data__a=1, data__a__b__gt=[1], data__c__isnull=True).exclude(data__d="x"),
    "JSON's text": lambda m: m.Album.objects.filter(data__a__icontains="x").annotate(t=F("data__a__b")),
    "JSON's keys": lambda m: m.Album.objects.filter(data__has_key="a").exclude(data__has_any_keys=["b", "c"]),
    "JSON's parts": lambda m: m.Album.objects.filter(data__contains={"a": 1}, data={"b": 2}, data__a__in=[1, "x"], data__b=None),
    "text of a column": lambda m: m.Album.objects.filter(title__contains=F("artist__name"), title__istartswith=F("title")),
    "a pattern": lambda m: m.Album.objects.filter(title__regex="x", artist__name__iregex="^y"),
    "SQL": lambda m: m.Album.objects.annotate(n=o.RawSQL("%s + 1 %% 2", (1,))).filter(o.RawSQL("year %% 2 = %s", (1,)), year=3),
    "filtered relations": lambda m: m.Artist.objects.annotate(
        x=o.FilteredRelation("albums", condition=Q(albums__year=1) | Q(albums__title="x")), y=o.FilteredRelation("manager")).filter(x__year=1, y__name="y"),
    "a moment of the database": lambda m: m.Album.objects.filter(released__lt=o.Now()),
    "a window": lambda m: m.Album.objects.annotate(n=o.Window(o.RowNumber(), order_by="pk")).filter(n=1, year__gt=3),
    "a window and an order": lambda m: m.Album.objects.annotate(n=o.Window(o.Rank(), partition_by="artist", order_by="pk")).filter(
        Q(n__lt=3) | Q(year=1)).exclude(n=2).order_by("artist__name", "-n", F("year").desc(nulls_last=True))[:3],
    "values by a window": lambda m: m.Album.objects.annotate(n=o.Window(o.Count("*"), partition_by=F("year"))).filter(n=1).order_by().values_list("title", "n").distinct(),
    "locked": lambda m: m.Album.objects.select_for_update(),
    "locked and passed over": lambda m: m.Album.objects.select_for_update(skip_locked=True).filter(year=1)[:3],
    "windows": lambda m: m.Album.objects.annotate(
        n=o.Window(o.RowNumber(), partition_by="artist", order_by="-year"), l=o.Window(o.Lag("year", 2), order_by=["title", F("year").asc()]),
        s=o.Window(o.Sum("price"), partition_by=[F("artist"), F("year") + 1])),
    "extra": lambda m: m.Album.objects.extra(
        select={"n": "year %% 2 + %s", "text": "'%%s'"}, where=["shop_album.year > %s OR title LIKE 'a%%'", "1 = 1"], params=[3], select_params=[7],
        order_by=["-n", "title"]).filter(price__gt=1)[:5],
    "extra over relations": lambda m: m.Album.objects.select_related("artist").extra(where=["shop_artist.name = %s"], params=["x"]).filter(
        artist__manager__name="y", producer__name="z", tracks__number=3),
    "extra tables": lambda m: m.Album.objects.extra(
        tables=["shop_sleeve", "shop_album", 'odd "%s" name'], where=["shop_sleeve.album_id = shop_album.id"]).filter(genres__name="x"),
    "extra and groups": lambda m: m.Artist.objects.extra(select={"a": "1"}, tables=["shop_genre"]).annotate(n=Count("albums")).filter(n__gt=1),
    "extra inside": lambda m: m.Artist.objects.filter(albums__in=m.Album.objects.extra(where=["shop_album.year = 3"]).filter(artist__name="x")).extra(
        where=["length(shop_artist.name) = 2"]),
    "extra values": lambda m: m.Album.objects.extra(select={"n": "1"}).values_list("n", "title", "artist__name").distinct().order_by("n"),
    "frames": lambda m: m.Album.objects.annotate(
        a=o.Window(o.Sum("price"), order_by="pk", frame=o.RowRange(-2, 0)), b=o.Window(o.Avg("year"), "artist", "year", o.RowRange(None, None)),
        c=o.Window(o.LastValue("title"), order_by=["year", "-pk"], frame=o.RowRange(1, 3)), d=o.Window(o.Max("year"), order_by="pk", frame=o.RowRange(-3, -1)),
        e=o.Window(o.Count("pk"), "artist", frame=o.RowRange(0, None)), f=o.Window(o.Sum("year"), order_by="year", frame=o.ValueRange(None, 0)),
        g=o.Window(o.Min("year"), order_by="year", frame=o.ValueRange(-10, 5), partition_by="artist__name")).filter(a__gt=5),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", PLAIN)
def test_both_ways_write_the_same(models: SimpleNamespace, alike: Any, name: str, backend: str) -> None:
    alike.same(alike.backends[backend], PLAIN[name](models).query)


def below(
    models: SimpleNamespace, *, distinct: bool = False, first: int | None = None, last: int | None = None
) -> o.CTE:
    """Return those whom some artists manage, over all levels."""
    artists = models.Artist.objects
    begun = artists.filter(manager=None, name="x").order_by("name")[:first].values("pk", depth=Value(0), who=F("name"))

    def following(found: o.CTE) -> Any:
        rows = artists.with_cte(found, manager=found.col.pk).filter(email__gt="a")
        return rows.order_by("pk")[:last].values(
            "pk", depth=found.col.depth + 1, who=o.Concat(found.col.who, Value("%s/?"))
        )

    return o.CTE.recursive(begun, following, "below", distinct=distinct)


def totals(models: SimpleNamespace, name: str = "totals") -> o.CTE:
    return o.CTE(
        models.Album.objects.filter(year__gt=3).values("artist").annotate(n=Count("pk"), total=o.Sum("price")), name
    )


def of_many(models: SimpleNamespace) -> Any:
    found, other = below(models), totals(models)
    rows = (
        models.Artist.objects.filter(name="y")
        .with_cte(found, pk=found.col.pk)
        .with_cte(other, outer=True, id=other.col.artist)
    )
    return rows.annotate(depth=found.col.depth, n=other.col.n).filter(albums__title="z").order_by("-depth", "pk")


def of_ctes(models: SimpleNamespace) -> Any:
    first = totals(models)
    second = o.CTE(
        models.Artist.objects.with_cte(first, pk=first.col.artist).values("pk", double=first.col.n * 2), "Order"
    )
    return models.Artist.objects.with_cte(second, pk=second.col.pk).values_list("name", second.col.double)


def within(models: SimpleNamespace) -> Any:
    found = totals(models)
    inside = models.Artist.objects.with_cte(found, pk=found.col.artist).filter(name="y")
    return models.Album.objects.filter(artist__in=inside, title="x").exclude(genres__name="z")


def outside(models: SimpleNamespace) -> Any:
    found = totals(models)
    albums = models.Album.objects.filter(artist=OuterRef("pk"), year=found.col.n)
    return models.Artist.objects.with_cte(found, pk=found.col.artist).filter(Exists(albums), name="y")


def joined(models: SimpleNamespace, found: o.CTE, key: str) -> Any:
    return models.Artist.objects.with_cte(found, pk=getattr(found.col, key)).filter(name="y")


NAMED: dict[str, Any] = {
    "one": lambda m: joined(m, totals(m), "artist"),
    "along": lambda m: joined(m, totals(m, "x"), "artist").select_related("manager"),
    "recursive": lambda m: joined(m, below(m), "pk"),
    "recursive, distinct": lambda m: joined(m, below(m, distinct=True), "pk"),
    "recursive, the first": lambda m: joined(m, below(m, first=3), "pk"),
    "several": of_many,
    "of one another": of_ctes,
    "inside": within,
    "outside": outside,
    "a slice": lambda m: joined(m, o.CTE(m.Artist.objects.order_by("-name").values("id")[:2], "dear"), "id"),
    "a union": lambda m: joined(
        m, o.CTE(m.Artist.objects.filter(name="a").values("id").union(m.Artist.objects.values("id")), "either"), "id"
    ),
    "all fields": lambda m: joined(m, o.CTE(m.Artist.objects.filter(name="c"), "whole"), "id"),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMED)
def test_common_tables_are_written_alike(models: SimpleNamespace, alike: Any, name: str, backend: str) -> None:
    alike.same(alike.backends[backend], NAMED[name](models).query)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "asyncpg"])
@pytest.mark.parametrize("excluded", o.WindowFrameExclusion)
def test_frames_that_leave_rows_out_are_written_alike(
    models: SimpleNamespace, alike: Any, backend: str, excluded: Any
) -> None:
    for frame in (o.RowRange(-2, 0, excluded), o.ValueRange(None, 3, excluded)):
        window = o.Window(o.Sum("price"), "artist", "year", frame)
        alike.same(alike.backends[backend], models.Album.objects.annotate(a=window).query)


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_of_every_type_are_marked_alike(models: SimpleNamespace, alike: Any, backend: str) -> None:
    marked = 0
    for field in models.Everything._meta.fields:
        if field.is_relation or "JSON" in type(field).__name__:
            continue
        marked += 1
        value: Any = field.get_default()
        given = {} if value in (None, "") else {field.name: value}
        alike.same(alike.backends[backend], models.Everything.objects.filter(**given).query)
        alike.same(alike.backends[backend], models.Everything.objects.filter(**{f"{field.name}__isnull": True}).query)
    assert marked > 10


MORE: dict[str, Any] = {
    "a column that is true": lambda m: m.Everything.objects.filter(F("flag")),
    "a function that is true": lambda m: m.Everything.objects.filter(o.Coalesce(F("flag"), False)),
    "a column that is not true": lambda m: m.Everything.objects.filter(~F("flag")),
    "a template": lambda m: m.Album.objects.annotate(n=o.Func("year", template="%(expressions)s + 1")),
    "a function elsewhere": lambda m: m.Album.objects.annotate(n=o.Func("year", function="other.abs")),
    "a word of its own": lambda m: m.Album.objects.annotate(n=o.Func("title", function="now")),
    "by chance": lambda m: m.Album.objects.order_by("?"),
    "no values": lambda m: m.Album.objects.filter(pk__in=[]),
    "both, some": lambda m: m.Genre.objects.order_by("pk")[:1].union(m.Genre.objects.all()),
    "locked": lambda m: m.Album.objects.select_for_update(no_key=True),
    "distinct on": lambda m: m.Album.objects.distinct("year"),
}


@pytest.mark.parametrize("name", MORE)
def test_what_is_more_is_left_to_sqlalchemy(models: SimpleNamespace, alike: Any, name: str) -> None:
    query = MORE[name](models).query
    leaves: list[Leaf] = []
    query.shape(leaves)
    backend = alike.backends["postgresql"]
    with pytest.raises(NotPlain):
        Direct(backend, query, leaves).rows()


def test_everything_that_a_query_can_ask_is_looked_at() -> None:
    """Whoever adds to `Query` has to say in `Direct` whether it is plain."""
    written = {"model", "where", "order", "backwards", "limit", "offset", "distinct", "related", "only", "deferred"}
    written |= {"columns", "columns_after", "form", "hidden", "annotations", "grouped", "combined", "lock", "filtered"}
    written |= {"tables", "plain", "ctes"}
    refused = {"empty"}
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
    models: SimpleNamespace, alike: Any, filters: list[Q], order: list[str], related: str | None
) -> None:
    rows = models.Album.objects.order_by(*order)
    for one in filters:
        rows = rows.filter(one)
    if related is not None:
        rows = rows.select_related(related)
    for backend in alike.backends.values():
        alike.same(backend, rows.query)


def test_names_are_quoted(alike: Any) -> None:
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
    for backend in alike.backends.values():
        alike.same(backend, Odd.objects.filter(order="?", group__order="x").query)
        alike.same(
            backend, Odd.objects.annotate(n=Lower("group__order"), m=Count("group__group__order")).filter(m__gt=1).query
        )
        alike.same(backend, Odd.objects.exclude(odd__order="x").order_by(Lower("order").desc(), "group__order").query)
        alike.same(
            backend, Odd.objects.values("group__order").annotate(n=o.Max(o.Concat("order", Value("%s ?")))).query
        )
        alike.same(
            backend, Odd.objects.filter(Exists(Odd.objects.filter(group=OuterRef("pk"), order=OuterRef("order")))).query
        )
        alike.same(backend, Odd.objects.annotate(n=o.Window(o.Max("order"), partition_by="group__order")).query)
