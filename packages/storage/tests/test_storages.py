import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]  # it brings no types
import pytest

from partita.contracts.testing.storage import StorageContract
from partita.storage import FileSystemStorage, FsspecStorage, InMemoryStorage, Storage, SuspiciousFileOperation
from partita.storage.errors import StorageError


class TestFileSystemStorage(StorageContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "media"

    def make(self) -> FileSystemStorage:
        return FileSystemStorage(self.folder)


class TestFileSystemWithoutNamelessFiles(TestFileSystemStorage):
    """As on systems other than Linux, where a file has a hidden name while it is being written."""

    @pytest.fixture(autouse=True)
    def _no_nameless_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr("os.O_TMPFILE", raising=False)


class TestInMemoryStorage(StorageContract):
    def make(self) -> InMemoryStorage:
        return InMemoryStorage()


class TestFsspecInMemory(StorageContract):
    keeps_access_times = False

    @pytest.fixture(autouse=True)
    def _clean(self) -> None:
        memory = fsspec.filesystem("memory")  # one for the whole process
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]

    def make(self) -> FsspecStorage:
        return FsspecStorage("memory://media", base_url="/media/")


class TestFsspecOnDisk(StorageContract):
    keeps_access_times = False

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make(self) -> FsspecStorage:
        return FsspecStorage(f"file://{self.folder}/media", base_url="/media")


class Checked(Storage):
    """A storage of one's own with the least that one needs."""

    def __init__(self) -> None:
        self._inner = InMemoryStorage()
        for name in ("delete", "exists", "listdir", "size", "url"):
            setattr(self, name, getattr(self._inner, name))
        for name in ("get_accessed_time", "get_created_time", "get_modified_time"):
            setattr(self, name, getattr(self._inner, name))

    def _save(self, name: str, content: Any) -> str:
        return self._inner._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> Any:
        return self._inner._open(name, mode)


class TestStorageOfOnesOwn(StorageContract):
    def make(self) -> Checked:
        return Checked()


def test_the_methods_that_check_names_cannot_be_overridden() -> None:
    with pytest.raises(StorageError, match=r"overrides save\(\).*Override _save\(\) instead"):
        type("Careless", (FileSystemStorage,), {"save": lambda self, name, content: name})


@pytest.mark.parametrize("name", ["../up.txt", "/etc/passwd", "a/../../b", "", ".."])
def test_a_name_that_a_subclass_makes_up_is_checked_too(name: str) -> None:
    class Made(InMemoryStorage):
        def get_available_name(self, wanted: str, max_length: int | None = None) -> str:
            return name

    class Told(InMemoryStorage):
        def _save(self, wanted: str, content: Any) -> str:
            return name

    storage = Made()
    storage._save("a.txt", type("C", (), {"chunks": lambda self: iter([b"x"])})())
    with pytest.raises(SuspiciousFileOperation):
        storage.save("a.txt", b"x")
    with pytest.raises(SuspiciousFileOperation):
        Told().save("a.txt", b"x")


def test_a_large_file_is_gathered_on_disk_and_leaves_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    storage = FsspecStorage(f"file://{tmp_path}/media")
    seen: list[int] = []

    class Large:
        name = "large.bin"

        def chunks(self) -> Iterator[bytes]:
            for _ in range(12):
                seen.append(len(list((tmp_path / "tmp").iterdir())))
                yield b"x" * 1_000_000

    name = storage.save(None, Large())
    assert storage.size(name) == 12_000_000
    assert asyncio.run(storage.asave("again.bin", Large())) == "again.bin"
    assert max(seen) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, Any]]:
    """A server that speaks S3, in this process."""
    from moto.server import ThreadedMotoServer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    yield {"key": "test", "secret": "test", "endpoint_url": f"http://127.0.0.1:{port}"}
    server.stop()


class TestS3(StorageContract):
    keeps_access_times = False
    count = 0

    @pytest.fixture(autouse=True)
    def _server(self, s3: dict[str, Any]) -> None:
        self.options = s3

    def make(self) -> FsspecStorage:
        TestS3.count += 1
        bucket = f"bucket-{TestS3.count}"
        fsspec.filesystem("s3", **self.options).mkdir(bucket)
        return FsspecStorage(f"s3://{bucket}/media", base_url="/media/", options=self.options)

    def test_awaiting_uses_no_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        storage = self.make()

        to_thread = asyncio.to_thread

        async def hop(function: Any, *args: Any) -> Any:
            assert not function.__module__.startswith("partita"), function
            return await to_thread(function, *args)

        monkeypatch.setattr(asyncio, "to_thread", hop)

        async def steps() -> None:
            name = await storage.asave("a.bin", b"x" * 100_000)
            file = await storage.aopen(name)
            assert await file.aread(3) == b"xxx"
            assert len([chunk async for chunk in file.achunks()]) == 2
            assert await storage.aexists(name)
            assert await storage.alistdir("") == ([], [name])
            await storage.adelete(name)

        asyncio.run(steps())

    def test_an_address_is_signed_where_there_is_no_base_url(self) -> None:
        storage = self.make()
        storage.save("a b.txt", b"secret")
        signing = FsspecStorage(storage.root, expires=60, options=self.options)
        from urllib.request import urlopen

        with urlopen(signing.url("a b.txt")) as answer:
            assert answer.read() == b"secret"

    def test_what_another_process_just_created_is_not_replaced(self) -> None:
        storage = self.make()
        storage.save("a.txt", b"theirs")
        storage.fs.exists = lambda path: False  # as if it had been looked up a moment earlier
        try:
            with pytest.raises(FileExistsError):
                storage._save("a.txt", type("C", (), {"chunks": lambda self: iter([b"ours"])})())
        finally:
            del storage.fs.exists
        assert storage.open("a.txt").read() == b"theirs"


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("overwrites", [False, True])
def test_a_name_that_is_still_being_written_is_not_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrites: bool, way: str
) -> None:
    storage = FsspecStorage(f"file://{tmp_path}/media", allow_overwrite=overwrites)
    (tmp_path / "media").mkdir()
    writing, go_on, asked_again = threading.Event(), threading.Event(), threading.Event()
    claim, make_folders = storage._claim, storage.fs.makedirs

    def slow(*args: Any, **options: Any) -> None:
        if not writing.is_set():
            writing.set()
            assert go_on.wait(60)
        make_folders(*args, **options)

    def claimed(path: str) -> bool:
        free = claim(path)
        if not free:
            asked_again.set()
        return free

    def save(data: bytes) -> None:
        names[data] = storage.save("a.txt", data) if way == "sync" else asyncio.run(storage.asave("a.txt", data))

    monkeypatch.setattr(storage.fs, "makedirs", slow)
    monkeypatch.setattr(storage, "_claim", claimed)
    names: dict[bytes, str] = {}
    first = threading.Thread(target=save, args=(b"first",))
    first.start()
    assert writing.wait(60)
    second = threading.Thread(target=save, args=(b"second",))
    second.start()
    if overwrites:
        assert asked_again.wait(60)  # it waits for its turn
    else:
        second.join(60)
        assert names.keys() == {b"second"}  # under another name, and at once
    go_on.set()
    first.join(60)
    second.join(60)
    assert names[b"first"] == "a.txt"
    assert (names[b"second"] == "a.txt") is overwrites
    assert storage.open(names[b"second"]).read() == b"second"
    assert storage.open(names[b"first"]).read() == (b"second" if overwrites else b"first")
