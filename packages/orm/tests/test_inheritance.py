"""Models that inherit from models with tables of their own, and proxies."""

from collections.abc import Iterator
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    PROTECT,
    AutoField,
    BooleanField,
    CharField,
    Count,
    Database,
    F,
    FieldError,
    ForeignKey,
    IntegerField,
    Manager,
    ManyToManyField,
    Model,
    ModelError,
    NotUpdated,
    OneToOneField,
    ProtectedError,
    Q,
    QuerySet,
    Registry,
)
from partita.orm.signals import post_save, pre_delete
from partita.validation import ValidationError

town = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = town
        app_label = "town"


class Place(Base):
    """Somewhere."""

    name = CharField(max_length=50)
    address = CharField(max_length=80, blank=True)

    class Meta(Base.Meta):
        ordering = ("name",)
        unique_together = (("name", "address"),)

    def __str__(self) -> str:
        return self.name


class Rated(Base):
    """Has stars."""

    stars = IntegerField(null=True, blank=True)

    class Meta(Base.Meta):
        abstract = True


class Restaurant(Place, Rated):  # type: ignore[misc]  # mypy compares the two Meta
    """A place to eat."""

    hot = BooleanField(default=False)
    chef = ForeignKey("Chef", PROTECT, null=True, blank=True, related_name="restaurants")


class Italian(Restaurant):
    """Two tables away from its name."""

    gnocchi = BooleanField(default=False)


class Chef(Base):
    """Cooks."""

    name = CharField(max_length=20)


class Supplier(Place):
    """Another kind of place."""

    customers = ManyToManyField(Restaurant, related_name="suppliers", blank=True)


class Review(Base):
    """Of any place."""

    place = ForeignKey(Place, CASCADE, related_name="reviews")
    text = CharField(max_length=20)


class Booking(Base):
    """Of a restaurant only."""

    restaurant = ForeignKey(Restaurant, CASCADE, related_name="bookings")
    guests = IntegerField(default=2)


class Garage(Place):
    """Names its link itself, and points to a place besides."""

    parent = OneToOneField(Place, CASCADE, primary_key=True, parent_link=True, related_name="garage")
    near = ForeignKey(Place, CASCADE, related_name="garages")


class Engine(Base):
    """One of two parents."""

    engine_id = AutoField(primary_key=True)
    power = IntegerField(default=1)


class Hull(Base):
    """The other parent."""

    hull_id = AutoField(primary_key=True)
    length = IntegerField(default=2)


class Boat(Engine, Hull):
    """Has two parents."""

    crew = IntegerField(default=3)


class Numbered(Place):
    """Has a key of its own beside the link."""

    number = AutoField(primary_key=True)
    colour = CharField(max_length=10)


class HotRows(Manager["HotPlace"]):
    """Narrows."""

    def get_queryset(self) -> QuerySet["HotPlace"]:
        """Return what is hot."""
        return super().get_queryset().filter(hot=True)


class HotPlace(Restaurant):
    """Shows a restaurant another way."""

    hots = HotRows()

    class Meta(Base.Meta):
        proxy = True
        ordering = ("-name",)

    def shout(self) -> str:
        """Return the name, loud."""
        return self.name.upper()


class Guide(Base):
    """Points to a proxy."""

    best = ForeignKey(HotPlace, CASCADE, related_name="guides")


MODELS: tuple[Any, ...] = tuple(
    model for model in town.get_models(include_auto_created=True) if model._meta.can_migrate()
)


@pytest.fixture(scope="module")
def tables(session_database: Database) -> Iterator[Database]:
    """The database of the session, with the tables of this module."""
    with session_database:
        session_database.create_all(*MODELS)
    yield session_database
    with session_database:
        session_database.drop_all(*MODELS)


@pytest.fixture
def here(tables: Database) -> Iterator[Database]:
    """The same, current and empty."""
    with tables:
        yield tables
        for model in (Guide, Booking, Review, Place, Engine, Hull, Chef):
            model._base_manager.all().delete()
        assert [model for model in MODELS if model._base_manager.exists()] == []


