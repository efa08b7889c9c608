"""Under which names an application offers what is its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from partita.contracts.key import Key
from partita.http import Slot
from partita.urls import Match
from partita.web.settings import Settings

__all__ = ("FAILURE", "MATCH", "QUERIES", "REPORTS", "SETTINGS")

SETTINGS = Key[Settings]("partita.web.settings")
"""The application's settings."""
REPORTS = Key[Mapping[str, str]]("partita.web.reports")
"""Dotted names of the classes that make reports of exceptions: ``reporter`` and ``filter``; empty for the usual ones."""
MATCH = Slot[Match]("partita.web.match")
"""The route that leads to the request's view; filled before guards run."""
QUERIES = Slot[Sequence[Any]]("partita.web.queries")
"""The statements that ran for the request, while `debug` is on."""
FAILURE = Slot[BaseException]("partita.web.failure")
"""The exception that became the response, for whoever must know more than the status: transactions, tests, traces."""
