"""``create_all`` of one model makes the tables that it cannot do without, also in another registry."""

from typing import Any

import pytest

from partita.orm import CASCADE, CharField, ForeignKey, ManyToManyField, Model, Registry, connect

FIRST, SECOND = Registry(), Registry()


class Country(Model):
    name = CharField(max_length=20)

    class Meta:
        app_label = "targets"
        registry = FIRST


class Label(Model):
    country = ForeignKey(Country, CASCADE)

    class Meta:
        app_label = "targets"
        registry = FIRST


class Unrelated(Model):
    class Meta:
        app_label = "targets"
        registry = FIRST


class Band(Model):
    labels = ManyToManyField(Label, related_name="+")

    class Meta:
        app_label = "targets"
        registry = SECOND


def test_tables_that_a_model_points_to_are_made_along() -> None:
    with connect("sqlite://:memory:") as database:
        database.create_all(Band)
        made = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {each for each in made if each.startswith("targets_")} == {
            "targets_band", "targets_band_labels", "targets_label", "targets_country",
        }  # fmt: skip
        band, label = Band.objects.create(), Label.objects.create(country=Country.objects.create(name="DE"))
        band.labels.add(label)
        assert list(Band.objects.filter(labels__country__name="DE")) == [band]
        database.create_all(Band, Unrelated)
        assert Unrelated.objects.count() == 0


@pytest.mark.parametrize("name", ["create_all", "drop_all"])
@pytest.mark.parametrize("given", [["a list"], "shop.Artist", object()])
def test_what_is_no_model_is_refused(name: str, given: Any) -> None:
    with (
        connect("sqlite:///:memory:") as database,
        pytest.raises(TypeError, match=rf"{name}\(\) takes models one by one, as in {name}\(Artist, Track\)"),
    ):
        getattr(database, name)(given)
