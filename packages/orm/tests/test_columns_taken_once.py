"""What a query leaves out because it is known: keys that joins repeat, peers of rows that need nothing more, numbers in a row."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from partita.orm import CASCADE, SET_NULL, CharField, Database, ForeignKey, Model, OneToOneField, Registry, connect
from partita.orm.testing import assert_num_queries


@pytest.fixture
def kinds() -> Iterator[SimpleNamespace]:
    own = Registry()

    class Label(Model):
        code = CharField(max_length=9, primary_key=True, db_collation="NOCASE")

        class Meta:
            registry = own

    class Artist(Model):
        name = CharField(max_length=40)
        label = ForeignKey(Label, CASCADE)
        teacher = ForeignKey("self", SET_NULL, null=True)

        class Meta:
            registry = own

    class Album(Model):
        title = CharField(max_length=40)
        artist = ForeignKey(Artist, CASCADE, related_name="albums")

        class Meta:
            registry = own

    class Cover(Model):
        album = OneToOneField(Album, CASCADE, related_name="cover")
        paper = CharField(max_length=40)

        class Meta:
            registry = own

    database = connect("sqlite://:memory:")
    with database:
        database.create_all(Label, Artist, Album, Cover)
        label = Label.objects.create(code="ECM")
        keith = Artist.objects.create(name="Keith", label=label)
        jan = Artist.objects.create(name="Jan", label=label, teacher=keith)
        Artist.objects.filter(pk=jan.pk).update(label="ecm")
        for artist, title in ((keith, "Solo"), (jan, "Dis"), (jan, "Legend")):
            Cover.objects.create(album=Album.objects.create(title=title, artist=artist), paper=f"of {title}")
        yield SimpleNamespace(Artist=Artist, Album=Album, Cover=Cover, Label=Label, database=database)
    database.close()


def selected(database: Database, rows: object) -> list[str]:
    with database.query_log() as log:
        list(rows)  # type: ignore[call-overload]  # a queryset
    return log[0].sql.partition(" FROM ")[0].removeprefix("SELECT ").split(", ")


def test_a_key_that_a_join_repeats_is_selected_once(kinds: SimpleNamespace) -> None:
    albums = kinds.Album.objects.select_related("artist").order_by("pk")
    assert len(selected(kinds.database, albums)) == 3 + 4 - 1
    with assert_num_queries(0):
        assert [(row.artist.pk, row.artist_id, row.artist.name) for row in albums] == [
            (1, 1, "Keith"),
            (2, 2, "Jan"),
            (2, 2, "Jan"),
        ]
    covers = kinds.Cover.objects.select_related("album__artist").order_by("pk")
    assert len(selected(kinds.database, covers)) == 3 + 3 + 4 - 2
    solo = covers[0]
    assert solo.album.cover is solo
    assert (solo.album.pk, solo.album.artist.pk) == (1, 1)


def test_a_key_that_is_not_loaded_with_the_row_comes_with_the_related_one(kinds: SimpleNamespace) -> None:
    with assert_num_queries(1):
        names = {
            row.artist.pk: row.artist.name for row in kinds.Album.objects.select_related("artist").only("artist__name")
        }
    assert names == {1: "Keith", 2: "Jan"}


def test_where_there_may_be_no_row_its_own_key_tells(kinds: SimpleNamespace) -> None:
    artists = kinds.Artist.objects.select_related("teacher").order_by("pk")
    assert len(selected(kinds.database, artists)) == 4 + 4
    with assert_num_queries(0):
        assert [row.teacher and row.teacher.pk for row in artists] == [None, 1]
    with kinds.database.query_log() as log:
        albums = list(kinds.Album.objects.select_related("artist__teacher__label").order_by("pk"))
    assert len(log) == 1
    assert [row.artist.teacher and row.artist.teacher.label.pk for row in albums] == [None, "ECM", "ECM"]


def test_equal_texts_need_not_be_the_same(kinds: SimpleNamespace) -> None:
    jan = kinds.Artist.objects.select_related("label").get(name="Jan")
    assert (jan.label_id, jan.label.code) == ("ecm", "ECM")


def test_rows_whose_relations_came_along_do_not_know_one_another_unless_a_column_stayed_away(
    kinds: SimpleNamespace,
) -> None:
    whole = list(kinds.Album.objects.select_related("artist", "cover"))
    assert whole[0]._state.peers == ()
    some = list(kinds.Album.objects.select_related("artist", "cover").defer("title"))
    with assert_num_queries(1):
        assert sorted(row.title for row in some) == ["Dis", "Legend", "Solo"]
    without = list(kinds.Album.objects.select_related("artist"))
    with assert_num_queries(1):
        assert sorted(row.cover.paper for row in without) == ["of Dis", "of Legend", "of Solo"]


def test_a_new_row_s_state_is_its_own_once_it_is_looked_at(kinds: SimpleNamespace) -> None:
    first, second = kinds.Artist(name="a"), kinds.Artist(name="b")
    first._state.adding = False
    assert second._state.adding
    assert kinds.Artist()._state.adding


@pytest.mark.parametrize("trigger", ["", "AFTER", "BEFORE"])
def test_rows_inserted_together_get_the_keys_that_they_have(kinds: SimpleNamespace, trigger: str) -> None:
    table = kinds.Artist._meta.db_table
    kinds.Artist.objects.all().delete()
    if trigger:
        kinds.database.execute(
            f"CREATE TRIGGER echo {trigger} INSERT ON {table} WHEN NEW.name LIKE 'n%%' "
            f"BEGIN INSERT INTO {table} (name, label_id) VALUES ('echo', 'ECM'); END"
        )
    with kinds.database.query_log() as log:
        rows = kinds.Artist.objects.bulk_create([kinds.Artist(name=f"n{n}", label_id="ECM") for n in range(2500)])
    inserts = [query.sql for query in log]  # and nothing but these
    assert ["RETURNING" in sql for sql in inserts] == [True, bool(trigger), bool(trigger)]
    found = dict(kinds.Artist.objects.exclude(name="echo").values_list("name", "pk"))
    assert len(found) == 2500
    assert {row.name: row.pk for row in rows} == found
