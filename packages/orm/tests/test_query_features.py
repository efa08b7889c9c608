"""What queries can do besides filtering: relations in part, SQL of one's own, JSON, order, streams."""

import pickle
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    FETCH_ONE,
    FETCH_PEERS,
    FETCH_RAISE,
    KT,
    AnyValue,
    Avg,
    BitAnd,
    BitOr,
    BitXor,
    BooleanField,
    Count,
    Database,
    DatabaseError,
    F,
    FieldError,
    FieldFetchBlocked,
    FilteredRelation,
    IntegerField,
    JSONNull,
    Lower,
    NotSupportedError,
    OuterRef,
    Q,
    RawSQL,
    StdDev,
    StringAgg,
    Subquery,
    Sum,
    Upper,
    Value,
    Variance,
    atomic,
)


def titles(rows: Any) -> list[str]:
    """The titles, in the order of the rows."""
    return [album.title for album in rows]


# -- relations in part --------------------------------------------------------------------------------------------------


def test_a_filtered_relation_keeps_rows_that_have_none(music: SimpleNamespace, models: SimpleNamespace) -> None:
    first = FilteredRelation("tracks", condition=Q(tracks__number=1))
    rows = models.Album.objects.annotate(opener=first).values_list("title", "opener__name")
    assert list(rows) == [("Bitches Brew", None), ("Kind of Blue", "So What"), ("Low", "Speed of Life")]
    assert titles(models.Album.objects.annotate(opener=first).filter(opener__name__startswith="So")) == ["Kind of Blue"]
    assert titles(models.Album.objects.annotate(opener=first).filter(opener__isnull=True)) == ["Bitches Brew"]
    assert titles(models.Album.objects.annotate(opener=first).exclude(opener__name="So What")) == [
        "Bitches Brew",
        "Low",
    ]
    assert titles(models.Album.objects.alias(opener=first).order_by("-opener__name").filter(opener__isnull=False)) == [
        "Low",
        "Kind of Blue",
    ]


def test_filtered_relations_count_and_join_apart(music: SimpleNamespace, models: SimpleNamespace) -> None:
    late = FilteredRelation("tracks", condition=Q(tracks__number__gt=1, year__lt=1970))
    rows = models.Album.objects.annotate(late=late, n=Count("late")).order_by("title").values_list("title", "n")
    assert list(rows) == [("Bitches Brew", 0), ("Kind of Blue", 2), ("Low", 0)]
    genre = FilteredRelation("genres", condition=Q(genres__name="Rock") | Q(genres__name="Modal"))
    assert list(models.Album.objects.annotate(g=genre).filter(g__isnull=False).values_list("title", "g__name")) == [
        ("Bitches Brew", "Rock"),
        ("Kind of Blue", "Modal"),
    ]


def test_filtered_relations_are_reached_as_the_relation_is(music: SimpleNamespace, models: SimpleNamespace) -> None:
    """Over the same rows of the table between, so that what is counted beside them is counted once."""
    jazz = FilteredRelation("genres", condition=Q(genres__name="Jazz"))
    rows = models.Album.objects.annotate(n=Count("genres"), jazz=jazz, m=Count("jazz")).order_by("title")
    assert list(rows.values_list("title", "n", "m")) == [("Bitches Brew", 2, 1), ("Kind of Blue", 2, 1), ("Low", 0, 0)]
    shown = models.Album.objects.annotate(g=F("genres__name"), jazz=jazz, j=F("jazz__name")).order_by("title", "g")
    assert list(shown.values_list("title", "g", "j")) == [
        ("Bitches Brew", "Jazz", "Jazz"),
        ("Bitches Brew", "Rock", None),
        ("Kind of Blue", "Jazz", "Jazz"),
        ("Kind of Blue", "Modal", None),
        ("Low", None, None),
    ]
    kept = models.Album.objects.annotate(jazz=jazz)
    assert [row.title for row in kept.filter(genres__name="Rock").filter(jazz__isnull=False)] == ["Bitches Brew"]
    assert not kept.filter(genres__name="Rock", jazz__isnull=False)  # one call asks of one row, as of any relation


