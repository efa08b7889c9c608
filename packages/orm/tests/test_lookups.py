"""Look-ups as expressions, and look-ups and transforms of your own."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Case,
    CharField,
    Count,
    Database,
    Exists,
    F,
    FieldError,
    Func,
    IntegerField,
    Length,
    Lookup,
    Lower,
    OuterRef,
    Q,
    Transform,
    Upper,
    Value,
    When,
)
from partita.orm.lookups import Contains, Exact, GreaterThan, In, IsNull, LessThan, Range
from partita.orm.testing import assert_num_queries
from partita.validation import MaxValueValidator, MinValueValidator


@contextmanager
def registered(target: Any, lookup: Any, name: str | None = None) -> Iterator[None]:
    """Offer a look-up for the time of a test."""
    target.register_lookup(lookup, name)
    try:
        yield
    finally:
        target._unregister_lookup(lookup, name)


class NotEqual(Lookup):
    """Not the same."""

    lookup_name = "ne"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Two sides and an operator between."""
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} <> {rhs}", [*lhs_params, *rhs_params]


class Halved(Transform):
    """Half of a number."""

    lookup_name = "half"
    output_field = IntegerField()
    template = "(%(expressions)s / 2)"


class UpperOnBoth(Transform):
    """Upper case on both sides."""

    lookup_name, function, bilateral = "both_upper", "UPPER", True


def titles(rows: Any) -> list[str]:
    """The titles, in the model's order."""
    return [album.title for album in rows]


