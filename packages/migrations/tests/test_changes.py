"""Every change of models: the tables after it are those that would be made from scratch, and the way back, too."""

from typing import Any

import pytest
import sqlalchemy as sa

from partita import orm
from partita.migrations.arrangement import arrange, make
from partita.migrations.autodetector import detect
from partita.migrations.executor import Executor
from partita.migrations.graph import Graph
from partita.migrations.operations import AlterField, CreateModel, Operation, RenameIndex
from partita.migrations.questions import Answers
from partita.migrations.recorder import Recorder
from partita.migrations.state import ModelState, ProjectState
from partita.orm.functions import Lower

Fields = dict[str, Any]


def model(name: str, fields: Fields | None = None, app: str = "shop", **options: Any) -> ModelState:
    return ModelState(app, name, {"id": orm.BigAutoField(primary_key=True), **(fields or {})}, options)


def title(**options: Any) -> Fields:
    return {"title": orm.CharField(max_length=50, **options)}


def link(to: str, **options: Any) -> Any:
    return orm.ForeignKey(to, orm.CASCADE, **options)


class AbsentField(orm.Field[Any]):
    """A field whose column somebody else makes."""

    def db_type(self, connection: Any) -> str | None:
        """None: there is nothing to make."""
        return None


ARTIST = model("Artist", {"name": orm.CharField(max_length=50)})
ALBUM = model("Album", {**title(), "artist": link("shop.Artist", related_name="albums")})
EMPTY: list[ModelState] = []

CASES: dict[str, tuple[list[ModelState], list[ModelState], Answers]] = {}


def case(
    name: str,
    before: list[ModelState],
    after: list[ModelState],
    renames: dict[str, str] | None = None,
    defaults: dict[str, object] | None = None,
) -> None:
    CASES[name] = (before, after, Answers(renames, defaults))


