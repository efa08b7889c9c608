"""Models written for tables that PostgreSQL has already: with its own kinds of columns."""

import datetime as dt
from typing import Any

from partita.orm import Database, Registry
from partita.orm.inspection import models_source
from partita.orm.options import _DEFAULTS

TABLE = """
CREATE TABLE old_things (
    id serial PRIMARY KEY, numbers integer[], names varchar(9)[] NOT NULL, grid numeric(5, 2)[][],
    whole int4range, large int8range, exact numrange, days daterange, booked tstzrange NOT NULL, stays daterange[],
    pairs hstore, document tsvector, span interval, plain text
)
"""


def load(source: str) -> dict[str, Any]:
    """Run a module's source, with its models in a register of their own."""
    usual = _DEFAULTS["registry"]
    _DEFAULTS["registry"] = Registry()
    try:
        names: dict[str, Any] = {"__name__": "legacy.models"}
        exec(source, names)
    finally:
        _DEFAULTS["registry"] = usual
    return names


def test_arrays_ranges_and_the_like_are_known(database: Database) -> None:
    database.execute(TABLE)
    database.execute(
        "INSERT INTO old_things (numbers, names, grid, whole, booked, stays, pairs, document, span) VALUES "
        "('{1,NULL}', '{a,b}', '{{1.5,2},{3,4}}', '[1,5)', '[2024-01-01 00:00Z,2024-02-01 00:00Z)', "
        "'{\"[2024-01-01,2024-01-03)\"}', 'a=>1', to_tsvector('english', 'rats'), '2 days')"
    )
    try:
        source = models_source(database, ["old_things"])
        assert source.count("\nfrom partita import orm, postgres\n") == 1
        assert "nobody knows" not in source
        kind = load(source)["OldThings"]
        fields = {field.name: type(field).__name__ for field in kind._meta.fields}
        assert fields == {
            "id": "AutoField",
            "numbers": "ArrayField",
            "names": "ArrayField",
            "grid": "ArrayField",
            "whole": "IntegerRangeField",
            "large": "BigIntegerRangeField",
            "exact": "DecimalRangeField",
            "days": "DateRangeField",
            "booked": "DateTimeRangeField",
            "stays": "ArrayField",
            "pairs": "HStoreField",
            "document": "SearchVectorField",
            "span": "DurationField",
            "plain": "TextField",
        }
        thing = kind.objects.get(numbers__contains=[1], names__contains=["b"], whole__contains=4, pairs__a="1")
        assert (thing.numbers, thing.names, thing.span) == ([1, None], ["a", "b"], dt.timedelta(days=2))
        assert [[int(number) for number in row] for row in thing.grid] == [[1, 2], [3, 4]]
        assert thing.stays[0].upper == dt.date(2024, 1, 3)
        assert kind.objects.filter(document__search="rat").count() == 1
        assert kind._meta.get_field("names").base_field.max_length == 9
        assert not kind._meta.get_field("names").null
    finally:
        database.execute("DROP TABLE old_things")


def test_models_without_these_do_without_the_package(database: Database) -> None:
    database.execute("CREATE TABLE old_plain (id serial PRIMARY KEY)")
    try:
        assert "\nfrom partita import orm\n" in models_source(database, ["old_plain"])
    finally:
        database.execute("DROP TABLE old_plain")
