"""What models are declared with: it can be taken apart and made again, and what does not fit together is refused."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import partita.orm as o
from partita.orm import CASCADE, SET_NULL, F, Q, Registry, UniqueConstraint
from partita.orm.constraints import Deferrable
from partita.orm.errors import ModelError
from partita.orm.expressions import Value
from partita.orm.functions import Lower

places = Registry()


class Town(o.Model):
    """Somewhere."""

    name = o.CharField(max_length=20, unique=True)
    state = o.CharField(max_length=2)

    class Meta:
        registry, app_label = places, "places"


class Road(o.Model):
    """From one town to another."""

    start = o.ForeignKey(Town, CASCADE, related_name="+")
    end = o.ForeignKey(Town, CASCADE, related_name="+")
    kind = o.CharField(max_length=5, db_column="sort")

    class Meta:
        registry, app_label = places, "places"


class Encoder(json.JSONEncoder):
    """Of one's own."""


FIELDS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "text": (o.CharField, (), {"max_length": 9, "db_collation": "C", "blank": True}),
    "long text": (o.TextField, (), {"db_collation": "C", "null": True}),
    "slug": (o.SlugField, (), {"max_length": 9, "db_index": False, "allow_unicode": True}),
    "slug as it is": (o.SlugField, (), {}),
    "address": (o.URLField, (), {"max_length": 99}),
    "address as it is": (o.URLField, (), {}),
    "mail": (o.EmailField, (), {"max_length": 99, "unique": True}),
    "bytes": (o.BinaryField, (), {"editable": True, "max_length": 4}),
    "network": (o.GenericIPAddressField, (), {"protocol": "IPv4"}),
    "network of both": (o.GenericIPAddressField, (), {"unpack_ipv4": True, "null": True}),
    "JSON": (o.JSONField, (), {"encoder": Encoder, "null": True}),
    "decimal": (o.DecimalField, (), {"max_digits": 5, "decimal_places": 2, "default": Decimal(1)}),
    "path": (o.FilePathField, (), {"path": "/x", "match": "a.*", "recursive": True, "allow_folders": True, "max_length": 50}),
    "day": (o.DateField, (), {"auto_now": True}),
    "moment": (o.DateTimeField, (), {"auto_now_add": True}),
    "relation": (o.ForeignKey, (), {"to": "places.Town", "on_delete": SET_NULL, "null": True, "to_field": "name", "db_index": False, "db_constraint": False}),
    "relation of one": (o.OneToOneField, (), {"to": "places.Town", "on_delete": CASCADE, "parent_link": True, "related_name": "x"}),
    "relations": (o.ManyToManyField, (), {"to": "places.Town", "through": "places.Road", "through_fields": ("start", "end"), "related_name": "r"}),
    "relations in a table": (o.ManyToManyField, (), {"to": "places.Town", "db_table": "t", "symmetrical": False}),
    "computed": (o.GeneratedField, (), {"expression": F("kind"), "output_field": o.CharField(max_length=5), "db_persist": True, "null": False}),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_says_what_makes_an_equal_one(name: str) -> None:
    kind, args, given = FIELDS[name]
    field = kind(*args, **given)
    _, path, positional, keywords = field.deconstruct()
    assert path == f"partita.orm.{kind.__name__}"
    assert {option: keywords[option] for option in given} == given, "nothing is lost"
    assert set(keywords) - set(given) <= {"on_delete"}, "nothing is told that was not given"
    again = kind(*positional, **keywords)
    assert again.deconstruct()[1:] == (path, positional, keywords)
    assert field.clone().deconstruct()[1:] == (path, positional, keywords)


PARTS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "index": (o.Index, (), {"fields": ("name", "-state"), "name": "a"}),
    "index of some": (o.Index, (), {"fields": ("name",), "name": "a", "condition": Q(state="x"), "include": ("state",)}),
    "index of an expression": (o.Index, (Lower("name"), F("state").desc()), {"name": "a", "db_tablespace": "x"}),
    "index of a class": (o.Index, (), {"fields": ("name",), "name": "a", "opclasses": ("text_ops",)}),
    "unique": (UniqueConstraint, (), {"fields": ("name", "state"), "name": "a", "nulls_distinct": False}),
    "unique at the end": (UniqueConstraint, (), {"fields": ("name",), "name": "a", "deferrable": Deferrable.DEFERRED}),
    "unique of an expression": (UniqueConstraint, (Lower("name"),), {"name": "a", "violation_error_code": "twice"}),
    "unique of some": (UniqueConstraint, (), {"fields": ("name",), "name": "a", "condition": Q(state="x")}),
    "check": (o.CheckConstraint, (), {"condition": Q(state="x"), "name": "a", "violation_error_message": "No."}),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_an_index_or_constraint_says_what_makes_an_equal_one(name: str) -> None:
    kind, args, given = PARTS[name]
    part = kind(*args, **given)
    path, positional, keywords = part.deconstruct()
    assert path == f"partita.orm.{kind.__name__}"
    assert tuple(positional) == args
    assert keywords == given
    for again in (kind(*positional, **keywords), part.clone()):
        assert again == part
        assert hash(again) == hash(part)
        assert repr(again) == repr(part)
    other = part.named("b")
    assert (other.name, part.name) == ("b", "a")
    assert other != part
    assert part != object()
    assert repr(part).startswith(f"<{kind.__name__}: ")
    assert "name='a'" in repr(part)
    assert "name='b'" in repr(other)