case("create a model", EMPTY, [model("Album", title())])
case(
    "create two that point to each other",
    EMPTY,
    [model("A", {"b": link("shop.B", null=True)}), model("B", {"a": link("shop.A", null=True)})],
)
case("create a field without a column", EMPTY, [model("Album", {**title(), "seen": AbsentField(null=True)})])
case("add a field without a column", [model("Album", title())], [model("Album", {**title(), "seen": AbsentField()})])
case(
    "remake a table with a field without a column",
    [model("Album", {**title(), "seen": AbsentField()})],
    [model("Album", {**title(null=True), "seen": AbsentField()})],
)
case(
    "a field gets a column and another loses it",
    [model("Album", {"n": AbsentField(null=True), "m": orm.IntegerField(null=True)})],
    [model("Album", {"n": orm.IntegerField(null=True), "m": AbsentField(null=True)})],
)
case("create one that points to itself", EMPTY, [model("Node", {"parent": link("self", null=True)})])
case(
    "create a many-to-many field",
    EMPTY,
    [model("Genre", title()), model("Album", {"genres": orm.ManyToManyField("shop.Genre")})],
)
case(
    "create unique_together and indexes on a late foreign key",
    EMPTY,
    [
        model("A", {"b": link("shop.B", null=True), "n": orm.IntegerField()}, unique_together=(("b", "n"),)),
        model("B", {"a": link("shop.A", null=True)}),
    ],
)
case(
    "create every kind of column",
    EMPTY,
    [
        model(
            "Everything",
            {
                "big": orm.BigIntegerField(),
                "small": orm.SmallIntegerField(),
                "positive": orm.PositiveIntegerField(),
                "real": orm.FloatField(),
                "price": orm.DecimalField(max_digits=8, decimal_places=2),
                "yes": orm.BooleanField(),
                "day": orm.DateField(),
                "moment": orm.DateTimeField(),
                "time": orm.TimeField(),
                "span": orm.DurationField(),
                "code": orm.UUIDField(),
                "data": orm.JSONField(),
                "raw": orm.BinaryField(),
                "text": orm.TextField(),
                "slug": orm.SlugField(),
                "mail": orm.EmailField(),
                "url": orm.URLField(),
            },
        )
    ],
)
case(
    "add a field that may be NULL",
    [model("Album", title())],
    [model("Album", {**title(), "year": orm.IntegerField(null=True)})],
)
case(
    "add a field with a default",
    [model("Album", title())],
    [model("Album", {**title(), "note": orm.CharField(max_length=20, default="it's 100 % \\ :x")})],
)
case(
    "add a field with an answer",
    [model("Album", title())],
    [model("Album", {**title(), "year": orm.IntegerField()})],
    None,
    {"shop.Album.year": 1999},
)
case(
    "add a unique field",
    [model("Album", title())],
    [model("Album", {**title(), "code": orm.CharField(max_length=9, unique=True, null=True)})],
)
case(
    "add an indexed field",
    [model("Album", title())],
    [model("Album", {**title(), "code": orm.CharField(max_length=9, db_index=True, default="x")})],
)
case(
    "add a foreign key",
    [ARTIST, model("Album", title())],
    [ARTIST, model("Album", {**title(), "artist": link("shop.Artist", null=True)})],
)
PERSON_OF_TENANT = ModelState(
    "shop",
    "Person",
    {
        "pk": orm.CompositePrimaryKey("tenant", "number"),
        "number": orm.IntegerField(),
        "tenant": orm.IntegerField(),
    },
)
case(
    "create foreign keys of several columns",
    EMPTY,
    [
        PERSON_OF_TENANT,
        model("Remark", {"author": link("shop.Person"), "judge": link("shop.Person", null=True, related_name="+")}),
        model("Club", {"people": orm.ManyToManyField("shop.Person")}),
        model("Pass", {"owner": orm.OneToOneField("shop.Person", orm.DB_CASCADE)}),
    ],
)
case(
    "add a foreign key of several columns",
    [PERSON_OF_TENANT, model("Remark", title())],
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", null=True)})],
)
case(
    "add a foreign key of several columns with an answer",
    [PERSON_OF_TENANT, model("Remark", title())],
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", db_constraint=False)})],
    None,
    {"shop.Remark.author": (1, 2)},
)
case(
    "remove a foreign key of several columns",
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", null=True)})],
    [PERSON_OF_TENANT, model("Remark", title())],
)
case(
    "rename a foreign key of several columns",
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", null=True)})],
    [PERSON_OF_TENANT, model("Remark", {**title(), "writer": link("shop.Person", null=True)})],
    {"shop.Remark.author": "shop.Remark.writer"},
)
case(
    "a foreign key of several columns may be NULL no more",
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", null=True)})],
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", default=(1, 2))})],
)
case(
    "rename a part of a key that others repeat",
    [PERSON_OF_TENANT, model("Remark", {**title(), "author": link("shop.Person", null=True)})],
    [
        ModelState(
            "shop",
            "Person",
            {
                "pk": orm.CompositePrimaryKey("tenant", "place"),
                "place": orm.IntegerField(),
                "tenant": orm.IntegerField(),
            },
        ),
        model("Remark", {**title(), "author": link("shop.Person", null=True)}),
    ],
    {"shop.Person.number": "shop.Person.place"},
)
case(
    "add a many-to-many field",
    [ARTIST, model("Album", title())],
    [ARTIST, model("Album", {**title(), "artists": orm.ManyToManyField("shop.Artist")})],
)
case("remove a field", [model("Album", {**title(), "year": orm.IntegerField(default=1)})], [model("Album", title())])
case("remove a foreign key", [ARTIST, ALBUM], [ARTIST, model("Album", title())], None, {"shop.Album.artist": 1})
case(
    "remove a unique indexed field",
    [
        model(
            "Album",
            {
                **title(),
                "code": orm.CharField(max_length=9, unique=True, null=True),
                "n": orm.IntegerField(db_index=True, null=True),
            },
        )
    ],
    [model("Album", title())],
)
case(
    "let the database hold the keys of a many-to-many field no longer",
    [model("Genre", title()), model("Album", {**title(), "genres": orm.ManyToManyField("shop.Genre")})],
    [
        model("Genre", title()),
        model("Album", {**title(), "genres": orm.ManyToManyField("shop.Genre", db_constraint=False)}),
    ],
)
case(
    "remove a many-to-many field",
    [ARTIST, model("Album", {**title(), "artists": orm.ManyToManyField("shop.Artist")})],
    [ARTIST, model("Album", title())],
)
case("make longer", [model("Album", title())], [model("Album", {"title": orm.CharField(max_length=200)})])
case(
    "change the type",
    [model("Album", {"year": orm.IntegerField(null=True)})],
    [model("Album", {"year": orm.BigIntegerField(null=True)})],
)
case(
    "change number to text",
    [model("Album", {"year": orm.IntegerField(null=True)})],
    [model("Album", {"year": orm.CharField(max_length=20, null=True)})],
)
case(
    "forbid NULL with an answer",
    [model("Album", {"year": orm.IntegerField(null=True)})],
    [model("Album", {"year": orm.IntegerField()})],
    None,
    {"shop.Album.year": 0},
)
case(
    "forbid NULL with a default",
    [model("Album", {"year": orm.IntegerField(null=True)})],
    [model("Album", {"year": orm.IntegerField(default=7)})],
)
case("allow NULL", [model("Album", title())], [model("Album", title(null=True))])
case("make unique", [model("Album", title())], [model("Album", title(unique=True))])
case("make an index", [model("Album", title())], [model("Album", title(db_index=True))])
case(
    "change only what people see",
    [model("Album", title())],
    [model("Album", title(help_text="the title", verbose_name="name"))],
)
case("name a column", [model("Album", title())], [model("Album", title(db_column="name"))])
case(
    "widen a primary key that others point to",
    [
        ModelState("shop", "Artist", {"id": orm.AutoField(primary_key=True)}),
        ALBUM,
    ],
    [model("Artist"), ALBUM],
)
case(
    "turn a foreign key into one-to-one",
    [ARTIST, ALBUM],
    [
        ARTIST,
        model("Album", {**title(), "artist": orm.OneToOneField("shop.Artist", orm.CASCADE, related_name="albums")}),
    ],
)
case(
    "rename a field",
    [model("Album", title(db_index=True))],
    [model("Album", {"name": orm.CharField(max_length=50, db_index=True)})],
    {"shop.Album.title": "shop.Album.name"},
)
case(
    "rename a foreign key",
    [ARTIST, ALBUM],
    [ARTIST, model("Album", {**title(), "band": link("shop.Artist", related_name="albums")})],
    {"shop.Album.artist": "shop.Album.band"},
)
case("rename a model", [ARTIST, ALBUM], [ARTIST, model("Record", dict(ALBUM.fields))], {"shop.Album": "shop.Record"})
case(
    "rename a model that others point to",
    [ARTIST, ALBUM],
    [
        model("Band", dict(ARTIST.fields)),
        model("Album", {**title(), "artist": link("shop.Band", related_name="albums")}),
    ],
    {"shop.Artist": "shop.Band"},
)
case(
    "rename a model with a many-to-many field",
    [ARTIST, model("Album", {"artists": orm.ManyToManyField("shop.Artist")})],
    [ARTIST, model("Record", {"artists": orm.ManyToManyField("shop.Artist")})],
    {"shop.Album": "shop.Record"},
)
case("delete a model", [ARTIST, ALBUM], [ARTIST])
case(
    "delete models that point to each other",
    [model("A", {"b": link("shop.B", null=True)}), model("B", {"a": link("shop.A", null=True)})],
    EMPTY,
)
case("name a table", [ARTIST, ALBUM], [ARTIST, model("Album", dict(ALBUM.fields), db_table="records")])
case(
    "set unique together",
    [ARTIST, ALBUM],
    [ARTIST, model("Album", dict(ALBUM.fields), unique_together=(("artist", "title"),))],
)
case(
    "drop unique together and its field",
    [ARTIST, model("Album", dict(ALBUM.fields), unique_together=(("artist", "title"),))],
    [ARTIST, model("Album", {"artist": ALBUM.fields["artist"]})],
    None,
    {"shop.Album.title": "x"},
)
case(
    "add an index",
    [model("Album", title())],
    [model("Album", title(), indexes=(orm.Index(fields=["title"], name="album_title"),))],
)
case(
    "add a constraint",
    [model("Album", {"year": orm.IntegerField()})],
    [
        model(
            "Album",
            {"year": orm.IntegerField()},
            constraints=(orm.CheckConstraint(condition=orm.Q(year__gte=1900), name="modern"),),
        )
    ],
)
case(
    "add a unique constraint",
    [ARTIST, ALBUM],
    [
        ARTIST,
        model(
            "Album",
            dict(ALBUM.fields),
            constraints=(orm.UniqueConstraint(fields=["title", "artist"], name="one_title"),),
        ),
    ],
)
case(
    "change options without a schema",
    [model("Album", title())],
    [model("Album", title(), ordering=("title",), verbose_name="record")],
)


