"""Models written for the tables that a database has (``partita inspectdb``)."""

import argparse
import keyword
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import inspect, types
from sqlalchemy import text as sql
from sqlalchemy.engine import Inspector

from partita.contracts.current import Resolver
from partita.orm.database import Database
from partita.orm.databases import DATABASES
from partita.orm.errors import OrmError

__all__ = ("InspectDb", "models_source", "table_names")

_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (types.Boolean, "BooleanField"),
    (types.BigInteger, "BigIntegerField"),
    (types.SmallInteger, "SmallIntegerField"),
    (types.Integer, "IntegerField"),
    (types.Float, "FloatField"),
    (types.Numeric, "DecimalField"),
    (types.DateTime, "DateTimeField"),
    (types.Date, "DateField"),
    (types.Time, "TimeField"),
    (types.Interval, "DurationField"),
    (types.Uuid, "UUIDField"),
    (types.JSON, "JSONField"),
    (types.LargeBinary, "BinaryField"),
    (types.Text, "TextField"),
    (types.String, "CharField"),
)
_OF_POSTGRES = {
    "INT4RANGE": "IntegerRangeField",
    "INT8RANGE": "BigIntegerRangeField",
    "NUMRANGE": "DecimalRangeField",
    "DATERANGE": "DateRangeField",
    "TSTZRANGE": "DateTimeRangeField",
    "HSTORE": "HStoreField",
    "TSVECTOR": "SearchVectorField",
}
_AUTO = {"BigIntegerField": "BigAutoField", "IntegerField": "AutoField", "SmallIntegerField": "SmallAutoField"}


class _Known(NamedTuple):
    """What the inspector says of one table."""

    name: str
    columns: Sequence[Any]
    key: Sequence[str]
    foreign: dict[str, Any]
    wide: list[Any]  # foreign keys of several columns
    unique: list[list[str]]


def table_names(database: Database, *, views: bool = False) -> list[str]:
    """Return the names of the tables, and of views if asked for, in the database's own schema."""
    found: list[str] = _with_inspector(database, lambda inspector: _names(inspector, views))
    return found


def models_source(database: Database, tables: Iterable[str] | None = None, *, views: bool = False) -> str:
    """Return a module with a model for each table: a draft, to be read over and put in order.

    Args:
        database: Where the tables are. Async code calls this in a thread.
        tables: Their names; all by default.
        views: Whether views get models, too, if ``tables`` does not say.

    Raises:
        LookupError: If there is no table of a name that was given.
    """
    wanted = None if tables is None else list(tables)

    def read(inspector: Inspector) -> list[_Known]:
        present = _names(inspector, views or wanted is not None)
        if wanted is not None and (unknown := [name for name in wanted if name not in present]):
            raise LookupError(f"There is no table {unknown[0]!r:.80}; there are: {', '.join(present) or 'none'}.")
        return [_known(inspector, name) for name in (present if wanted is None else wanted)]

    found = _with_inspector(database, read)
    classes = _class_names([table.name for table in found])
    models = ["\n".join(_model(table, classes)) for table in found]
    needs_postgres = any("= postgres." in model for model in models)
    return "\n\n\n".join([_HEAD + (", postgres" if needs_postgres else ""), *models]) + "\n"


_HEAD = '''"""A draft of models for tables that were there before. Please:

- put the models in order, and give fields and relations good names;
- make sure that each model has one field with primary_key=True, and each relation the on_delete that it should have;
- take ``managed = False`` out of what migrations shall create, change and drop.
"""

from partita import orm'''


def _with_inspector(database: Database, read: Callable[[Inspector], Any]) -> Any:
    """Call ``read`` with SQLAlchemy's inspector over one of our connections."""
    pool = database.pool()
    link: Any = pool.acquire()
    try:
        with database.kind.engine(link.raw).connect() as connection:
            return read(inspect(connection))
    finally:
        if database.vendor != "sqlite":  # SQLAlchemy may have taught the driver's connection its own manners
            link.broken = True
        pool.release(link)


def _names(inspector: Inspector, views: bool) -> list[str]:
    names = inspector.get_table_names()
    return sorted([*names, *inspector.get_view_names()] if views else names)


def _known(inspector: Inspector, name: str) -> _Known:
    foreign = {
        key["constrained_columns"][0]: key
        for key in inspector.get_foreign_keys(name)
        if len(key["constrained_columns"]) == 1 and key["referred_columns"]
    }
    wide = [
        key
        for key in inspector.get_foreign_keys(name)
        if len(key["constrained_columns"]) > 1 and key["referred_columns"]
    ]
    unique = [list(each["column_names"]) for each in inspector.get_unique_constraints(name)]
    unique += [
        [column for column in each["column_names"] if column]
        for each in inspector.get_indexes(name)
        if each["unique"] and not each.get("dialect_options", {}).get("postgresql_where")
    ]
    key = inspector.get_pk_constraint(name).get("constrained_columns") or []
    distinct = list({tuple(each): each for each in unique}.values())
    columns = inspector.get_columns(name)
    if any(isinstance(column["type"], types.ARRAY) for column in columns):
        _count_dimensions(inspector, name, columns)
    return _Known(name, columns, key, foreign, wide, distinct)


