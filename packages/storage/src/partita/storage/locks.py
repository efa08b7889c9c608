"""Locks on open files, which other processes see too."""

from typing import Any, Final, Protocol

__all__ = ("LOCK_EX", "LOCK_NB", "LOCK_SH", "lock", "unlock")

LOCK_SH: Final = 1
"""Several may hold it at once."""
LOCK_EX: Final = 2
"""One alone."""
LOCK_NB: Final = 4
"""Added to one of the others: do not wait."""
_WHOLE = 0x7FFF_FFFF


class _Numbered(Protocol):
    def fileno(self) -> int: ...


try:
    import fcntl
except ImportError:  # Windows locks ranges of bytes and has no shared locks: there all are exclusive
    fcntl = None  # type: ignore[assignment]  # told apart below


def lock(file: "_Numbered | int", flags: int = LOCK_EX) -> bool:
    """Lock an open file; return False if ``flags`` has `LOCK_NB` and somebody else holds a lock.

    Args:
        file: Open, or its number.
        flags: `LOCK_EX` or `LOCK_SH`, perhaps with ``| LOCK_NB``.
    """
    number = _number(file)
    try:
        if fcntl is not None:
            wanted = fcntl.LOCK_SH if flags & LOCK_SH else fcntl.LOCK_EX
            fcntl.flock(number, wanted | (fcntl.LOCK_NB if flags & LOCK_NB else 0))
        else:
            _windows("LK_NBLCK" if flags & LOCK_NB else "LK_LOCK", number)
    except BlockingIOError:
        return False
    except PermissionError:  # how Windows says it
        if fcntl is not None:
            raise
        return False
    return True


def unlock(file: "_Numbered | int") -> bool:
    """Let go of the lock; return whether that went well."""
    number = _number(file)
    if fcntl is not None:
        fcntl.flock(number, fcntl.LOCK_UN)
    else:
        _windows("LK_UNLCK", number)
    return True


def _number(file: "_Numbered | int") -> int:
    return file if isinstance(file, int) else file.fileno()


def _windows(kind: str, number: int) -> None:
    import msvcrt as given
    import os

    msvcrt: Any = given
    os.lseek(number, 0, os.SEEK_SET)
    msvcrt.locking(number, getattr(msvcrt, kind), _WHOLE)
