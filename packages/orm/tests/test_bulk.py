"""Saving many rows at once, with the checks and signals that are asked for."""

import datetime as dt
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, signals
from partita.validation import ValidationError


def test_signals_carry_all_rows(music: SimpleNamespace, models: SimpleNamespace, run: Any) -> None:
    heard: list[tuple[str, Any, Any]] = []

    def listen(kind: str) -> Any:
        def receiver(sender: Any, instances: list[Any], using: str, fields: Any = None, **_: Any) -> None:
            assert using == "default"
            heard.append((kind, [(row.name, row.pk is not None) for row in instances], fields))

        return receiver

    kept = {
        kind: listen(kind) for kind in ("pre_bulk_create", "post_bulk_create", "pre_bulk_update", "post_bulk_update")
    }
    for kind, receiver in kept.items():
        getattr(signals, kind).connect(receiver, sender=models.Genre)
    try:
        rows = [models.Genre(name=name) for name in "ab"]
        models.Genre.objects.bulk_create(rows, send_signals=True)
        made = list(models.Genre.objects.filter(name__in=["a", "b"]).order_by("name"))
        for row in made:
            row.name += "!"
        assert models.Genre.objects.bulk_update(made, ["name"], send_signals=True) == 2
        assert [kind for kind, _, _ in heard] == list(kept)
        assert heard[0][1] == [("a", False), ("b", False)]
        assert heard[3][1:] == ([("a!", True), ("b!", True)], ["name"])
        heard.clear()
        models.Genre.objects.bulk_create([models.Genre(name="c")])
        models.Genre.objects.bulk_create([], send_signals=True)
        assert not heard

        async def awaited() -> None:
            await models.Genre.objects.abulk_create([models.Genre(name="d")], send_signals=True)
            await models.Genre.objects.abulk_update(made, ["name"], send_signals=True)

        run(awaited())
        assert [kind for kind, _, _ in heard] == list(kept)
    finally:
        for kind, receiver in kept.items():
            getattr(signals, kind).disconnect(receiver, sender=models.Genre)


def test_what_is_not_valid_is_told_by_place_and_nothing_is_saved(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    rows = [models.Artist(name="Ann"), models.Artist(name="", email="nonsense"), models.Artist(name="x" * 101)]
    with pytest.raises(ValidationError) as caught:
        models.Artist.objects.bulk_create(rows, validate=True)
    assert sorted(caught.value.message_dict) == ["1.email", "1.name", "2.name"]
    assert models.Artist.objects.count() == 2
    models.Artist.objects.bulk_create(rows[:1], validate=True)
    known = list(models.Artist.objects.order_by("name"))
    known[1].name, known[2].email = "", "nonsense"
    with pytest.raises(ValidationError) as caught:
        models.Artist.objects.bulk_update(known, ["name"], validate=True)
    assert list(caught.value.message_dict) == ["1.name"]
    assert models.Artist.objects.filter(name="").count() == 0


def test_columns_of_any_type_may_all_become_null(database: Database, models: SimpleNamespace) -> None:
    row = models.Everything.objects.create(real=1, day="2024-02-29", span=dt.timedelta(1), data={"a": 1}, amount=1)
    names = ["real", "day", "span", "data", "amount", "key", "moment"]
    for name in names:
        setattr(row, name, None)
    assert models.Everything.objects.bulk_update([row], names) == 1
    assert models.Everything.objects.values_list(*names).get() == (None,) * 7
    row.data, row.key = {"b": [1]}, uuid.UUID(int=7)
    models.Everything.objects.bulk_update([row], ["data", "key"])
    assert models.Everything.objects.values_list("data", "key").get() == ({"b": [1]}, uuid.UUID(int=7))


def test_rows_of_another_model_are_refused_by_name(music: SimpleNamespace, models: SimpleNamespace, run: Any) -> None:
    mixed = [models.Artist(name="new"), models.Track(name="other")]
    before = models.Artist.objects.count()
    for rows, kind in ((mixed, "Track"), ([{"name": "x"}], "dict"), ([None], "NoneType")):
        told = rf"^Artist.objects.bulk_create\(\) takes Artist instances, not {kind} object$"
        with pytest.raises(TypeError, match=told):
            models.Artist.objects.bulk_create(rows)
        with pytest.raises(TypeError, match=told):
            run(models.Artist.objects.abulk_create(rows))
    assert models.Artist.objects.count() == before
