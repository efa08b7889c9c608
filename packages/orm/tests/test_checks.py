"""Each check of models and fields, told by a declaration that it is about; ids are those of Django's reference."""

import datetime as dt
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contracts.checks import Finding
from partita.orm import (
    CASCADE,
    DB_CASCADE,
    DB_SET_DEFAULT,
    SET_DEFAULT,
    SET_NULL,
    AutoField,
    BigAutoField,
    BinaryField,
    CharField,
    CheckConstraint,
    CompositePrimaryKey,
    Database,
    Databases,
    DateField,
    DecimalField,
    F,
    FileField,
    FilePathField,
    ForeignKey,
    ForeignObject,
    GeneratedField,
    GenericIPAddressField,
    ImageField,
    Index,
    IntegerField,
    JSONField,
    Manager,
    ManyToManyField,
    Model,
    ModelError,
    OneToOneField,
    Q,
    RawSQL,
    Registry,
    SmallAutoField,
    TextField,
    UniqueConstraint,
)
from partita.orm.checks import check_models, error
from partita.orm.constraints import Deferrable
from partita.orm.functions import Lower, Now

Declare = Callable[[Registry], Any]
loosely: Any = SimpleNamespace(CharField=CharField, ManyToManyField=ManyToManyField)
"""Fields without their types, for arguments that these refuse."""
SQLITE = Database("sqlite://:memory:", alias="lite")
POSTGRESQL = Database("postgresql://nobody@127.0.0.1:1/none", alias="pg")
MYSQL = Database("mysql://nobody@127.0.0.1:1/none", alias="my")


def model(
    registry: Registry, name: str = "Model", /, *bases: Any, meta: dict[str, Any] | None = None, **body: Any
) -> Any:
    options = {"registry": registry, "app_label": "app", **(meta or {})}
    return type(name, bases or (Model,), {"__module__": "app.models", "Meta": type("Meta", (), options), **body})


def one(**fields: Any) -> Declare:
    return lambda registry: model(registry, **fields)


def meta(fields: dict[str, Any] | None = None, **options: Any) -> Declare:
    return lambda registry: model(registry, meta=options, **(fields or {"n": IntegerField()}))


def to_target(make: Callable[[], Any], **target: Any) -> Declare:
    def declare(registry: Registry) -> Any:
        model(registry, "Target", **(target or {"n": IntegerField()}))
        return model(registry, target=make())

    return declare


def through(between: dict[str, Callable[[], Any]], **options: Any) -> Declare:
    def declare(registry: Registry) -> Any:
        model(registry, "Target")
        made = model(registry, many=ManyToManyField("app.Target", through="app.Between", **options))
        model(registry, "Between", **{name: make() for name, make in between.items()})
        return made

    return declare


def key(to: str = "app.Target", related_name: str = "+") -> Callable[[], Any]:
    return lambda: ForeignKey(to, CASCADE, related_name=related_name)


def on_child(declare: Callable[[Registry, Any], Any], **parent: Any) -> Declare:
    return lambda registry: declare(registry, model(registry, "Parent", **parent))


def swapped(label: str) -> Declare:
    def declare(registry: Registry) -> Any:
        registry.swaps["TARGET"] = label
        return model(registry, meta={"swappable": "TARGET"})

    return declare


def two_of_one_parent(registry: Registry) -> Any:
    parents = [model(registry, name, code=IntegerField()) for name in ("Father", "Mother")]
    return model(registry, "Child", *parents, father_ptr=link(parents[0]), mother_ptr=link(parents[1]))


def link(parent: Any) -> Any:
    return OneToOneField(parent, CASCADE, parent_link=True, related_name="+")


def twice_through(registry: Registry) -> Any:
    model(registry, "Target")
    made = model(
        registry,
        one=ManyToManyField("app.Target", through="app.Between", related_name="a"),
        two=ManyToManyField("app.Target", through="app.Between", related_name="b"),
    )
    model(registry, "Between", x=key("app.Model")(), y=key()())
    return made


def proxy_with_field(registry: Registry) -> Any:
    return model(registry, "Proxy", model(registry, "Base"), meta={"proxy": True}, extra=IntegerField())


