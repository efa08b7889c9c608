"""What differs between two tables: every part of a constraint or an index, also under the same name."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from partita import orm
from partita.migrations.tables import TableChange
from partita.orm import F, Q
from partita.orm.schema import metadata_for

DIALECTS = {each: orm.Database(f"{each}://nobody@127.0.0.1/none").blocking.dialect for each in ("postgresql", "mysql")}
DIALECTS["sqlite"] = orm.Database("sqlite://:memory:").blocking.dialect


class Excluding:
    """What a package of constraints may put into a table."""

    name = "part"

    def __init__(self, *pairs: tuple[str, str], where: str | None = None, **options: Any) -> None:
        self.pairs, self.where, self.options = pairs, where, options

    def add_to(self, table: sa.Table, model: Any) -> None:
        """Add SQLAlchemy's."""
        where = None if self.where is None else sa.text(self.where)
        pairs: list[Any] = [(table.c[name] if name in table.c else sa.text(name), sign) for name, sign in self.pairs]
        made: Any = ExcludeConstraint(*pairs, name="part", where=where, **self.options)
        table.append_constraint(made.ddl_if(dialect="postgresql"))


def index(*args: Any, **options: Any) -> dict[str, Any]:
    return {"indexes": (orm.Index(*args, **{"name": "part", **options}),)}


def unique(*args: Any, **options: Any) -> dict[str, Any]:
    return {"constraints": (orm.UniqueConstraint(*args, **{"name": "part", **options}),)}


def check(condition: Q) -> dict[str, Any]:
    return {"constraints": (orm.CheckConstraint(condition=condition, name="part"),)}


def excluding(*pairs: tuple[str, str], **options: Any) -> dict[str, Any]:
    return {"constraints": (Excluding(*pairs, **options),)}


A = ("a",)
EVERYWHERE = ("postgresql", "mysql", "sqlite")
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "index: condition": (
        index(fields=A, condition=Q(b=1)),
        index(fields=A, condition=Q(b=2)),
        ("postgresql", "sqlite"),
    ),
    "index: direction": (index(fields=A), index(fields=["-a"]), EVERYWHERE),
    "index: columns beside": (index(fields=A, include=["b"]), index(fields=A, include=["c"]), ("postgresql",)),
    "index: classes": (
        index(fields=["t"], opclasses=["text_pattern_ops"]),
        index(fields=["t"], opclasses=["varchar_pattern_ops"]),
        ("postgresql",),
    ),
    "index: expression": (index(F("a") + 1), index(F("a") + 2), ("postgresql", "sqlite")),
    "unique: condition": (
        unique(fields=A, condition=Q(b=1)),
        unique(fields=A, condition=Q(b=2)),
        ("postgresql", "sqlite"),
    ),
    "unique: a condition more": (unique(fields=A), unique(fields=A, condition=Q(b=2)), EVERYWHERE),
    "unique: columns beside": (unique(fields=A, include=["b"]), unique(fields=A, include=["c"]), ("postgresql",)),
    "unique: classes": (
        unique(fields=["t"], opclasses=["text_pattern_ops"]),
        unique(fields=["t"], opclasses=["varchar_pattern_ops"]),
        ("postgresql",),
    ),
    "unique: NULL": (unique(fields=A), unique(fields=A, nulls_distinct=False), ("postgresql",)),
    "unique: NULL in an index": (
        unique(fields=A, condition=Q(b=1)),
        unique(fields=A, condition=Q(b=1), nulls_distinct=False),
        ("postgresql",),
    ),
    "unique: when": (
        unique(fields=A, deferrable=orm.Deferrable.DEFERRED),
        unique(fields=A, deferrable=orm.Deferrable.IMMEDIATE),
        ("postgresql",),
    ),
    "unique: at once or later": (
        unique(fields=A),
        unique(fields=A, deferrable=orm.Deferrable.IMMEDIATE),
        EVERYWHERE,  # elsewhere there is none that can wait
    ),
    "check": (check(Q(a__gt=1)), check(Q(a__gt=2)), EVERYWHERE),
    "exclusion: operator": (excluding(("a", "=")), excluding(("a", "<>")), ("postgresql",)),
    "exclusion: column": (excluding(("a", "=")), excluding(("b", "=")), ("postgresql",)),
    "exclusion: expression": (excluding(("(a + 1)", "=")), excluding(("(a + 2)", "=")), ("postgresql",)),
    "exclusion: condition": (
        excluding(("a", "="), where="b > 1"),
        excluding(("a", "="), where="b > 2"),
        ("postgresql",),
    ),
    "exclusion: kind of index": (
        excluding(("a", "="), using="gist"),
        excluding(("a", "="), using="hash"),
        ("postgresql",),
    ),
    "exclusion: when": (excluding(("a", "=")), excluding(("a", "="), deferrable=True), ("postgresql",)),
}


def table(options: dict[str, Any]) -> sa.Table:
    """Return the table of a model with these options."""
    meta = type("Meta", (), {"registry": orm.Registry(), "app_label": "shop", **options})
    fields = {name: orm.IntegerField() for name in "abc"}
    made: Any = type("Thing", (orm.Model,), {"Meta": meta, "__module__": __name__, **fields, "t": orm.TextField()})
    return metadata_for([made]).tables["shop_thing"]


def change(old: sa.Table, new: sa.Table, dialect: str) -> TableChange:
    return TableChange(old, new, DIALECTS[dialect], {}, {}, {}, {})


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", CHANGES)
def test_a_part_that_changes_under_its_name_is_made_anew(name: str, dialect: str) -> None:
    before, after, where = CHANGES[name]
    for one, other in ((before, after), (after, before)):
        found = change(table(one), table(other), dialect)
        parts = [*found.dropped_constraints, *found.dropped_indexes, *found.added_constraints, *found.added_indexes]
        assert {part.name for part in parts} == ({"part"} if dialect in where else set())
        assert bool(found) == (dialect in where)
    for same in (before, after):
        assert not change(table(same), table(same), dialect)


def test_a_part_over_a_renamed_column_stays() -> None:
    old = table(unique(fields=A, deferrable=orm.Deferrable.DEFERRED))
    new = table(unique(fields=A, deferrable=orm.Deferrable.DEFERRED))
    new.c.a.name = "z"
    found = TableChange(old, new, DIALECTS["postgresql"], {"a": "z"}, {}, {}, {})
    assert [*found.dropped_constraints, *found.added_constraints] == []
