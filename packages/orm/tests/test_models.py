"""Instances become rows, and rows instances; relations, validation and deletion follow Django's rules."""

import copy
import datetime as dt
import pickle
import uuid
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    SET_NULL,
    CharField,
    Database,
    F,
    FieldDoesNotExist,
    FieldError,
    ForeignKey,
    IntegerChoices,
    IntegrityError,
    Manager,
    ManyToManyField,
    Model,
    ModelError,
    NotUpdated,
    ProtectedError,
    Registry,
    TextChoices,
    connect,
    table_for,
)
from partita.orm.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from partita.validation import ValidationError


def test_every_kind_of_field_comes_back_as_it_went(database: Database, models: SimpleNamespace) -> None:
    values = {
        "text": "Grüße 🎷 %s ' \" \\ \n",
        "flag": True,
        "real": 1.5,
        "day": dt.date(2024, 2, 29),
        "moment": dt.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        "clock": dt.time(23, 59, 59, 5),
        "span": dt.timedelta(days=-3, microseconds=7),
        "amount": Decimal("12345678.9012"),
        "key": uuid.UUID(int=2**127 + 1),
        "blob": bytes(range(256)),
        "data": {"a": [1, None, "ü"], "b": {"c": True}},
    }
    pk = models.Everything.objects.create(**values).pk
    row = models.Everything.objects.get(pk=pk)
    assert {name: getattr(row, name) for name in values} == values
    assert row.moment.tzinfo is dt.UTC
    assert type(row.key) is uuid.UUID
    for name, value in values.items():
        if name != "data":
            assert models.Everything.objects.filter(**{name: value}).get() == row
    empty = models.Everything.objects.create()
    empty.refresh_from_db()
    assert all(getattr(empty, name) is None for name in values if name not in ("text", "flag"))


