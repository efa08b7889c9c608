"""Where a database is, and how it is to be used: URLs and options."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from partita.orm.errors import NoDatabaseError
from partita.orm.tls import SECRET_OPTIONS

__all__ = ("LEVELS", "parsed_url", "read_options", "shown_url")

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
    "use_tz": True,
    "time_zone": "",
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
    asked = {_named(name, known): value for name, value in url.query.items()}
    given = {_named(name, known): value for name, value in given.items()}
    if unknown := sorted((given.keys() | asked.keys()) - known.keys()):
        raise TypeError(_unknown(unknown[0], known))
    given = {
        name: _read(name, known[name], value) if isinstance(value, str) else value for name, value in given.items()
    }
    options = {**known, **{name: _read(name, known[name], value) for name, value in asked.items()}, **given}
    for name, usual in _OPTIONS.items():
        _check_number(name, usual, options[name])
    level = str(options["isolation"]).lower()
    if level and level not in LEVELS:
        raise ValueError(f"isolation is one of {', '.join(LEVELS)}, not {level!r:.40}.")
    options["isolation"] = level
    return options


def _named(name: str, known: Mapping[str, Any]) -> str:
    # MySQL's clients write ssl-mode where Python wants ssl_mode.
    plain = name.replace("-", "_")
    return plain if plain in known else name


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches  # only who errs needs it

    meant = get_close_matches(name[:100].lower().replace("-", "_"), known, 1)
    nearest = f"; did you mean {meant[0]!r}?" if meant else ";"
    return f"Unknown database option {name[:100]!r}{nearest} Known are {', '.join(known)}."


def _check_number(name: str, usual: Any, value: Any) -> None:
    if isinstance(usual, bool | str):
        return
    whole = isinstance(usual, int)
    least = 1 if name == "pool_size" else 0
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not value >= least:
        kind = f"a {'whole ' * whole}number of at least {least}"
        raise ValueError(f"The database option {name} is {kind}, not {value!r:.40}.")


def _read(name: str, usual: Any, text: Any) -> Any:
    """Return an option of a URL or of the environment as the type of its usual value."""
    if not isinstance(text, str):
        raise ValueError(f"The database option {name} stands in the URL {len(text)} times.")
    if isinstance(usual, bool):
        return text.lower() in ("1", "true", "yes", "on")
    try:
        return type(usual)(text)
    except ValueError:
        kind = {int: "a whole number", float: "a number"}.get(type(usual), f"a {type(usual).__name__}")
        raise ValueError(f"The database option {name} is {kind}, not {text!r:.40}.") from None


def shown_url(url: URL) -> str:
    """Return a URL for people and logs: without passwords, not even those of keys."""
    secret = [name for name in url.query if name.replace("-", "_") in SECRET_OPTIONS]
    return url.update_query_dict(dict.fromkeys(secret, "***")).render_as_string(hide_password=True)


def parsed_url(url: str | URL) -> URL:
    """Read a URL.

    Raises:
        NoDatabaseError: If it is none.
    """
    if isinstance(url, str) and url.startswith("sqlite://:memory:"):
        url = "sqlite:///:memory:" + url.removeprefix("sqlite://:memory:")
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise NoDatabaseError("A database URL looks like sqlite:///file or postgresql://user@host/name.") from None
    except ValueError:  # its text shows what stands in the port's place, which may be a password
        raise NoDatabaseError(
            "The port in a database URL is a number, as in postgresql://user@host:5432/name. A password with "
            "one of the characters : / ? # @ has to be escaped, as urllib.parse.quote(password, safe='') does."
        ) from None
    if parsed.host and parsed.get_backend_name() == "sqlite":
        raise NoDatabaseError(
            f"SQLite has no host, but this URL names {parsed.host!r:.60}. A file takes three slashes, as in sqlite:///shop.sqlite3, and four "
            "if its path begins with one."
        )
    return parsed
