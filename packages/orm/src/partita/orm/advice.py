"""Advice about queries, for debugging: indexes that are missing, relations loaded for nothing, queries that repeat."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.errors import OrmError
from partita.orm.query_log import LoggedQuery
from partita.orm.watching import REPORT

__all__ = ("Advice", "Report", "advised", "index_advice")

_ALIAS = re.compile(r"(?:FROM|JOIN|,)\s+[`\"]?(\w+)[`\"]?\s+AS\s+[`\"]?(\w+)[`\"]?", re.IGNORECASE)
_SCAN = re.compile(r"SCAN (?:TABLE )?(\w+)(?! (?:USING|VIRTUAL))\b(?!.*USING)")
_NAME = re.compile(r"\w+")


class Advice(NamedTuple):
    """One thing that could be better.

    Attributes:
        kind: ``index``, ``select_related`` or ``repeated``.
        where: File and line of the code that asked; empty where nobody can tell.
        text: What was found, and what would mend it.
    """

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where or 'somewhere'}: {self.text}"


class Report:
    """What `advised` found by the end of its block.

    Attributes:
        findings: One for each kind and line of code.
        log: The statements that ran.
    """

    __slots__ = ("_unused", "findings", "log")

    def __init__(self, log: list[LoggedQuery]) -> None:
        self.log = log
        self.findings: list[Advice] = []
        self._unused: dict[tuple[str, str], bool] = {}

    def __str__(self) -> str:
        return "\n".join(str(advice) for advice in self.findings) or "Nothing to improve was found."

    def watch(self, rows: Sequence[Any], related: Mapping[str, Any], sql: str) -> None:
        """Notice whether anybody asks for what select_related loaded with ``rows``."""
        where = next((query.where for query in reversed(self.log) if query.sql == sql), "")
        for name in related:
            key = where, name
            for row in rows:
                found = row.__dict__.get(name)
                if found is not None:
                    self._unused.setdefault(key, True)
                    _mark(found, lambda key=key: self._unused.__setitem__(key, False))  # type: ignore[misc]  # lambda's default

    def _finish(self, database: Database, big: int, at_least: int) -> None:
        from partita.orm.testing import repeated_queries

        for repeated in repeated_queries(self.log, at_least):
            self._add(
                "repeated",
                repeated.where,
                f"{repeated.times} times the same query; load related rows with select_related() or prefetch_related(): "
                f"{repeated.sql[:200]}",
            )
        for (where, name), unused in self._unused.items():
            if unused:
                self._add(
                    "select_related", where, f"select_related({name!r}) loads rows that nobody asks for; leave it out."
                )
        seen: set[str] = set()
        for query in self.log:
            if query.sql not in seen:
                seen.add(query.sql)
                for text in index_advice(database, query.sql, query.params, big=big):
                    self._add("index", query.where, text)

    def _add(self, kind: str, where: str, text: str) -> None:
        advice = Advice(kind, where, text)
        if advice not in self.findings:
            self.findings.append(advice)


@contextmanager
def advised(using: str | Database | None = None, *, big: int = 1000, at_least: int = 3) -> Iterator[Report]:
    """Watch the queries of a block, and know at its end what could be better. For debugging: it asks the database more.

    Args:
        using: A database or its alias.
        big: Rows from which on a table that is read from end to end counts.
        at_least: How often a query must repeat to count.
    """
    database = using if isinstance(using, Database) else current_databases()[using or "default"]
    with database.query_log() as log:
        report = Report(log)
        token = REPORT.set(report)
        try:
            yield report
        finally:
            REPORT.reset(token)
        asked = list(log)
    report.log = asked
    database.perform(report._finish, database, big, at_least)


def index_advice(database: Database, sql: str, params: Sequence[Any] = (), *, big: int = 1000) -> list[str]:
    """Return a sentence for each big table that a query chooses rows of by reading all of it.

    Args:
        database: Where it runs.
        sql: A query in the driver's own parameter style.
        params: Its values.
        big: Rows from which on it matters.
    """
    if not sql.lstrip()[:6].upper().startswith("SELECT") or " WHERE " not in sql.replace("\n", " "):
        return []
    aliases = {alias: table for table, alias in _ALIAS.findall(sql)}
    try:
        tables = _READ_WHOLE[database.vendor](database, sql, params, aliases)
        return [
            f"{table} is read from end to end to choose rows; an index on what is asked for would help: {sql[:200]}"
            for table in tables
            if _has(database, table, big)
        ]
    except OrmError:  # what cannot be explained needs no advice
        return []


def _sqlite(database: Database, sql: str, params: Sequence[Any], aliases: Mapping[str, str]) -> list[str]:
    rows = database.fetch(f"EXPLAIN QUERY PLAN {sql}", params)
    found = [_SCAN.fullmatch(str(row[-1])) for row in rows]
    return [aliases.get(scan[1], scan[1]) for scan in found if scan is not None]


def _postgresql(database: Database, sql: str, params: Sequence[Any], aliases: Mapping[str, str]) -> list[str]:
    import json

    text = database.fetch(f"EXPLAIN (FORMAT JSON) {sql}", params)[0][0]
    plan = json.loads(text) if isinstance(text, str) else text
    tables: list[str] = []

    def walk(node: Mapping[str, Any]) -> None:
        if node.get("Node Type") in ("Seq Scan", "Parallel Seq Scan") and "Filter" in node:
            tables.append(str(node["Relation Name"]))
        for inner in node.get("Plans", ()):
            walk(inner)

    walk(plan[0]["Plan"])
    return tables


def _mysql(database: Database, sql: str, params: Sequence[Any], aliases: Mapping[str, str]) -> list[str]:
    names, rows = database.fetch_named(f"EXPLAIN {sql}", params)
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        aliases.get(str(row["table"]), str(row["table"]))
        for row in found
        if row.get("type") == "ALL" and row.get("table") and "where" in str(row.get("Extra")).lower()
    ]


_READ_WHOLE: Mapping[str, Callable[[Database, str, Sequence[Any], Mapping[str, str]], list[str]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
}


def _has(database: Database, table: str, count: int) -> bool:
    """Return whether a table has so many rows."""
    if _NAME.fullmatch(table) is None:
        return False
    quoted = database.backend.quote(table)
    return bool(database.fetch(f"SELECT 1 FROM {quoted} LIMIT 1 OFFSET {int(count) - 1}"))


def _mark(instance: Any, used: Callable[[], None]) -> None:
    """Call ``used`` when anything is asked of an instance for the first time; until then it is of a class made for that."""
    model = type(instance)

    def __getattribute__(self: Any, name: str) -> Any:
        object.__setattr__(self, "__class__", model)
        used()
        return getattr(self, name)

    # By way of type, because this is no model of its own.
    object.__setattr__(
        instance,
        "__class__",
        type.__new__(type(model), model.__name__, (model,), {"__getattribute__": __getattribute__}),
    )