def _count_dimensions(inspector: Inspector, name: str, columns: Sequence[Any]) -> None:
    """Let arrays know of how many dimensions they were declared, which SQLAlchemy does not ask PostgreSQL."""
    asked = sql("SELECT attname, attndims FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(:name))")
    bind: Any = inspector.bind  # a connection; see `_with_inspector`
    found = dict(bind.execute(asked, {"name": name}).tuples().all())
    for column in columns:
        if isinstance(column["type"], types.ARRAY):
            column["type"].dimensions = found.get(column["name"])


def _class_names(tables: Iterable[str]) -> dict[str, str]:
    """Return a name of its own for each table's class."""
    taken: dict[str, str] = {}
    for table in tables:
        words = re.sub(r"[^0-9A-Za-z]+", " ", table).split()
        name = "".join(word[:1].upper() + word[1:] for word in words) or "Model"
        name = f"Model{name}" if not name[0].isalpha() else name
        while name in taken.values():
            name += "X"
        taken[table] = name
    return taken


def _model(table: _Known, classes: dict[str, str]) -> Iterator[str]:
    yield f"class {classes[table.name]}(orm.Model):"
    used: set[str] = set()
    single = {columns[0] for columns in table.unique if len(columns) == 1}
    names: dict[str, str] = {}
    repeated = {column: key for key in table.wide if _stem(key) for column in key["constrained_columns"]}
    for column in table.columns:
        if (key := repeated.get(column["name"])) is not None:
            names[column["name"]] = column["name"]
            if key["constrained_columns"][0] == column["name"]:
                yield _foreign_key_of_several(key, column, table, classes, used)
            continue
        name, notes = _field_name(column["name"], column["name"] in table.foreign, used)
        names[column["name"]] = name
        kind, options, more = _field(column, table, classes, single)
        if options.get("db_column", name) is None or _column_of(name, kind) != column["name"]:
            options["db_column"] = column["name"]
        text = ", ".join([*options.pop("", ()), *(f"{key}={value!r}" for key, value in options.items())])
        text = text.replace("'DO_NOTHING'", "orm.DO_NOTHING")
        said = "; ".join([*notes, *more])
        home = "" if kind.startswith("postgres.") else "orm."
        yield f"    {name} = {home}{kind}({text})" + (f"  # {said}" if said else "")
    for key in table.wide:
        if not _stem(key):
            yield _foreign_object(key, table, names, classes, used)
    if len(table.key) > 1:
        yield f"    pk = orm.CompositePrimaryKey({', '.join(repr(names[column]) for column in table.key)})"
    if not table.columns:
        yield "    pass"
    yield ""
    yield "    class Meta:"
    yield "        managed = False"
    yield f"        db_table = {table.name!r}"
    together = [
        [names[column] for column in columns]
        for columns in table.unique
        if len(columns) > 1 and not any(set(columns) == set(key["constrained_columns"]) for key in table.wide)
    ]
    if together:
        yield f"        unique_together = {tuple(tuple(columns) for columns in together)!r}"


def _stem(key: Any) -> str:
    """Return what the columns of a foreign key are called before the names of those that they repeat; empty if they differ."""
    stems = {
        here.removesuffix(f"_{there}") if here.endswith(f"_{there}") else ""
        for here, there in zip(key["constrained_columns"], key["referred_columns"], strict=True)
    }
    return stems.pop() if len(stems) == 1 else ""


def _aim(key: Any, table: _Known, classes: dict[str, str]) -> str:
    aim = key["referred_table"]
    if aim == table.name:
        return "self"
    return classes.get(aim) or _class_names([aim])[aim]


def _foreign_key_of_several(key: Any, column: Any, table: _Known, classes: dict[str, str], used: set[str]) -> str:
    """Return the line of a foreign key whose columns are called as partita calls them."""
    name, _ = _field_name(_stem(key), False, used)
    unique = any(set(key["constrained_columns"]) == set(columns) for columns in table.unique)
    kind = "OneToOneField" if unique else "ForeignKey"
    options = ", blank=True, null=True" if column["nullable"] else ""
    other = f", db_column={_stem(key)!r}" if name != _stem(key) else ""
    return f"    {name} = orm.{kind}({_aim(key, table, classes)!r}, orm.DO_NOTHING{options}{other})"


def _foreign_object(key: Any, table: _Known, names: dict[str, str], classes: dict[str, str], used: set[str]) -> str:
    """Return the line of a relation by columns that are fields of their own as well."""
    name, _ = _field_name(key["referred_table"], False, used)
    own = ", ".join(repr(names[column]) for column in key["constrained_columns"])
    there = ", ".join(repr(column) for column in key["referred_columns"])
    nullable = {column["name"]: column["nullable"] for column in table.columns}
    options = ", null=True" if any(nullable[column] for column in key["constrained_columns"]) else ""
    aim = _aim(key, table, classes)
    return f"    {name} = orm.ForeignObject({aim!r}, orm.DO_NOTHING, ({own}), ({there}){options}, related_name='+')"