def test_whether_a_part_is_about_expressions() -> None:
    assert o.Index(Lower("name"), name="a").contains_expressions
    assert not o.Index(fields=["name"]).contains_expressions
    assert UniqueConstraint(Lower("name"), name="a").contains_expressions
    assert not UniqueConstraint(fields=["name"], name="a").contains_expressions


def test_an_index_without_a_name_gets_one_out_of_table_and_columns() -> None:
    plain, other = o.Index(fields=["kind"]), o.Index(fields=["-kind"])
    for index in (plain, other):
        named = index.named_for(Road)
        assert index.name is None
        assert named.name is not None
        assert named.name.startswith("places_road_sort_")
        assert named.name.endswith("_idx")
        assert len(named.name) <= 30
    assert plain.named_for(Road).name != other.named_for(Road).name
    plain.set_name_with_model(Road)
    assert plain.name == o.Index(fields=["kind"]).named_for(Road).name
    assert o.Index(fields=["kind"], name="mine").named_for(Road).name == "mine"

    class Suffixed(o.Index):
        suffix = "much_longer"

    with pytest.raises(ValueError, match="longer than three characters"):
        Suffixed(fields=["kind"]).named_for(Road)


def test_a_generated_index_name_begins_with_a_letter() -> None:
    class Odd(o.Model):
        name = o.CharField(max_length=5)

        class Meta:
            registry, app_label, db_table = Registry(), "odd", "_odd"

    assert str(o.Index(fields=["name"]).named_for(Odd).name).startswith("Dodd_name_")


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "index of what is no list": (lambda: o.Index(fields="name"), ValueError, r"Index\.fields must be a list or tuple"),
    "index of what is no name": (lambda: o.Index(fields=[F("name")]), ValueError, "only strings with field names"),  # type: ignore[list-item]
    "index of both": (lambda: o.Index(Lower("a"), fields=["b"], name="x"), ValueError, "mutually exclusive"),
    "index without a name": (lambda: o.Index(Lower("a")), ValueError, "must be named to use expressions"),
    "index of some, without a name": (lambda: o.Index(fields=["a"], condition=Q(a=1)), ValueError, "must be named to use condition"),
    "index of nothing": (lambda: o.Index(), ValueError, "[Aa]t least one"),
    "index with a text beside": (lambda: o.Index(fields=["a"], name="x", include="b"), ValueError, "include must be a list"),
    "index without a name, with fields beside": (lambda: o.Index(fields=["a"], include=["b"]), ValueError, "covering index must be named"),
    "index of a class in a text": (lambda: o.Index(fields=["a"], name="x", opclasses="b"), ValueError, "opclasses must be a list"),
    "index of an expression and a class": (lambda: o.Index(Lower("a"), name="x", opclasses=["b"]), ValueError, "opclasses cannot be used with expressions"),
    "index with no condition": (lambda: o.Index(fields=["a"], name="x", condition=5), ValueError, "condition must be a Q"),  # type: ignore[arg-type]
    "constraint without a name": (lambda: UniqueConstraint(fields=["a"], name=""), ModelError, "must be named"),
    "unique with a doubtful option": (lambda: UniqueConstraint(fields=["a"], name="x", nulls_distinct=5), TypeError, "nulls_distinct must be a bool"),  # type: ignore[arg-type]
    "unique at a doubtful time": (lambda: UniqueConstraint(fields=["a"], name="x", deferrable=5), TypeError, "must be a Deferrable"),  # type: ignore[arg-type]
    "unique of some at the end": (lambda: UniqueConstraint(fields=["a"], name="x", condition=Q(a=1), deferrable=Deferrable.DEFERRED), ValueError, "conditions cannot be deferred"),
    "computed, and edited": (lambda: computed(editable=True), ValueError, "cannot be editable"),
    "computed, and filled in": (lambda: computed(blank=False), ValueError, "must be blank"),
    "computed, and the key": (lambda: computed(primary_key=True), ModelError, "cannot be the primary key"),
    "computed, and given": (lambda: computed(default=1), ValueError, "cannot have a default"),
    "computed, and given by the database": (lambda: computed(db_default=1), ValueError, "cannot have a db default"),
    "computed, and kept perhaps": (lambda: o.GeneratedField(expression=F("a"), output_field=o.IntegerField(), db_persist=None), ValueError, "must be True or False"),
    "ends without a table": (lambda: o.ManyToManyField("Town", through_fields=("a", "b")), ValueError, "through_fields without a through"),
    "two tables between": (lambda: o.ManyToManyField("Town", through="Road", db_table="x"), ValueError, "db_table if an intermediary"),
    "a relation to a number": (lambda: o.ForeignKey(5, CASCADE), ModelError, "needs a model or its name"),  # type: ignore[call-overload]
    "a relation with no rule": (lambda: o.ForeignKey("Town", "cascade"), ModelError, "on_delete must be CASCADE"),  # type: ignore[call-overload]
    "a key with a default": (lambda: o.CompositePrimaryKey("a", "b", default=1), ValueError, "cannot have a default"),
    "a key with a column": (lambda: o.CompositePrimaryKey("a", "b", db_column="x"), ValueError, "cannot have a db_column"),
    "a key with something": (lambda: o.CompositePrimaryKey("a", "b", help_text="x"), ValueError, "no option 'help_text'"),
    "a key that is edited": (lambda: o.CompositePrimaryKey("a", "b", editable=True), ValueError, "cannot be editable"),
    "a key that is none": (lambda: o.CompositePrimaryKey("a", "b", primary_key=False), ValueError, "must be a primary key"),
    "a key that is filled in": (lambda: o.CompositePrimaryKey("a", "b", blank=False), ValueError, "must be blank"),
    "a key of one": (lambda: o.CompositePrimaryKey("a"), ValueError, "at least two fields"),
    "a key of one twice": (lambda: o.CompositePrimaryKey("a", "a"), ValueError, "unique strings"),
}  # fmt: skip


