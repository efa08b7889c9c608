"""get() by one look-up, asked again: nothing about it is kept that may have changed."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import CharField, Database, IntegerField, Manager, Model, QuerySet, Registry, connect
from partita.orm.lookups import Lookup


@pytest.fixture
def notes() -> Any:
    own = Registry()

    class Chosen(QuerySet["Note"]):
        def shown(self) -> "Chosen":
            return self.filter(hidden=0)

    class Shown(Manager["Note"]):
        def get_queryset(self) -> QuerySet["Note"]:
            return super().get_queryset().filter(hidden=0)

    class Note(Model):
        text = CharField(max_length=20)
        number = IntegerField()
        hidden = IntegerField(default=0)
        objects = Manager["Note"].from_queryset(Chosen)()
        seen = Shown()

        class Meta:
            registry = own
            ordering = ("-text",)

    class Brief(Note):
        class Meta:
            registry = own
            proxy = True

    with connect("sqlite://:memory:") as database:
        database.create_all(Note)
        Note.objects.bulk_create([Note(text=f"t{n}", number=n, hidden=n % 2) for n in range(30)])
        yield SimpleNamespace(Note=Note, Brief=Brief, database=database)
    database.close()


def names_called(work: Any) -> list[str]:
    """Return the names of the functions that run."""
    names: list[str] = []
    sys.setprofile(lambda frame, event, _: names.append(frame.f_code.co_name) if event == "call" else None)
    try:
        work()
    finally:
        sys.setprofile(None)
    return names


def test_no_query_is_made_anew_once_a_name_is_known(notes: SimpleNamespace) -> None:
    for key in (1, 2):
        notes.Note.objects.get(pk=key)
    names = names_called(lambda: notes.Note.objects.get(pk=4))
    assert {"having", "_copy", "_narrowed"}.isdisjoint(names)
    assert "fetch" in names


@pytest.mark.parametrize("again", range(3))
def test_each_kind_of_value_finds_its_row(notes: SimpleNamespace, again: int) -> None:
    get = notes.Note.objects.get
    assert (get(pk=3).number, get(pk="4").number, get(number=7.0).pk, get(text="t9").pk) == (2, 3, 8, 10)
    assert (get(number__exact=3).pk, get(number__lt=1).pk, get(text__iexact="T5").number) == (4, 1, 5)
    assert get(number__gte=28.5).number == 29
    with pytest.raises(ValueError, match="number"):
        get(number="x")
    with pytest.raises(notes.Note.DoesNotExist, match="Note matching query does not exist"):
        get(pk=2**70)
    with pytest.raises(notes.Note.DoesNotExist):
        get(pk=0)
    with pytest.raises(notes.Note.DoesNotExist):
        get(text=None)
    with pytest.raises(notes.Note.MultipleObjectsReturned, match="it returned 15"):
        get(hidden=0)
    with pytest.raises(notes.Note.MultipleObjectsReturned, match="more than 20"):
        get(pk__gt=0)


def test_what_the_rows_are_chosen_by_is_not_left_out(notes: SimpleNamespace) -> None:
    for _ in range(2):
        assert notes.Note.objects.get(pk=2).hidden == 1
        for rows in (notes.Note.seen, notes.Note.objects.shown(), notes.Note.objects.exclude(pk=2)):
            with pytest.raises(notes.Note.DoesNotExist):
                rows.get(pk=2)
        assert notes.Note.objects.values("text").get(pk=2) == {"text": "t1"}
        assert notes.Note.objects.values_list("text", flat=True).get(pk=2) == "t1"
        assert notes.Note.objects.only("text").get(pk=2).get_deferred_fields() == {"number", "hidden"}
        assert type(notes.Brief.objects.get(pk=2)) is notes.Brief
        assert type(notes.Note.objects.get(pk=2)) is notes.Note
        assert notes.Note.objects.none().filter(pk=2).count() == 0


def test_each_get_is_one_query_of_at_most_21_rows(notes: SimpleNamespace) -> None:
    with notes.database.query_log() as log:
        notes.Note.objects.get(pk=2)
        notes.Note.objects.get(pk=3)
    assert [query.params for query in log] == [(2, 21), (3, 21)]
    assert log[0].sql == log[1].sql
    assert "ORDER BY" not in log[0].sql


def test_each_database_is_asked_for_itself(notes: SimpleNamespace) -> None:
    with connect("sqlite://:memory:", alias="other") as other:
        other.create_all(notes.Note)
        notes.Note(pk=3, text="there", number=1).save(using=other, force_insert=True)
        for _ in range(2):
            assert notes.Note.objects.using(other).get(pk=3).text == "there"
            assert notes.Note.objects.using(notes.database).get(pk=3).text == "t2"
            assert notes.Note.objects.using(other).get(pk=3)._state.db == "other"
    other.close()


def test_a_lookup_of_ones_own_is_used_as_soon_as_it_is_registered(notes: SimpleNamespace) -> None:
    class Opposite(Lookup):
        lookup_name = "exact"

        def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
            left, left_params = self.process_lhs(compiler, connection)
            right, right_params = self.process_rhs(compiler, connection)
            return f"{left} = 29 - {right}", [*left_params, *right_params]

    get = notes.Note.objects.get
    assert (get(number=1).number, get(number=1).number) == (1, 1)
    field = notes.Note._meta.get_field("number")
    field.register_lookup(Opposite)
    assert (get(number=1).number, get(number=1).number) == (28, 28)
    field._unregister_lookup(Opposite)
    assert get(number=1).number == 1


def test_a_field_that_comes_later_is_read_and_found(notes: SimpleNamespace) -> None:
    assert notes.Note.objects.get(pk=3).number == 2
    notes.database.execute("ALTER TABLE " + notes.Note._meta.db_table + " ADD COLUMN mood TEXT DEFAULT 'fine'")
    CharField(max_length=9, default="fine").contribute_to_class(notes.Note, "mood")
    assert notes.Note.objects.get(pk=3).__dict__["mood"] == "fine"


def test_awaited_alike(notes: SimpleNamespace, database: Database, models: SimpleNamespace, run: Any) -> None:
    async def work() -> None:
        genre = await models.Genre.objects.acreate(name="g")
        for _ in range(3):
            assert (await models.Genre.objects.aget(pk=genre.pk)).name == "g"
            assert (await models.Genre.objects.aget(name="g")).pk == genre.pk
            with pytest.raises(models.Genre.DoesNotExist):
                await models.Genre.objects.aget(pk=-1)

    run(work())
