"""Every option of class Meta, and the order of rows with respect to another."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    CheckConstraint,
    Database,
    DateField,
    FieldError,
    ForeignKey,
    Index,
    IntegerField,
    Manager,
    Model,
    ModelError,
    Q,
    QuerySet,
    Registry,
    UniqueConstraint,
    connect,
)

school = Registry()


class Common(Model):
    """What is abstract leaves no table, and its Meta may be extended."""

    note = CharField(max_length=20, blank=True)

    class Meta:
        abstract = True
        registry = school
        app_label = "school"
        ordering = ("note",)
        get_latest_by = "note"


class Plain(Common):
    """Has no Meta of its own."""


class Extended(Common):
    """Extends the other's."""

    class Meta(Common.Meta):
        verbose_name = "longer thing"
        db_table = "school_ext"
        db_table_comment = "what it is"
        default_permissions = ("add",)
        permissions = (("can_dance", "Can dance"),)


class Live(Manager["Question"]):
    """Leaves out what is hidden."""

    def get_queryset(self) -> QuerySet["Question"]:
        """Return what shows."""
        return super().get_queryset().exclude(text="hidden")


class Question(Model):
    """Has answers."""

    text = CharField(max_length=50)
    asked = DateField(null=True)

    everything = Manager["Question"]()
    live = Live()

    class Meta:
        registry = school
        app_label = "school"
        get_latest_by = ("asked", "text")
        default_manager_name = "live"
        base_manager_name = "everything"
        select_on_save = True

    def __str__(self) -> str:
        return self.text


class Answer(Model):
    """Stands in an order among those of its question."""

    question = ForeignKey(Question, CASCADE)
    text = CharField(max_length=50)

    class Meta:
        registry = school
        app_label = "school"
        order_with_respect_to = "question"
        default_related_name = "%(class)s_list"


class Foreign(Model):
    """A table that somebody else looks after."""

    class Meta:
        registry = school
        app_label = "school"
        managed = False


class OnlyPostgres(Model):
    """A table for one kind of database."""

    class Meta:
        registry = school
        app_label = "school"
        required_db_vendor = "postgresql"


MODELS: tuple[Any, ...] = (Plain, Extended, Question, Answer, Foreign, OnlyPostgres)


class OwnIndex(Index):
    """An index of a project's own."""


class OwnUnique(UniqueConstraint):
    """A constraint of a project's own."""


@pytest.fixture
def here(session_database: Database) -> Iterator[Database]:
    """The session's database with this module's tables."""
    with session_database:
        session_database.create_all(*MODELS)
        try:
            yield session_database
        finally:
            session_database.drop_all(*MODELS)


def tables(database: Database) -> set[str]:
    return {name for name in database.kind.table_names(database) if name.startswith("school_")}


def test_options_are_inherited_from_abstract_models_and_may_be_extended() -> None:
    assert Common._meta.abstract
    assert not Plain._meta.abstract
    assert not Extended._meta.abstract
    assert Plain._meta.ordering == Extended._meta.ordering == ("note",)
    assert Plain._meta.get_latest_by == "note"
    assert (Plain._meta.db_table, Extended._meta.db_table) == ("school_plain", "school_ext")
    assert (str(Extended._meta.verbose_name), str(Extended._meta.verbose_name_plural)) == (
        "longer thing",
        "longer things",
    )
    assert str(Plain._meta.verbose_name) == "plain"
    assert Plain._meta.label == "school.Plain"
    assert Extended._meta.permissions == (("can_dance", "Can dance"),)
    assert Extended._meta.default_permissions == ("add",)
    assert Plain._meta.default_permissions == ("add", "change", "delete", "view")
    with pytest.raises(ModelError, match="unknown option 'oderring'"):
        type("Bad", (Common,), {"__module__": __name__, "Meta": type("Meta", (), {"oderring": 1})})


def test_tables_are_made_as_the_options_say(here: Database) -> None:
    found = tables(here)
    assert "school_common" not in found
    assert "school_foreign" not in found
    assert {"school_plain", "school_ext", "school_question", "school_answer"} <= found
    assert ("school_onlypostgres" in found) == (here.vendor == "postgresql")
    if here.vendor == "postgresql":
        assert here.execute("SELECT obj_description('school_ext'::regclass)") == [("what it is",)]
    elif here.vendor == "mysql":
        rows = here.execute("SELECT table_comment FROM information_schema.tables WHERE table_name = 'school_ext'")
        assert ("what it is",) in rows


