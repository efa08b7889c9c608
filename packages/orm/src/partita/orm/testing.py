"""For tests of code that uses the ORM: how many queries run, and which of them repeat."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from partita.orm.database import Database, LoggedQuery
from partita.orm.databases import current_databases

__all__ = ("Repeated", "assert_no_repeated_queries", "assert_num_queries", "repeated_queries")


class Repeated(NamedTuple):
    """The same statement, asked again and again from one line."""

    sql: str
    where: str
    times: int

    def __str__(self) -> str:
        return f"{self.times} times from {self.where or 'an unknown line'}: {self.sql}"


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
