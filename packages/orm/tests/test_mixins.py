"""Ready-made models: times, deletion that hides, versions; on every database, awaited as well."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CASCADE, CharField, Database, F, ForeignKey, Model, Registry, atomic
from partita.orm.patterns.mixins import SoftDeleteMixin, StaleObject, TimestampMixin, VersionMixin

desk = Registry()


class Note(TimestampMixin):
    """Knows its times."""

    text = CharField(max_length=50)

    class Meta:
        registry = desk
        app_label = "desk"


class Folder(SoftDeleteMixin):
    """May be hidden."""

    name = CharField(max_length=50)

    class Meta:
        registry = desk
        app_label = "desk"


class Paper(Model):
    """Lies in a folder."""

    folder = ForeignKey(Folder, CASCADE, related_name="papers")

    class Meta:
        registry = desk
        app_label = "desk"


class Account(VersionMixin, TimestampMixin):
    """Counts its versions."""

    name = CharField(max_length=50)

    class Meta:
        registry = desk
        app_label = "desk"


def test_a_row_knows_when_it_was_made_and_saved(tables: Callable[..., None]) -> None:
    tables(Note)
    began = dt.datetime.now(dt.UTC)
    note = Note.objects.create(text="a")
    assert began <= note.created_at <= note.updated_at <= dt.datetime.now(dt.UTC)
    made, saved = note.created_at, note.updated_at
    note.text = "b"
    note.save(update_fields=["text"])
    fresh = Note.objects.get()
    assert (fresh.text, fresh.created_at) == ("b", made)
    assert fresh.updated_at > saved
    note.save(update_fields=[])  # nothing is written, the time neither
    assert Note.objects.get().updated_at == fresh.updated_at


def test_a_hidden_row_is_there_for_those_who_ask(tables: Callable[..., None], run: Any) -> None:
    tables(Folder, Paper)
    one, two, three = (Folder.objects.create(name=name) for name in ("one", "two", "three"))
    paper = Paper.objects.create(folder=one)
    assert one.delete() == (1, {"desk.Folder": 1})
    assert one.delete() == (0, {})
    assert one.is_deleted
    assert one.deleted_at is not None
    assert [folder.name for folder in Folder.objects.order_by("id")] == ["two", "three"]
    assert Folder.all_objects.count() == 3
    assert Paper.objects.get(pk=paper.pk).folder == one
    one.restore()
    assert Folder.objects.get(pk=one.pk).deleted_at is None
    assert Folder.objects.filter(name__in=["two", "three"]).delete() == (2, {"desk.Folder": 2})
    assert Folder.objects.filter(name="two").delete() == (0, {})
    assert [folder.name for folder in Folder.all_objects.dead().order_by("id")] == ["two", "three"]
    assert Folder.all_objects.filter(name="two").restore() == 1
    assert Folder.all_objects.alive().count() == 2

    async def awaited() -> None:
        await two.adelete()
        assert await Folder.objects.acount() == 1
        await two.arestore()
        assert await Folder.objects.acount() == 2
        await Folder.objects.filter(name="two").adelete()
        assert await Folder.all_objects.arestore() == 2
        await three.ahard_delete()
        assert await Folder.all_objects.filter(name="two").ahard_delete() == (1, {"desk.Folder": 1})

    run(awaited())
    assert [folder.name for folder in Folder.all_objects.all()] == ["one"]
    assert one.hard_delete()[0] == 2
    assert not Paper.objects.exists()


def test_who_comes_second_is_told(tables: Callable[..., None], database: Database, run: Any) -> None:
    tables(Account)
    Account.objects.create(name="a")
    mine, yours = Account.objects.get(), Account.objects.get()
    mine.name = "b"
    mine.save()
    assert mine.version == 1
    yours.name = "c"
    with pytest.raises(StaleObject, match="not at version 0 any more"):
        yours.save()
    with pytest.raises(StaleObject):
        yours.delete()
    assert yours.version == 0
    assert Account.objects.get().name == "b"
    mine.name = "d"
    mine.save(update_fields=["name"])
    assert (Account.objects.get().version, mine.version) == (2, 2)

    with pytest.raises(RuntimeError), atomic(database):
        lost = Account.objects.get()
        lost.save()
        raise RuntimeError
    assert Account.objects.get().version == 2

    async def awaited() -> None:
        again = await Account.objects.aget()
        await again.asave()
        with pytest.raises(StaleObject):
            await mine.asave()
        await again.adelete()

    run(awaited())
    with pytest.raises(StaleObject):
        mine.save()


def test_a_failed_save_leaves_the_version_as_it_was(tables: Callable[..., None]) -> None:
    tables(Account)
    account = Account.objects.create(name="a")
    account.name = F("nothing")
    with pytest.raises(Exception, match="nothing"):
        account.save()
    assert account.version == 0
    account.name = "b"
    account.save()
    assert Account.objects.get().version == 1
