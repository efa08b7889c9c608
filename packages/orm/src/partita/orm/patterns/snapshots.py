"""For tests: the statements of a block compared with a file that stands in the repository."""

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from partita.orm.database import Database, LoggedQuery
from partita.orm.databases import current_databases

__all__ = ("assert_queries_match",)

_SPACE = re.compile(r"\s+")
_PLACES = re.compile(r"\((?:(?:\?|%s|\$\d+)(?:::[A-Z][A-Z ]*(?:\([0-9, ]*\))?)?(?:, )?){2,}\)")
UPDATE = "PARTITA_UPDATE_SNAPSHOTS"


@contextmanager
def assert_queries_match(path: str | Path, using: str | Database | None = None) -> Iterator[list[LoggedQuery]]:
    """Fail if the statements that run in the block are not those in a file; the error shows the difference.

    The file is written where there is none, and written anew with ``PARTITA_UPDATE_SNAPSHOTS=1`` in the environment. It
    holds a statement a line, without values, so that it is read in reviews: queries that change or come to be are seen.
    In continuous integration (``CI=true``) a file that is missing is an error.

    Args:
        path: Of the file, such as ``Path(__file__).with_name("list_view.sql")``.
        using: A database or its alias.

    Raises:
        AssertionError: If there are other statements.
    """
    database = using if isinstance(using, Database) else current_databases()[using or "default"]
    with database.query_log() as log:
        yield log
    place = Path(path)
    text = _written(log)
    if os.environ.get(UPDATE) == "1" or (not place.exists() and os.environ.get("CI") != "true"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        return
    known = place.read_text("utf-8") if place.exists() else ""
    if known != text:
        lines = difflib.unified_diff(known.splitlines(), text.splitlines(), str(place), "what ran", lineterm="")
        raise AssertionError(
            "The statements are not those of the snapshot. If that is what you want, run once with "
            f"{UPDATE}=1.\n" + "\n".join(lines)
        )


def _written(log: Sequence[LoggedQuery]) -> str:
    """Return the statements, one a line; lists of values of any length look alike."""
    return "".join(f"{_PLACES.sub('(...)', _SPACE.sub(' ', query.sql).strip())}\n" for query in log)
