"""A transaction of our own that the database gave up in favour of another's is done anew."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from partita import bridge
from partita.orm.errors import OperationalError

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = ("until_kept",)

T = TypeVar("T")

_ATTEMPTS = 12
_FIRST, _LONGEST = 0.002, 0.2  # seconds to rest at most, so that those who met do not meet again
_GIVEN_UP = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_MYSQL_DEADLOCK = 1213


def until_kept(database: "Database", work: Callable[[], T]) -> T:
    """Call ``work``, and again if the database ended its transaction because of a deadlock or to keep the isolation level.

    Within a transaction of the caller it is called once: there the database has undone more than ``work`` did.

    Args:
        database: Where it writes.
        work: Does all that it does in one transaction, which it begins itself, and has no effect outside of the database
            but for signals.
    """
    held = database.held.get()
    if held is not None and held.depth:
        return work()
    rest = _FIRST
    for _ in range(_ATTEMPTS - 1):
        try:
            return work()
        except OperationalError as error:
            if not _was_given_up(error):
                raise
        _pause(random.uniform(0, rest))
        rest = min(2 * rest, _LONGEST)
    return work()


def _was_given_up(error: OperationalError) -> bool:
    return error.args[:1] == (_MYSQL_DEADLOCK,) or getattr(error.__cause__, "sqlstate", None) in _GIVEN_UP


def _pause(seconds: float) -> None:
    if bridge.active():
        bridge.wait(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
