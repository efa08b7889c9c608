"""Models written for tables that are there already; run, they read those tables."""

import argparse
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contracts.testing.app import SimpleRegistrar
from partita.orm import DATABASES, Database, Databases, Registry
from partita.orm.inspection import InspectDb, models_source, table_names
from partita.orm.options import _DEFAULTS


@pytest.fixture
def odd(database: Database) -> Iterator[Database]:
    """A table that no model of ours was made for."""
    quote = database.backend.quote
    database.execute(
        f"CREATE TABLE odd_table (id integer PRIMARY KEY, {quote('Class')} varchar(20) NOT NULL, {quote('2nd name')} varchar(9), "
        f"{quote('pass')} integer, size numeric(8, 3), genre_id integer, UNIQUE (size, genre_id))"
    )
    yield database
    database.execute("DROP TABLE odd_table")


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


def test_the_models_read_the_tables_they_were_made_from(
    database: Database, music: SimpleNamespace, models: SimpleNamespace
) -> None:
    tables = [name for name in table_names(database) if name.startswith("shop_")]
    source = models_source(database, tables)
    made = load(source)
    album = made["ShopAlbum"].objects.select_related("artist").get(title="Kind of Blue")
    assert (album.artist.name, album.year, str(album.price)) == ("Miles Davis", 1959, "12.50")
    assert made["ShopTrack"].objects.filter(album=album).count() == 3
    assert made["ShopArtist"]._meta.get_field("manager").related_model is made["ShopArtist"]
    assert made["ShopSleeve"]._meta.get_field("album").one_to_one
    assert made["ShopGenre"]._meta.get_field("name").unique
    assert made["ShopAlbum"]._meta.pk.is_auto
    assert not made["ShopAlbum"]._meta.managed
    assert ("album", "number") in made["ShopTrack"]._meta.unique_together
    assert "managed = False" in source


def test_columns_with_odd_names_become_fields(odd: Database) -> None:
    made = load(models_source(odd, ["odd_table"]))["OddTable"]
    columns = {field.name: field.column for field in made._meta.fields}
    assert columns["class_field"] == "Class"
    assert columns["number_2nd_name"] == "2nd name"
    assert columns["pass_field"] == "pass"
    size = made._meta.get_field("size")
    assert (size.max_digits, size.decimal_places, size.null) == (8, 3, True)
    made.objects.create(id=7, class_field="x")
    assert made.objects.get(class_field="x").pk == 7


def test_a_key_of_several_columns_is_found(database: Database) -> None:
    database.execute(
        "CREATE TABLE odd_pair (artist_id INTEGER NOT NULL, number INTEGER NOT NULL, name VARCHAR(20), "
        "PRIMARY KEY (artist_id, number))"
    )
    try:
        source = models_source(database, ["odd_pair"])
        assert "pk = orm.CompositePrimaryKey('artist_id', 'number')" in source
        pair = load(source)["OddPair"]
        made = pair.objects.create(pk=(1, 2), name="x")
        assert pair.objects.get(pk=(1, 2)) == made
    finally:
        database.execute("DROP TABLE odd_pair")


def test_the_command_writes_the_module(odd: Database) -> None:
    app = SimpleRegistrar()
    app.provide(DATABASES, lambda: Databases({"default": odd}))
    written: list[str] = []
    command = InspectDb(written.append)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(app, parser.parse_args(["odd_table"])) == 0
    assert "class OddTable(orm.Model):" in written[0]
    with pytest.raises(SystemExit, match="There is no table 'nothing'"):
        command.run(app, parser.parse_args(["nothing"]))
    with pytest.raises(SystemExit, match="no database 'other'"):
        command.run(app, parser.parse_args(["--database", "other"]))
