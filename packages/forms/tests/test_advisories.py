"""Flaws of other frameworks by their number, in sets of forms made of rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partita import orm
from partita.forms.model_formsets import BaseModelFormSet, inlineformset_factory, modelformset_factory

registry = orm.Registry()


class Owner(orm.Model):
    name = orm.CharField(max_length=20)

    class Meta:
        app_label = "advisories"
        registry = registry


class Room(orm.Model):
    """Its key is one that people type."""

    code = orm.CharField(max_length=20, primary_key=True)
    owner = orm.ForeignKey(Owner, on_delete=orm.CASCADE)
    note = orm.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "advisories"
        registry = registry


class Badge(orm.Model):
    """Its key is that of its owner."""

    owner = orm.OneToOneField(Owner, on_delete=orm.CASCADE, primary_key=True)
    note = orm.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "advisories"
        registry = registry


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[orm.Database]:
    with orm.Databases({"default": f"sqlite:///{tmp_path}/rows.sqlite3"}) as databases:
        found = databases["default"]
        found.create_all(Owner, Room, Badge)
        yield found
        found.close()


def sent(prefix: str, *rows: dict[str, object], initial: int) -> dict[str, object]:
    data: dict[str, object] = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for index, row in enumerate(rows):
        data |= {f"{prefix}-{index}-{name}": str(value) for name, value in row.items()}
    return data


def save(formset: Any) -> None:
    """Do what a view does, and what one does that forgets to look at the errors."""
    valid = formset.is_valid()
    try:
        formset.save()
    except ValueError:
        assert not valid


@pytest.mark.parametrize("initial", [1, 2])
@pytest.mark.parametrize("more", [{"DELETE": "on"}, {"note": "forged"}, {"DELETE": "on", "note": "forged"}])
def test_cve_2026_87975_a_key_that_people_type_deletes_no_row_outside_of_the_set(
    initial: int, more: dict[str, object]
) -> None:
    mine, other = Owner.objects.create(name="mine"), Owner.objects.create(name="other")
    Room.objects.create(code="m", owner=mine)
    Room.objects.create(code="o", owner=other, note="kept")
    rows = [{"code": "m", "owner": mine.pk}, {"code": "o", "owner": other.pk, **more}]
    for number, base in enumerate(
        (Room.objects.filter(owner=mine), Room.objects.filter(code="m"), Room.objects.none())
    ):
        for each in (rows, rows[::-1], rows[1:]):
            kind = modelformset_factory(Room, fields=("code", "owner", "note"), can_delete=True)
            save(kind(sent("form", *each, initial=min(initial, len(each))), queryset=base))
            found = Room.objects.filter(code="o").values("owner", "note")
            assert list(found) == [{"owner": other.pk, "note": "kept"}], number


@pytest.mark.parametrize("initial", [0, 1])
@pytest.mark.parametrize("more", [{"DELETE": "on"}, {"note": "forged"}])
def test_cve_2026_87975_nor_does_one_that_is_a_relation(initial: int, more: dict[str, object]) -> None:
    mine, other = Owner.objects.create(name="mine"), Owner.objects.create(name="other")
    Badge.objects.create(owner=other, note="kept")
    kind: Any = inlineformset_factory(Owner, Badge, fields=("note",), can_delete=True)
    for key in ("owner", "id", "pk", "owner_id"):
        prefix = kind.get_default_prefix()
        save(kind(sent(prefix, {key: other.pk, **more}, initial=initial), instance=mine))
        assert list(Badge.objects.filter(owner=other).values_list("note", flat=True)) == ["kept"]
        Badge.objects.filter(owner=mine).delete()
    rooms: Any = inlineformset_factory(Owner, Room, fields=("code", "note"), can_delete=True)
    Room.objects.create(code="o", owner=other, note="kept")
    for fields in ({"code": "o"}, {"code": "o", "owner": other.pk}, {"pk": "o", "code": "o"}):
        save(rooms(sent(rooms.get_default_prefix(), {**fields, **more}, initial=initial), instance=mine))
        assert list(Room.objects.filter(code="o").values_list("owner", "note")) == [(other.pk, "kept")]


@pytest.mark.parametrize("initial", [0, 1, 2, 1000])
def test_cve_2026_4292_a_set_that_offers_no_new_rows_makes_none(initial: int) -> None:
    mine = Owner.objects.create(name="mine")

    class Changing(BaseModelFormSet[Owner]):
        def may_add(self, form: Any) -> bool:
            return False

    kind = modelformset_factory(Owner, formset=Changing, fields=("name",), extra=0, can_delete=True)
    for rows in (
        [{"id": mine.pk, "name": "mine"}, {"name": "forged"}],
        [{"id": mine.pk, "name": "mine"}, {"id": "", "name": "forged"}],
        [{"name": "forged"}],
        [{"id": 99, "name": "forged"}],
    ):
        save(kind(sent("form", *rows, initial=initial)))
        assert [owner.name for owner in Owner.objects.all()] == ["mine"]
