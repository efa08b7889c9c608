"""Instances by themselves: how they are made, compared, asked for their values, and how signals meet them."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, F, Model, Registry, TextField
from partita.orm.signals import ModelSignal, post_save, pre_init


def test_values_may_stand_in_the_order_of_the_fields(models: SimpleNamespace) -> None:
    genre = models.Genre(3, "Jazz")
    assert (genre.pk, genre.name) == (3, "Jazz")
    assert models.Genre(3).name == ""
    with pytest.raises(IndexError, match="Number of args exceeds number of fields"):
        models.Genre(3, "Jazz", 5)
    with pytest.raises(TypeError, match="both positional and keyword arguments for field 'name'"):
        models.Genre(3, "Jazz", name="Rock")
    track = models.Track(1, 2, 3)
    assert (track.album_id, track.number) == (2, 3)
    with pytest.raises(TypeError, match="both positional and keyword arguments for field 'album'"):
        models.Track(1, 2, album_id=3)


def test_values_are_asked_for_by_field_or_attribute(music: SimpleNamespace) -> None:
    assert music.low.serializable_value("artist") == music.bowie.pk
    assert music.low.serializable_value("title") == "Low"
    assert music.low.serializable_value("artist_id") == music.bowie.pk
    assert music.low.serializable_value("pk") == music.low.pk
    with pytest.raises(AttributeError):
        music.low.serializable_value("nothing")
    assert music.low.__eq__(5) is NotImplemented
    assert music.low != 5
    assert music.low != music.blue
    assert music.low == type(music.low)(pk=music.low.pk)
    assert type(music.low)() != type(music.low)()


def test_a_row_that_is_gone_is_not_read_again(music: SimpleNamespace, models: SimpleNamespace) -> None:
    genre = models.Genre.objects.get(name="Modal")
    models.Genre.objects.filter(name="Modal").delete()
    with pytest.raises(models.Genre.DoesNotExist, match="Genre matching query does not exist"):
        genre.refresh_from_db()
    with pytest.raises(models.Genre.NotUpdated, match="did not affect any rows"):
        genre.save(update_fields=["name"])
    genre.save(update_fields=[])
    with pytest.raises(models.Genre.NotUpdated, match="did not affect any rows"):
        genre.save(force_update=True)
    assert not models.Genre.objects.filter(name="Modal").exists()
    genre.save()
    assert models.Genre.objects.get(name="Modal") == genre


def test_a_new_row_is_inserted_as_the_models_that_are_named(database: Database, models: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match="must be a model subclass"):
        models.Genre(name="x").save(force_insert=(5,))
    models.Genre(pk=7, name="x").save(force_insert=(models.Genre,))
    assert models.Genre.objects.get().pk == 7


def test_a_signal_knows_a_model_by_its_name_before_there_is_one(database: Database, tables: Any) -> None:
    registry, heard = Registry(), []
    signal = ModelSignal()

    def told(sender: Any, **given: Any) -> None:
        heard.append((sender.__name__, given["word"]))

    signal.connect(told, "letters.Letter", registry=registry)

    class Letter(Model):
        text = TextField()

        class Meta:
            app_label = "letters"

        Meta.registry = registry  # type: ignore[attr-defined]

    signal.send(Letter, word=1)
    signal.send(Model, word=2)
    assert heard == [("Letter", 1)]


def test_whoever_listens_hears_what_an_instance_is_made_of(models: SimpleNamespace) -> None:
    heard: list[Any] = []

    def told(sender: Any, args: Any, kwargs: Any, **more: Any) -> None:
        heard.append((args, kwargs))

    pre_init.connect(told, models.Genre)
    try:
        models.Genre(5, name="Jazz")
    finally:
        pre_init.disconnect(told, models.Genre)
    models.Genre(name="Rock")
    assert heard == [((5,), {"name": "Jazz"})]


def test_receivers_that_wait_are_awaited_by_code_that_blocks_and_by_code_that_awaits(
    database: Database, models: SimpleNamespace, run: Any
) -> None:
    heard: list[str] = []

    async def told(sender: Any, instance: Any, **more: Any) -> None:
        heard.append(instance.name)

    post_save.connect(told, models.Genre)
    try:
        models.Genre(name="Jazz").save()
        run(models.Genre(name="Rock").asave())
    finally:
        post_save.disconnect(told, models.Genre)
    assert heard == ["Jazz", "Rock"]


def test_operators_work_from_either_side(music: SimpleNamespace, models: SimpleNamespace) -> None:
    low = models.Album.objects.filter(title="Low")
    found = low.values_list(
        2 + F("year"),
        2 - F("year"),
        2 * F("year"),
        3954 / F("year"),
        4000 % F("year"),
        2 ** (F("year") - 1974),
        -F("year"),
    )
    assert [list(map(int, row)) for row in found] == [[1979, -1975, 3954, 2, 46, 8, -1977]]
    with pytest.raises(TypeError, match=r"Use \.bitand\(\), \.bitor\(\), and \.bitxor\(\)"):
        (F("year") + 1) ^ (F("pk") + 1)
    with pytest.raises(TypeError, match=r"Use \.bitand\(\), \.bitor\(\), and \.bitxor\(\)"):
        (F("year") + 1) & 5
