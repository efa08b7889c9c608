"""Expressions of one's own as Django documents them, and what expressions tell about themselves."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Avg,
    Case,
    CharField,
    Coalesce,
    Count,
    Expression,
    ExpressionWrapper,
    ExtractYear,
    F,
    FieldError,
    Func,
    IntegerField,
    JSONField,
    Lookup,
    Lower,
    Max,
    Min,
    OuterRef,
    Q,
    RawSQL,
    StdDev,
    Subquery,
    Sum,
    TextField,
    Value,
    Variance,
    When,
)


class FirstOf(Expression):
    """The first of several that is not NULL: an expression written as the documentation shows it."""

    template = "COALESCE( %(expressions)s )"

    def __init__(self, expressions: list[Any], output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.expressions = expressions

    def resolve_expression(self, query: Any = None, *rest: Any, **options: Any) -> Any:
        """Resolve the parts, and note that this was asked."""
        copy: Any = self.copy()
        copy.expressions = [each.resolve_expression(query, *rest, **options) for each in self.expressions]
        return copy

    def as_sql(self, compiler: Any, connection: Any, template: str | None = None) -> tuple[str, list[Any]]:
        """Join the parts."""
        written, params = [], []
        for each in self.expressions:
            sql, more = compiler.compile(each)
            written.append(sql)
            params.extend(more)
        return (template or self.template) % {"expressions": ",".join(written)}, params

    def get_source_expressions(self) -> list[Any]:
        return self.expressions

    def set_source_expressions(self, sources: Any) -> None:
        self.expressions = list(sources)


class Plain(FirstOf):
    """The same, which leaves resolving to its base."""

    resolve_expression = Expression.resolve_expression


@pytest.mark.parametrize("kind", [FirstOf, Plain])
def test_the_documented_way_to_write_an_expression(music: SimpleNamespace, models: SimpleNamespace, kind: Any) -> None:
    chosen = kind([F("producer__name"), F("artist__name"), Value("nobody")], output_field=CharField())
    rows = models.Album.objects.annotate(who=chosen).order_by("title")
    assert [row.who for row in rows] == ["Miles Davis", "David Bowie", "David Bowie"]
    assert rows.filter(who="Miles Davis").count() == 1
    assert models.Album.objects.aggregate(
        n=Count(kind([F("producer"), F("artist")], IntegerField()), distinct=True)
    ) == {"n": 2}


def test_a_function_may_override_how_it_is_resolved(music: SimpleNamespace, models: SimpleNamespace) -> None:
    class Shout(Func):
        function = "UPPER"
        output_field = TextField()

        def resolve_expression(self, query: Any = None, *rest: Any, **options: Any) -> Any:
            copy: Any = super().resolve_expression(query, *rest, **options)
            copy.set_source_expressions([Lower(copy.source_expressions[0]), *copy.get_source_expressions()[1:]])
            return copy

    shout = Shout("title")
    assert models.Album.objects.annotate(loud=shout).order_by("title")[0].loud == "BITCHES BREW"
    assert next(iter(shout.flatten())) is shout


def test_what_stands_beside_an_aggregate_tells_groups_apart(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rows = models.Album.objects.values("artist__name").annotate(n=Count("id") + F("tracks__number"))
    assert sorted(rows.values_list("artist__name", "n"), key=str) == [
        *[("David Bowie", 2), ("David Bowie", 3), ("Miles Davis", 2), ("Miles Davis", 3), ("Miles Davis", 4)],
        *[("Miles Davis", None)],
    ]
    each = models.Artist.objects.annotate(n=Count("albums") * 100 + F("albums__year")).order_by("n")
    assert [(row.name, row.n) for row in each] == [("Miles Davis", 2059), ("Miles Davis", 2070), ("David Bowie", 2077)]
    assert Value(3).get_group_by_cols() == []
    assert ExpressionWrapper(Value(3), IntegerField()).get_group_by_cols() == []
    wrapped = ExpressionWrapper(Lower("name"), CharField())
    assert wrapped.get_group_by_cols() == [wrapped]


def test_aggregates_may_use_those_before_them(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert albums.aggregate(n=Count("id"), twice=F("n") * 2, most=Max("year")) == {"n": 3, "twice": 6, "most": 1977}
    assert albums.aggregate() == {}
    assert albums.distinct().aggregate(Min("year"), last=Max("year")) == {"year__min": 1959, "last": 1977}
    with pytest.raises(FieldError, match=r"Cannot compute Avg\('n'\): 'n' is an aggregate"):
        albums.aggregate(n=Count("id"), mean=Avg("n"))
    with pytest.raises(TypeError, match=r"received non-expression\(s\): True"):
        albums.aggregate(wrong=True)
    for complex_one in (Sum("year") / Count("id"), Sum(Value(1))):
        with pytest.raises(TypeError, match="Complex aggregates require an alias"):
            albums.aggregate(complex_one)


def test_rows_are_ordered_by_named_aggregates_only(music: SimpleNamespace, models: SimpleNamespace) -> None:
    artists = models.Artist.objects
    with pytest.raises(FieldError, match="Using an aggregate in order_by"):
        artists.values("name").order_by(Max("albums__year"))
    with pytest.raises(FieldError, match="Using an aggregate in order_by"):
        artists.order_by((Count("albums") + 1).desc())
    assert [row.name for row in artists.annotate(n=Count("albums")).order_by((F("n") + 1).desc())] == [
        *["Miles Davis", "David Bowie"]
    ]
    with pytest.raises(FieldError, match="ordering by an aggregate"):
        artists.annotate(n=Count("albums")).order_by("n").update(name="x")


def test_names_of_the_query_around_have_its_types(music: SimpleNamespace, models: SimpleNamespace) -> None:
    same = models.Track.objects.filter(album=OuterRef("pk")).annotate(sum=F("number") + OuterRef("year"))
    rows = models.Album.objects.annotate(n=Subquery(same.order_by("-sum").values("sum")[:1])).order_by("title")
    assert [row.n for row in rows] == [None, 1962, 1979]
    assert rows.filter(n__gt=1970).get().title == "Low"
    years = models.Album.objects.filter(year=ExtractYear(OuterRef("released")))
    assert models.Album.objects.annotate(n=Subquery(years.values("year")[:1])).get(title="Kind of Blue").n == 1959
    inner = models.Track.objects.filter(album=OuterRef(OuterRef("pk"))).annotate(
        s=F("number") * OuterRef(OuterRef("year"))
    )
    nested = models.Artist.objects.filter(albums=OuterRef("pk")).annotate(
        n=Subquery(inner.order_by("s").values("s")[:1])
    )
    rows = models.Album.objects.annotate(n=Subquery(nested.values("n")[:1]))
    assert [row.n for row in rows.order_by("title")] == [None, 1959, 1977]
    with pytest.raises(ValueError, match="Extract input expression must be"):
        models.Album.objects.annotate(
            n=Subquery(models.Album.objects.filter(year=ExtractYear(OuterRef("title"))).values("id"))
        )
    with pytest.raises(ValueError, match="may only be used in a subquery"):
        list(models.Album.objects.filter(year=OuterRef("year")))


def test_conditions_are_shown_and_compared() -> None:
    either = Q(name="x") | ~Q(year__lt=1990)
    assert repr(either) == "<Q: (OR: ('name', 'x'), (NOT (AND: ('year__lt', 1990))))>"
    assert Q(("pk__in", (1, 2))) == Q(pk__in=[1, 2]) == Q(pk__in={1: "a", 2: "b"}.keys())
    assert hash(Q(pk__in=(1, 2))) == hash(Q(pk__in=[1, 2]))
    assert Q(year=1) != Q(year=True)
    one = Q(x=1)
    for joined in (one | Q(), Q() & one, one ^ Q()):
        assert joined == one
        assert joined is not one


def test_expressions_are_shown_as_they_were_written() -> None:
    assert (
        repr(When(Q(year__gte=18), then=Value("legal")))
        == "<When: WHEN <Q: (AND: ('year__gte', 18))> THEN Value('legal')>"
    )
    assert repr(Case(When(a=1))) == "<Case: CASE WHEN <Q: (AND: ('a', 1))> THEN Value(None), ELSE Value(None)>"
    assert repr(StdDev("a")) == "StdDev(F(a), sample=False)"
    assert repr(Variance("a", True, filter=Q(a=1))) == "Variance(F(a), filter=(AND: ('a', 1)), sample=True)"
    assert repr(F("a").desc()) == "OrderBy(F(a), descending=True)"
    assert F("year").deconstruct() == ("partita.orm.F", ("year",), {})
    assert Value("a").deconstruct() == ("partita.orm.Value", ("a",), {})
    assert Value("a", CharField()).deconstruct()[2].keys() == {"output_field"}
    assert ~~F("flag") == F("flag")
    with pytest.raises(TypeError, match="is not iterable"):
        _ = "a" in F("name")


def test_only_conditions_can_be_negated(models: SimpleNamespace, database: Any) -> None:
    models.Everything.objects.create(flag=False, real=1)
    assert models.Everything.objects.filter(~F("flag")).count() == 1
    with pytest.raises(TypeError, match="Cannot negate non-conditional expressions"):
        models.Everything.objects.update(flag=~F("real"))


def test_none_is_compared_by_equality_only(models: SimpleNamespace, database: Any) -> None:
    for lookup in ("gt", "lte", "contains", "startswith", "regex", "range"):
        with pytest.raises(ValueError, match="Cannot use None as a query value"):
            models.Artist.objects.filter(**{f"name__{lookup}": None})
    assert models.Artist.objects.filter(born=None).count() == 0


def test_no_word_of_ours_in_keywords_of_when() -> None:
    with pytest.raises(TypeError, match="The following kwargs are invalid: '_connector', '_negated'"):
        When(_negated=True, _connector="OR", then=Value(1))


def test_none_that_is_json_is_its_null(database: Any, models: SimpleNamespace) -> None:
    rows = models.Everything.objects
    rows.create(data={"key": None})
    found = Case(When(data__key=Value(None, JSONField()), then=Value({"key": "x"}, JSONField())))
    assert rows.update(data=found) == 1
    assert rows.get().data == {"key": "x"}
    rows.update(data=Value(None, JSONField()))
    assert rows.filter(data__isnull=False).count() == 1
    row = rows.get()
    row.data = None
    rows.bulk_update([row], ["data"])
    assert rows.filter(data__isnull=True).count() == 1


def test_sql_of_ones_own_mixes_with_every_type(music: SimpleNamespace, models: SimpleNamespace) -> None:
    assert models.Album.objects.aggregate(n=Max("year") + 0, m=Min(RawSQL("year", [])))["m"] == 1959
    first = Coalesce("released", RawSQL("CURRENT_TIMESTAMP", []))
    assert isinstance(models.Album.objects.annotate(at=first).get(title="Kind of Blue").at, dt.datetime)


def test_what_decimals_become_in_sqlite_has_no_noise(models: SimpleNamespace, database: Any) -> None:
    row = models.Everything.objects.create(amount=Decimal("0.5"))
    row.amount = F("amount") - Decimal("0.4")
    row.save()
    assert row.amount == Decimal("0.1")
    noise = models.Everything.objects.annotate(n=F("amount") * Decimal(1)).get().n
    assert noise == Decimal("0.1")


def test_none_and_look_ups_of_ones_own(music: SimpleNamespace, models: SimpleNamespace) -> None:
    class Exactly(Lookup):
        lookup_name = "exactly"

        def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
            lhs, params = self.process_lhs(compiler, connection)
            rhs, more = self.process_rhs(compiler, connection)
            return f"{lhs} = {rhs}", [*params, *more]

    field = models.Album._meta.get_field("year")
    field.register_lookup(Exactly)
    field.register_lookup(Exactly, "exact")
    try:
        assert models.Album.objects.get(year=1959).title == "Kind of Blue"
        music.low.year = None
        music.low.save()
        assert models.Album.objects.get(year__exact=None) == models.Album.objects.get(year=None) == music.low
    finally:
        field._unregister_lookup(Exactly, "exact")
        field._unregister_lookup(Exactly)
    with pytest.raises(FieldError, match="Unsupported lookup 'junk__more' for IntegerField"):
        models.Album.objects.filter(year__junk__more=1)