def test_named_managers_are_used_for_what_they_are_named_for(here: Database) -> None:
    for text in ("a", "hidden"):
        Question.everything.create(text=text)
    assert Question._meta.default_manager.name == "live"
    assert Question._meta.base_manager.name == "everything"
    assert [manager.name for manager in Question._meta.managers] == ["live", "everything"]
    answer = Answer.objects.create(question=Question.everything.get(text="hidden"), text="x")
    assert Answer.objects.get(pk=answer.pk).question.text == "hidden"  # single rows come by the base manager
    assert [each.text for each in Question._default_manager.all()] == ["a"]
    assert Question.everything.latest().text == "hidden"


def test_select_on_save_looks_first(here: Database) -> None:
    row = Question.everything.create(text="a")
    with here.query_log() as log:
        row.save()
    assert [query.sql.split()[0] for query in log] == ["SELECT", "UPDATE"]


def test_rows_keep_an_order_with_respect_to_another(here: Database) -> None:
    first, second = (Question.everything.create(text=text) for text in "ab")
    one, two, three = (Answer.objects.create(question=first, text=text) for text in ("x", "y", "z"))
    other = Answer.objects.create(question=second, text="w")
    assert [answer._order for answer in (one, two, three, other)] == [0, 1, 2, 0]  # type: ignore[attr-defined]
    asked: Any = first
    assert list(asked.get_answer_order()) == [one.pk, two.pk, three.pk]
    asked.set_answer_order([three.pk, one.pk, two.pk])
    assert [answer.text for answer in asked.answer_list.all()] == ["z", "x", "y"]
    fresh: Any = Answer.objects.get(pk=one.pk)
    assert (fresh.get_next_in_order().text, fresh.get_previous_in_order().text) == ("y", "z")
    with pytest.raises(Answer.DoesNotExist):
        fresh.get_next_in_order().get_next_in_order()
    assert Answer._meta.ordering == ("_order",)


def test_many_rows_take_their_places_at_once(here: Database) -> None:
    first, second = (Question.everything.create(text=text) for text in "ab")
    Answer.objects.create(question=second, text="there")
    new: Any = [
        Answer(question=question, text=text)
        for question, text in ((first, "x"), (second, "y"), (first, "z"), (second, "w"))
    ]
    new[3]._order = 7
    with here.query_log() as log:
        Answer.objects.bulk_create(new)
    assert [answer._order for answer in new] == [0, 1, 1, 7]
    assert sum(query.sql.startswith("SELECT") for query in log) == 1


def test_order_with_respect_to_needs_a_foreign_key() -> None:
    def declare(**options: Any) -> None:
        meta = type("Meta", (), {"registry": Registry(), "app_label": "x", **options})
        body = {"__module__": __name__, "number": IntegerField(), "up": ForeignKey("self", CASCADE), "Meta": meta}
        type("Bad", (Model,), body)

    with pytest.raises(ModelError, match="must name a foreign key"):
        declare(order_with_respect_to="number")


def test_fields_of_other_names_and_neighbours_in_time() -> None:
    mine = Registry()

    class Day(Model):
        kept = DateField(name="when")
        maybe = DateField(null=True)

        class Meta:
            registry = mine
            app_label = "days"

    import datetime as dt

    with connect("sqlite://:memory:") as database:
        database.create_all(Day)
        rows: list[Any] = [Day.objects.create(when=dt.date(2026, 1, day)) for day in (1, 2, 3)]
        assert rows[1].get_next_by_when() == rows[2]
        assert rows[1].get_previous_by_when() == rows[0]
        assert not hasattr(rows[0], "get_next_by_maybe")
        with pytest.raises(Day.DoesNotExist):
            rows[2].get_next_by_when()
        with pytest.raises(FieldError):
            Day.objects.filter(kept=1)


def test_a_model_that_is_declared_again_warns() -> None:
    mine = Registry()
    meta = {"registry": mine, "app_label": "again"}

    def declare() -> Any:
        return type("Twice", (Model,), {"__module__": "again.models", "Meta": type("Meta", (), meta)})

    declare()
    with pytest.warns(RuntimeWarning, match="already registered"):
        second = declare()
    assert mine.get_model("again.Twice") is second


@pytest.mark.parametrize(
    "made",
    [
        OwnIndex(fields=["name"], name="own"),
        OwnUnique(fields=["name"], name="once"),
        Index(fields=["name"], name="plain"),
        CheckConstraint(condition=Q(name__gt=""), name="named"),
    ],
)
def test_indexes_and_constraints_say_where_their_class_can_be_imported_from(made: Any) -> None:
    path, args, kwargs = made.deconstruct()
    module, _, name = path.rpartition(".")
    assert (module == "partita.orm") is (not name.startswith("Own"))
    assert getattr(import_module(module), name)(*args, **kwargs) == made
