"""The rows on the other side of a relation: each method, waiting and awaited, and each mistake with it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import IntegrityError

Call = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, run: Call) -> Call:
    """Call a method of a manager by its plain name, or its twin that awaits."""

    def sync(manager: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(manager, name)(*args, **kwargs)

    def awaited(manager: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        async def work() -> Any:
            return await getattr(manager, f"a{name}")(*args, **kwargs)

        return run(work())

    return sync if request.param == "sync" else awaited


def titles(rows: Any) -> list[str]:
    return [row.title for row in rows.order_by("title")]


def names(rows: Any) -> list[str]:
    return [row.name for row in rows.order_by("name")]


# Rows that point here


def test_a_row_is_made_that_points_here(music: SimpleNamespace, call: Call) -> None:
    made = call(music.bowie.albums, "create", title="Heroes")
    assert made.artist == music.bowie
    assert titles(music.bowie.albums.all()) == ["Heroes", "Low"]


def test_a_row_is_found_among_those_that_point_here_or_made(music: SimpleNamespace, call: Call) -> None:
    assert call(music.bowie.albums, "get_or_create", title="Low") == (music.low, False)
    made, created = call(music.bowie.albums, "get_or_create", {"year": 1959}, title="Kind of Blue")
    assert (created, made.artist, made.year) == (True, music.bowie, 1959)  # the other's album of that name is not ours
    assert made != music.blue


def test_a_row_that_points_here_is_changed_or_made(music: SimpleNamespace, call: Call) -> None:
    changed, created = call(music.bowie.albums, "update_or_create", {"year": 2017}, title="Low")
    assert (created, changed.pk, changed.year) == (False, music.low.pk, 2017)
    made, created = call(music.bowie.albums, "update_or_create", {"year": 1977}, title="Heroes")
    assert (created, made.artist, made.year) == (True, music.bowie, 1977)


def test_rows_are_made_to_point_here(music: SimpleNamespace, call: Call) -> None:
    call(music.bowie.produced, "add", music.low, music.brew)
    assert titles(music.bowie.produced.all()) == ["Bitches Brew", "Kind of Blue", "Low"]
    assert music.low.producer == music.bowie


def test_rows_that_are_new_are_saved_one_by_one(music: SimpleNamespace, models: SimpleNamespace, call: Call) -> None:
    new = models.Album(title="Heroes")
    call(music.bowie.albums, "add", new, bulk=False)
    assert new.pk is not None
    assert titles(music.bowie.albums.all()) == ["Heroes", "Low"]


def test_rows_are_taken_away(music: SimpleNamespace, call: Call) -> None:
    call(music.bowie.produced, "add", music.low, music.brew)
    call(music.bowie.produced, "remove", music.low, music.blue)
    assert titles(music.bowie.produced.all()) == ["Bitches Brew"]
    call(music.bowie.produced, "remove", music.brew, bulk=False)
    assert titles(music.bowie.produced.all()) == []


@pytest.mark.parametrize("bulk", [True, False])
def test_all_rows_are_taken_away(music: SimpleNamespace, call: Call, bulk: bool) -> None:
    call(music.bowie.produced, "add", music.low)
    call(music.bowie.produced, "clear", bulk=bulk)
    assert titles(music.bowie.produced.all()) == []
    music.low.refresh_from_db()
    assert music.low.producer is None


@pytest.mark.parametrize("clear", [True, False])
def test_exactly_these_rows_point_here(music: SimpleNamespace, call: Call, clear: bool) -> None:
    call(music.bowie.produced, "set", [music.low, music.brew], clear=clear)
    assert titles(music.bowie.produced.all()) == ["Bitches Brew", "Low"]
    music.blue.refresh_from_db()
    assert music.blue.producer is None


def test_where_nothing_may_point_nowhere_setting_only_adds(music: SimpleNamespace, call: Call) -> None:
    call(music.bowie.albums, "set", [music.brew])
    assert titles(music.bowie.albums.all()) == ["Bitches Brew", "Low"]
    for method, rows in (("remove", [music.low]), ("clear", [])):
        with pytest.raises(AttributeError, match="is not null"):
            call(music.bowie.albums, method, *rows)
    assert titles(music.bowie.albums.all()) == ["Bitches Brew", "Low"]


def test_a_row_of_another_model_cannot_point_here(music: SimpleNamespace, call: Call) -> None:
    for method in ("add", "remove"):
        with pytest.raises(TypeError, match="'Album' instance expected, got"):
            call(music.bowie.produced, method, music.jazz)
    assert titles(music.bowie.produced.all()) == ["Kind of Blue"]


def test_a_new_row_is_not_added_together_with_others(
    music: SimpleNamespace, models: SimpleNamespace, call: Call
) -> None:
    with pytest.raises(ValueError, match=r"isn't saved\. Use bulk=False"):
        call(music.bowie.albums, "add", models.Album(title="Heroes"))


def test_a_row_that_points_elsewhere_cannot_be_taken_away(
    music: SimpleNamespace, models: SimpleNamespace, call: Call
) -> None:
    with pytest.raises(models.Artist.DoesNotExist, match="is not related to"):
        call(music.bowie.produced, "remove", music.low)


def test_one_row_that_cannot_be_saved_keeps_all_from_it(
    music: SimpleNamespace, models: SimpleNamespace, call: Call
) -> None:
    with pytest.raises(IntegrityError):
        call(music.bowie.albums, "add", models.Album(title="Heroes"), models.Album(title="Low"), bulk=False)
    assert titles(music.bowie.albums.all()) == ["Low"]


# Rows on the other side of a table between


def test_a_row_is_made_and_related(music: SimpleNamespace, call: Call) -> None:
    made = call(music.low.genres, "create", name="Electronic")
    assert names(music.low.genres.all()) == ["Electronic"]
    assert list(made.albums.all()) == [music.low]


def test_a_row_is_found_or_made_and_related(music: SimpleNamespace, call: Call) -> None:
    assert call(music.brew.genres, "get_or_create", name="Jazz") == (music.jazz, False)
    made, created = call(music.brew.genres, "get_or_create", name="Fusion")
    assert created
    assert made.name == "Fusion"
    assert names(music.brew.genres.all()) == ["Fusion", "Jazz", "Rock"]


def test_a_related_row_is_changed_or_a_new_one_made_and_related(music: SimpleNamespace, call: Call) -> None:
    changed, created = call(music.brew.genres, "update_or_create", {"name": "Free Jazz"}, name="Jazz")
    assert (created, changed.pk) == (False, music.jazz.pk)
    _, created = call(music.brew.genres, "update_or_create", name="Fusion")
    assert created
    assert names(music.brew.genres.all()) == ["Free Jazz", "Fusion", "Rock"]


def test_rows_are_related_by_themselves_or_by_key_and_once(music: SimpleNamespace, call: Call) -> None:
    call(music.low.genres, "add", music.rock, music.jazz.pk, music.rock)
    call(music.low.genres, "add", music.rock)
    assert names(music.low.genres.all()) == ["Jazz", "Rock"]


def test_relations_are_ended_one_by_one_or_all(music: SimpleNamespace, call: Call) -> None:
    call(music.brew.genres, "remove", music.jazz, music.modal)  # one of them was not related at all
    assert names(music.brew.genres.all()) == ["Rock"]
    call(music.brew.genres, "clear")
    assert names(music.brew.genres.all()) == []
    assert names(music.blue.genres.all()) == ["Jazz", "Modal"]


@pytest.mark.parametrize("clear", [True, False])
def test_exactly_these_rows_are_related(music: SimpleNamespace, call: Call, clear: bool) -> None:
    call(music.blue.genres, "set", [music.rock, music.jazz.pk], clear=clear)
    assert names(music.blue.genres.all()) == ["Jazz", "Rock"]
    call(music.jazz.albums, "set", (), clear=clear)
    assert names(music.blue.genres.all()) == ["Rock"]


def test_rows_to_be_related_may_come_from_anything_that_can_be_walked_once(music: SimpleNamespace, call: Call) -> None:
    call(music.low.genres, "set", (genre for genre in [music.rock, music.jazz]))
    assert names(music.low.genres.all()) == ["Jazz", "Rock"]
    call(music.bowie.produced, "set", (album for album in [music.low]))
    assert titles(music.bowie.produced.all()) == ["Low"]


def test_a_row_of_another_model_or_without_a_key_cannot_be_related(
    music: SimpleNamespace, models: SimpleNamespace, call: Call
) -> None:
    with pytest.raises(TypeError, match="'Genre' instance expected, got"):
        call(music.low.genres, "add", music.bowie)
    with pytest.raises(ValueError, match="save it first"):
        call(music.low.genres, "add", models.Genre(name="New"))
    with pytest.raises(ValueError, match="needs to have a value for"):
        call(models.Album(title="New").genres, "add", music.jazz)
    assert names(music.low.genres.all()) == []


def test_a_related_row_can_be_chosen_for_a_form(music: SimpleNamespace, models: SimpleNamespace) -> None:
    field = models.Album._meta.get_field("genres")
    assert sorted(field.get_choices(), key=lambda pair: pair[1]) == [
        (music.jazz.pk, "Jazz"),
        (music.modal.pk, "Modal"),
        (music.rock.pk, "Rock"),
    ]
    assert sorted(map(str, field.value_from_object(music.blue))) == ["Jazz", "Modal"]
    assert field.value_from_object(models.Album(title="New")) == []
