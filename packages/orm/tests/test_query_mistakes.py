"""Steps of a query that do not go together, and rows that cannot be written so: each is refused with what is wrong."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Count,
    Database,
    Exists,
    F,
    FieldError,
    Lower,
    NotSupportedError,
    Prefetch,
    Q,
    RowNumber,
    Value,
    When,
    Window,
    aprefetch_related_objects,
    prefetch_related_objects,
)


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Kind of Blue, Bitches Brew and Low."""
    return models.Album.objects.order_by("title")


STEPS: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "order of a slice": (lambda rows: rows[:2].order_by("pk"), TypeError, "Cannot reorder a query once a slice"),
    "reversal of a slice": (lambda rows: rows[:2].reverse(), TypeError, "Cannot reverse a query once a slice"),
    "filter of a slice": (lambda rows: rows[:2].filter(pk=1), TypeError, "once a slice has been taken"),
    "distinct fields of a slice": (lambda rows: rows[:2].distinct("year"), TypeError, "Cannot create distinct fields once a slice"),
    "last of a slice": (lambda rows: rows[:2].last(), TypeError, "Cannot reverse a query once a slice"),
    "earliest of a slice": (lambda rows: rows[:2].earliest("pk"), TypeError, "once a slice has been taken|Cannot change"),
    "in_bulk of a slice": (lambda rows: rows[:2].in_bulk([1]), TypeError, "in_bulk"),
    "in_bulk of values": (lambda rows: rows.values("pk").in_bulk(), TypeError, r"in_bulk\(\) cannot be used with values"),
    "in_bulk by what is not unique": (lambda rows: rows.in_bulk(field_name="year"), ValueError, "must be a unique field"),
    "from the end": (lambda rows: rows[-1], ValueError, "Negative indexing"),
    "to the end": (lambda rows: rows[:-1], ValueError, "Negative indexing"),
    "no chunk": (lambda rows: list(rows.iterator(chunk_size=0)), ValueError, "must be strictly positive"),
    "flat and named": (lambda rows: rows.values_list("pk", flat=True, named=True), TypeError, "can't be used together"),
    "flat of several": (lambda rows: rows.values_list("pk", "year", flat=True), TypeError, "more than one field"),
    "waiting and not": (lambda rows: rows.select_for_update(nowait=True, skip_locked=True), ValueError, "cannot be used with skip_locked"),
    "an annotation called as a field": (lambda rows: rows.annotate(title=Value(1)), ValueError, "conflicts with a field"),
    "whether values contain a row": (lambda rows: rows.values("pk").contains(rows.model(pk=1)), TypeError, r"contains\(\) after \.values"),
    "whether there is a row that is not saved": (lambda rows: rows.contains(rows.model()), ValueError, "unsaved objects"),
    "related rows of values": (lambda rows: rows.values("pk").select_related("artist"), TypeError, r"select_related\(\) after \.values"),
    "some fields of values": (lambda rows: rows.values("pk").only("title"), TypeError, r"only\(\) after values"),
    "other fields of values": (lambda rows: rows.values("pk").defer("title"), TypeError, r"defer\(\) after values"),
    "prefetched values": (lambda rows: Prefetch("tracks", rows.values("pk")), ValueError, "Prefetch querysets cannot use"),
    "prefetched anything": (lambda rows: Prefetch("tracks", [1]), ValueError, "Prefetch querysets cannot use"),
    "a case of nothing": (lambda rows: When(Q(), then=1), ValueError, "empty Q"),
    "whether it is missing, perhaps": (lambda rows: list(rows.filter(year__isnull=F("year"))), ValueError, "must be True or False"),
    "less than nothing": (lambda rows: list(rows.filter(year__lt=None)), ValueError, "Cannot use None"),
    "a row that is not saved": (lambda rows: list(rows.filter(artist=rows.model._meta.get_field("artist").related_model(name="x"))), ValueError, "must be saved"),
    "no type": (lambda rows: list(rows.annotate(n=F("title") + F("year"))), FieldError, "You must set output_field"),
    "sets by what they do not select": (lambda rows: list(rows.order_by().values("title").union(rows.order_by().values("title")).order_by("year")), FieldError, "ordered by columns it selects|Cannot resolve"),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_steps_that_do_not_go_together_are_refused(albums: Any, name: str) -> None:
    step, error, words = STEPS[name]
    with pytest.raises(error, match=words):
        step(albums)
    assert albums.count() == 3, "the query itself stays as it was"


