"""Models that another one may stand for, keys by default, features that a table needs, what instances tell when pickled."""

import datetime as dt
import pickle
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    AutoField,
    CharField,
    Database,
    DateField,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    ModelError,
    Registry,
    connect,
)
from partita.orm.models import ModelBase
from partita.validation import ValidationError


def _people() -> SimpleNamespace:
    """Declare a user that may be swapped, a customer, and what points to users, by name and by class."""

    class User(Model):
        name = CharField(max_length=20)

        class Meta:
            registry = registry_given
            app_label = "auth"
            swappable = "AUTH_USER_MODEL"

    class Order(Model):
        user = ForeignKey("auth.User", CASCADE, related_name="orders")
        other: Any = ForeignKey(User, CASCADE, related_name="+", null=True)
        watchers: Any = ManyToManyField("auth.User", related_name="watched")

        class Meta:
            registry = registry_given
            app_label = "shop"

    class Customer(Model):
        number = IntegerField()

        class Meta:
            registry = registry_given
            app_label = "shop"
            swappable = "AUTH_USER_MODEL"

    return SimpleNamespace(User=User, Order=Order, Customer=Customer)


registry_given = Registry()


@pytest.fixture
def swapped(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setitem(globals(), "registry_given", Registry(swaps={"AUTH_USER_MODEL": "shop.Customer"}))
    return _people()


def test_relations_lead_to_the_model_that_stands_for_another(swapped: SimpleNamespace) -> None:
    with connect("sqlite://:memory:") as database:
        database.create_all(swapped.User, swapped.Order, swapped.Customer)
        assert database.execute("SELECT name FROM sqlite_master WHERE name = 'auth_user'") == []
        customer = swapped.Customer.objects.create(number=7)
        order = swapped.Order.objects.create(user=customer, other=customer)
        order.watchers.add(customer)
        assert swapped.Order.objects.get(user__number=7, other__number=7, watchers__number=7).user == customer
        assert list(customer.orders.all()) == list(customer.watched.all()) == [order]
    assert swapped.Order._meta.get_field("user").deconstruct()[3]["to"] == "shop.Customer"
    assert swapped.Order._meta.get_field("other").deconstruct()[3]["to"] == "shop.Customer"


def test_a_swapped_model_says_what_stands_for_it(swapped: SimpleNamespace) -> None:
    assert swapped.User._meta.swapped == "shop.Customer"
    assert swapped.Customer._meta.swapped is None
    assert not swapped.User._meta.can_migrate()
    assert swapped.User not in registry_given.get_models()
    assert swapped.User in registry_given.get_models(include_swapped=True)
    with pytest.raises(
        AttributeError, match=r"Manager isn't available; 'auth\.User' has been swapped for 'shop\.Customer'"
    ):
        swapped.User.objects.all()


def test_without_a_swap_the_model_stands_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "registry_given", Registry())
    models = _people()
    assert models.User._meta.swapped is None
    assert models.Order._meta.get_field("user").related_model is models.User
    with pytest.raises(ModelError, match=r"auth\.User is declared already, so shop\.Customer comes too late"):
        registry_given.swap("AUTH_USER_MODEL", "shop.Customer")


def test_a_swap_may_be_told_before_the_models_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "registry_given", Registry())
    registry_given.swap("AUTH_USER_MODEL", "shop.Customer")
    models = _people()
    assert models.Order._meta.get_field("user").related_model is models.Customer


def test_keys_are_of_the_class_that_the_registry_names() -> None:
    def key(registry: Registry) -> str:
        namespace = {"__module__": __name__, "Meta": type("Meta", (), {"registry": registry, "app_label": "shop"})}
        model: Any = ModelBase("Plain", (Model,), namespace)
        return type(model._meta.pk).__name__

    assert key(Registry()) == "BigAutoField"
    assert key(Registry(default_auto_field=AutoField)) == "AutoField"