def test_save_inserts_once_and_then_updates(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    artist = models.Artist(name="Nina Simone")
    assert artist._state.adding
    assert artist.pk is None
    with database.query_log() as log:
        artist.save()
        artist.name = "Nina"
        artist.save(update_fields=["name"])
        artist.save()
    assert [query.sql.split()[0] for query in log] == ["INSERT", "UPDATE", "UPDATE"]
    assert models.Artist.objects.get(pk=artist.pk).name == "Nina"
    assert not artist._state.adding
    assert artist._state.db == "default"
    named = models.Artist(pk=4711, name="By key")
    named.save()
    assert models.Artist.objects.get(pk=4711) == named
    models.Artist.objects.filter(pk=4711).delete()
    with pytest.raises(NotUpdated):
        named.save(force_update=True)
    with pytest.raises(ValueError, match="do not exist"):
        artist.save(update_fields=["nothing"])


def test_saving_an_unsaved_relation_is_refused_and_a_late_key_is_taken(
    database: Database, models: SimpleNamespace
) -> None:
    artist = models.Artist(name="New")
    album = models.Album(title="Debut", artist=artist)
    with pytest.raises(ValueError, match="unsaved related object"):
        album.save()
    artist.save()
    album.save()
    assert models.Album.objects.get().artist == artist


def test_expressions_are_computed_by_the_database(music: SimpleNamespace, models: SimpleNamespace) -> None:
    low = music.low
    low.price = F("price") + 1
    low.save()
    assert low.price == Decimal("8.00")
    assert models.Album.objects.filter(artist__name="Miles Davis").update(price=F("price") * 2, year=F("year") - 1) == 2
    assert models.Album.objects.get(title="Kind of Blue").price == Decimal("25.00")
    assert models.Album.objects.filter(genres__name="Rock").update(format="cd") == 1
    with pytest.raises(FieldError):
        models.Album.objects.update(title=F("artist__name"))
    with pytest.raises(FieldDoesNotExist):
        models.Album.objects.update(nothing=1)


def test_get_or_create_and_update_or_create(database: Database, models: SimpleNamespace) -> None:
    first, made = models.Genre.objects.get_or_create(name="Soul")
    again, made_again = models.Genre.objects.get_or_create(name="Soul")
    assert (made, made_again, first) == (True, False, again)
    artist, made = models.Artist.objects.update_or_create(name="Prince", defaults={"email": "p@example.com"})
    artist, made_again = models.Artist.objects.update_or_create(
        name="Prince", defaults={"email": lambda: "q@example.com"}
    )
    assert (made, made_again, artist.email) == (True, False, "q@example.com")
    with pytest.raises(FieldError):
        models.Genre.objects.get_or_create(name="X", defaults={"nothing": 1})


def test_bulk_operations(database: Database, models: SimpleNamespace) -> None:
    rows = models.Artist.objects.bulk_create([models.Artist(name=f"a{n:04}") for n in range(2500)], batch_size=700)
    assert models.Artist.objects.count() == 2500
    if database.vendor != "mysql":
        assert models.Artist.objects.get(pk=rows[1234].pk).name == "a1234"
    found = list(models.Artist.objects.all()[:600])
    for artist in found:
        artist.email = f"{artist.name}@example.com"
    assert models.Artist.objects.bulk_update(found, ["email"]) == 600
    assert models.Artist.objects.get(name="a0007").email == "a0007@example.com"
    assert models.Artist.objects.filter(pk__in=[artist.pk for artist in found]).count() == 600
    models.Genre.objects.bulk_create([models.Genre(name="a"), models.Genre(name="b")])
    models.Genre.objects.bulk_create([models.Genre(name="a"), models.Genre(name="c")], ignore_conflicts=True)
    assert sorted(models.Genre.objects.values_list("name", flat=True)) == ["a", "b", "c"]
    models.Genre.objects.bulk_create(
        [models.Genre(name="a")], update_conflicts=True, update_fields=["name"], unique_fields=["name"]
    )
    first = models.Genre.objects.get(name="a")
    models.Genre.objects.bulk_create(
        [models.Genre(pk=first.pk, name="d")], update_conflicts=True, update_fields=["name"], unique_fields=["pk"]
    )
    assert sorted(models.Genre.objects.values_list("name", flat=True)) == ["b", "c", "d"]
    first.save()
    options = {"update_fields": ["title"], "unique_fields": ["id"]}
    for name in ["update_fields"] if database.vendor == "mysql" else options:  # MySQL looks at every unique key
        with pytest.raises(ValueError, match=f"concrete fields in {name}. 'genres' is none"):
            models.Album.objects.bulk_create(
                [models.Album(title="x", artist_id=found[0].pk)], update_conflicts=True, **{**options, name: ["genres"]}
            )
    with pytest.raises(IntegrityError):
        models.Genre.objects.bulk_create([models.Genre(name="z"), models.Genre(name="a")])
    assert not models.Genre.objects.filter(name="z").exists()


def test_reverse_relations_have_managers(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    assert [album.title for album in music.miles.albums.all()] == ["Bitches Brew", "Kind of Blue"]
    assert music.miles.albums.filter(year=1959).get() == music.blue
    with database.query_log() as log:
        assert music.miles.albums.all()[0].artist is music.miles
    assert len(log) == 1
    new = music.bowie.albums.create(title="Heroes")
    assert new.artist == music.bowie
    assert music.bowie.albums.count() == 2
    music.bowie.produced.set([music.low, new])
    assert {album.title for album in music.bowie.produced.all()} == {"Low", "Heroes"}
    music.bowie.produced.remove(new)
    music.bowie.produced.add(music.brew)
    assert {album.title for album in music.bowie.produced.all()} == {"Low", "Bitches Brew"}
    music.bowie.produced.clear()
    assert not music.bowie.produced.exists()
    assert [a.name for a in music.miles.managed.all()] == ["David Bowie"]
    with pytest.raises(AttributeError):
        music.miles.albums.clear()
    with pytest.raises(TypeError, match=r"set\(\)"):
        music.miles.albums = []


def test_many_to_many(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    assert {genre.name for genre in music.blue.genres.all()} == {"Jazz", "Modal"}
    assert {album.title for album in music.jazz.albums.all()} == {"Kind of Blue", "Bitches Brew"}
    music.low.genres.add(music.rock, music.rock.pk)
    music.low.genres.add(music.rock)
    assert list(music.low.genres.all()) == [music.rock]
    with database.query_log() as log:
        music.low.genres.set([music.rock])
    assert sum(query.sql.startswith(("INSERT", "DELETE")) for query in log) == 0
    music.low.genres.set([music.jazz])
    assert list(music.low.genres.all()) == [music.jazz]
    made = music.low.genres.create(name="Art rock")
    assert made in music.low.genres.all()
    music.low.genres.remove(made)
    music.jazz.albums.clear()
    assert not music.low.genres.exists()
    assert models.Genre.objects.filter(albums__title="Low").count() == 0
    with pytest.raises(ValueError, match="needs to have a value"):
        models.Album(title="x").genres.all()


def test_one_to_one(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(models.Sleeve.DoesNotExist):
        _ = music.low.sleeve
    assert not hasattr(music.low, "sleeve")
    sleeve = models.Sleeve.objects.create(album=music.low, colour="orange")
    assert music.low.sleeve is sleeve
    assert models.Album.objects.get(sleeve__colour="orange").sleeve == sleeve


def test_assigning_a_relation_keeps_key_and_row_together(music: SimpleNamespace, models: SimpleNamespace) -> None:
    album = models.Album.objects.get(title="Low")
    assert album.artist == music.bowie
    album.artist_id = music.miles.pk
    assert album.artist == music.miles
    album.artist = music.bowie
    assert album.artist_id == music.bowie.pk
    with pytest.raises(ValueError, match="must be"):
        album.artist = music.jazz
    with pytest.raises(models.Artist.DoesNotExist):
        _ = models.Album(title="x").artist


def test_deleting_follows_the_rules(music: SimpleNamespace, models: SimpleNamespace) -> None:
    gone, counts = music.bowie.delete()
    assert counts == {"shop.Artist": 1, "shop.Album": 1, "shop.Track": 2}
    assert gone == 4
    assert models.Album.objects.get(title="Kind of Blue").producer is None
    models.Sale.objects.create(album=music.blue)
    with pytest.raises(ProtectedError, match=r"Album\.artist") as caught:
        models.Artist.objects.filter(name="Miles Davis").delete()
    assert len(caught.value.protected_objects) == 1
    assert models.Album.objects.count() == 2
    models.Sale.objects.all().delete()
    assert models.Artist.objects.all().delete()[0] == 1 + 2 + 3 + 4
    with pytest.raises(ValueError, match="None"):
        models.Artist(name="x").delete()


def test_the_database_keeps_its_constraints(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(IntegrityError):
        models.Genre.objects.create(name="Jazz")
    with pytest.raises(IntegrityError):
        models.Album.objects.create(title="x", artist=music.miles, price=Decimal(-1))
    with pytest.raises(IntegrityError):
        models.Album.objects.create(title="x", artist_id=0)
    with pytest.raises(IntegrityError):
        models.Track.objects.create(album=music.low, number=1, name="twice")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"title": ""}, "title", "blank"),
        ({"title": "x" * 101}, "title", "max_length"),
        ({"title": None}, "title", "null"),
        ({"format": "8t"}, "format", "invalid_choice"),
        ({"price": "much"}, "price", "invalid"),
        ({"price": Decimal("1.234")}, "price", "max_decimal_places"),
        ({"price": Decimal(-1)}, "__all__", None),
        ({"year": 2**40}, "year", "max_value"),
        ({"artist_id": 0}, "artist", "invalid"),
        ({"title": "Kind of Blue"}, "__all__", "unique_together"),
    ],
)
def test_full_clean_says_what_is_wrong(
    music: SimpleNamespace, models: SimpleNamespace, changes: dict[str, Any], field: str, code: str | None
) -> None:
    album = models.Album(**{"title": "New", "artist_id": music.miles.pk, **changes})
    with pytest.raises(ValidationError) as caught:
        album.full_clean()
    assert [error.code for error in caught.value.error_dict[field]] == [code]


def test_a_valid_row_passes(music: SimpleNamespace, models: SimpleNamespace) -> None:
    album = models.Album(title="New", artist=music.miles, price="3.50", year="1999")
    album.full_clean()
    assert (album.price, album.year) == (Decimal("3.50"), 1999)
    music.blue.full_clean()
    with pytest.raises(ValidationError, match="Genre with this Name already exists"):
        models.Genre(name="Jazz").full_clean()


def test_signals_tell_what_happens(music: SimpleNamespace, models: SimpleNamespace) -> None:
    heard: list[tuple[Any, ...]] = []

    def hear(**named: Any) -> None:
        name = next(n for n, s in signals.items() if s is named["signal"])
        heard.append((name, named["instance"].name, named.get("created"), named.get("using")))

    signals = {"pre_save": pre_save, "post_save": post_save, "pre_delete": pre_delete, "post_delete": post_delete}
    for signal in signals.values():
        signal.connect(hear, sender=models.Genre)
    genre = models.Genre.objects.create(name="Dub")
    genre.save()
    genre.delete()
    for signal in signals.values():
        signal.disconnect(hear, sender=models.Genre)
    assert heard == [
        ("pre_save", "Dub", None, "default"),
        ("post_save", "Dub", True, "default"),
        ("pre_save", "Dub", None, "default"),
        ("post_save", "Dub", False, "default"),
        ("pre_delete", "Dub", None, "default"),
        ("post_delete", "Dub", None, "default"),
    ]
    changes: list[tuple[str, set[Any]]] = []

    def note(action: str, pk_set: set[Any], **named: object) -> None:
        changes.append((action, pk_set))

    between = models.Album._meta.get_field("genres").through
    m2m_changed.connect(note, sender=between)
    music.low.genres.add(music.rock)
    m2m_changed.disconnect(note, sender=between)
    assert changes == [("pre_add", {music.rock.pk}), ("post_add", {music.rock.pk})]


def test_clocks_choices_and_identity(music: SimpleNamespace, models: SimpleNamespace) -> None:
    sale = models.Sale.objects.create(album=music.low)
    made, changed = sale.created, sale.changed
    sale.save()
    assert sale.created == made
    assert sale.changed > changed
    assert isinstance(sale.pk, uuid.UUID)
    assert music.low.get_format_display() == "Compact disc"
    assert music.low.format == models.Format.DISC
    assert models.Format.choices == [("lp", "Long player"), ("cd", "Compact disc")]
    same = models.Album.objects.get(pk=music.low.pk)
    assert same == music.low
    assert hash(same) == hash(music.low)
    assert len({same, music.low}) == 1
    assert models.Album() != models.Album()
    twin = copy.copy(music.low)
    twin.pk, twin.title = None, "Low again"
    twin._state.adding = True
    twin.save()
    assert models.Album.objects.filter(title__startswith="Low").count() == 2


def test_instances_and_querysets_pickle(music: SimpleNamespace, models: SimpleNamespace) -> None:
    import sys

    sys.modules.setdefault(models.Genre.__module__, SimpleNamespace(Genre=models.Genre))  # type: ignore[arg-type]  # pytest's importlib mode leaves it out
    again = pickle.loads(pickle.dumps(models.Genre.objects.get(name="Jazz")))
    assert again == music.jazz
    assert again._state.db == "default"


def test_refresh_and_async_twins(music: SimpleNamespace, models: SimpleNamespace, run: Callable[..., Any]) -> None:
    models.Album.objects.filter(title="Low").update(year=1999)
    music.low.refresh_from_db(fields=["year"])
    assert music.low.year == 1999

    async def work() -> None:
        artist = await models.Artist.objects.acreate(name="Björk")
        album = models.Album(title="Debut", artist=artist)
        await album.asave()
        await album.genres.aadd(music.rock)
        assert [genre.name async for genre in album.genres.all()] == ["Rock"]
        assert await models.Album.objects.filter(artist=artist).acount() == 1
        assert (await artist.albums.aget()).title == "Debut"
        await album.arefresh_from_db()
        assert (await models.Album.objects.aget(pk=album.pk)) == album
        assert await models.Artist.objects.filter(name="x").afirst() is None
        assert (await models.Genre.objects.aget_or_create(name="Trip hop"))[1]
        assert (await models.Album.objects.aaggregate(n=models_count()))["n"] == 4
        assert await models.Album.objects.filter(pk=album.pk).aupdate(year=1993) == 1
        assert (await artist.adelete())[0] == 3
        assert not await models.Album.objects.filter(pk=album.pk).aexists()
        assert [row.title async for row in models.Album.objects.aiterator()] == ["Bitches Brew", "Kind of Blue", "Low"]

    run(work())


def models_count() -> Any:
    from partita.orm import Count

    return Count("*")


def test_meta_describes_the_model(models: SimpleNamespace) -> None:
    meta = models.Album._meta
    assert (meta.label, meta.db_table, meta.verbose_name, meta.verbose_name_plural) == (
        "shop.Album",
        "shop_album",
        "album",
        "albums",
    )
    assert [field.name for field in meta.fields][:3] == ["id", "title", "artist"]
    assert [field.name for field in meta.many_to_many] == ["genres"]
    assert {reverse.name for reverse in meta.related_objects} == {"tracks", "sleeve", "sales"}
    assert meta.get_field("artist").related_model is models.Artist
    assert meta.get_field("artist").remote_field.get_accessor_name() == "albums"
    with pytest.raises(FieldDoesNotExist):
        meta.get_field("nothing")
    assert [column.name for column in table_for(models.Album).columns][:3] == ["id", "title", "artist_id"]
    name, path, args, kwargs = meta.get_field("price").deconstruct()
    assert (name, path, args) == ("price", "partita.orm.DecimalField", [])
    assert kwargs == {"max_digits": 8, "decimal_places": 2, "default": Decimal("9.90")}
    _, _, _, kwargs = meta.get_field("artist").deconstruct()
    assert kwargs == {"to": "shop.Artist", "on_delete": CASCADE, "related_name": "albums"}
    assert meta.get_field("title").clone().max_length == 100


def test_models_live_in_the_registry_they_name() -> None:
    mine = Registry()

    class Node(Model):
        parent = ForeignKey("self", SET_NULL, null=True, related_name="children")
        friends = ManyToManyField("self")
        leaf = ForeignKey("Leaf", CASCADE, null=True)

        class Meta:
            registry = mine
            app_label = "tree"

    assert mine.unresolved() == ["tree.leaf"]

    class Leaf(Model):
        name = CharField(max_length=5)

        class Meta:
            registry = mine
            app_label = "tree"

    class Shown(Leaf):
        class Meta:
            proxy = True
            registry = mine
            app_label = "tree"

    assert mine.get_models("tree") == [Node, Leaf, Shown]
    assert mine.get_model("tree.Node") is Node
    assert mine.unresolved() == []
    with connect("sqlite://:memory:") as database:
        database.create_all(*mine.get_models())
        root = Node.objects.create()
        child = Node.objects.create(parent=root)
        root.friends.add(child)
        assert list(child.friends.all()) == [root]
        assert list(root.children.all()) == [child]  # type: ignore[attr-defined]  # made by related_name
        Leaf.objects.create(name="a")
        assert type(Shown.objects.get()) is Shown
    with pytest.raises(ModelError, match="Two models"):
        type("Leaf", (Model,), {"Meta": type("Meta", (), {"registry": mine, "app_label": "tree"}), "__module__": "x.y"})
    mine.freeze()
    with pytest.raises(ModelError, match="frozen"):
        type("Late", (Model,), {"Meta": type("Meta", (), {"registry": mine, "app_label": "tree"}), "__module__": "x.y"})


def test_managers_of_an_abstract_model_are_inherited() -> None:
    shop = Registry()

    class Loud(Manager[Any]):
        def loud(self) -> str:
            return f"{self.model.__name__}!"

    class Quiet(Manager[Any]):
        pass

    class Base(Model):
        name = CharField(max_length=10)
        objects = Loud()
        others = Quiet()

        class Meta:
            abstract = True
            registry = shop
            app_label = "shop"

    class Middle(Base):
        class Meta(Base.Meta):
            abstract = True

    class Album(Middle):
        class Meta:
            registry = shop
            app_label = "shop"

    class Track(Middle):
        others = Loud()  # type: ignore[assignment]  # another manager than the parent's

        class Meta:
            registry = shop
            app_label = "shop"

    assert Album.objects.loud() == "Album!"
    assert Track.objects.loud() == "Track!"
    assert type(Album.others) is Quiet
    assert type(Track.others) is Loud
    assert Album.objects.name == "objects"
    assert Album.others.model is Album
    assert Album._default_manager is Album.objects
    assert Album.objects is not Track.objects
    assert type(Album._base_manager) is Manager


def test_an_enumeration_may_have_a_label_for_nothing() -> None:
    class Grade(TextChoices):
        GOOD = "g", "Good"
        BAD = "b", "Bad"
        PLAIN = "p"
        __empty__ = "(unknown)"

    class Number(IntegerChoices):
        ONE = 1, "One"
        TWO = 2

        __empty__ = "None at all"

    assert Grade.choices == [(None, "(unknown)"), ("g", "Good"), ("b", "Bad"), ("p", "Plain")]
    assert Grade.labels == ["(unknown)", "Good", "Bad", "Plain"]
    assert Grade.values == [None, "g", "b", "p"]
    assert Grade.names == ["__empty__", "GOOD", "BAD", "PLAIN"]
    assert list(Grade) == [Grade.GOOD, Grade.BAD, Grade.PLAIN]
    assert (Number.choices[0], Number.TWO.label, Number(1).label) == ((None, "None at all"), "Two", "One")
    assert "g" in Grade
    assert None not in Grade
    assert CharField(choices=Grade, max_length=1).flatchoices[0] == (None, "(unknown)")
    assert CharField(choices=Grade, max_length=1).get_choices()[0] == (None, "(unknown)")
