"""Tests that every `Storage` must pass."""

import asyncio
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

from partita.contracts.storage import Storage

__all__ = ("HOSTILE_NAMES", "StorageContract")

HOSTILE_NAMES = (
    "../up.txt",
    "a/../../up.txt",
    "a/..",
    "..",
    ".",
    "/etc/passwd",
    "\\\\server\\share\\up.txt",
    "..\\up.txt",
    "a\\..\\..\\up.txt",
    "nul\0.txt",
    "a/\0/b.txt",
    "line\nbreak.txt",
    "folder/",
)
"""Names that lead elsewhere or name nothing; no storage takes them."""


class _Content:
    """Bytes in pieces of three."""

    name = "given.txt"

    def __init__(self, data: bytes) -> None:
        self.data = data

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), 3):
            yield self.data[start : start + 3]


def _refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except ValueError:
        return True
    return False


class StorageContract:
    """Inherit this and define `make`."""

    keeps_access_times = True

    @abstractmethod
    def make(self) -> Storage:
        """Return an empty storage that overwrites nothing and has URLs below ``/media/``."""
        raise NotImplementedError

    def test_what_was_saved_is_read_back(self) -> None:
        storage = self.make()
        name = storage.save("a/b.txt", _Content(b"hello world"))
        assert name == "a/b.txt"
        assert storage.exists(name)
        assert storage.size(name) == 11
        file = storage.open(name)
        assert (file.name, file.size) == (name, 11)
        assert file.read(5) == b"hello"
        assert file.read() == b" world"
        assert b"".join(file.chunks()) == b"hello world"
        file.seek(6)
        assert file.read() == b"world"
        file.close()
        assert file.closed

    def test_without_a_name_that_of_the_content_counts(self) -> None:
        assert self.make().save(None, _Content(b"x")) == "given.txt"

    def test_a_name_that_is_taken_gets_a_suffix_and_nothing_is_overwritten(self) -> None:
        storage = self.make()
        names = [storage.save("a.tar.gz", _Content(b"%d" % number)) for number in range(3)]
        assert len(set(names)) == 3
        assert all(name.startswith("a") and name.endswith(".tar.gz") for name in names)
        for number, name in enumerate(names):
            assert storage.open(name).read() == b"%d" % number

    def test_many_savers_of_one_name_lose_nothing(self) -> None:
        storage = self.make()
        names: dict[bytes, str] = {}

        def save(data: bytes) -> None:
            names[data] = storage.save("deep/er/same.txt", _Content(data))

        threads = [threading.Thread(target=save, args=(b"data %d" % number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(names.values())) == 32
        assert all(storage.open(name).read() == data for data, name in names.items())

    def test_a_name_that_is_too_long_loses_its_stem_and_not_its_suffix(self) -> None:
        storage = self.make()
        name = storage.save(f"f/{'x' * 100}.txt", _Content(b"1"), max_length=20)
        again = storage.save(f"f/{'x' * 100}.txt", _Content(b"2"), max_length=20)
        assert len(name) <= 20
        assert len(again) <= 20
        assert name != again
        assert name.startswith("f/x")
        assert name.endswith(".txt")
        assert _refused(lambda: storage.save(f"{'f' * 30}/x.txt", _Content(b"3"), max_length=20))

    def test_names_that_lead_elsewhere_are_refused(self) -> None:
        storage = self.make()
        storage.save("a/inside.txt", _Content(b"x"))
        for name in HOSTILE_NAMES:
            assert _refused(lambda name=name: storage.save(name, _Content(b"x"))), name  # type: ignore[misc]  # a default
            assert _refused(lambda name=name: asyncio.run(storage.asave(name, _Content(b"x")))), name  # type: ignore[misc]
            assert _refused(lambda name=name: storage.generate_filename(name)), name  # type: ignore[misc]
            for read in (storage.open, storage.delete, storage.size):
                assert _refused(lambda name=name, read=read: read(name)), (name, read)  # type: ignore[misc]
        assert storage.listdir("") == (["a"], [])
        assert storage.listdir("a") == ([], ["inside.txt"])

    def test_a_valid_name_is_made_of_any_text(self) -> None:
        storage = self.make()
        assert storage.generate_filename("f/ my  file (1)$.txt") == "f/my__file_1.txt"
        assert storage.get_valid_name("säge.txt") == "säge.txt"

    def test_deleting_removes_and_a_missing_file_is_no_error(self) -> None:
        storage = self.make()
        name = storage.save("a.txt", _Content(b"x"))
        storage.delete(name)
        storage.delete(name)
        assert not storage.exists(name)

    def test_a_missing_file_is_an_error_when_opened(self) -> None:
        storage = self.make()
        for call in (storage.open, storage.size):
            try:
                call("absent.txt")
            except FileNotFoundError:
                continue
            raise AssertionError("a file that is not there was found")

    def test_folders_and_files_are_listed(self) -> None:
        storage = self.make()
        for name in ("top.txt", "f/one.txt", "f/two.txt", "f/g/three.txt"):
            storage.save(name, _Content(b"x"))
        folders, files = storage.listdir("")
        assert (sorted(folders), sorted(files)) == (["f"], ["top.txt"])
        folders, files = storage.listdir("f")
        assert (sorted(folders), sorted(files)) == (["g"], ["one.txt", "two.txt"])

    def test_times_have_a_zone_and_are_of_now(self) -> None:
        storage = self.make()
        name = storage.save("a.txt", _Content(b"x"))
        kinds = [storage.get_created_time, storage.get_modified_time]
        for time in [*kinds, *([storage.get_accessed_time] if self.keeps_access_times else [])]:
            found = time(name)
            assert found.tzinfo is not None
            assert abs(found - datetime.now(timezone.utc)) < timedelta(minutes=5)  # noqa: UP017 - the kit reads like its users

    def test_urls_are_quoted(self) -> None:
        storage = self.make()
        assert storage.url("a b/ü?#.txt") == "/media/a%20b/%C3%BC%3F%23.txt"
        assert storage.url("a\\b.txt") == "/media/a/b.txt"

    def test_content_that_fails_half_way_leaves_nothing(self) -> None:
        storage = self.make()

        class Broken(_Content):
            def chunks(self) -> Iterator[bytes]:
                yield b"half"
                raise RuntimeError("the client went away")

        for save in (storage.save, lambda name, content: asyncio.run(storage.asave(name, content))):
            try:
                save("half.txt", Broken(b""))
            except RuntimeError:
                assert storage.listdir("") == ([], [])
                continue
            raise AssertionError("the error of the content was lost")

    def test_the_async_twins_do_the_same(self) -> None:
        storage = self.make()

        async def steps() -> None:
            name = await storage.asave("f/a.txt", _Content(b"hello"))
            again = await storage.asave("f/a.txt", _Content(b"other"))
            assert again != name
            assert await storage.aexists(name)
            assert await storage.asize(name) == 5
            file = await storage.aopen(name)
            assert await file.aread(2) == b"he"
            assert await file.aread() == b"llo"
            assert b"".join([chunk async for chunk in file.achunks()]) == b"hello"
            await file.aclose()
            assert await storage.aurl(name) == "/media/f/a.txt"
            assert await storage.alistdir("") == (["f"], [])
            assert (await storage.aget_modified_time(name)).tzinfo is not None
            assert (await storage.aget_created_time(name)).tzinfo is not None
            await storage.adelete(name)
            assert not await storage.aexists(name)

        asyncio.run(steps())