def managed(registry: Registry) -> Any:
    model(registry, "Target", found=Manager())
    return model(registry, target=ForeignKey("app.Target", CASCADE, related_name="found"))


def waiting_function(registry: Registry) -> Any:
    registry.when_registered("nowhere.Model", lambda found: None)
    return None


def mixed_rules(registry: Registry) -> Any:
    model(registry, "Top")
    model(registry, "Target", top=ForeignKey("app.Top", CASCADE))
    return model(registry, target=ForeignKey("app.Target", DB_CASCADE))


def clashing_tables(registry: Registry) -> Any:
    model(registry, "Target", meta={"db_table": "app_model_targets"})
    return model(registry, targets=ManyToManyField("app.Target"))


def same_table(registry: Registry) -> Any:
    return [model(registry, name, meta={"db_table": "shared"}) for name in ("A", "B")]


def same_name(option: str, make: Callable[[], Any], *labels: str) -> Declare:
    def declare(registry: Registry) -> Any:
        if len(labels) == 1:
            return model(registry, labels[0], n=IntegerField(), meta={option: [make(), make()]})
        return [model(registry, label, n=IntegerField(), meta={option: [make()]}) for label in labels]

    return declare


def swapped_target(registry: Registry) -> Any:
    registry.swaps["TARGET"] = "app.Other"
    model(registry, "Other")
    old = model(registry, "Target", meta={"swappable": "TARGET"})
    return model(registry, target=ForeignKey(old, CASCADE))


def property_in_the_way(registry: Registry) -> Any:
    made = model(registry, up=ForeignKey("self", CASCADE))
    made.up_id = property(lambda self: None)
    return made


class Unfit(Model):
    check = 3  # type: ignore[assignment]  # what must not be

    class Meta:
        registry = Registry()
        app_label = "app"