def test_meta_knows_parents_and_whose_fields_are_whose() -> None:
    meta: Any = Italian._meta
    assert [field.name for field in meta.fields] == [
        "id",
        "name",
        "address",
        "place_ptr",
        "stars",
        "hot",
        "chef",
        "restaurant_ptr",
        "gnocchi",
    ]
    assert [field.name for field in meta.local_fields] == ["restaurant_ptr", "gnocchi"]
    assert meta.pk.name == "restaurant_ptr"
    assert meta.pk.parent_link
    assert meta.parents == {Restaurant: meta.pk}
    assert meta.get_parent_list() == [Restaurant, Place]
    assert meta.get_base_chain(Place) == [Restaurant, Place]
    assert meta.get_ancestor_link(Place) is meta.pk
    assert meta.get_ancestor_link(Chef) is None
    assert meta.get_field("name").model is Place
    assert meta.get_field("reviews").model is Place
    assert meta.ordering == ("name",)
    assert {field.name for field in meta.get_fields(include_parents=False)} == {"restaurant_ptr", "gnocchi"}
    assert "supplier" not in {field.name for field in meta.get_fields()}  # the link of another child
    assert [column.name for column in meta.table.columns] == ["restaurant_ptr_id", "gnocchi"]
    assert issubclass(Italian.DoesNotExist, Place.DoesNotExist)


def test_a_child_is_saved_in_every_table_and_found_by_any_field(here: Database) -> None:
    row = Italian.objects.create(name="Roma", address="Via 1", stars=3, hot=True, gnocchi=True)
    assert row.pk == row.id == row.place_ptr_id == row.restaurant_ptr_id  # type: ignore[attr-defined]
    assert Italian.objects.get(name="Roma", stars=3, gnocchi=True) == row
    assert Place.objects.get().name == "Roma"
    assert Place.objects.get(restaurant__italian__gnocchi=True).pk == row.pk
    assert Italian.objects.filter(Q(id=row.pk) & Q(pk=row.pk) & Q(place_ptr=row.pk)).count() == 1
    assert list(Italian.objects.values_list("name", "stars", "gnocchi", "id")) == [("Roma", 3, True, row.pk)]
    assert Italian.objects.values().get()["address"] == "Via 1"
    assert Italian.objects.exclude(name="Napoli").exists()
    assert Italian.objects.order_by("-address", "gnocchi").first() == row
    assert Italian.objects.values_list(F("stars") + 1, flat=True)[0] == 4


def test_rows_join_only_the_tables_they_need(here: Database) -> None:
    Italian.objects.create(name="Roma", gnocchi=True)
    with here.query_log() as log:
        assert Italian.objects.filter(gnocchi=True, id__gt=0).order_by().values_list("pk", flat=True)[0] > 0
        assert Italian.objects.filter(gnocchi=True).count() == 1
        assert Place.objects.select_related("restaurant__italian").get().restaurant.italian.gnocchi  # type: ignore[attr-defined]
    assert all("JOIN" not in query.sql for query in log[:2])
    assert len(log) == 3
    assert log[2].sql.count("town_place") == 1  # the row of the parent is read once


def test_saving_updates_every_table_or_those_asked_for(here: Database) -> None:
    row = Italian.objects.create(name="Roma")
    row.name, row.hot, row.gnocchi = "Roma 2", True, True
    row.save()
    assert Italian.objects.filter(name="Roma 2", hot=True, gnocchi=True).exists()
    with here.query_log() as log:
        row.name, row.gnocchi = "Roma 3", False
        row.save(update_fields=["name"])
    assert [query.sql.split()[0] for query in log] == ["UPDATE"] or "town_italian" not in log[0].sql
    fresh = Italian.objects.get()
    assert (fresh.name, fresh.gnocchi) == ("Roma 3", True)
    ghost = Italian(name="x")
    ghost.pk = 99999
    with pytest.raises(NotUpdated):
        ghost.save(force_update=True)
    with pytest.raises(ValueError, match="fields do not exist"):
        row.save(update_fields=["nothing"])


