"""Windows that choose rows beside aggregates, and aggregates that nobody selects: counted as they come, on every database."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    ForeignKey,
    IntegerField,
    Max,
    Model,
    OuterRef,
    Q,
    Registry,
    RowNumber,
    Window,
)

people = Registry()


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Kind of Blue (3 tracks, 2 genres), Bitches Brew (2 genres), Low (2 tracks); the first two by Miles Davis."""
    return models.Album.objects.annotate(
        n=Count("tracks", distinct=True),
        place=Window(RowNumber(), partition_by="artist__name", order_by=["year"]),
        last=Window(Max("producer__name"), order_by=["-year"]),
    )


def titles(rows: Any) -> list[str]:
    found = [row.title for row in rows.order_by("title")]
    assert rows.count() == len(found)
    assert rows.exists() == bool(found)
    assert rows.aggregate(n=Count("*")) == {"n": len(found)}
    assert len(rows.values("pk")) == len(rows.model.objects.filter(pk__in=rows.values("pk"))) == len(found)
    assert sorted(rows.values_list("title", flat=True)) == found
    return found


def test_windows_over_joined_columns_choose_rows_with_counts(albums: Any, models: SimpleNamespace) -> None:
    assert titles(albums.filter(place=1)) == ["Kind of Blue", "Low"]
    assert titles(albums.filter(place__gt=1)) == ["Bitches Brew"]
    assert titles(albums.filter(place__in=[2, 3])) == ["Bitches Brew"]
    assert titles(albums.exclude(place=1)) == ["Bitches Brew"]
    assert titles(albums.filter(last__isnull=False)) == ["Kind of Blue"]


def test_windows_stand_beside_anything_else_in_a_condition(albums: Any, models: SimpleNamespace) -> None:
    assert titles(albums.filter(Q(place__gt=1) | Q(title="Low"))) == ["Bitches Brew", "Low"]
    assert titles(albums.filter(Q(place__gt=1) | Q(n=3))) == ["Bitches Brew", "Kind of Blue"]
    assert titles(albums.filter(Q(place=1) & ~(Q(n=3) | Q(place=5)))) == ["Low"]
    tracks = models.Track.objects.filter(album=OuterRef("pk"), number=3)
    assert titles(albums.filter(Q(place=2) | Exists(tracks))) == ["Bitches Brew", "Kind of Blue"]
    chosen = models.Album.objects.filter(year__gt=1975).values("pk")
    assert titles(albums.filter(Q(place=2) | Q(pk__in=chosen))) == ["Bitches Brew", "Low"]
    assert titles(albums.filter(Q(place=F("year") - 1958))) == ["Kind of Blue"]
    assert list(albums.filter(place=1).values_list("format").distinct().order_by("format")) == [("cd",), ("lp",)]


def test_rows_are_counted_by_the_aggregates_that_they_show(music: SimpleNamespace, models: SimpleNamespace) -> None:
    # The second aggregate doubles what the first one counts, whether or not anybody looks at it.
    rows = models.Album.objects.annotate(n=Count("tracks"), g=Count("genres"))
    assert [(row.title, row.n) for row in rows.filter(n__gte=4)] == [("Kind of Blue", 6)]
    assert titles(rows.filter(n__gte=4)) == ["Kind of Blue"]
    assert list(rows.filter(n__gte=4).values_list("title", "n")) == [("Kind of Blue", 6)]
    assert dict(rows.values_list("title", "n")) == {"Kind of Blue": 6, "Bitches Brew": 0, "Low": 2}
    only = models.Album.objects.annotate(
        n=Count("tracks"), dear=Max("price", filter=Q(genres__name__in=["Jazz", "Modal"]))
    )
    assert [row.n for row in only.filter(n__gte=4)] == [6]
    assert only.filter(n__gte=4).count() == 1
    assert "genre" not in str(rows.values("title").query)


class Person(Model):
    """Has a boss."""

    name = CharField(max_length=20)
    age = IntegerField()
    boss = ForeignKey("self", CASCADE, null=True, related_name="staff")

    class Meta:
        app_label = "halls"
        registry = people


class Critic(Person):
    """Writes."""

    paper = CharField(max_length=20)

    class Meta:
        app_label = "halls"
        registry = people


class Review(Model):
    """Is written."""

    critic = ForeignKey(Critic, CASCADE, related_name="reviews")
    stars = IntegerField()

    class Meta:
        app_label = "halls"
        registry = people


def test_a_filtered_relation_may_ask_columns_that_its_model_inherits(tables: Any) -> None:
    tables(Person, Critic, Review)
    old = Critic.objects.create(name="Old", age=70, paper="Times")
    young = Critic.objects.create(name="Young", age=20, paper="Post", boss=old)
    for critic in (old, young):
        for stars in (1, 5):
            Review.objects.create(critic=critic, stars=stars)
    kept = Critic.objects.annotate(kept=FilteredRelation("reviews", condition=Q(reviews__stars=5, age__gt=30)))
    assert dict(kept.annotate(n=Count("kept")).values_list("name", "n")) == {"Old": 1, "Young": 0}
    assert [critic.name for critic in kept.filter(kept__stars=5)] == ["Old"]
    staff = Critic.objects.annotate(kept=FilteredRelation("staff", condition=Q(staff__age__lt=30) & Q(paper="Times")))
    assert [critic.name for critic in staff.filter(kept__isnull=False)] == ["Old"]
    with pytest.raises(ValueError, match="deeper than it"):
        Critic.objects.annotate(kept=FilteredRelation("reviews", condition=Q(reviews__critic__paper="Times")))
