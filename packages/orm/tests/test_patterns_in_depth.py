"""Ready-made patterns where their parts meet: pages of groups, history of some fields, replicas that somebody stays away from."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import CharField, Count, Database, Databases, F, IntegerField, Model, Registry, ReplicaRouter, connect
from partita.orm.patterns.history import History
from partita.orm.patterns.paging import akeyset_page, keyset_page

kept = Registry()


class Price(Model):
    """Is remembered."""

    name = CharField(max_length=10)
    cents = IntegerField(default=0)
    stock = IntegerField(db_default=7)

    history = History()

    class Meta:
        registry = kept
        app_label = "kept"


PAGED: dict[str, Callable[[Any], Any]] = {
    "groups by their number": lambda rows: rows.values("album__title").annotate(n=Count("pk")).order_by("-n"),
    "groups of several": lambda rows: rows.values("album", "length").annotate(n=Count("pk")).order_by("album__title"),
    "distinct values": lambda rows: rows.values("album__title").distinct().order_by("-album__title"),
    "values": lambda rows: rows.values("album__title").order_by("album__title"),
}


@pytest.mark.parametrize("how", PAGED)
def test_pages_of_values_have_each_row_once(
    music: SimpleNamespace, models: SimpleNamespace, how: str, run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    rows = PAGED[how](models.Track.objects.all())
    wanted = list(rows)
    found: list[Any] = []
    cursor = None
    while True:
        page = keyset_page(rows, 1, after=cursor)
        assert len(page.rows) == 1
        found += page.rows
        if page.next is None:
            break
        cursor = page.next
    assert sorted(map(str, found)) == sorted(map(str, wanted))
    assert run(akeyset_page(rows, 1)).rows == found[:1]


def test_history_has_what_was_saved(tables: Callable[..., None]) -> None:
    tables(Price, Price.history.model)
    price = Price.objects.create(name="tea", cents=1)
    price.cents = F("cents") + 1
    price.save()
    assert (price.history.first().cents, price.history.first().stock) == (2, 7)
    price.refresh_from_db()
    price.name = "not saved"
    price.cents = 5
    price.save(update_fields=["cents"])
    assert [(row.name, row.cents) for row in price.history] == [("tea", 5), ("tea", 2), ("tea", 1)]
    part = Price.objects.only("cents").get()
    part.cents = 6
    part.save()
    assert (part.history.first().name, part.history.first().cents) == ("tea", 6)


def test_whoever_stays_with_the_primary_stays() -> None:
    now = [0.0]
    router = ReplicaRouter("default", ["replica"], sticky=5, clock=lambda: now[0])
    databases: dict[str, Database] = {name: connect("sqlite://:memory:") for name in ("default", "replica")}
    with Databases(databases, [router]) as both:
        for database in both.values():
            database.create_all(Price, Price.history.model)
        rows = Price.objects
        assert rows.all().db == "replica"
        with router.pinned():
            rows.create(name="tea")
            now[0] += 60
            assert rows.all().db == "default"  # the write inside must not make it shorter
            rows.create(name="milk")
        assert rows.all().db == "default"  # what was written last is not in the replica yet
        now[0] += 6
        assert rows.all().db == "replica"
        router.pin(60)
        rows.create(name="rum")
        now[0] += 30
        assert rows.all().db == "default"
        both.close()