def test_a_parent_becomes_a_child_and_force_insert_names_tables(here: Database) -> None:
    place = Place.objects.create(name="Shop", address="A")
    child = Restaurant(place_ptr=place, name="Bar", address="B")
    assert child.id == place.pk
    child.save()
    assert Place.objects.get().name == "Bar"
    raw = Supplier(place_ptr=place)
    raw.save_base(raw=True)
    assert Supplier.objects.get().name == "Bar"  # the parent's row was left alone
    with here.query_log() as log:
        Italian(name="New").save(force_insert=(Place,))
    assert [query.sql.split()[0] for query in log if "town_" in query.sql] == ["INSERT"] * 3
    with pytest.raises(TypeError, match="must be a base of Italian"):
        Italian(name="x").save(force_insert=(Supplier,))
    with pytest.raises(TypeError, match="bool or tuple"):
        Italian(name="x").save(force_insert=[Place])  # type: ignore[arg-type]  # on purpose


def test_relations_of_a_parent_are_the_childs_too(here: Database) -> None:
    row = Italian.objects.create(name="Roma")
    other = Restaurant.objects.create(name="Bar")
    Review.objects.create(place=row, text="good")
    Booking.objects.create(restaurant=row)
    assert [review.text for review in row.reviews.all()] == ["good"]  # type: ignore[attr-defined]
    assert Italian.objects.get(reviews__text="good") == row
    assert Review.objects.get(place=row)
    assert Review.objects.get(place__restaurant__bookings__guests=2).place.restaurant.italian == row  # type: ignore[attr-defined]
    assert Booking.objects.get(restaurant=Place.objects.get(name="Roma")).guests == 2  # the parent's row will do
    supplier = Supplier.objects.create(name="Farm")
    supplier.customers.add(row, other)
    assert {each.name for each in Supplier.objects.get(customers__italian__isnull=False).customers.all()} == {
        "Roma",
        "Bar",
    }
    assert list(row.suppliers.all()) == [supplier]  # type: ignore[attr-defined]
    rows = list(Italian.objects.prefetch_related("reviews", "suppliers"))
    with here.query_log() as log:
        assert len(rows[0].reviews.all()) == len(rows[0].suppliers.all()) == 1  # type: ignore[attr-defined]
    assert log == []
    with pytest.raises(Restaurant.DoesNotExist, match="restaurant"):
        supplier.place_ptr.restaurant  # type: ignore[attr-defined]


def test_the_link_to_the_parent_needs_no_query(here: Database) -> None:
    Italian.objects.create(name="Roma", stars=2)
    row = Italian.objects.get()
    with here.query_log() as log:
        parent = row.restaurant_ptr  # type: ignore[attr-defined]
        assert type(parent) is Restaurant
        assert (parent.stars, parent.place_ptr.name) == (2, "Roma")  # type: ignore[attr-defined]  # made at run time
    assert log == []
    partial = Italian.objects.only("gnocchi").get()
    assert partial.place_ptr.name == "Roma"  # type: ignore[attr-defined]  # from the database: it is not loaded


def test_updates_and_bulk_updates_reach_every_table(here: Database) -> None:
    one, two = (Italian.objects.create(name=name, stars=1) for name in "ab")
    assert Italian.objects.filter(name="a").update(name="c", stars=F("stars") + 1, gnocchi=True) == 1
    assert Italian.objects.values_list("name", "stars", "gnocchi").get(pk=one.pk) == ("c", 2, True)
    one.name, two.name, one.gnocchi, two.gnocchi = "x", "y", False, True
    assert Italian.objects.bulk_update([one, two], ["name", "gnocchi"]) == 2
    assert list(Italian.objects.order_by("name").values_list("name", "gnocchi")) == [("x", False), ("y", True)]
    with pytest.raises(ValueError, match="multi-table"):
        Italian.objects.bulk_create([Italian(name="z")])
    with pytest.raises(FieldError):
        Italian.objects.update(name=F("gnocchi"))


def test_deferred_fields_of_parents_load_later(here: Database) -> None:
    Italian.objects.create(name="Roma", address="Via", gnocchi=True)
    row = Italian.objects.defer("name", "gnocchi").get()
    assert row.get_deferred_fields() == {"name", "gnocchi"}
    assert (row.name, row.gnocchi) == ("Roma", True)
    row = Italian.objects.only("address").get()
    assert row.get_deferred_fields() >= {"name", "gnocchi", "stars"}
    assert row.address == "Via"
    Place.objects.update(name="Milano")
    row.refresh_from_db()
    assert row.name == "Milano"