def computed(**options: Any) -> Any:
    return o.GeneratedField(expression=F("a"), output_field=o.IntegerField(), db_persist=True, **options)


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_do_not_fit_together_are_refused(name: str) -> None:
    make, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        make()


def model(**attributes: Any) -> Any:
    """Return a model of its own registry with these fields."""

    class Meta:
        registry, app_label = Registry(), "odd"

    return type("Odd", (o.Model,), {"__module__": __name__, "Meta": Meta, **attributes})


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"a": o.IntegerField(null=True), "b": o.IntegerField()}, "may be NULL"),
        ({"a": o.IntegerField()}, "'b' is no field|no field .*b|has no field"),
        ({"a": o.ForeignKey("self", CASCADE, related_name="+"), "b": o.ManyToManyField("self")}, "column of its own"),
        (
            {
                "a": o.IntegerField(),
                "b": o.GeneratedField(
                    expression=F("a") + 1, output_field=o.IntegerField(), db_persist=True, null=False
                ),
            },
            "the database computes it",
        ),
    ],
)
def test_what_cannot_be_part_of_a_key_is_told(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises((ModelError, o.FieldError), match=words):
        made = model(pk=o.CompositePrimaryKey("a", "b"), **attributes)
        assert made._meta.pk_fields


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"through": "odd.Missing"}, "which does not exist"),
        ({"through": Road, "through_fields": ("start",)}, "must name two foreign keys"),
        ({"through": Road}, "needs foreign keys to"),
    ],
)
def test_a_table_between_that_does_not_lead_from_one_to_the_other_is_told(options: dict[str, Any], words: str) -> None:
    class Visitor(o.Model):
        towns = o.ManyToManyField("places.Town", **options)

        class Meta:
            registry, app_label = places, f"visitors{abs(hash(words))}"

    field: Any = Visitor._meta.get_field("towns")
    with pytest.raises(ModelError, match=words):
        field.source_name


def test_constraints_know_only_their_own_table() -> None:
    there = Registry()

    class Town(o.Model):
        name = o.CharField(max_length=20)

        class Meta:
            registry, app_label = there, "far"

    class Far(o.Model):
        town = o.ForeignKey(Town, CASCADE)

        class Meta:
            registry, app_label = there, "far"
            constraints = (o.CheckConstraint(condition=Q(town__name="x"), name="far_check"),)

    class Further(o.Model):
        town = o.ForeignKey(Town, CASCADE)
        name = o.GeneratedField(expression=Lower("town__name"), output_field=o.TextField(), db_persist=True)

        class Meta:
            registry, app_label = there, "far"

    with o.connect("sqlite://:memory:") as database:
        with pytest.raises(ModelError, match="cannot refer to other tables"):
            database.create_all(Town, Far)
        with pytest.raises(ModelError, match="cannot be computed out of other tables"):
            database.create_all(Town, Further)
    database.close()


def test_managers_belong_to_their_models() -> None:
    assert Town.objects == Town.objects
    assert hash(Town.objects) == hash(Town.objects)
    assert Town.objects != Road.objects
    assert Town.objects != 5
    assert repr(Town.objects) == "<Manager of Town>"
    with pytest.raises(AttributeError, match="isn't accessible via Town instances"):
        Town(name="x").objects


def test_nothing_takes_the_type_of_what_it_is_combined_with() -> None:
    scope, kind = o.expressions.Scope(Road, {}), Road._meta.get_field("kind")
    assert (Value(None) + F("kind")).resolve(scope).output is kind
    assert (F("kind") + Value(None)).resolve(scope).output is kind