CASES: dict[str, tuple[Declare, Any]] = {
    "fields.E001": (one(field_=IntegerField()), SQLITE),
    "fields.E002": (one(some__field=IntegerField()), SQLITE),
    "fields.E003": (one(key=IntegerField(name="pk")), SQLITE),
    "fields.E004": (one(a=CharField(max_length=9, choices={"a", "b"})), SQLITE),
    "fields.E005": (one(a=CharField(max_length=9, choices=["ab", (1, 2, 3)])), SQLITE),
    "fields.E006": (one(a=loosely.CharField(max_length=9, db_index="yes")), SQLITE),
    "fields.E007": (one(a=IntegerField(primary_key=True, null=True)), SQLITE),
    "fields.E008": (one(a=IntegerField(validators=[True])), SQLITE),  # type: ignore[list-item]  # wrong
    "fields.E009": (one(a=CharField(max_length=2, choices=[("abc", "x"), ("g", [("abcd", "y")])])), SQLITE),
    "fields.E010": (one(a=JSONField(default={})), SQLITE),
    "fields.E011": (one(a=DateField(db_default=Now())), SimpleNamespace),
    "fields.E012": (one(a=IntegerField(db_default=F("b")), b=IntegerField()), SQLITE),
    "fields.E013": (one(wrong=CompositePrimaryKey("a", "b"), a=IntegerField(), b=IntegerField()), SQLITE),
    "fields.E100": (one(a=AutoField(), b=IntegerField(primary_key=True)), SQLITE),
    "fields.E120": (one(a=CharField()), MYSQL),
    "fields.E121": (one(a=CharField(max_length=0)), SQLITE),
    "fields.W122": (one(a=IntegerField(max_length=2)), SQLITE),
    "fields.E130": (one(a=DecimalField()), MYSQL),
    "fields.E131": (one(a=DecimalField(max_digits=3, decimal_places=-1)), SQLITE),
    "fields.E132": (one(a=DecimalField()), MYSQL),
    "fields.E133": (one(a=DecimalField(max_digits=0, decimal_places=0)), SQLITE),
    "fields.E134": (one(a=DecimalField(max_digits=2, decimal_places=3)), SQLITE),
    "fields.E135": (one(a=DecimalField(max_digits=2)), SQLITE),
    "fields.E140": (one(a=FilePathField(allow_files=False)), SQLITE),
    "fields.E150": (one(a=GenericIPAddressField(blank=True)), SQLITE),
    "fields.E160": (one(a=DateField(auto_now=True, auto_now_add=True)), SQLITE),
    "fields.W161": (one(a=DateField(default=dt.date.today())), SQLITE),  # noqa: DTZ011  # what a careless author writes
    "fields.W162": (one(a=TextField(db_index=True)), MYSQL),
    "fields.W163": (one(a=IntegerField(db_comment="x")), SQLITE),
    "fields.E170": (one(a=BinaryField(default="text")), SQLITE),
    "fields.E180": (one(a=JSONField()), SimpleNamespace),
    "fields.E190": (one(a=CharField(max_length=3, db_collation="x")), SimpleNamespace),
    "fields.E201": (one(a=FileField(primary_key=True)), SQLITE),
    "fields.E202": (one(a=FileField(upload_to="/there")), SQLITE),
    "fields.E210": (one(a=ImageField()), "no pillow"),
    "fields.E220": (
        one(a=IntegerField(), b=GeneratedField(expression=F("a"), output_field=IntegerField(), db_persist=True)),
        SimpleNamespace,
    ),
    "fields.E221": (
        one(a=IntegerField(), b=GeneratedField(expression=F("a"), output_field=IntegerField(), db_persist=False)),
        POSTGRESQL,
    ),
    "fields.E222": (
        one(a=IntegerField(), b=GeneratedField(expression=F("a"), output_field=IntegerField(), db_persist=True)),
        "virtual only",
    ),
    "fields.E223": (
        one(
            a=IntegerField(),
            b=GeneratedField(expression=F("a"), output_field=CharField(max_length=-1), db_persist=True),
        ),
        SQLITE,
    ),
    "fields.W224": (
        one(
            a=IntegerField(),
            b=GeneratedField(expression=F("a"), output_field=IntegerField(max_length=1), db_persist=True),
        ),
        SQLITE,
    ),
    "fields.E300": (one(a=ForeignKey("nowhere.Model", CASCADE)), SQLITE),
    "fields.E301": (swapped_target, SQLITE),
    "fields.E302": (to_target(lambda: ForeignKey("app.Target", CASCADE, related_name="n")), SQLITE),
    "fields.E303": (to_target(lambda: ForeignKey("app.Target", CASCADE, related_query_name="n")), SQLITE),
    "fields.E304": (one(a=ForeignKey("self", CASCADE), b=ForeignKey("self", CASCADE)), SQLITE),
    "fields.E305": (
        one(
            a=ForeignKey("self", CASCADE, related_name="x", related_query_name="z"),
            b=ForeignKey("self", CASCADE, related_name="y", related_query_name="z"),
        ),
        SQLITE,
    ),
    "fields.E306": (one(a=ForeignKey("self", CASCADE, related_name="no name")), SQLITE),
    "fields.E307": (one(a=ForeignKey("nowhere.Model", CASCADE)), None),
    "fields.E308": (one(a=ForeignKey("self", CASCADE, related_name="x", related_query_name="y_")), SQLITE),
    "fields.E309": (one(a=ForeignKey("self", CASCADE, related_name="x", related_query_name="y__z")), SQLITE),
    "fields.E310": (
        one(
            a=IntegerField(),
            b=IntegerField(),
            up=ForeignObject("self", CASCADE, ("a", "b"), ("b", "a"), related_name="+"),
        ),
        SQLITE,
    ),
    "fields.E311": (to_target(lambda: ForeignKey("app.Target", CASCADE, to_field="n", related_name="+")), SQLITE),
    "fields.E312": (to_target(lambda: ForeignKey("app.Target", CASCADE, to_field="x", related_name="+")), SQLITE),
    "fields.E320": (one(a=ForeignKey("self", SET_NULL)), SQLITE),
    "fields.E321": (one(a=ForeignKey("self", SET_DEFAULT)), SQLITE),
    "fields.E322": (one(a=ForeignKey("self", DB_SET_DEFAULT)), SQLITE),
    "fields.E323": (mixed_rules, SQLITE),
    "fields.E324": (one(a=ForeignKey("self", DB_SET_DEFAULT, db_default=1)), MYSQL),
    "fields.E330": (one(a=loosely.ManyToManyField("self", unique=True)), SQLITE),
    "fields.E331": (through({}), "not made"),
    "fields.E333": (
        lambda registry: [
            model(registry, many=ManyToManyField("self", through="app.Between")),
            model(registry, "Between", a=key("app.Model")(), b=key("app.Model")(), c=key("app.Model")()),
        ],
        SQLITE,
    ),
    "fields.E334": (through({"a": key("app.Model"), "b": key("app.Model"), "c": key()}), SQLITE),
    "fields.E335": (through({"a": key("app.Model"), "b": key(), "c": key()}), SQLITE),
    "fields.E336": (through({"a": key()}), SQLITE),
    "fields.E337": (through({"a": key("app.Model"), "b": key()}, through_fields=("a", None)), SQLITE),
    "fields.E338": (through({"a": key("app.Model"), "b": key()}, through_fields=("a", "z")), SQLITE),
    "fields.E339": (through({"a": key("app.Model"), "b": key()}, through_fields=("b", "a")), SQLITE),
    "fields.E340": (clashing_tables, SQLITE),
    "fields.W340": (one(a=loosely.ManyToManyField("self", null=True)), SQLITE),
    "fields.W341": (one(a=loosely.ManyToManyField("self", validators=[print])), SQLITE),
    "fields.W342": (one(a=ForeignKey("self", CASCADE, unique=True)), SQLITE),
    "fields.W344": (clashing_tables, "routers"),
    "fields.W345": (one(a=ManyToManyField("self", related_name="x")), SQLITE),
    "fields.W346": (one(a=loosely.ManyToManyField("self", db_comment="x")), SQLITE),
    "fields.E348": (managed, SQLITE),
    "models.E001": (swapped("nonsense"), SQLITE),
    "models.E002": (swapped("app.Missing"), SQLITE),
    "models.E003": (twice_through, SQLITE),
    "models.E004": (one(id=IntegerField()), SQLITE),
    "models.E005": (two_of_one_parent, SQLITE),
    "models.E006": (
        on_child(lambda r, parent: model(r, "Child", parent, up_id=IntegerField()), up=ForeignKey("self", CASCADE)),
        SQLITE,
    ),
    "models.E007": (one(a=IntegerField(), b=IntegerField(db_column="a")), SQLITE),
    "models.E010": (meta(unique_together=42), SQLITE),
    "models.E011": (meta(unique_together=[("n", "id"), 42]), SQLITE),
    "models.E012": (meta(indexes=[Index(fields=["missing"], name="x")]), SQLITE),
    "models.E013": (meta({"many": ManyToManyField("self")}, unique_together=[("many", "id")]), SQLITE),
    "models.E014": (meta(ordering="n"), SQLITE),
    "models.E015": (meta(ordering=("missing",)), SQLITE),
    "models.E016": (
        on_child(lambda r, parent: model(r, "Child", parent, meta={"unique_together": [("n",)]}), n=IntegerField()),
        SQLITE,
    ),
    "models.E017": (proxy_with_field, SQLITE),
    "models.E018": (one(**{"a" * 70: IntegerField()}), POSTGRESQL),
    "models.E019": (
        lambda registry: [
            model(registry, "Target"),
            model(registry, "M" * 70, targets=ManyToManyField("app.Target")),
        ],
        POSTGRESQL,
    ),
    "models.E020": (lambda registry: [Unfit], SQLITE),
    "models.E021": (
        meta({"up": ForeignKey("self", CASCADE)}, ordering=("id",), order_with_respect_to="up"),
        SQLITE,
    ),
    "models.E022": (waiting_function, None),
    "models.E023": (lambda registry: model(registry, "_Model"), SQLITE),
    "models.E024": (lambda registry: model(registry, "Mo__del"), SQLITE),
    "models.E025": (property_in_the_way, SQLITE),
    "models.E026": (one(a=IntegerField(primary_key=True), b=IntegerField(primary_key=True)), SQLITE),
    "models.W027": (meta(constraints=[CheckConstraint(condition=Q(n__gt=1), name="x")]), SimpleNamespace),
    "models.E028": (same_table, SQLITE),
    "models.E029": (same_name("indexes", lambda: Index(fields=["n"], name="x"), "A"), SQLITE),
    "models.E030": (same_name("indexes", lambda: Index(fields=["n"], name="x"), "A", "B"), SQLITE),
    "models.E031": (same_name("constraints", lambda: UniqueConstraint(fields=["n"], name="x"), "A"), SQLITE),
    "models.E032": (same_name("constraints", lambda: UniqueConstraint(fields=["n"], name="x"), "A", "B"), SQLITE),
    "models.E033": (meta(indexes=[Index(fields=["n"], name="_x")]), SQLITE),
    "models.E034": (meta(indexes=[Index(fields=["n"], name="x" * 31)]), SQLITE),
    "models.W035": (same_table, "routers"),
    "models.W036": (meta(constraints=[UniqueConstraint(fields=["n"], condition=Q(n=1), name="x")]), MYSQL),
    "models.W037": (meta(indexes=[Index(fields=["n"], condition=Q(n=1), name="x")]), MYSQL),
    "models.W038": (
        meta(constraints=[UniqueConstraint(fields=["n"], deferrable=Deferrable.DEFERRED, name="x")]),
        SQLITE,
    ),
    "models.W039": (meta(constraints=[UniqueConstraint(fields=["n"], include=["id"], name="x")]), SQLITE),
    "models.W040": (meta(indexes=[Index(fields=["n"], include=["id"], name="x")]), SQLITE),
    "models.E041": (
        meta({"up": ForeignKey("self", CASCADE)}, constraints=[CheckConstraint(condition=Q(up__up=1), name="x")]),
        SQLITE,
    ),
    "models.E042": (one(pk=CompositePrimaryKey("a", "b"), a=IntegerField(), b=IntegerField(null=True)), SQLITE),
    "models.W043": (meta(indexes=[Index(Lower("n"), name="x")]), MYSQL),
    "models.W044": (meta(constraints=[UniqueConstraint(Lower("n"), name="x")]), MYSQL),
    "models.W045": (meta(constraints=[CheckConstraint(condition=Q(n__gt=RawSQL("1", ())), name="x")]), SQLITE),
    "models.W046": (meta(db_table_comment="x"), SQLITE),
    "models.W047": (meta(constraints=[UniqueConstraint(fields=["n"], nulls_distinct=False, name="x")]), SQLITE),
    "models.E048": (
        meta(
            {"pk": CompositePrimaryKey("a", "b"), "a": IntegerField(), "b": IntegerField()},
            indexes=[Index(fields=["pk"], name="x")],
        ),
        SQLITE,
    ),
    "models.E049": (
        meta(
            {
                "a": IntegerField(),
                "b": IntegerField(),
                "up": ForeignObject("self", CASCADE, ("a", "b"), ("b", "a"), related_name="+"),
            },
            indexes=[Index(fields=["up"], name="x")],
        ),
        SQLITE,
    ),
    "models.E050": (one(a=ForeignKey("self", CASCADE), b=ForeignKey("self", DB_CASCADE, related_name="+")), SQLITE),
}