def test_annotations_group_by_every_table(here: Database) -> None:
    row = Italian.objects.create(name="Roma")
    Italian.objects.create(name="Milano")
    Review.objects.create(place=row, text="a")
    Review.objects.create(place=row, text="b")
    counted = Italian.objects.annotate(n=Count("reviews"))
    assert {(each.name, each.n) for each in counted} == {("Roma", 2), ("Milano", 0)}  # type: ignore[attr-defined]
    assert set(counted.values_list("name", "n")) == {("Roma", 2), ("Milano", 0)}
    assert list(Italian.objects.values("name").annotate(n=Count("reviews")).filter(n=2)) == [{"name": "Roma", "n": 2}]


def test_deleting_takes_parents_children_and_what_depends_on_any(here: Database) -> None:
    row = Italian.objects.create(name="Roma")
    Review.objects.create(place=row, text="a")
    Booking.objects.create(restaurant=row)
    count, by_model = row.delete()
    assert count == 5
    assert by_model == {"town.Italian": 1, "town.Restaurant": 1, "town.Place": 1, "town.Review": 1, "town.Booking": 1}
    again = Italian.objects.create(name="Roma")
    Place.objects.get().delete()
    assert not Italian.objects.exists()
    assert not Restaurant.objects.exists()
    again = Italian.objects.create(name="Roma")
    Review.objects.create(place=again, text="a")
    assert again.delete(keep_parents=True) == (1, {"town.Italian": 1})
    assert Restaurant.objects.count() == Review.objects.count() == 1
    place = Place.objects.get()
    Supplier(place_ptr=place, name="Both").save()
    Restaurant.objects.get().delete()  # the parent goes, and so does its other child
    assert not Place.objects.exists()
    assert not Supplier.objects.exists()


def test_signals_tell_of_parents_rows_that_go(here: Database) -> None:
    heard: list[Any] = []

    def listen(sender: Any, instance: Any, origin: Any, **_: Any) -> None:
        heard.append((sender, type(instance), origin))

    row = Italian.objects.create(name="Roma")
    pre_delete.connect(listen)
    try:
        row.delete()
    finally:
        pre_delete.disconnect(listen)
    assert [sender for sender, _, _ in heard] == [Italian, Restaurant, Place]
    assert all(sender is kind and origin is row for sender, kind, origin in heard)


def test_a_rule_of_a_parent_protects_the_child(here: Database) -> None:
    chef = Chef.objects.create(name="Ann")
    Italian.objects.create(name="Roma", chef=chef)
    with pytest.raises(ProtectedError, match=r"'Restaurant\.chef'"):
        chef.delete()


def test_a_named_link_and_a_key_of_its_own(here: Database) -> None:
    place = Place.objects.create(name="House")
    garage = Garage.objects.create(name="Parking", near=place)
    assert (garage.pk, garage.parent_id) == (garage.id, garage.id)  # type: ignore[attr-defined]
    assert list(place.garages.all()) == [garage]  # type: ignore[attr-defined]
    assert Place.objects.get(garage__near=place).garage == garage  # type: ignore[attr-defined]
    for name in "ab":
        row = Numbered.objects.create(name=name, colour="red")
    assert Numbered._meta.pk.name == "number"
    assert row.pk == row.number
    assert Numbered.objects.get(place_ptr=row.id).number == row.pk
    row.name = "c"
    row.save()
    assert Numbered.objects.get(pk=row.pk).name == Place.objects.get(pk=row.id).name == "c"
    assert Numbered.objects.filter(name="c").update(name="d", colour="blue") == 1
    assert Numbered.objects.get(pk=row.pk).colour == "blue"


def test_two_parents(here: Database) -> None:
    Engine.objects.create(power=9)  # so that the keys differ
    boat = Boat.objects.create(power=5, length=6, crew=7)
    assert boat.pk == boat.engine_id != boat.hull_id
    assert Boat.objects.get(power=5, length=6, crew=7) == boat
    Boat.objects.filter(crew=7).update(power=1, length=1, crew=1)
    assert (Engine.objects.get(pk=boat.engine_id).power, Hull.objects.get().length) == (1, 1)
    boat.length = 8
    boat.save()
    assert Hull.objects.get().length == 8
    assert boat.delete()[1] == {"town.Boat": 1, "town.Engine": 1, "town.Hull": 1}