def indexed(name: str) -> ModelState:
    return model("Album", title(), indexes=(orm.Index(fields=["title"], name=name),))


def migrate(place: Any, graph: Graph, target: str | None) -> None:
    with place.databases:
        executor = Executor(place.database, graph)
        apps = [("shop", "zero")] if target == "zero" else None if target is None else [graph.find("shop", target)]
        executor.run(executor.plan(apps))


def graph_of(*states: list[ModelState], answers: Answers) -> Graph:
    """Return migrations that lead from nothing through all states."""
    migrations = []
    before = ProjectState()
    graph = Graph([])
    for models in states:
        after = ProjectState(models)
        migrations += arrange(detect(before, after, answers), graph)
        graph = Graph(migrations)
        before = after
    return graph


def child(name: str, base: str, fields: Fields | None = None) -> ModelState:
    """Return a model that inherits from one with a table of its own."""
    pointer = orm.OneToOneField(base, orm.CASCADE, primary_key=True, parent_link=True)
    return ModelState("shop", name, {"parent_ptr": pointer, **(fields or {})}, None, [base])


def sized(**more: Any) -> ModelState:
    return model("Box", {"w": orm.IntegerField(), "h": orm.IntegerField(), **more})


def area(expression: Any) -> Any:
    return orm.GeneratedField(expression=expression, output_field=orm.IntegerField(), db_persist=True)


