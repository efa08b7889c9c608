"""Where a database is, and how it is to be used: URLs and options."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from partita.orm.errors import NoDatabaseError

__all__ = ("LEVELS", "parsed_url", "read_options")

LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable")
_OPTIONS: dict[str, Any] = {
    "pool_size": 10,
    "pool_timeout": 30.0,
    "connect_timeout": 10.0,
    "busy_timeout": 5.0,
    "transaction_mode": "immediate",
    "max_lifetime": 3600.0,
    "check_after": 20.0,
    "statement_timeout": 0.0,
    "isolation": "",
    "copy_rows": 0,
    "prepared_statements": True,
    "init_command": "",
}


def read_options(url: URL, given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options: those given, those in the URL's query, and what is usual.

    Args:
        url: Where the database is.
        given: Options by name.
        own: Those that only this kind of database has, with what is usual.

    Raises:
        TypeError: If there is no such option.
        ValueError: If an option has no such value.
    """
    known = {**_OPTIONS, **own}
    unknown = (given.keys() | url.query.keys()) - known.keys()
    if unknown:
        raise TypeError(f"Unknown database option {sorted(unknown)[0]!r}; known are {', '.join(known)}.")
    options = {**known, **{name: _read(known[name], value) for name, value in url.query.items()}, **given}
    level = str(options["isolation"]).lower()
    if level and level not in LEVELS:
        raise ValueError(f"isolation is one of {', '.join(LEVELS)}, not {level!r:.40}.")
    options["isolation"] = level
    return options


def _read(usual: Any, text: Any) -> Any:
    """Return an option of a URL as the type of its usual value."""
    if isinstance(usual, bool):
        return str(text).lower() in ("1", "true", "yes", "on")
    return type(usual)(text)


def parsed_url(url: str | URL) -> URL:
    """Read a URL.

    Raises:
        NoDatabaseError: If it is none.
    """
    if isinstance(url, str) and url.startswith("sqlite://:memory:"):
        url = "sqlite:///:memory:" + url.removeprefix("sqlite://:memory:")
    try:
        return make_url(url)
    except ArgumentError:
        raise NoDatabaseError("A database URL looks like sqlite:///file or postgresql://user@host/name.") from None