def test_wrong_filtered_relations_are_refused(models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with pytest.raises(ValueError, match="cannot be empty"):
        FilteredRelation("")
    with pytest.raises(ValueError, match="Q\\(\\) instance"):
        FilteredRelation("tracks", condition="number = 1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot contain lookups"):
        albums.annotate(x=FilteredRelation("tracks__name__startswith"))
    with pytest.raises(FieldError, match="not a relation"):
        albums.annotate(x=FilteredRelation("title"))
    with pytest.raises(ValueError, match="outside"):
        albums.annotate(x=FilteredRelation("tracks", condition=Q(genres__name="Rock")))
    with pytest.raises(FieldError):
        albums.annotate(**{"x'; --": FilteredRelation("tracks")})


# -- SQL of your own -----------------------------------------------------------------------------------------------------


def test_extra_adds_columns_conditions_tables_and_order(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    rows = albums.extra(select={"next_year": "year + %s", "short": "length(title)"}, select_params=[1])
    assert [(row.next_year, int(row.short)) for row in rows] == [(1971, 12), (1960, 12), (1978, 3)]
    assert titles(albums.extra(where=["shop_album.year > %s", "title <> %s"], params=[1959, "x' OR 1=1; --"])) == [
        "Bitches Brew",
        "Low",
    ]
    assert titles(albums.extra(where=["year < %s OR year > %s"], params=[1960, 1975]).filter(format="cd")) == ["Low"]
    joined = albums.extra(
        tables=["shop_artist"], where=["shop_artist.id = shop_album.artist_id", "shop_artist.name LIKE 'D%%'"]
    )
    assert titles(joined) == ["Low"]
    assert titles(albums.extra(select={"n": "year * -1"}, order_by=["n"])) == ["Low", "Bitches Brew", "Kind of Blue"]
    assert titles(albums.extra(order_by=["-year"])) == ["Low", "Bitches Brew", "Kind of Blue"]
    assert list(albums.extra(select={"n": "1"}).values("title", "n").filter(year=1977)) == [{"title": "Low", "n": 1}]
    assert list(albums.filter(year=1977).values("title").extra(select={"n": "1"})) == [{"title": "Low"}]
    assert next(iter(albums.filter(year=1977).values().extra(select={"n": "1"})))["n"] == 1
    assert albums.extra(where=["year = 1977"]).count() == 1
    assert albums.filter(artist__name__startswith="D").extra(where=["shop_artist.name LIKE 'D%%'"]).get() == music.low


def test_extra_counts_its_values_and_checks_its_names(models: SimpleNamespace, database: Database) -> None:
    albums = models.Album.objects
    calls: tuple[Any, ...] = (
        lambda: albums.extra(where=["year = %s"]),
        lambda: albums.extra(where=["year = 1"], params=[1]),
        lambda: albums.extra(select={'x"; DROP TABLE shop_album; --': "1"}),
        lambda: albums.extra(order_by=["year; --"]),
    )
    for wrong in calls:
        with pytest.raises(FieldError):
            wrong()
    with pytest.raises(DatabaseError):
        list(albums.extra(tables=['shop_artist"; DROP TABLE shop_album; --']))
    assert albums.count() == 0


def test_raw_sql_is_an_expression(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert albums.annotate(n=RawSQL("%s + 1", [41], IntegerField())).first().n == 42
    rows = albums.filter(pk__in=RawSQL("SELECT album_id FROM shop_track WHERE number = %s", [3]))
    assert titles(rows) == ["Kind of Blue"]
    assert titles(albums.filter(RawSQL("1 = %s", [0], BooleanField()))) == []
    assert titles(albums.order_by(RawSQL("-year", []))) == ["Low", "Bitches Brew", "Kind of Blue"]
    assert RawSQL("a", [1]) == RawSQL("a", [1]) != RawSQL("a", [2])


# -- JSON ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def documents(database: Database, models: SimpleNamespace) -> Any:
    """Albums are of no account here; rows with JSON are."""
    for data in ({"a": 1, "l": [1, 2, 3]}, {"a": None, "o": {"b": "x"}}, {"l": ["x"]}, None, [1, [2]]):
        models.Everything.objects.create(data=data)
    return models.Everything.objects.order_by("pk")


@pytest.mark.parametrize(
    ("lookups", "places"),
    [
        ({"data__a": 1}, [0]),
        ({"data__l__0": "x"}, [2]),
        ({"data__l__-1": 3}, [0]),
        ({"data__1__0": 2}, [4]),
        ({"data__o__b": "x"}, [1]),
        ({"data__o__b__startswith": "x"}, [1]),
        ({"data__l__1__gt": 1}, [0]),
        ({"data__contains": {"l": [1]}}, [0]),
        ({"data__contained_by": {"l": ["x"], "more": 1}}, [2]),
        ({"data__has_key": "l"}, [0, 2]),
        ({"data__o__has_key": "b"}, [1]),
        ({"data__has_keys": ["a", "l"]}, [0]),
        ({"data__has_any_keys": ["o", "l"]}, [0, 1, 2]),
        ({"data__a__isnull": False}, [0, 1]),
        ({"data__isnull": True}, [3]),
        ({"data__a": None}, [1]),
        ({"data__l__in": [["x"]]}, [2]),
        ({"data": [1, [2]]}, [4]),
    ],
    ids=str,
)
def test_every_question_about_json(documents: Any, lookups: dict[str, Any], places: list[int]) -> None:
    keys = list(documents.values_list("pk", flat=True))
    assert [keys.index(key) for key in documents.filter(**lookups).values_list("pk", flat=True)] == places


def test_json_null_is_not_a_missing_key(documents: Any) -> None:
    assert documents.filter(data__a=None).count() == 1
    assert documents.filter(data__a__isnull=True).count() == 3
    assert documents.filter(data__a__isnull=False).count() == 2
    assert documents.filter(data=None).count() == 1
    assert documents.filter(data__a=JSONNull()).count() == 1
    assert documents.filter(data=JSONNull()).count() == 0


def test_places_in_arrays_from_both_ends(documents: Any, database: Database) -> None:
    assert documents.filter(data__l__0=1).count() == 1
    assert documents.filter(**{"data__l__-1": 3}).count() == 1
    if database.vendor != "mysql":  # MariaDB 10.11 does not find places in an array that was counted to from its end
        assert documents.filter(**{"data__-1__0": 2}).count() == 1
    assert documents.filter(data__a__in=[1, 7]).count() == 1


def test_containment(documents: Any) -> None:
    assert documents.filter(data__contains={"l": [2]}).count() == 1
    assert documents.filter(data__contains={"o": {"b": "x"}}).count() == 1
    assert documents.filter(data__contains=[1]).count() == 1
    assert documents.filter(data__contained_by={"l": ["x", "y"], "z": 1}).count() == 1
    assert documents.filter(data__l__contains=[1]).count() == 1


def test_keys_as_text(documents: Any) -> None:
    rows = documents.annotate(word=KT("data__o__b")).values_list("word", flat=True)
    assert list(rows) == [None, "x", None, None, None]
    assert documents.annotate(word=KT("data__o__b")).filter(word="x").count() == 1
    assert documents.annotate(word=KT("data__o__b'; --")).filter(word="x").count() == 0
    with pytest.raises(FieldError, match="does not lead to a key"):
        list(documents.annotate(word=KT("text")))


# -- aggregates ----------------------------------------------------------------------------------------------------------


def test_spread_bits_and_any(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    found = albums.aggregate(
        deviation=StdDev("year"),
        sample=StdDev("year", sample=True),
        variance=Variance("year"),
        more=Variance("year", sample=True),
    )
    assert found["deviation"] == pytest.approx(7.408703590)
    assert found["sample"] == pytest.approx(9.073771726)
    assert found["variance"] == pytest.approx(54.888888888)
    assert found["more"] == pytest.approx(82.333333333)
    assert isinstance(albums.aggregate(v=Variance("price"))["v"], Decimal)
    bits = albums.filter(year__in=[1959, 1977]).aggregate(a=BitAnd("year"), o=BitOr("year"), x=BitXor("year"))
    assert bits == {"a": 1959 & 1977, "o": 1959 | 1977, "x": 1959 ^ 1977}
    nothing = albums.filter(year=0).aggregate(a=BitAnd("year"), any=AnyValue("title"), d=StdDev("year", default=0.5))
    assert nothing == {"a": None, "any": None, "d": 0.5}
    assert albums.filter(year=1977).aggregate(any=AnyValue("title")) == {"any": "Low"}


def test_texts_joined(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    albums = models.Album.objects
    joined = albums.aggregate(n=StringAgg("artist__name", "; ", distinct=True))["n"]
    assert sorted(joined.split("; ")) == ["David Bowie", "Miles Davis"]
    assert albums.aggregate(n=StringAgg("title", ",", filter=Q(year=1977)))["n"] == "Low"
    assert albums.filter(year=0).aggregate(n=StringAgg("title", ",", default=Value("none")))["n"] == "none"
    if database.vendor == "sqlite":
        with pytest.raises(NotSupportedError, match=r"3\.44"):
            albums.aggregate(n=StringAgg("title", ",", order_by="-title"))
    else:
        assert albums.aggregate(n=StringAgg("title", ",", order_by="-title"))["n"] == "Low,Kind of Blue,Bitches Brew"


def test_options_that_an_aggregate_does_not_have(models: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match="Count does not allow default"):
        Count("x", default=0)
    with pytest.raises(TypeError, match="does not allow distinct"):
        StdDev("x", distinct=True)
    with pytest.raises(TypeError, match="does not allow order_by"):
        Sum("x", order_by="y")
    with pytest.raises(FieldError, match="is an aggregate"):
        models.Album.objects.annotate(n=Count("tracks")).annotate(m=Sum("n"))
    with pytest.raises(ValueError, match="Star cannot be used with filter"):
        Count("*", filter=Q(a=1))


# -- combining, order, many keys -----------------------------------------------------------------------------------------


def test_rows_of_one_of_two_queries_but_not_of_both(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert titles(albums.filter(year__gt=1959) ^ albums.filter(year__lt=1975)) == ["Kind of Blue", "Low"]
    assert titles(albums.none() ^ albums.filter(year=1977)) == ["Low"]
    with pytest.raises(TypeError, match="two different base models"):
        albums.all() | models.Artist.objects.all()
    with pytest.raises(TypeError, match="slice"):
        albums.all()[:1] & albums.all()
    with pytest.raises(NotSupportedError, match=r"Calling QuerySet.filter\(\) after union\(\)"):
        albums.all().union(albums.all()).filter(year=1)


def test_total_order(models: SimpleNamespace) -> None:
    assert models.Album.objects.order_by("pk").totally_ordered
    assert models.Album.objects.order_by("artist_id", "-title").totally_ordered
    assert not models.Album.objects.order_by("title").totally_ordered
    assert not models.Album.objects.order_by().totally_ordered
    assert models.Track.objects.order_by("album_id", "number").totally_ordered
    assert not models.Track.objects.all().totally_ordered
    assert models.Genre.objects.order_by("name").totally_ordered


def test_many_keys_at_once(music: SimpleNamespace, models: SimpleNamespace) -> None:
    assert models.Genre.objects.in_bulk(["Jazz", "Folk"], field_name="name") == {"Jazz": music.jazz}
    keys = [*range(-40_000, 0), music.jazz.pk]
    assert models.Genre.objects.in_bulk(keys) == {music.jazz.pk: music.jazz}
    assert models.Genre.objects.in_bulk([]) == {}
    with pytest.raises(ValueError, match="must be a unique field"):
        models.Album.objects.in_bulk(["Low"], field_name="title")
    with pytest.raises(TypeError, match="limit"):
        models.Genre.objects.all()[:1].in_bulk()


def test_contains_asks_for_one_row(music: SimpleNamespace, models: SimpleNamespace) -> None:
    assert models.Album.objects.filter(year=1977).contains(music.low)
    assert not models.Album.objects.contains(music.jazz)
    with pytest.raises(TypeError, match="must be a model instance"):
        models.Album.objects.contains(1)


def test_explain_options(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    if database.vendor == "postgresql":
        assert "Planning Time" in models.Album.objects.all().explain(analyze=True, buffers=True, format="json")
        assert models.Album.objects.all().explain(format="yaml").startswith("- Plan")
    with pytest.raises(ValueError, match="Unknown options: bogus"):
        models.Album.objects.all().explain(bogus=True)


def test_rows_survive_pickling(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rows = models.Album.objects.filter(year__gt=1960)
    assert titles(pickle.loads(pickle.dumps(rows))) == ["Bitches Brew", "Low"]


def test_subqueries_in_every_clause(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    albums = models.Album.objects
    newest = models.Album.objects.filter(artist=OuterRef("pk")).order_by("-year").values("title")[:1]
    artists = models.Artist.objects.annotate(newest=Subquery(newest))
    assert list(artists.order_by("newest").values_list("newest", flat=True)) == ["Bitches Brew", "Low"]
    assert artists.filter(newest__startswith="L").get() == music.bowie
    assert artists.filter(newest=Upper(Lower("newest"))).count() == (2 if database.vendor == "mysql" else 0)
    inner = models.Track.objects.filter(album__artist=OuterRef(OuterRef("pk")), album=OuterRef("pk"))
    with_tracks = albums.filter(artist=OuterRef("pk")).annotate(
        n=Subquery(inner.values("album").annotate(n=Count("pk")).values("n"))
    )
    best = models.Artist.objects.annotate(
        most=Subquery(with_tracks.order_by(F("n").desc(nulls_last=True)).values("n")[:1])
    )
    assert dict(best.values_list("name", "most")) == {"Miles Davis": 3, "David Bowie": 2}
    assert models.Artist.objects.aggregate(mean=Avg(Subquery(newest.values("year")[:1])))["mean"] == pytest.approx(
        1973.5
    )


def test_a_stream_of_rows(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rows = models.Track.objects.order_by("pk")
    assert [track.name for track in rows.iterator(chunk_size=2)] == [track.name for track in rows]
    with atomic():
        stream = rows.iterator(chunk_size=2)
        first = next(stream)
        assert models.Album.objects.count() == 3
        assert [first.name, *[track.name for track in stream]] == [track.name for track in rows]
    with pytest.raises(ValueError, match="strictly positive"):
        rows.iterator(chunk_size=0)
    with pytest.raises(ValueError, match="chunk_size must be provided"):
        rows.prefetch_related("album").iterator()
    assert [track.album.title for track in rows.prefetch_related("album").iterator(chunk_size=2)][:1] == [
        "Kind of Blue"
    ]
    stream = rows.iterator(chunk_size=1)
    next(stream)
    stream.close()
    assert rows.count() == 5


# -- what was not loaded -------------------------------------------------------------------------------------------------


def test_fetch_modes(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    albums = models.Album.objects
    for mode, count in ((FETCH_PEERS, 2), (FETCH_ONE, 4)):
        with database.query_log() as log:
            assert {album.artist.name for album in albums.fetch_mode(mode)} == {"Miles Davis", "David Bowie"}
        assert len(log) == count
    blocked = albums.fetch_mode(FETCH_RAISE)
    with pytest.raises(FieldFetchBlocked, match=r"Fetching of Album\.artist blocked"):
        assert blocked.get(year=1977).artist
    with pytest.raises(FieldFetchBlocked, match=r"Fetching of Album\.title blocked"):
        assert blocked.only("year").get(year=1977).title
    with pytest.raises(FieldFetchBlocked, match=r"Fetching of Artist\.manager blocked"):
        assert blocked.select_related("artist").get(year=1977).artist.manager
    assert blocked.select_related("artist").get(year=1977).artist.name == "David Bowie"
    assert next(iter(blocked.iterator())).title == "Bitches Brew"
    with pytest.raises(FieldFetchBlocked):
        assert next(iter(blocked.iterator())).artist


def test_sql_can_be_looked_at(music: SimpleNamespace, models: SimpleNamespace) -> None:
    text = str(models.Album.objects.filter(title="it's", year__gt=1959).query)
    assert "'it''s'" in text
    assert "1959" in text
    assert text.startswith("SELECT ")


def test_complex_filters(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert titles(albums.complex_filter(Q(year=1977) | Q(year=1959))) == ["Kind of Blue", "Low"]
    assert titles(albums.complex_filter({"year": 1977, "title__startswith": "L"})) == ["Low"]
    assert titles(albums.complex_filter({})) == ["Bitches Brew", "Kind of Blue", "Low"]
    with pytest.raises(FieldError):
        albums.complex_filter({"year; --": 1})
