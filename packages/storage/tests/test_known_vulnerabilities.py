"""What went wrong elsewhere, by the number under which it became known, and does not go wrong here."""

import asyncio
import os
import stat
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.storage import (
    ContentFile,
    FileSystemStorage,
    FsspecStorage,
    InMemoryStorage,
    Storage,
    StorageError,
    SuspiciousFileOperation,
)

Make = Callable[[Path], Storage]


class Own(InMemoryStorage):
    """Makes names of its own, and checks none."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def get_valid_name(self, name: str) -> str:
        return name

    def generate_filename(self, filename: str) -> str:
        return filename


class OwnOnDisk(FileSystemStorage):
    """As `Own`, on disk."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def generate_filename(self, filename: str) -> str:
        return filename


STORAGES: dict[str, Make] = {
    "disk": lambda folder: FileSystemStorage(folder / "media"),
    "memory": lambda folder: InMemoryStorage(),
    "fsspec on disk": lambda folder: FsspecStorage(f"file://{folder}/media", base_url="/media"),
    "fsspec in memory": lambda folder: FsspecStorage("memory://media", base_url="/media/"),
    "one's own": lambda folder: Own(),
    "one's own on disk": lambda folder: OwnOnDisk(folder / "media"),
}
NAMES = [
    *("../up.txt", "a/../../up.txt", "..", ".", "", "/", "/etc/passwd", "//host/share/a", "a/..", "./../up.txt"),
    *("..\\up.txt", "a\\..\\..\\up.txt", "\\\\host\\share\\a", "C:\\up.txt", "a/..\\../up.txt"),
    *("a\x00.txt", "a/\x00/../b", "a\n.txt", "../\x00", "a/../..", "..%2fup.txt/..", "media/../../up.txt"),
    *("../media-old/a", "../" * 50 + "tmp/up.txt", "a/" * 2000 + "../" * 2001 + "up.txt"),
]


def leftovers(folder: Path) -> list[Path]:
    """Return what lies outside of the storage's folder."""
    inside = folder / "media"
    return [each for each in folder.rglob("*") if each != inside and inside not in each.parents]


@pytest.mark.parametrize("kind", STORAGES)
@pytest.mark.parametrize("name", NAMES)
def test_cve_2021_28658_31542_45452_cve_2024_39330_no_name_leads_out(kind: str, name: str, tmp_path: Path) -> None:
    storage = STORAGES[kind](tmp_path)
    calls: list[Callable[[], Any]] = [
        lambda: storage.save(name, b"x"),
        lambda: storage.save(name, ContentFile(b"x")),
        lambda: storage.save(name, b"x", max_length=20),
        lambda: asyncio.run(storage.asave(name, b"x")),
        lambda: storage.open(name, "wb" if name else "rb"),
        lambda: asyncio.run(storage.aopen(name)),
    ]
    for call in calls:
        with pytest.raises((SuspiciousFileOperation, StorageError, FileNotFoundError)):
            call()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("kind", STORAGES)
@pytest.mark.parametrize("name", NAMES)
def test_cve_2021_31542_the_name_that_a_file_brings_leads_nowhere_either(kind: str, name: str, tmp_path: Path) -> None:
    """As an upload's does: with no name of its own ``save`` takes that of the content."""
    storage = STORAGES[kind](tmp_path)
    content = ContentFile(b"x")
    content.name = name
    with pytest.raises((SuspiciousFileOperation, StorageError)):
        storage.save(None, content)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("kind", STORAGES)
def test_cve_2024_39330_the_check_cannot_be_overridden(kind: str, tmp_path: Path) -> None:
    base = type(STORAGES[kind](tmp_path))
    for door in ("save", "asave"):
        with pytest.raises(StorageError, match=rf"overrides {door}\(\)"):
            type("Careless", (base,), {door: lambda self, name, content: name})


def test_cve_2020_24583_24584_cve_2026_25674_threads_get_the_modes_they_asked_for(tmp_path: Path) -> None:
    """Elsewhere a umask was set for a moment, which belongs to all threads: others made files with it meanwhile."""
    strict = FileSystemStorage(tmp_path / "s", file_permissions_mode=0o600, directory_permissions_mode=0o700)
    shared = FileSystemStorage(tmp_path / "o", file_permissions_mode=0o664, directory_permissions_mode=0o2775)
    plain = FileSystemStorage(tmp_path / "p", file_permissions_mode=None)
    umasks: set[int] = set()
    begin = threading.Barrier(32)
    before = os.umask(0o022)

    def save(number: int) -> None:
        begin.wait()
        for turn in range(5):
            for storage in (strict, shared, plain):
                storage.save(f"{number}/{turn}/b/c.txt", b"x")

    def plainly(number: int) -> None:
        begin.wait()
        for turn in range(20):
            path = tmp_path / f"plain-{number}-{turn}"
            path.touch()  # by the umask of the process
            umasks.add(0o666 & ~stat.S_IMODE(path.stat().st_mode))

    try:
        threads = [threading.Thread(target=save if at % 2 else plainly, args=(at,)) for at in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        os.umask(before)
    assert umasks == {0o022}

    def modes(root: str) -> tuple[set[int], set[int]]:
        found = list((tmp_path / root).rglob("*"))
        folders = {stat.S_IMODE(each.stat().st_mode) for each in [*found, tmp_path / root] if each.is_dir()}
        return folders, {stat.S_IMODE(each.stat().st_mode) for each in found if each.is_file()}

    assert modes("s") == ({0o700}, {0o600})
    assert modes("o") == ({0o2775}, {0o664})
    assert modes("p") == ({0o755}, {0o644})


def test_cve_2020_24583_a_folder_on_the_way_is_closed_from_the_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    make = os.mkdir

    def watched(path: str, mode: int = 0o777, **options: Any) -> None:
        make(path, mode, **options)
        seen.append(stat.S_IMODE(os.stat(path).st_mode))

    monkeypatch.setattr(os, "mkdir", watched)
    before = os.umask(0)
    try:
        FileSystemStorage(tmp_path / "m", directory_permissions_mode=0o750).save("a/b/c.txt", b"x")
    finally:
        os.umask(before)
    assert seen
    assert all(not mode & 0o027 for mode in seen)  # never wider than what was asked for, not even for a moment


@pytest.mark.parametrize("kind", ["disk", "fsspec on disk"])
@pytest.mark.parametrize("twin", ["save", "asave"])
def test_cve_2023_28837_a_large_upload_is_never_in_memory_as_a_whole(kind: str, twin: str, tmp_path: Path) -> None:
    class Large:
        """An upload of 50 MB, a piece at a time."""

        name = "large.bin"

        def chunks(self) -> Iterator[bytes]:
            for _ in range(800):
                yield bytes(65_536)

    storage = STORAGES[kind](tmp_path)
    tracemalloc.start()
    try:
        name = storage.save(None, Large()) if twin == "save" else asyncio.run(storage.asave(None, Large()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert storage.size(name) == 800 * 65_536
    assert peak < 16_000_000