PROXY = ModelState("shop", "Shown", {}, {"proxy": True}, ["shop.Artist"])
case("create a model with its parent", EMPTY, [child("Singer", "shop.Artist", title()), ARTIST])
case("give a model a child", [ARTIST], [ARTIST, child("Singer", "shop.Artist", title())])
case(
    "create a parent that points to its child",
    EMPTY,
    [model("Artist", {"best": link("shop.Singer", null=True)}), child("Singer", "shop.Artist")],
)
case("drop a parent and its child", [ARTIST, child("Singer", "shop.Artist"), ALBUM], EMPTY)
case(
    "add a field to a child",
    [ARTIST, child("Singer", "shop.Artist")],
    [ARTIST, child("Singer", "shop.Artist", title(null=True))],
)
case("create a proxy and a relation to it", [ARTIST], [ARTIST, PROXY, model("Guide", {"best": link("shop.Shown")})])
case(
    "add a column with a default of the database",
    [model("Album", title())],
    [
        model(
            "Album",
            {
                **title(),
                "year": orm.IntegerField(db_default=1959),
                "note": orm.CharField(max_length=9, db_default="it's %"),
            },
        )
    ],
)
case(
    "change a default of the database",
    [model("Album", {"year": orm.IntegerField(db_default=1)})],
    [model("Album", {"year": orm.IntegerField(db_default=2)})],
)
case(
    "take a default of the database away",
    [model("Album", {"year": orm.IntegerField(db_default=1)})],
    [model("Album", {"year": orm.IntegerField()})],
)
EVERY: Fields = {
    name.lower(): getattr(orm, name)(null=True, **({"max_length": 9} if name == "CharField" else {}))
    for name in [
        "BigIntegerField",
        "BinaryField",
        "BooleanField",
        "CharField",
        "DateField",
        "DateTimeField",
        "DurationField",
        "EmailField",
        "FilePathField",
        "FloatField",
        "GenericIPAddressField",
        "IntegerField",
        "JSONField",
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "SlugField",
        "SmallIntegerField",
        "TextField",
        "TimeField",
        "URLField",
        "UUIDField",
    ]
} | {"decimalfield": orm.DecimalField(max_digits=9, decimal_places=2, null=True)}
case("create a model with every type of field", EMPTY, [model("Every", EVERY)])
case("add a field of every type", [model("Every")], [model("Every", EVERY)])
for kind in (orm.SmallAutoField, orm.AutoField, orm.BigAutoField):
    case(f"create a {kind.__name__}", EMPTY, [ModelState("shop", "Counted", {"id": kind(primary_key=True)})])