def test_a_table_is_made_where_the_database_has_the_features_that_it_needs(database: Database) -> None:
    def model(name: str) -> Any:
        options = {"registry": Registry(), "app_label": "shop", "required_db_features": (name,)}
        namespace = {"__module__": __name__, "Meta": type("Meta", (), options)}
        return ModelBase("Needy", (Model,), namespace)

    needy = model("has_select_for_update")
    assert needy._meta.can_migrate(database) == (database.vendor != "sqlite")
    database.create_all(needy)
    try:
        if database.vendor == "sqlite":
            assert database.execute("SELECT name FROM sqlite_master WHERE name = 'shop_needy'") == []
        else:
            assert needy.objects.count() == 0
    finally:
        if database.vendor != "sqlite":
            database.drop_all(needy)
    assert model("supports_json_field")._meta.can_migrate(database)
    with pytest.raises(ModelError, match=r"has 'can_fly', which is unknown\. Known are can_"):
        model("can_fly")


def test_an_instance_of_another_version_warns_when_it_is_unpickled(
    models: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    artist = models.Artist(id=3, name="Miles Davis")
    pickled = pickle.dumps(artist)
    again = pickle.loads(pickled)
    assert again == artist
    assert hash(again) == hash(artist)
    assert "_pickled_by" not in vars(again)
    monkeypatch.setattr("partita.orm.instance_copies.our_version", lambda: "99.0")
    with pytest.warns(RuntimeWarning, match=r"version does not match: partita-orm 0\.1\.0 pickled it, this is 99\.0"):
        pickle.loads(pickled)
    with pytest.warns(RuntimeWarning, match="no version of partita-orm is known"):
        models.Artist.__new__(models.Artist).__setstate__({"id": 3})


def test_instances_are_equal_by_table_and_key(models: SimpleNamespace) -> None:
    one, same, other = models.Artist(id=1), models.Artist(id=1), models.Artist(id=2)
    assert one == same != other
    assert one != models.Genre(id=1)
    assert len({one, same, other}) == 2
    assert models.Artist() != models.Artist()
    with pytest.raises(TypeError, match="without primary key value are unhashable"):
        hash(models.Artist())


def test_a_relation_keeps_the_key_of_a_row_that_has_one(models: SimpleNamespace) -> None:
    field = models.Album._meta.get_field("artist")
    assert models.Artist(id=5).prepare_database_save(field) == 5
    with pytest.raises(ValueError, match=r"Unsaved model instance .* cannot be used in an ORM query"):
        models.Artist().prepare_database_save(field)


days = Registry()


class Entry(Model):
    """A title that is unique by date, by month and by year."""

    day = DateField(null=True, blank=True)
    daily = CharField(max_length=9, unique_for_date="day", default="", blank=True)
    monthly = CharField(max_length=9, unique_for_month="day", default="", blank=True)
    yearly = CharField(max_length=9, unique_for_year="day", default="", blank=True)

    class Meta:
        registry = days
        app_label = "days"


def test_values_are_unique_for_a_day_a_month_and_a_year(
    tables: Callable[..., None], run: Callable[[Coroutine[Any, Any, None]], None]
) -> None:
    tables(Entry)
    Entry.objects.create(day=dt.date(2024, 5, 17), daily="a", monthly="b", yearly="c")

    def refused(day: dt.date | None) -> set[str]:
        entry = Entry(day=day, daily="a", monthly="b", yearly="c")
        try:
            entry.full_clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                assert messages == [f"{name.title()} must be unique for Day {entry_kind[name]}."]
            return set(error.message_dict)
        return set()

    entry_kind = {"daily": "date", "monthly": "month", "yearly": "year"}
    assert refused(dt.date(2024, 5, 17)) == {"daily", "monthly", "yearly"}
    assert refused(dt.date(2024, 5, 18)) == {"monthly", "yearly"}
    assert refused(dt.date(2024, 6, 17)) == {"yearly"}
    assert refused(dt.date(2025, 6, 17)) == refused(None) == set()

    async def steps() -> None:
        with pytest.raises(ValidationError, match="Daily must be unique for Day date"):
            await Entry(day=dt.date(2024, 5, 17), daily="a").afull_clean()

    run(steps())


def test_a_model_that_another_one_stands_for_has_no_proxies(swapped: SimpleNamespace) -> None:
    meta = type("Meta", (), {"registry": registry_given, "app_label": "shop", "proxy": True})
    with pytest.raises(ModelError, match=r"cannot proxy the swapped model 'auth\.User'"):
        ModelBase("Member", (swapped.User,), {"Meta": meta, "__module__": __name__})
    assert ModelBase("Buyer", (swapped.Customer,), {"Meta": meta, "__module__": __name__})
