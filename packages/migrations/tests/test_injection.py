"""Hostile texts in every place of an operation that takes one: nothing of them ever becomes SQL."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from partita import migrations, orm
from partita.migrations import Operation, arrangement
from partita.migrations.executor import Executor, statements
from partita.migrations.graph import Graph
from partita.orm import OrmError

_BREAKS = (
    "'",
    '"',
    "`",
    "''",
    '""',
    "``",
    "\\'",
    '\\"',
    "\\`",
    "\\",
    "\u2019",
    "\uff07",
    ")",
    "]",
    ";",
    "\n",
    "\0",
    "%",
    "%%",
    "$$",
)
_HARM = ("; DROP TABLE shop_album; --", " OR 1=1 --", ") UNION SELECT 1=1 /*", "||(SELECT 1=1)||", "; DELETE FROM x --")
HOSTILE = tuple(f"a{sign}{_HARM[number % len(_HARM)]}" for number, sign in enumerate(_BREAKS))
_HARMFUL = re.compile(r"DROP TABLE shop_album;|DELETE FROM x|--|1=1|/\*")
_QUOTED = {
    "sqlite": re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""),
    "postgresql": re.compile(r"\bE'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL),
    "mysql": re.compile(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\"\"|\\.)*\"|`(?:[^`]|``)*`", re.DOTALL),
}
REFUSALS = (OrmError, ValueError, TypeError, LookupError, AttributeError)
Texts = Callable[[str], Iterator[Operation]]


def columns(**more: Any) -> list[tuple[str, Any]]:
    return [("id", orm.BigAutoField(primary_key=True)), ("title", orm.CharField(max_length=50)), *more.items()]


def created(name: str = "Thing", fields: Any = None, **options: Any) -> migrations.CreateModel:
    return migrations.CreateModel(name, fields or columns(), options)


def fields(text: str) -> Iterator[Any]:
    """Yield fields with a hostile text in each of their options."""
    kind: Any = orm.CharField
    for option in ("db_column", "default", "db_default", "db_comment", "help_text", "verbose_name", "db_collation"):
        with suppress(*REFUSALS):
            yield kind(max_length=50, null=True, **{option: text})
    with suppress(*REFUSALS):
        yield orm.CharField(max_length=50, default="x", choices=[(text, text)])
    for other in (orm.JSONField, orm.TextField, orm.BinaryField):
        with suppress(*REFUSALS):
            yield other(
                default=text.encode() if other is orm.BinaryField else {text: text} if other is orm.JSONField else text
            )
    with suppress(*REFUSALS):
        yield orm.ForeignKey("shop.Album", orm.CASCADE, null=True, related_name=text)
    with suppress(*REFUSALS):
        yield orm.ForeignKey("shop.Album", orm.CASCADE, null=True, db_column=text)
    with suppress(*REFUSALS):
        yield orm.ManyToManyField("shop.Album", db_table=text)
    with suppress(*REFUSALS):
        yield orm.GeneratedField(expression=orm.F(text), output_field=orm.TextField(), db_persist=True)
    with suppress(*REFUSALS):
        yield orm.GeneratedField(expression=orm.Value(text), output_field=orm.TextField(), db_persist=True)


def indexes(text: str) -> Iterator[Any]:
    for options in (
        {"fields": (text,), "name": "fine"},
        {"fields": ("title",), "name": text},
        {"fields": ("title",), "name": "fine", "condition": orm.Q(title=text)},
        {"fields": ("title",), "name": "fine", "condition": orm.Q(**{text: 1})},
        {"fields": ("title",), "name": "fine", "opclasses": (text,)},
        {"fields": ("title",), "name": "fine", "include": (text,)},
        {"fields": ("title",), "name": "fine", "db_tablespace": text},
    ):
        with suppress(*REFUSALS):
            yield orm.Index(**options)
    with suppress(*REFUSALS):
        yield orm.Index(orm.F(text), name="fine")


def constraints(text: str) -> Iterator[Any]:
    for make in (
        lambda: orm.CheckConstraint(condition=orm.Q(title=text), name="fine"),
        lambda: orm.CheckConstraint(condition=orm.Q(title__contains=text), name="fine"),
        lambda: orm.CheckConstraint(condition=orm.Q(**{text: 1}), name="fine"),
        lambda: orm.CheckConstraint(condition=orm.Q(title="x"), name=text),
        lambda: orm.UniqueConstraint(fields=("title",), name=text),
        lambda: orm.UniqueConstraint(fields=(text,), name="fine"),
        lambda: orm.UniqueConstraint(fields=("title",), name="fine", condition=orm.Q(title=text)),
        lambda: orm.UniqueConstraint(fields=("title",), name="fine", include=(text,)),
        lambda: orm.UniqueConstraint(fields=("title",), name="fine", opclasses=(text,)),
    ):
        with suppress(*REFUSALS):
            yield make()


def create_model(text: str) -> Iterator[Operation]:
    yield created(text)
    yield created(fields=columns(**{text: orm.TextField(default="")}))
    yield created(db_table=text)
    yield created(db_table_comment=text)
    yield created(verbose_name=text, ordering=(text,))
    yield created(unique_together=((text, "title"),))
    yield migrations.CreateModel("Thing", columns(), {}, (text,))
    for field in fields(text):
        yield created(fields=columns(more=field))
    for index in indexes(text):
        yield created(indexes=(index,))
    for constraint in constraints(text):
        yield created(constraints=(constraint,))


OPERATIONS: dict[str, Texts] = {
    "CreateModel": create_model,
    "DeleteModel": lambda text: iter([migrations.DeleteModel(text)]),
    "RenameModel": lambda text: iter([migrations.RenameModel("Album", text), migrations.RenameModel(text, "Album")]),
    "AlterModelTable": lambda text: iter([migrations.AlterModelTable("Album", text)]),
    "AlterModelTableComment": lambda text: iter([migrations.AlterModelTableComment("Album", text)]),
    "AlterModelOptions": lambda text: iter([migrations.AlterModelOptions("Album", {"ordering": (text,), text: text})]),
    "AlterUniqueTogether": lambda text: iter([migrations.AlterUniqueTogether("Album", ((text, "title"),))]),
    "AddField": lambda text: iter(
        [
            migrations.AddField("Album", text, orm.CharField(max_length=9, null=True)),
            migrations.AddField("Album", text, orm.ForeignKey("shop.Album", orm.CASCADE, null=True)),
            migrations.AddField("Album", text, orm.ManyToManyField("shop.Album")),
            *[migrations.AddField("Album", "more", field) for field in fields(text)],
        ]
    ),
    "AlterField": lambda text: iter([migrations.AlterField("Album", "title", field) for field in fields(text)]),
    "RenameField": lambda text: iter([migrations.RenameField("Album", "title", text)]),
    "RemoveField": lambda text: iter([migrations.RemoveField("Album", text)]),
    "AddIndex": lambda text: iter([migrations.AddIndex("Album", index) for index in indexes(text)]),
    "RemoveIndex": lambda text: iter([migrations.RemoveIndex("Album", text)]),
    "RenameIndex": lambda text: iter([migrations.RenameIndex("Album", text, old_name="album_title")]),
    "AddConstraint": lambda text: iter([migrations.AddConstraint("Album", each) for each in constraints(text)]),
    "RemoveConstraint": lambda text: iter([migrations.RemoveConstraint("Album", text)]),
}
NO_TEXT_OF_OTHERS = {
    "RunPython": "runs code",
    "RunSQL": "runs SQL as it is written",
    "SeparateDatabaseAndState": "holds other operations",
    "AlterView": "has the SQL of a view that the ORM made",
}


def test_every_operation_is_thought_of() -> None:
    kinds = {
        name
        for name in migrations.__all__
        if inspect.isclass(kind := getattr(migrations, name)) and issubclass(kind, Operation) and kind is not Operation
    }
    assert kinds <= {*OPERATIONS, *NO_TEXT_OF_OTHERS}


def base() -> Operation:
    return created(
        "Album",
        indexes=(orm.Index(fields=("title",), name="album_title"),),
        constraints=(orm.UniqueConstraint(fields=("title",), name="album_once"),),
    )


def sent(operation: Operation, vendor: str) -> list[str]:
    """Return the SQL of an operation and of undoing it, as far as it is not refused."""
    found: list[str] = []
    for backwards in (False, True):
        with suppress(*REFUSALS):
            first = arrangement.make("shop", "0001", [base()], [], initial=True)
            second = arrangement.make("shop", "0002", [operation], [("shop", "0001")], initial=False)
            found += statements(Graph([first, second]), ("shop", "0002"), vendor, backwards=backwards)
    return found


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("kind", OPERATIONS)
def test_operations_make_no_sql_of_texts(kind: str, vendor: str) -> None:
    for text in HOSTILE:
        for operation in OPERATIONS[kind](text):
            for sql in sent(operation, vendor):
                bare = _QUOTED[vendor].sub("''", sql)
                assert not _HARMFUL.search(bare), sql
                assert not set("'\"`\0") & set(bare.replace("''", "")), sql


def test_a_text_that_is_merely_odd_is_kept_as_it_is(place: Any) -> None:
    """What is quoted comes back, so quoting changes nothing; and what drivers take for parameters is none."""
    odd = ("it's", 'a "b"', "100 %", "%s", "%(x)s", ":p0", "?", "\\", "\\'", "{0}", "\u2019", "$1")
    operations = [
        migrations.CreateModel(
            "Album",
            [
                ("id", orm.BigAutoField(primary_key=True)),
                *[
                    (f"f{n}", orm.CharField(max_length=20, db_default=text, db_column=f"c {text}"[:20]))
                    for n, text in enumerate(odd)
                ],
            ],
            {"db_table": 'it\'s 100 % `a` "table" :p0'},
        )
    ]
    first = arrangement.make("shop", "0001", operations, [], initial=True)
    with place.databases:
        executor = Executor(place.database, Graph([first]))
        executor.run(executor.plan())
    backend = place.database.backend
    table = backend.quote('it\'s 100 % `a` "table" :p0')  # as drivers read it, % doubled where they take it for more
    names = ", ".join(backend.quote(f"c {text}"[:20]) for text in odd)
    place.database.run(f"INSERT INTO {table} (id) VALUES (1)")
    assert [tuple(row) for row in place.database.fetch(f"SELECT {names} FROM {table}")] == [odd]
