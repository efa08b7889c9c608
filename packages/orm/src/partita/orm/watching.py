"""Whether somebody watches the queries of this context: the part of `advice` that every query with relations asks."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partita.orm.advice import Report

__all__ = ("REPORT", "watch_related")

REPORT: "ContextVar[Report | None]" = ContextVar("partita.orm.watching", default=None)


def watch_related(rows: Sequence[Any], related: Mapping[str, Any], sql: str) -> None:
    """Tell the report of this context, if there is one, what a query with select_related gave."""
    report = REPORT.get()
    if report is not None:
        report.watch(rows, related, sql)
