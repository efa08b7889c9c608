"""How many connections a process can hold, which is what its limit on open files (``ulimit -n``) leaves."""

import os

__all__ = ("SPARE", "most_connections")

SPARE = 32
"""Connections that may be accepted beyond the bound before anybody counts them, and those that are still being refused."""
_RESERVED = 64  # for files, databases and the like; of large limits an eighth


def most_connections() -> int:
    """Return how many connections leave enough for everything else that takes a file descriptor; 0 if there is no bound.

    Without a bound a process cannot open files any more once there are too many clients, so that everybody gets errors.
    """
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows, where sockets are no files
        return 0
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return 0
    return max(limit - _open_files() - max(_RESERVED, limit // 8), 1)


def _open_files() -> int:
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:  # no such folder: about what an interpreter with a logger and a loop has open
        return 16