def test_uniqueness_is_checked_in_parents_tables(here: Database) -> None:
    Place.objects.create(name="Roma", address="Via")
    with pytest.raises(ValidationError, match="already exists"):
        Italian(name="Roma", address="Via").full_clean()
    fine = Italian(name="Roma", address="Other")
    fine.full_clean()
    fine.save()
    fine.full_clean()


def test_a_proxy_shows_the_same_rows(here: Database) -> None:
    row = Restaurant.objects.create(name="a", hot=True)
    Restaurant.objects.create(name="b")
    assert [type(each) for each in HotPlace.hots.all()] == [HotPlace]
    assert [each.name for each in HotPlace.objects.all()] == ["b", "a"]
    proxied = HotPlace.objects.get(pk=row.pk)
    assert proxied == row
    assert proxied.shout() == "A"
    assert hash(proxied) == hash(row)
    guide = Guide.objects.create(best=proxied)
    assert type(Guide.objects.get().best) is HotPlace
    assert list(row.guides.all()) == [guide]  # type: ignore[attr-defined]
    assert Restaurant.objects.get(guides=guide) == row == Guide.objects.select_related("best").get().best
    heard: list[Any] = []
    proxied.name = "c"

    def listen(sender: Any, **_: Any) -> None:
        heard.append(sender)

    post_save.connect(listen, HotPlace)
    try:
        proxied.save()
    finally:
        post_save.disconnect(listen, HotPlace)
    assert heard == [HotPlace]
    assert Place.objects.filter(name="c").exists()
    assert HotPlace._meta.concrete_model is Restaurant
    assert HotPlace._meta.proxy
    assert HotPlace.objects.filter(name="c").delete()[1]["town.HotPlace"] == 1
    assert not Guide.objects.exists()


def _declare(label: str, bases: tuple[type, ...], *, proxy: bool = False, **attributes: Any) -> Any:
    meta = type("Meta", (), {"registry": town, "app_label": "town", "proxy": proxy})
    return type(label, bases, {"Meta": meta, "__module__": __name__, **attributes})


def test_a_child_knows_what_was_loaded_with_its_parents_rows(here: Database) -> None:
    chef = Chef.objects.create(name="Anna")
    made: Any = Italian.objects.create(name="Da Anna", chef=chef)
    one, other = (Supplier.objects.create(name=name) for name in ("Flour", "Oil"))
    made.suppliers.add(one)
    Review.objects.create(place=made, text="good")
    rows = Place.objects.select_related("restaurant__italian").prefetch_related(
        "reviews", "restaurant__chef", "restaurant__suppliers"
    )
    place: Any = rows.get(name="Da Anna")
    child = place.restaurant.italian
    with here.query_log() as log:
        assert child.chef == chef
        assert list(child.suppliers.all()) == [one]
        assert [review.text for review in child.reviews.all()] == ["good"]
    assert log == []
    child.suppliers.add(other)
    assert list(child.suppliers.order_by("name")) == [one, other]
    assert list(place.restaurant.suppliers.order_by("name")) == [one, other]
    child.suppliers.clear()
    assert [*place.restaurant.suppliers.all(), *child.suppliers.all()] == []


def test_what_cannot_work_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(FieldError, match="'name' in class 'Twice' clashes with field of the same name"):
        _declare("Twice", (Place,), name=CharField(max_length=5))
    with pytest.raises(FieldError, match=r"place_ptr.*clashes"):
        _declare("Linked", (Place,), place_ptr=IntegerField())
    with pytest.raises(ModelError, match="more than one non-abstract"):
        _declare("Two", (Place, Chef), proxy=True)
    with pytest.raises(ModelError, match="no non-abstract"):
        _declare("None_", (Base,), proxy=True)
    with pytest.raises(ModelError, match="Abstract base class containing model fields"):
        _declare("Fields", (Place, Rated), proxy=True)