def test_a_look_up_of_your_own(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with registered(CharField, NotEqual):
        assert titles(albums.filter(title__ne="Low")) == ["Bitches Brew", "Kind of Blue"]
        assert titles(albums.filter(title__ne="Bitches Brew")) == [
            "Kind of Blue",
            "Low",
        ]  # the value is no part of a plan
        assert titles(albums.exclude(title__ne="Low")) == ["Low"]
        assert titles(albums.filter(artist__name__ne="David Bowie")) == ["Bitches Brew", "Kind of Blue"]
        assert titles(albums.filter(title__ne=F("artist__name"))) == ["Bitches Brew", "Kind of Blue", "Low"]
        assert titles(albums.filter(title__ne="'; DROP TABLE shop_album; --")) == [
            "Bitches Brew",
            "Kind of Blue",
            "Low",
        ]
        tracks = models.Track.objects
        assert models.Album.objects.exclude(tracks__name__ne="So What").count() == 1
        assert tracks.filter(album__title__ne="Low", name__ne="So What").count() == 2
    with pytest.raises(FieldError, match="Unsupported lookup 'ne' for CharField or join on the field not permitted"):
        albums.filter(title__ne="Low")


def test_a_look_up_of_one_field(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with registered(models.Album._meta.get_field("title"), NotEqual):
        assert titles(models.Album.objects.filter(title__ne="Low")) == ["Bitches Brew", "Kind of Blue"]
        with pytest.raises(FieldError):
            models.Artist.objects.filter(name__ne="x")


def test_a_registration_is_seen_by_queries_that_were_compiled_before(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    class Never(Exact):
        def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
            return "1 = 0", []

    albums = models.Album.objects
    assert albums.filter(title="Low").count() == 1
    with registered(models.Album._meta.get_field("title"), Never):
        assert albums.filter(title="Low").count() == 0
    assert albums.filter(title="Low").count() == 1


def test_a_database_may_have_its_own_sql(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    class Vendor(NotEqual):
        lookup_name = "vendor"

        def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
            lhs, params = self.process_lhs(compiler, connection)
            return f"{lhs} = %s", [*params, f"Lo{'w'}"]

    with registered(CharField, Vendor):
        found = titles(models.Album.objects.filter(title__vendor="nothing"))
    assert found == (["Low"] if database.vendor == "sqlite" else ["Bitches Brew", "Kind of Blue", "Low"])


def test_a_transform_of_your_own_in_every_clause(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with registered(IntegerField, Halved):
        assert titles(albums.filter(year__half=985)) == ["Bitches Brew"]
        assert titles(albums.filter(year__half__gte=985)) == ["Bitches Brew", "Low"]
        assert titles(albums.filter(year__half__half__lt=491)) == ["Kind of Blue"]
        assert list(albums.order_by("-year__half").values_list("year__half", flat=True))[1] == 985
        assert albums.annotate(found=F("year__half")).get(title="Bitches Brew").found == 985
        assert models.Track.objects.filter(album__year__half__lt=985).count() == 3


def test_functions_can_be_registered(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with registered(CharField, Length), registered(CharField, Upper), registered(IntegerField, NotEqual):
        assert titles(albums.filter(title__length=3)) == ["Low"]
        assert titles(albums.filter(title__upper__length__ne=3, title__upper__startswith="K")) == ["Kind of Blue"]
    with registered(Upper, NotEqual), registered(CharField, Upper):
        assert titles(albums.filter(title__upper__ne="LOW")) == ["Bitches Brew", "Kind of Blue"]
        with pytest.raises(FieldError):
            albums.filter(title__ne="LOW")


def test_bilateral_transforms_apply_to_both_sides(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with registered(CharField, UpperOnBoth), registered(CharField, NotEqual):
        assert titles(albums.filter(title__both_upper="lOw")) == ["Low"]
        assert titles(albums.filter(title__both_upper__in=["lOw", "kind OF blue"])) == ["Kind of Blue", "Low"]
        assert titles(albums.filter(title__both_upper__contains="IND_of")) == []
        assert titles(albums.filter(title__both_upper__startswith="kiND ")) == ["Kind of Blue"]
        assert titles(albums.filter(title__both_upper__ne="lOw")) == ["Bitches Brew", "Kind of Blue"]


def test_look_ups_are_expressions(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert titles(albums.filter(GreaterThan(F("year"), 1959))) == ["Bitches Brew", "Low"]
    assert titles(albums.filter(GreaterThan(F("year"), 1959), LessThan(F("year"), 1977))) == ["Bitches Brew"]
    assert titles(albums.exclude(GreaterThan(F("year"), 1959))) == ["Kind of Blue"]
    assert titles(albums.filter(Exact(Lower("title"), "low") | Q(year=1959))) == ["Kind of Blue", "Low"]
    assert titles(albums.filter(~Exact(F("title"), "Low"))) == ["Bitches Brew", "Kind of Blue"]
    assert titles(albums.filter(In(F("year"), [1959, 1977]))) == ["Kind of Blue", "Low"]
    assert titles(albums.filter(Range(F("year"), (1960, 1980)), IsNull(F("producer"), True))) == ["Bitches Brew", "Low"]
    assert titles(albums.filter(Contains(F("artist__name"), "owie"))) == ["Low"]
    assert [a.late for a in albums.annotate(late=GreaterThan(F("year"), 1959))] == [True, False, True]
    assert titles(albums.order_by(GreaterThan(F("year"), 1959), "-title")) == ["Kind of Blue", "Low", "Bitches Brew"]
    case = Case(When(GreaterThan(F("year"), 1959), then=Value("late")), default=Value("early"))
    assert albums.annotate(when=case).get(title="Low").when == "late"
    tracks = models.Track.objects.filter(album=OuterRef("pk"))
    assert titles(albums.filter(Exact(Exists(tracks), False))) == ["Bitches Brew"]


def test_what_is_no_look_up_is_explained(database: Database, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with pytest.raises(FieldError, match="perhaps you meant startswith or istartswith"):
        albums.filter(title__starswith="x")
    with pytest.raises(FieldError, match="Related Field got invalid lookup: icontains"):
        albums.filter(artist__icontains="x")
    with pytest.raises(ValueError, match="has no lookup_name"):
        CharField.register_lookup(type("Nameless", (Lookup,), {}))

    class Silent(Lookup):
        lookup_name = "silent"

    with registered(CharField, Silent), pytest.raises(TypeError, match="needs an as_sql"):
        list(albums.filter(title__silent="x"))


def test_more_places_than_parameters_is_an_error(music: SimpleNamespace, models: SimpleNamespace) -> None:
    class Wrong(Func):
        def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, list[Any]]:
            return "%s + %s", [1]

    with pytest.raises(FieldError, match="more places"):
        list(models.Album.objects.annotate(found=Wrong(output_field=IntegerField())))


def test_equal_expressions_are_equal_and_hash_alike() -> None:
    pairs: list[tuple[Any, Any, Any]] = [
        (F("a") + 1, F("a") + 1, F("a") + 2),
        (Lower("a"), Lower(F("a")), Upper("a")),
        (Value(1), Value(1), Value("1")),
        (Func("a", function="x"), Func("a", function="x"), Func("a", function="y")),
        (
            Func("a", function="x", output_field=IntegerField()),
            Func("a", function="x", output_field=IntegerField()),
            Func("a", function="x", output_field=CharField(max_length=3)),
        ),
        (Case(When(a=1, then=Value(2))), Case(When(a=1, then=Value(2))), Case(When(a=2, then=Value(2)))),
        (GreaterThan(F("a"), 1), GreaterThan(F("a"), 1), LessThan(F("a"), 1)),
        (F("a").desc(), F("a").desc(), F("a").asc()),
    ]
    for one, same, other in pairs:
        assert one == same
        assert hash(one) == hash(same)
        assert one != other
    assert F("a") != OuterRef("a")


def test_bits_and_conditions_are_told_apart() -> None:
    with pytest.raises(TypeError, match=r"Use \.bitand\(\)"):
        Value(1) & Value(2)
    assert isinstance(Exact(F("a"), 1) & Exact(F("b"), 2), Q)


def test_nobody_asks_for_what_no_row_can_be(database: Database, models: SimpleNamespace) -> None:
    rows = models.Artist.objects
    with assert_num_queries(0, database):
        for nothing in (
            rows.filter(id__in=[]),
            rows.filter(name="x", id__in=()),
            rows.filter(Q(id__in=[]) | Q(id=1 << 70)),
            rows.filter(id__gt=1 << 70),
        ):
            assert list(nothing) == []
            assert (nothing.count(), nothing.exists(), nothing.first()) == (0, False, None)
            assert nothing.update(name="y") == 0
            assert nothing.aggregate(n=Count("id")) == {"n": 0}
    models.Artist.objects.create(name="Ada")
    for something in (
        rows.exclude(id__in=[]),
        rows.filter(~Q(id__in=[])),
        rows.filter(Q(id__in=[]) | Q(name="Ada")),
        rows.filter(Q(id__in=[]) ^ Q(name="Ada")),
        rows.filter(id__in=[]) | rows.filter(name="Ada"),
        rows.filter(id__lt=1 << 70),
    ):
        assert something.count() == 1


def test_limits_of_ones_own_take_the_place_of_the_columns() -> None:
    wide: Any = IntegerField(validators=[MinValueValidator(3), MaxValueValidator(lambda: 5)])
    loose: Any = IntegerField(validators=[MinValueValidator(-(1 << 40))])
    assert [type(each).__name__ for each in wide.validators] == ["MinValueValidator", "MaxValueValidator"]
    assert len(loose.validators) == 3


def test_a_look_up_asked_again_means_the_same_whatever_its_value(models: Any, music: Any) -> None:
    rows = models.Album.objects
    asked: list[tuple[str, Any, list[str]]] = [
        ("year__gte", 1970, ["Bitches Brew", "Low"]),
        ("year__gte", "1970", ["Bitches Brew", "Low"]),
        ("year__gte", 1969.5, ["Bitches Brew", "Low"]),
        ("year__gte", 1 << 70, []),
        ("year__lt", 1 << 40, ["Bitches Brew", "Kind of Blue", "Low"]),
        ("year", -(1 << 70), []),
        ("year__contains", 97, ["Bitches Brew", "Low"]),
        ("year__startswith", "195", ["Kind of Blue"]),
        ("artist", music.bowie.pk, ["Low"]),
        ("artist__name", "David Bowie", ["Low"]),
    ]
    for _ in range(2):  # the second time it is known what the name means
        for name, value, titles in asked:
            found = rows.filter(**{name: value})
            assert sorted(found.values_list("title", flat=True)) == titles, (name, value)
            others = rows.exclude(**{name: value}).values_list("title", flat=True)
            assert sorted([*titles, *others]) == ["Bitches Brew", "Kind of Blue", "Low"]
    older = rows.annotate(older=F("year") - 10)
    assert [album.title for album in older.filter(older__gte=1967)] == ["Low"]
