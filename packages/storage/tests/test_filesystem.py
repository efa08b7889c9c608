import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from partita.storage import ContentFile, FileSystemStorage, SuspiciousFileOperation, file_move_safe
from partita.storage.locks import LOCK_EX, LOCK_NB, LOCK_SH, lock, unlock


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_permissions_are_those_given_whatever_the_umask(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path / "m", file_permissions_mode=0o664, directory_permissions_mode=0o2775)
    before = os.umask(0o077)
    try:
        threads = [
            threading.Thread(target=storage.save, args=(f"a/{number % 4}/b/c.txt", b"x")) for number in range(32)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert os.umask(0o077) == 0o077  # saving never touches what belongs to all threads
    finally:
        os.umask(before)
    folders = [Path(path) for path, _, _ in os.walk(tmp_path / "m")]
    assert len(folders) == 1 + 1 + 4 + 4
    assert {_mode(folder) for folder in folders} == {0o2775}
    files = list((tmp_path / "m").rglob("*.txt"))
    assert len(files) == 32
    assert {_mode(file) for file in files} == {0o664}


def test_without_permissions_the_umask_counts(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path, file_permissions_mode=None)
    before = os.umask(0o027)
    try:
        storage.save("f/a.txt", b"x")
    finally:
        os.umask(before)
    assert (_mode(tmp_path / "f"), _mode(tmp_path / "f/a.txt")) == (0o750, 0o640)


def test_overwriting_replaces_the_whole_file(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path, allow_overwrite=True)
    assert storage.save("a.txt", b"a longer text") == "a.txt"
    reading = storage.open("a.txt")
    assert storage.save("a.txt", b"new") == "a.txt"
    assert reading.read() == b"a longer text"  # who reads the old one still does
    assert storage.open("a.txt").read() == b"new"
    assert storage.listdir("") == ([], ["a.txt"])


def test_a_killed_process_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from partita.storage import FileSystemStorage\n"
        "class Slow:\n"
        "    name = 'big.bin'\n"
        "    def chunks(self):\n"
        "        yield b'x' * 1_000_000\n"
        "        print('written', flush=True)\n"
        "        time.sleep(60)\n"
        f"FileSystemStorage({str(tmp_path)!r}).save(None, Slow())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert FileSystemStorage(tmp_path).listdir("") == ([], [])
    if hasattr(os, "O_TMPFILE"):
        assert list(tmp_path.iterdir()) == []  # not even a hidden one


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    storage = FileSystemStorage(tmp_path)
    monkeypatch.setattr("partita.storage.moving.os.write", full)
    with pytest.raises(OSError, match="No space left"):
        storage.save("a.txt", b"x")
    assert list(tmp_path.iterdir()) == []


def test_an_upload_on_disk_is_not_copied(tmp_path: Path) -> None:
    class Upload:
        name = "a.txt"

        def temporary_file_path(self) -> str:
            return str(tmp_path / "upload.tmp")

        def chunks(self) -> Iterator[bytes]:
            raise AssertionError("copied")

    (tmp_path / "upload.tmp").write_bytes(b"x")
    storage = FileSystemStorage(tmp_path / "media")
    assert storage.save(None, Upload()) == "a.txt"
    assert storage.save(None, Upload()) != "a.txt"
    assert _mode(tmp_path / "media/a.txt") == 0o644


def test_names_that_no_file_system_takes_are_cut(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path)
    for name in (f"{'x' * 400}.txt", f"{'ü' * 200}.txt", f"{'😀' * 100}.txt", f"a.{'b.' * 200}txt"):
        for _ in range(2):
            kept = storage.save(name, b"x")
            assert kept.endswith("txt")
            assert len(kept.encode()) <= 255


def test_a_link_that_leads_nowhere_counts_as_taken(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "absent")
    storage = FileSystemStorage(tmp_path)
    assert storage.save("a.txt", b"x") != "a.txt"
    assert not (tmp_path / "absent").exists()


def test_the_folder_itself_is_out_of_reach(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path / "media")
    storage.save("a.txt", b"x")
    for name in ("", ".", "a/.."):
        with pytest.raises(SuspiciousFileOperation):
            storage.delete(name)
    with pytest.raises(SuspiciousFileOperation):
        storage.listdir("..")
    with pytest.raises(SuspiciousFileOperation):
        storage.listdir("/")


def test_a_file_where_a_folder_is_needed_is_an_error(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path)
    storage.save("a", b"x")
    with pytest.raises(NotADirectoryError):
        storage.save("a/b.txt", b"x")


def test_a_storage_tells_how_it_was_made(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path, base_url="/files")
    path, args, kwargs = storage.deconstruct()
    assert (path, args, kwargs) == ("partita.storage.FileSystemStorage", (tmp_path,), {"base_url": "/files"})
    assert storage == FileSystemStorage(tmp_path, base_url="/files") != FileSystemStorage(tmp_path)
    assert storage.url("x.txt") == "/files/x.txt"
    with pytest.raises(ValueError, match="not accessible via a URL"):
        FileSystemStorage(tmp_path, base_url=None).url("x.txt")
    assert FileSystemStorage().url("javascript:alert(1)") == "/media/javascript%3Aalert%281%29".replace(
        "%28", "("
    ).replace("%29", ")")


def test_every_file_is_walked_over(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path)
    for name in ("a.txt", "f/b.txt", "f/g/c.txt"):
        storage.save(name, b"x")
    assert sorted(storage.walk()) == ["a.txt", "f/b.txt", "f/g/c.txt"]


def test_moving_never_replaces_unless_told(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    new.write_bytes(b"new")
    with pytest.raises(FileExistsError):
        file_move_safe(old, new)
    assert (old.read_bytes(), new.read_bytes()) == (b"old", b"new")
    file_move_safe(old, old)
    file_move_safe(old, new, allow_overwrite=True)
    assert not old.exists()
    assert new.read_bytes() == b"old"
    file_move_safe(new, old)
    assert old.read_bytes() == b"old"
    assert not new.exists()


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs a second file system")
def test_moving_to_another_file_system_copies(tmp_path: Path) -> None:
    place = Path("/dev/shm", f"partita-{os.getpid()}")
    old = tmp_path / "old"
    old.write_bytes(b"x" * 200_000)
    old.chmod(0o640)
    if os.stat("/dev/shm").st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("both are on one file system")
    try:
        file_move_safe(old, place)
        assert place.read_bytes() == b"x" * 200_000
        assert _mode(place) == 0o640
        assert not old.exists()
    finally:
        place.unlink(missing_ok=True)


def test_a_lock_keeps_other_processes_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys\nfrom partita.storage.locks import *\n"
        f"print(lock(open({str(path)!r}, 'a'), int(sys.argv[1]) | LOCK_NB))"
    )

    def other(flags: int) -> str:
        return subprocess.run([sys.executable, "-c", code, str(flags)], capture_output=True, text=True).stdout.strip()

    with open(path, "a") as file:
        assert lock(file, LOCK_EX)
        assert (other(LOCK_EX), other(LOCK_SH)) == ("False", "False")
        assert unlock(file)
        assert lock(file, LOCK_SH | LOCK_NB)
        assert (other(LOCK_EX), other(LOCK_SH)) == ("False", "True")
        unlock(file.fileno())
        assert other(LOCK_EX) == "True"


def test_content_is_text_bytes_or_anything_that_is_read(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path)
    storage.save("text.txt", "grün")
    storage.save("bytes.txt", b"x")
    storage.save("file.txt", ContentFile("käse"))
    with open(tmp_path / "bytes.txt", "rb") as opened:
        storage.save("copy.txt", opened)
    assert storage.open("text.txt").read() == "grün".encode()
    assert storage.open("file.txt", "r").read() == "käse"
    assert storage.open("copy.txt").read() == b"x"
    with pytest.raises(SuspiciousFileOperation, match="needs a name"):
        storage.save(None, b"x")
