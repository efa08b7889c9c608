"""For tests of code that uses the ORM: how many queries run, which of them repeat, and databases that mirror others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from partita.orm.database import Database
from partita.orm.databases import Databases, current_databases
from partita.orm.query_log import LoggedQuery

__all__ = ("Repeated", "assert_no_repeated_queries", "assert_num_queries", "mirrored", "repeated_queries")


class Repeated(NamedTuple):
    """The same statement, asked again and again from one line."""

    sql: str
    where: str
    times: int

    def __str__(self) -> str:
        return f"{self.times} times from {self.where or 'an unknown line'}: {self.sql}"


def mirrored(databases: Databases, **mirrors: str) -> Databases:
    """Return databases of which some are others under another name, so that what a test writes is what replicas show.

    Args:
        databases: All of them; its routers are kept.
        mirrors: By the alias of the mirror the alias of what it shows, such as ``replica="default"``.

    Raises:
        NoDatabaseError: If there is no such alias.
    """
    shown = {alias: databases[mirrors.get(alias, alias)] for alias in databases}
    for alias in mirrors:
        shown[alias] = databases[mirrors[alias]]
    own = sorted(shown, key=lambda alias: alias in mirrors)  # a database is known by its own alias
    return Databases({alias: shown[alias] for alias in own}, databases.routers)


@contextmanager
def assert_num_queries(
    count: int, using: str | Database | None = None, *, at_most: bool = False
) -> Iterator[list[LoggedQuery]]:
    """Fail unless exactly so many queries run in the block; the error shows them.

    Args:
        count: How many.
        using: A database or its alias.
        at_most: Allow fewer.

    Raises:
        AssertionError: If there were others.
    """
    with _database(using).query_log() as log:
        yield log
    if len(log) > count or (len(log) < count and not at_most):
        expected = f"at most {count}" if at_most else f"{count}"
        lines = "".join(f"\n{number}. {query.sql}  [{query.where}]" for number, query in enumerate(log, 1))
        raise AssertionError(f"{len(log)} queries executed, {expected} expected{':' if log else '.'}{lines}")


def repeated_queries(log: Sequence[LoggedQuery], at_least: int = 3) -> list[Repeated]:
    """Return the statements that ran ``at_least`` times from the same line, most often first: N+1 queries, mostly."""
    counts: dict[tuple[str, str], int] = {}
    for query in log:
        counts[query.sql, query.where] = counts.get((query.sql, query.where), 0) + 1
    found = [Repeated(sql, where, count) for (sql, where), count in counts.items() if count >= at_least]
    return sorted(found, key=lambda repeated: -repeated.times)


@contextmanager
def assert_no_repeated_queries(using: str | Database | None = None, at_least: int = 3) -> Iterator[list[LoggedQuery]]:
    """Fail if a statement runs ``at_least`` times from one line of the block; the error names the line.

    Raises:
        AssertionError: If there is one.
    """
    with _database(using).query_log() as log:
        yield log
    repeated = repeated_queries(log, at_least)
    if repeated:
        raise AssertionError("Repeated queries:" + "".join(f"\n{one}" for one in repeated))


def _database(using: str | Database | None) -> Database:
    return using if isinstance(using, Database) else current_databases()[using or "default"]