case("add a computed column", [sized()], [sized(area=area(orm.F("w") * orm.F("h")))])
case("create a computed column", EMPTY, [sized(area=area(orm.F("w") * orm.F("h")))])
case("compute another way", [sized(area=area(orm.F("w") + 1))], [sized(area=area(orm.F("w") + 2))])
case(
    "let the database follow a relation",
    [ARTIST, model("Album", {"artist": link("shop.Artist")})],
    [ARTIST, model("Album", {"artist": orm.ForeignKey("shop.Artist", orm.DB_CASCADE)})],
)
case(
    "add an index and a constraint over expressions",
    [model("Album", title())],
    [
        model(
            "Album",
            title(),
            indexes=(orm.Index(Lower("title").desc(), name="album_lower"),),
            constraints=(orm.UniqueConstraint(Lower("title"), name="album_once"),),
        )
    ],
)

PERSON: Fields = {
    "pk": orm.CompositePrimaryKey("tenant", "number"),
    "tenant": orm.IntegerField(),
    "number": orm.IntegerField(),
}
AUTHOR: Fields = {
    "tenant": orm.IntegerField(),
    "author_number": orm.IntegerField(null=True),
    "author": orm.ForeignObject(
        "shop.Person", orm.CASCADE, ("tenant", "author_number"), ("tenant", "number"), related_name="remarks", null=True
    ),
}
case("create a model whose key has several columns", EMPTY, [ModelState("shop", "Person", PERSON)])
case(
    "change a table whose key has several columns",
    [ModelState("shop", "Person", PERSON)],
    [ModelState("shop", "Person", {**PERSON, "name": orm.CharField(max_length=20, default="")})],
)
case(
    "relate by several columns",
    [ModelState("shop", "Person", PERSON)],
    [ModelState("shop", "Person", PERSON), model("Remark", AUTHOR)],
)
case(
    "stop relating by several columns",
    [ModelState("shop", "Person", PERSON), model("Remark", AUTHOR)],
    [ModelState("shop", "Person", PERSON), model("Remark", {"tenant": orm.IntegerField()})],
)
case("keep a file", [model("Album")], [model("Album", {"cover": orm.ImageField(upload_to="covers", blank=True)})])


@pytest.mark.parametrize("name", CASES)
def test_the_tables_are_those_made_from_scratch_and_the_way_back_leads_home(place: Any, name: str) -> None:
    before, after, answers = CASES[name]
    fresh = graph_of(after, answers=answers)
    migrate(place, fresh, None)
    expected = place.schema()
    migrate(place, fresh, "zero")
    assert place.schema() == {}

    graph = graph_of(before, after, answers=answers)
    first = graph_of(before, answers=answers)
    if before:
        migrate(place, graph, next(iter(first.leaves("shop")))[1])
    home = place.schema()
    migrate(place, graph, None)
    assert place.schema() == expected
    if before:
        migrate(place, graph, next(iter(first.leaves("shop")))[1])
        assert place.schema() == home
    migrate(place, graph, "zero")
    assert place.schema() == {}
    assert Recorder(place.database).applied() == {}


@pytest.mark.parametrize("name", CASES)
def test_after_the_change_nothing_is_left_to_detect(name: str) -> None:
    before, after, answers = CASES[name]
    state = ProjectState(before)
    for change in detect(state, ProjectState(after), answers):
        change.operation.state_forwards(change.app_label, state)
    assert detect(state, ProjectState(after), answers) == []
    assert state.describe("shop") == ProjectState(after).describe("shop")


