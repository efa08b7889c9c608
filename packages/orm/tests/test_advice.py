"""Advice about queries: what it finds, and that it says nothing where all is well."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database
from partita.orm.advice import Report, advised, index_advice


@pytest.fixture
def big(database: Database, models: SimpleNamespace) -> Database:
    """Enough rows for an index to matter."""
    artist = models.Artist.objects.create(name="A")
    models.Album.objects.bulk_create(
        [models.Album(artist=artist, title=f"t{number}", year=number) for number in range(1500)]
    )
    if database.vendor == "postgresql":
        database.execute("ANALYZE")
    return database


def kinds(report: Report) -> list[str]:
    return sorted(advice.kind for advice in report.findings)


def test_a_big_table_that_is_read_whole_is_told(big: Database, models: SimpleNamespace) -> None:
    with advised() as report:
        assert list(models.Album.objects.filter(format="cd")) == []
    (advice,) = report.findings
    assert (advice.kind, "shop_album is read from end to end" in advice.text) == ("index", True)
    assert __file__ in advice.where
    assert __file__ in str(report)


def test_an_index_a_small_table_and_all_rows_are_fine(big: Database, models: SimpleNamespace) -> None:
    with advised() as report:
        list(models.Album.objects.filter(year=7))
        list(models.Album.objects.filter(pk=7))
        list(models.Album.objects.all())
        list(models.Artist.objects.filter(email="x"))
        models.Album.objects.filter(title="none").update(year=1)
    assert report.findings == []
    assert str(report) == "Nothing to improve was found."
    with advised(big=100_000) as report:
        list(models.Album.objects.filter(format="cd"))
    assert report.findings == []
    assert index_advice(big, "SELECT broken WHERE", ()) == []


def test_relations_that_were_loaded_for_nothing_are_told(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    with advised() as report:
        for album in models.Album.objects.select_related("artist", "producer"):
            assert album.artist.name
    (advice,) = report.findings
    assert (advice.kind, "'producer'" in advice.text) == ("select_related", True)
    with advised() as report:
        albums = list(models.Album.objects.select_related("artist", "producer"))
        assert [type(album.artist) for album in albums] == [models.Artist] * 3
        assert [album.producer and album.producer.name for album in albums] == [None, "David Bowie", None]
    assert report.findings == []


def test_what_was_never_asked_for_is_what_it_is_afterwards(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    with advised():
        album = models.Album.objects.select_related("artist").get(title="Low")
    artist = album.artist
    assert type(artist) is models.Artist
    assert artist == music.bowie
    artist.name = "Ziggy"
    artist.save()
    assert models.Artist.objects.filter(name="Ziggy").exists()


def test_queries_that_repeat_are_told(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    with advised() as report:
        for pk in (music.low.pk, music.blue.pk, music.brew.pk):
            models.Album.objects.get(pk=pk)
    (advice,) = report.findings
    assert (advice.kind, advice.text.startswith("3 times")) == ("repeated", True)
    assert __file__ in advice.where


def test_awaited_queries_are_watched_too(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Callable[..., Any]
) -> None:
    async def work() -> Report:
        with advised() as report:
            for pk in (music.low.pk, music.blue.pk, music.brew.pk):
                await models.Album.objects.select_related("artist").aget(pk=pk)
        return report

    report = run(work())
    assert kinds(report) == ["repeated", "select_related"]
    assert all(__file__ in advice.where for advice in report.findings)