def _column_of(name: str, kind: str) -> str:
    return f"{name}_id" if kind in ("ForeignKey", "OneToOneField") else name


def _field(
    column: Any, table: _Known, classes: dict[str, str], single: set[str]
) -> tuple[str, dict[str, Any], list[str]]:
    """Return the class of a field, its options (positional ones under an empty name), and remarks."""
    name, notes = column["name"], list[str]()
    options: dict[str, Any] = {}
    key = table.foreign.get(name)
    is_key = list(table.key) == [name]
    if key is not None:
        kind = "OneToOneField" if is_key or name in single else "ForeignKey"
        aim = key["referred_table"]
        target = "self" if aim == table.name else classes.get(aim)
        if target is None:
            notes.append(f"the table {aim} is not among these models")
            target = _class_names([aim])[aim]
        options[""] = (repr(target), "orm.DO_NOTHING")
    else:
        kind, options, notes = _plain(column["type"])
    if is_key:
        counts = column.get("autoincrement") is not False and kind in _AUTO
        kind = _AUTO[kind] if counts else kind
        options["primary_key"] = True
    elif name in single and kind != "OneToOneField":
        options["unique"] = True
    if column["nullable"] and name not in table.key:
        options |= {"blank": True, "null": True}
    if column.get("computed"):
        notes.append("the database computes it")
    if column.get("comment"):
        options["db_comment"] = column["comment"]
    return kind, options, notes


def _plain(kind: Any) -> tuple[str, dict[str, Any], list[str]]:
    """Return the class of a field for a type of SQL, its options, and remarks."""
    options: dict[str, Any] = {}
    size: Any = kind
    if type(kind).__name__ == "TINYINT" and getattr(kind, "display_width", None) == 1:
        return "BooleanField", options, []
    if type(kind).__name__ == "INTERVAL":  # PostgreSQL's is not one of SQLAlchemy's general ones
        return "DurationField", options, []
    if type(kind).__name__ in ("INET", "CIDR"):
        return "GenericIPAddressField", options, []
    if isinstance(kind, types.ARRAY):
        inside, own, notes = _plain(kind.item_type)
        for level in range(kind.dimensions or 1):
            given = ", ".join([*own.pop("", ()), *(f"{key}={value!r}" for key, value in own.items())])
            inside, own = "postgres.ArrayField", {"": (f"{'' if level or '.' in inside else 'orm.'}{inside}({given})",)}
        return inside, own, notes
    if (named := _OF_POSTGRES.get(type(kind).__name__)) is not None:
        return f"postgres.{named}", options, []
    found = next((name for known, name in _KINDS if isinstance(kind, known)), None)
    if found is None:
        return "TextField", options, [f"nobody knows the type {kind!s:.40}; this is a guess"]
    if found == "CharField":
        if size.length:
            options["max_length"] = size.length
    elif found == "DecimalField":
        options["max_digits"], options["decimal_places"] = size.precision or 65, size.scale or 0
        if size.precision is None:
            return (
                found,
                options,
                ["max_digits and decimal_places have been guessed, as this database does not know them"],
            )
    return found, options, []


def _field_name(column: str, is_relation: bool, used: set[str]) -> tuple[str, list[str]]:
    """Return a name that a field may have, and what was done to the column's for that."""
    notes = []
    name = column.lower()
    if name != column:
        notes.append("field name made lowercase")
    if is_relation and name.endswith("_id"):
        name = name[:-3]
    cleaned = re.sub(r"__+", "_", re.sub(r"\W", "_", name)).strip("_") or "field"
    if cleaned != name:
        notes.append("field renamed to remove what a name cannot hold")
    name = cleaned
    if keyword.iskeyword(name) or name in ("pk", "objects"):
        name += "_field"
        notes.append("field renamed because it was a reserved word")
    if name[0].isdigit():
        name = f"number_{name}"
        notes.append("field renamed because it began with a digit")
    plain, count = name, 0
    while name in used:
        name = f"{plain}_{count}"
        count += 1
    used.add(name)
    return name, notes


def _stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class InspectDb:
    """The command ``partita inspectdb``."""

    __slots__ = ("_out",)

    name = "inspectdb"
    help = "Write models for the tables of a database"

    def __init__(self, out: Callable[[str], object] = _stdout) -> None:
        self._out = out

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        parser.add_argument("tables", nargs="*", metavar="table", help="only these tables")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--include-views", action="store_true", help="write models for views, too")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Write the module; return the exit status."""
        try:
            database = app.require(DATABASES)[options.database]
            self._out(models_source(database, options.tables or None, views=options.include_views))
        except (OrmError, LookupError) as error:
            raise SystemExit(f"inspectdb: {error}") from error
        return 0