@pytest.mark.parametrize("name", CASES)
def test_every_operation_describes_itself(name: str) -> None:
    before, after, answers = CASES[name]
    for change in detect(ProjectState(before), ProjectState(after), answers):
        operation: Operation = change.operation
        assert operation.describe()[0].isupper()
        assert type(operation).__name__ == operation.deconstruct()[0]
        again = type(operation)(**operation.deconstruct()[1])
        assert again.describe() == operation.describe()


def test_a_field_whose_db_type_is_none_has_no_column(place: Any) -> None:
    first = [model("Album", {"n": AbsentField(), "title": orm.CharField(max_length=50)})]
    second = [model("Album", {"n": orm.IntegerField(null=True), "title": AbsentField()})]
    graph = graph_of(first, second, answers=Answers())
    found = []
    for name in ("0001_initial", None, "0001_initial"):
        migrate(place, graph, name)
        with place.engine.connect() as connection:
            found.append({column["name"] for column in sa.inspect(connection).get_columns("shop_album")})
    assert found == [{"id", "title"}, {"id", "n"}, {"id", "title"}]


def test_an_index_gets_another_name_and_the_old_one_back(place: Any) -> None:
    graph = Graph(
        [
            make("shop", "0001", [CreateModel("Album", [*indexed("old").fields.items()], indexed("old").options)]),
            make("shop", "0002", [RenameIndex("Album", new_name="new", old_name="old")], [("shop", "0001")]),
        ]
    )
    migrate(place, graph, None)
    assert [name for name, _, _ in place.schema()["shop_album"]["indexes"]] == ["new"]
    migrate(place, graph, "0001")
    assert [name for name, _, _ in place.schema()["shop_album"]["indexes"]] == ["old"]


@pytest.mark.parametrize("place", ["postgresql", "mysql"], indirect=True)  # SQLite keeps no comments
def test_comments_are_kept_in_the_database(place: Any) -> None:
    def state(text: str) -> list[ModelState]:
        return [model("Album", title(db_comment=text), db_table_comment=f"table {text}")]

    graph = graph_of(state("it's one"), state("two"), answers=Answers())
    said = {}
    for name in ("0001_initial", None, "0001_initial"):
        migrate(place, graph, name)
        with place.engine.connect() as connection:
            inspector = sa.inspect(connection)
            columns = {column["name"]: column["comment"] for column in inspector.get_columns("shop_album")}
            said[name] = (columns["title"], inspector.get_table_comment("shop_album")["text"])
    assert said == {"0001_initial": ("it's one", "table it's one"), None: ("two", "table two")}


class Upper(Operation):
    """An operation of a user's own: what a column holds becomes upper case."""

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        field = state.model(app_label, self.model_name).field(self.name)
        AlterField(self.model_name, self.name, type(field)(max_length=99)).state_forwards(app_label, state)

    def database_forwards(self, app_label: str, editor: Any, before: ProjectState, after: ProjectState) -> None:
        table = after.tables.table(app_label, self.model_name).name
        editor.execute(f"UPDATE {table} SET {self.name} = upper({self.name})")
        editor.change_model(before, after, app_label, self.model_name, self.model_name)

    def database_backwards(self, app_label: str, editor: Any, before: ProjectState, after: ProjectState) -> None:
        table = after.tables.table(app_label, self.model_name).name
        editor.execute(f"UPDATE {table} SET {self.name} = lower({self.name})")
        editor.change_model(before, after, app_label, self.model_name, self.model_name)

    def describe(self) -> str:
        return f"Upper case {self.name}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        return "Upper", {"model_name": self.model_name, "name": self.name}


def test_an_operation_of_ones_own_changes_state_and_database_both_ways(place: Any) -> None:
    create = CreateModel("Album", [*model("Album", title()).fields.items()])
    graph = Graph([make("shop", "0001", [create]), make("shop", "0002", [Upper("Album", "title")], [("shop", "0001")])])
    migrate(place, graph, "0001")
    before = place.schema()
    place.database.execute("INSERT INTO shop_album (title) VALUES ('Aria')")
    migrate(place, graph, None)
    assert place.database.execute("SELECT title FROM shop_album") == [("ARIA",)]
    assert place.schema() != before
    migrate(place, graph, "0001")
    assert place.database.execute("SELECT title FROM shop_album") == [("aria",)]
    assert place.schema() == before