@pytest.fixture
def poor(monkeypatch: pytest.MonkeyPatch) -> Any:
    from partita.orm import features

    def lack(*names: str) -> None:
        less = {
            name: vendors - ({"sqlite"} if not names or name in names else set())
            for name, vendors in features.FEATURES.items()
        }
        monkeypatch.setattr(features, "FEATURES", less)

    return lack


@pytest.mark.parametrize("id", CASES)
def test_each_check_tells(id: str, poor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    declare, place = CASES[id]
    registry = Registry()
    if place == "no pillow":
        monkeypatch.setitem(sys.modules, "PIL", None)
    if place == "virtual only":
        poor("supports_stored_generated_columns")
    elif place is SimpleNamespace:
        poor()
    made = declare(registry)
    if place == "not made":
        registry._models.pop(("app", "between"))
    if place is None:
        found = check_models(among=registry)
    else:
        models = made if isinstance(made, list) else [made]
        database = place if isinstance(place, Database) else SQLITE
        if place == "routers":
            with Databases({"default": SQLITE}, routers=[object()]):
                found = check_models(models, databases=[SQLITE])
        else:
            found = check_models(models, databases=[database])
    told = [finding for finding in found if finding.id == id]
    assert told, found
    assert all(finding.text and finding.level == ("warning" if id[-4] == "W" else finding.level) for finding in told)
    if id[-4] == "E" and id != "fields.E010":
        assert {finding.level for finding in told} == {"error"}


@pytest.mark.parametrize("default", [[], {}, set()], ids=lambda default: type(default).__name__)
def test_a_default_that_all_rows_would_share_is_told_of_any_field(default: object) -> None:
    class Listed(JSONField):
        """A field of somebody else, such as an array's."""

    class Tags(TextField[Any]):
        """Another."""

    for field in (Listed(default=default), Tags(default=default)):
        made = model(Registry(), "Shared", tags=field)
        [found] = [each for each in made._meta.get_field("tags").check() if each.id == "fields.E010"]
        assert found.level == "warning"
        assert f"use `{type(default).__name__}` instead" in str(found.hint)
    kept = model(Registry(), "Kept", tags=Tags(default=type(default)), other=TextField(default=""))
    assert not [each for each in check_models([kept], databases=[SQLITE]) if each.id == "fields.E010"]


def test_a_sound_model_has_no_findings() -> None:
    registry = Registry(default_auto_field=BigAutoField)
    target = model(
        registry, "Target", code=CharField(max_length=5, unique=True, choices=[("a", "A"), ("G", [("b", "B")])])
    )
    model(
        registry,
        "Sound",
        target=ForeignKey(target, CASCADE, to_field="code", related_name="sound"),
        many=ManyToManyField(target, related_name="also"),
        price=DecimalField(max_digits=5, decimal_places=2),
        day=DateField(auto_now_add=True),
        meta={
            "ordering": ("-day", "target__code", F("price").desc()),
            "unique_together": (("target", "price"),),
            "indexes": [
                Index(fields=["-day"], name="by_day"),
                Index(Lower("target__code") if False else Lower("price"), name="by_price"),
            ],
            "constraints": [CheckConstraint(condition=Q(price__gt=0) & Q(target__gt=""), name="dear")],
        },
    )
    assert check_models(among=registry, databases=[SQLITE, POSTGRESQL]) == []


def test_a_registry_may_choose_the_class_of_automatic_keys() -> None:
    chosen = Registry(default_auto_field=SmallAutoField)
    assert type(model(chosen, "A")._meta.pk) is SmallAutoField
    assert type(model(Registry(), "A")._meta.pk) is BigAutoField
    with pytest.raises(ModelError, match="default_auto_field must be AutoField or a class that inherits from it"):
        Registry(default_auto_field=IntegerField)


def test_models_fields_and_managers_have_checks_of_their_own() -> None:
    class Even(IntegerField[int]):
        def check(self, **options: Any) -> list[Finding]:
            return [*super().check(**options), error("app.E001", "odd", self)]

    class Strict(Manager[Any]):
        def check(self, **options: Any) -> list[Finding]:
            return [error("app.E002", "loose", self)]

    class Own(Model):
        n = Even(max_length=1)
        objects = Strict()

        class Meta:
            registry = Registry()
            app_label = "app"

        @classmethod
        def check(cls, **options: Any) -> list[Finding]:
            return [*super().check(**options), error("app.E003", "own", cls)]

    assert [finding.id for finding in check_models([Own])] == ["app.E002", "fields.W122", "app.E001", "app.E003"]
    assert check_models([Own])[2].obj is Own._meta.get_field("n")


def test_an_application_asks_about_the_models_of_its_packages_only() -> None:
    shelf = Registry()

    class Wrong(Model):
        id = IntegerField()

        class Meta:
            registry = shelf
            app_label = "shelf"

    here = Wrong.__module__
    assert [each.id for each in check_models(among=shelf, packages=(here,))] == ["models.E004"]
    assert check_models(among=shelf, packages=("elsewhere", here[:-1])) == []
