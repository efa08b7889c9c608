import os
import subprocess
import sys
from pathlib import Path

import pytest

from partita.contracts.testing.app import SimpleRegistrar
from partita.sessions import Session, SessionFolderError, Store
from partita.sessions.files import FileStore
from partita.sessions.integration import SESSION_STORE, setup
from partita.sessions.stores import Change
from partita.sessions.testing import ServerStoreContract

EMPTY = Change({}, {}, frozenset())
ADD = """
import sys
from partita.sessions import Session
from partita.sessions.files import FileStore

for number in range(25):
    session = Session(FileStore(sys.argv[1]), sys.argv[2])
    session[f"{sys.argv[3]}{number}"] = number
    session.save()
"""


class TestFileStore(ServerStoreContract):
    now = 1_800_000_000.0

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "kept" / "here"

    def make(self) -> Store:
        return FileStore(self.folder, clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds


def test_nobody_else_may_read_the_files_and_their_names_tell_no_token(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "sessions")
    token = store.save(None, EMPTY, 60)
    (path,) = store.folder.glob("*.session")
    assert token not in path.name
    if os.name == "posix":
        assert (path.stat().st_mode & 0o077, store.folder.stat().st_mode & 0o077) == (0, 0)


def test_processes_do_not_undo_each_others_changes(tmp_path: Path) -> None:
    token = FileStore(tmp_path).save(None, EMPTY, 60)
    writers = [subprocess.Popen([sys.executable, "-c", ADD, str(tmp_path), token, name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(Session(FileStore(tmp_path), token)) == 50


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    token = store.save(None, EMPTY, 60)
    for _ in range(3):
        store.save(token, Change({"a": 1}, {"a": 1}, frozenset()), 60)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".lock", ".session"]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionFolderError, match=r"cannot be kept in .*Name a folder"):
        FileStore(tmp_path / "file" / "below")


def test_the_settings_choose_it(tmp_path: Path) -> None:
    app = SimpleRegistrar(sessions={"store": "file", "folder": str(tmp_path / "s")})
    setup(app)
    assert isinstance(app.require(SESSION_STORE), FileStore)
    assert (tmp_path / "s").is_dir()
