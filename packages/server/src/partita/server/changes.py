"""Learning which file has changed: from the operating system, or by looking at all of them."""

import os
import threading
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from partita.server.errors import ServerError
from partita.server.settings import Reloader

__all__ = ("changes",)

_CODE = (".py", ".toml", ".env", ".mo", ".po")
_SHOWN = (".html", ".txt", ".xml", ".md", ".j2", ".jinja", ".css", ".js", ".mjs", ".svg")  # templates and assets
_SUFFIXES = _CODE + _SHOWN
_IGNORED = frozenset(
    {
        ".git",
        ".hg",
        ".hypothesis",
        ".idea",
        ".mypy_cache",
        ".pytest_cache",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
    }
    | {"site-packages", "venv"}
)
_PAUSE = 0.5


def changes(folders: Sequence[Path], stop: threading.Event, reloader: Reloader = "auto") -> Iterator[Sequence[str]]:
    """Yield the paths of files that have changed, each time some have, until ``stop`` is set.

    Args:
        folders: To look in, with all below them but those of tools and of packages that are installed.
        stop: Ends it.
        reloader: See `ServerSettings`.

    Raises:
        ServerError: If events are asked for and watchfiles is not installed.
    """
    if reloader == "auto":
        reloader = "stat" if find_spec("watchfiles") is None else "events"
    return _events(folders, stop) if reloader == "events" else _looks(folders, stop)


def _events(folders: Sequence[Path], stop: threading.Event) -> Iterator[Sequence[str]]:
    try:
        from watchfiles import DefaultFilter, watch
    except ImportError as error:
        raise ServerError("Events need watchfiles: pip install 'partita-server[reload]', or reloader = stat") from error

    ignored = DefaultFilter()
    found = watch(
        *folders,
        watch_filter=lambda change, path: path.endswith(_SUFFIXES) and ignored(change, path),
        stop_event=stop,
        raise_interrupt=False,
        debounce=200,
        step=20,
        rust_timeout=200,
        yield_on_timeout=False,
    )
    return (sorted({path for _, path in each}) for each in found)


def _looks(folders: Sequence[Path], stop: threading.Event) -> Iterator[Sequence[str]]:
    before = _times(folders)  # now, not at the first step: nothing may change unseen while the program starts

    def generate() -> Iterator[Sequence[str]]:
        known = before
        while not stop.wait(_PAUSE):
            now = _times(folders)
            changed = sorted(
                [path for path, time in now.items() if known.get(path) != time]
                + [path for path in known if path not in now]
            )
            known = now
            if changed:
                yield changed

    return generate()


def _times(folders: Sequence[Path]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for top in folders:
        for folder, below, names in os.walk(top):
            below[:] = [name for name in below if name not in _IGNORED]
            for name in names:
                if name.endswith(_SUFFIXES):
                    path = os.path.join(folder, name)
                    try:
                        state = os.stat(path)
                    except OSError:  # it has gone meanwhile, or is a link to nothing
                        continue
                    found[path] = (state.st_mtime_ns, state.st_size)
    return found
