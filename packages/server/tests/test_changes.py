import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from partita.server.changes import changes
from partita.server.settings import Reloader


def first(found: Iterator[Sequence[str]], stop: threading.Event) -> str:
    """Return the first change, or an empty text if none comes for a while."""
    threading.Timer(5, stop.set).start()
    try:
        return ", ".join(next(found, ()))
    finally:
        stop.set()


@pytest.mark.parametrize("reloader", ["events", "stat"])
@pytest.mark.parametrize("what", ["changed", "new", "removed"])
def test_a_file_that_is_changed_made_or_removed_is_seen(tmp_path: Path, reloader: Reloader, what: str) -> None:
    path = tmp_path / "shop" / "views.py"
    path.parent.mkdir()
    if what != "new":
        path.write_text("a = 1")
    stop = threading.Event()
    found = changes([tmp_path], stop, reloader)

    def change() -> None:
        time.sleep(0.5)  # until events are listened for
        if what == "removed":
            path.unlink()
        else:
            path.write_text("a = 22")

    threading.Thread(target=change).start()
    assert first(found, stop) == str(path)


def test_a_change_between_the_call_and_the_first_look_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "views.py"
    path.write_text("a = 1")
    stop = threading.Event()
    found = changes([tmp_path], stop, "stat")
    path.write_text("a = 22")
    assert first(found, stop) == str(path)


def test_what_tools_write_and_other_kinds_of_files_are_no_changes(tmp_path: Path) -> None:
    for folder in ("__pycache__", ".git", "node_modules", "venv"):
        (tmp_path / folder).mkdir()
    stop = threading.Event()
    found = changes([tmp_path], stop, "stat")
    for name in ("__pycache__/a.py", ".git/a.py", "node_modules/a.py", "venv/a.py", "db.sqlite3"):
        (tmp_path / name).write_text("x")
    os.symlink(tmp_path / "nowhere.py", tmp_path / "broken.py")
    threading.Timer(1.5, stop.set).start()
    assert list(found) == []