WRITES: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "batches of none": (lambda rows, new: rows.bulk_create([new()], batch_size=0), "Batch size must be a positive"),
    "conflicts ignored and taken over": (lambda rows, new: rows.bulk_create([new()], ignore_conflicts=True, update_conflicts=True), "mutually exclusive"),
    "conflicts over nothing": (lambda rows, new: rows.bulk_create([new()], update_conflicts=True, unique_fields=["name"]), "must be provided"),
    "conflicts that change the key": (lambda rows, new: rows.bulk_create([new()], update_conflicts=True, update_fields=["pk"], unique_fields=["name"]), "primary keys in update_fields"),
    "conflicts that change many": (lambda rows, new: rows.bulk_create([new()], update_conflicts=True, update_fields=["albums"], unique_fields=["name"]), "concrete fields|does not exist|has no field"),
    "updates in batches of none": (lambda rows, new: rows.bulk_update([new(pk=1)], ["name"], batch_size=-1), "Batch size must be a positive"),
    "updates of nothing": (lambda rows, new: rows.bulk_update([new(pk=1)], []), "Field names must be given"),
    "updates of the key": (lambda rows, new: rows.bulk_update([new(pk=1)], ["id"]), "primary key fields"),
    "updates of what is not there": (lambda rows, new: rows.bulk_update([new()], ["name"]), "must have a primary key set"),
    "an update and an insertion": (lambda rows, new: new().save(force_insert=True, force_update=True), "Cannot force both"),
    "an update of nothing": (lambda rows, new: new().save(force_update=True), "no primary key"),
    "neighbours of what is not saved": (lambda rows, new: new(name="x").get_next_by_born(), "unsaved|has no attribute"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_rows_that_cannot_be_written_so_are_refused(database: Database, models: SimpleNamespace, name: str) -> None:
    write, words = WRITES[name]
    rows = models.Genre.objects
    with pytest.raises((ValueError, FieldError, LookupError, AttributeError), match=words):
        write(rows, lambda **given: models.Genre(**{"name": "new", **given}))
    assert rows.count() == 0


def test_conflicts_on_nothing_named_are_refused_where_the_database_asks_for_it(
    database: Database, models: SimpleNamespace
) -> None:
    models.Genre.objects.create(name="a")
    again = models.Genre(name="a")
    if database.vendor == "mysql":
        models.Genre.objects.bulk_create([again], update_conflicts=True, update_fields=["name"])
    else:
        with pytest.raises(ValueError, match="can trigger the upsert must be provided"):
            models.Genre.objects.bulk_create([again], update_conflicts=True, update_fields=["name"])
    assert models.Genre.objects.count() == 1


def test_a_query_shows_its_first_rows(albums: Any, models: SimpleNamespace) -> None:
    assert repr(albums) == "<AlbumRows [<Album: Bitches Brew>, <Album: Kind of Blue>, <Album: Low>]>"
    assert repr(albums.none()) == "<AlbumRows []>"
    models.Genre.objects.bulk_create([models.Genre(name=f"{number:02}") for number in range(30)])
    shown = repr(models.Genre.objects.filter(name__lt="3").order_by("name"))
    assert shown.count("<Genre: ") == 20
    assert shown.endswith("'...(remaining elements truncated)...']>")


def test_what_was_loaded_answers_without_asking_again(albums: Any, database: Database, models: SimpleNamespace) -> None:
    loaded = albums.all()
    first, *_ = loaded
    with database.query_log() as log:
        assert loaded.contains(first)
        assert first in loaded
        assert not loaded.contains(models.Album(pk=0))
        assert loaded.count() == 3
        assert loaded.exists()
        assert list(loaded.none().iterator()) == []
    assert log == []
    assert albums.contains(first)


def test_all_related_rows_and_all_fields(albums: Any, database: Database) -> None:
    with database.query_log() as log:
        low = albums.select_related().get(title="Low")
        assert low.artist.name == "David Bowie"
        assert low.producer is None
    assert len(log) == 1, "relations that may not be NULL come along"
    with database.query_log() as log:
        low = albums.only("title").defer(None).get(title="Low")
        assert (low.title, low.year) == ("Low", 1977)
        low = albums.select_related().only("title").get(title="Low")
        assert low.artist.name == "David Bowie", "what is traversed anyway stays"
    assert len(log) == 2
    with database.query_log() as log:
        low = albums.select_related("artist").defer("artist__name", "price").get(title="Low")
        assert low.artist.born is None
        assert log[-1:] == log
        assert low.artist.name == "David Bowie"
    assert len(log) == 2
    with pytest.raises(FieldError, match="both deferred and traversed"):
        list(albums.select_related("artist").only("title"))


def test_rows_of_a_window_are_distinct_as_a_whole(albums: Any, database: Database) -> None:
    first = albums.annotate(place=Window(RowNumber(), partition_by="artist", order_by="year")).filter(place=1)
    assert [row.title for row in first.distinct()] == ["Kind of Blue", "Low"]
    words = "cannot be distinct by fields" if database.vendor == "postgresql" else "DISTINCT ON|distinct by fields"
    with pytest.raises(NotSupportedError, match=words):
        list(first.distinct("year"))
    if database.vendor != "postgresql":
        with pytest.raises(NotSupportedError, match="DISTINCT ON"):
            list(albums.distinct("year"))
    else:
        oldest = albums.order_by("artist__name", "year").distinct("artist__name")
        assert [row.title for row in oldest] == ["Low", "Kind of Blue"]
        assert oldest.count() == 2


def test_groups_of_distinct_rows_in_an_order(albums: Any) -> None:
    grouped = albums.order_by().values("artist__name").annotate(n=Count("tracks"))
    assert list(grouped.filter(n__gt=2).distinct().order_by("-artist__born")) == [
        {"artist__name": "Miles Davis", "n": 3}
    ]
    placed = grouped.annotate(place=Window(RowNumber(), order_by="artist__name")).filter(place__lte=2, n__gt=1)
    assert [(row["artist__name"], row["n"]) for row in placed.order_by("artist__name")] == [
        ("David Bowie", 2),
        ("Miles Davis", 3),
    ]


def test_relations_are_loaded_for_instances_one_has(
    albums: Any, database: Database, run: Any, models: SimpleNamespace
) -> None:
    prefetch_related_objects([], "tracks")
    rows = list(albums)
    prefetch_related_objects(rows, "tracks", Prefetch("artist", models.Artist.objects.all()))
    with database.query_log() as log:
        assert [len(row.tracks.all()) for row in rows] == [0, 3, 2]
        assert rows[0].artist.name == "Miles Davis"
    assert log == []

    async def main() -> list[int]:
        fresh = [row async for row in albums]
        await aprefetch_related_objects([], "genres")
        await aprefetch_related_objects(fresh, "genres")
        with database.query_log() as asked:
            counts = [len(row.genres.all()) for row in fresh]
        assert asked == []
        return counts

    assert run(main()) == [2, 2, 0]


def test_relations_are_loaded_for_rows_of_several_models(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    models.Sleeve.objects.create(album=music.low, colour="red")
    rows = [*models.Track.objects.filter(number=1), *models.Sleeve.objects.all()]
    prefetch_related_objects(rows, "album__artist")
    with database.query_log() as log:
        assert [row.album.artist.name for row in rows] == ["Miles Davis", "David Bowie", "David Bowie"]
    assert log == []
    with pytest.raises(AttributeError, match="Cannot find 'nobody' on Track object"):
        prefetch_related_objects(rows, "nobody")
    with pytest.raises(ValueError, match="does not resolve to an item that supports prefetching"):
        prefetch_related_objects(rows, "pk")


def test_conditions_are_told_apart_by_their_values(albums: Any) -> None:
    assert Q(a=1) == Q(a=1)
    assert Q(a=1) != Q(a=2)
    first, second = albums.filter(year=1959), albums.filter(year=1970)
    assert Exists(first) != Exists(second)
    assert Exists(first) == Exists(albums.filter(year=1959))
    assert Exists(albums.filter(year__in=[1, 2])) != Exists(albums.filter(year__in=[1, 3]))
    assert Exists(albums.filter(Q(year=1) | Q(title=Lower("title")))) == Exists(
        albums.filter(Q(year=1) | Q(title=Lower("title")))
    )
    assert len({Exists(first), Exists(albums.filter(year=1959)), Exists(second)}) == 2
