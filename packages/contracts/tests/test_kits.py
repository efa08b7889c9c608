"""The kits pass what keeps a contract, and fail what breaks it in one place."""

import inspect
import threading
import time
import types
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from posixpath import splitext
from typing import Any
from urllib.parse import quote

import pytest

from partita.contracts.sites import Sites
from partita.contracts.testing.cache import CacheContract
from partita.contracts.testing.sites import SitesContract
from partita.contracts.testing.storage import StorageContract


def failures(kit: object) -> set[str]:
    """Run a kit's tests, and return the names of those that fail."""
    failed = set()
    for name, test in inspect.getmembers(kit, inspect.ismethod):
        if name.startswith("test_"):
            try:
                test()
            except Exception:  # noqa: BLE001 - a kit may fail in any way
                failed.add(name)
    return failed


def broken(kind: type, **methods: Any) -> Any:
    """Return a class whose methods are some of its own and some that break it."""
    return types.new_class("Broken", (kind,), {}, lambda body: body.update(methods))


class Entries:
    """A cache in a dictionary, with a clock that tests move."""

    now = 0.0

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, float | None]] = {}

    def get(self, key: str) -> bytes | None:
        value, end = self.kept.get(key, (None, None))
        return None if end is not None and end <= self.now else value

    def set(self, key: str, value: bytes, timeout: float | None = None) -> None:
        if timeout is not None and timeout <= 0:
            self.kept.pop(key, None)
        else:
            self.kept[key] = (value, None if timeout is None else self.now + timeout)

    def delete(self, key: str) -> bool:
        return self.kept.pop(key, None) is not None

    async def aget(self, key: str) -> bytes | None:
        return self.get(key)

    async def aset(self, key: str, value: bytes, timeout: float | None = None) -> None:
        self.set(key, value, timeout)

    async def adelete(self, key: str) -> bool:
        return self.delete(key)


class EntriesKit(CacheContract):
    kind: Any = Entries

    def make(self) -> Any:
        self.last = self.kind()
        return self.last

    def wait(self, seconds: float) -> None:
        self.last.now += seconds


class TestEntries(EntriesKit):
    pass


async def _nothing(self: Any, key: str) -> None:
    return None


@pytest.mark.parametrize(
    ("methods", "failing"),
    [
        ({"get": lambda self, key: b""}, "test_what_was_never_kept_is_absent"),
        ({"get": lambda self, key: Entries.get(self, key) or None}, "test_what_is_kept_is_found_as_it_was"),
        ({"get": lambda self, key: Entries.get(self, key.lower())}, "test_keys_are_any_text_and_do_not_meet"),
        ({"now": property(lambda self: 0, lambda self, value: None)}, "test_an_entry_ends_after_its_time"),
        (
            {"delete": lambda self, key: Entries.delete(self, key) or True},
            "test_forgetting_tells_whether_there_was_something",
        ),
        ({"aget": _nothing}, "test_async_methods_see_the_same_entries"),
        (
            {"set": lambda self, key, value, timeout=None: Entries.set(self, key, value, timeout or None)},
            "test_no_time_keeps_nothing_and_drops_what_was_there",
        ),
        (
            {
                "set": lambda self, key, value, timeout=None: Entries.set(
                    self, key, value, 2 if key in self.kept else timeout
                )
            },
            "test_a_new_entry_has_its_own_time",
        ),
    ],
)
def test_a_broken_cache_is_found(methods: dict[str, Any], failing: str) -> None:
    kit = EntriesKit()
    kit.kind = broken(Entries, **methods)
    assert failing in failures(kit)


@dataclass(frozen=True)
class Named:
    domain: str
    name: str


class OneSite:
    """The only site there is, or none."""

    def __init__(self, domain: str | None) -> None:
        self.domain = domain

    def get_current(self) -> Named:
        if self.domain is None:
            raise LookupError("There is no site.")
        return Named(self.domain, "One")

    async def aget_current(self) -> Named:
        return self.get_current()


class SitesKit(SitesContract):
    kind: Any = OneSite

    def make(self, domain: str | None) -> Sites:
        made: Sites = self.kind(domain)
        return made


class TestOneSite(SitesKit):
    pass


@pytest.mark.parametrize(
    ("answer", "failing"),
    [
        (lambda self: Named("other.example", "Other"), "test_what_cannot_be_told_is_a_lookup_error"),
        (lambda self: Named("other.example", "Other"), "test_the_current_site_has_a_domain_and_a_name"),
        (lambda self: Named("other.example", "Other"), "test_waiting_makes_no_difference"),
    ],
)
def test_broken_sites_are_found(answer: Callable[[Any], Named], failing: str) -> None:
    kit = SitesKit()
    kit.kind = broken(OneSite, get_current=answer)
    assert failing in failures(kit)


class Opened(BytesIO):
    """What a storage opens."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name, self.size = name, len(data)

    def chunks(self) -> Iterator[bytes]:
        self.seek(0)
        yield self.read()

    async def achunks(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks():
            yield chunk

    async def aread(self, size: int = -1) -> bytes:
        return self.read(size)

    async def aclose(self) -> None:
        self.close()


class Files:
    """A storage in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.lock = threading.Lock()
        self.names = 0

    def generate_filename(self, filename: str) -> str:
        parts = self.checked(filename).split("/")
        return "/".join([*parts[:-1], self.get_valid_name(parts[-1])])

    def get_valid_name(self, name: str) -> str:
        return "".join(letter for letter in name.strip().replace(" ", "_") if letter.isalnum() or letter in "-_.")

    def checked(self, name: str) -> str:
        clean = name.replace("\\", "/")
        if not clean or clean.startswith("/") or any(part in ("", ".", "..") for part in clean.split("/")):
            raise ValueError(f"{name!r} names no file here.")
        if any(ord(letter) < 32 for letter in clean):
            raise ValueError(f"{name!r} has control characters.")
        return clean

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        clean = self.checked(name or content.name)
        data = b"".join(content.chunks())
        with self.lock:
            stem, end = clean, ""
            while True:  # all suffixes: .tar.gz
                stem, suffix = splitext(stem)
                end = suffix + end
                if not suffix:
                    break
            free, mark = clean, ""
            while free in self.kept or (max_length is not None and len(free) > max_length):
                self.names += 1
                mark = f"_{self.names}"
                room = len(stem) if max_length is None else max_length - len(mark) - len(end)
                if room <= stem.rfind("/") + 1:
                    raise ValueError(f"{clean!r} is too long.")
                free = f"{stem[:room]}{mark}{end}"
            self.kept[free] = data
        return free

    def open(self, name: str, mode: str = "rb") -> Opened:
        clean = self.checked(name)
        if clean not in self.kept:
            raise FileNotFoundError(name)
        return Opened(name, self.kept[clean])

    def delete(self, name: str) -> None:
        self.kept.pop(self.checked(name), None)

    def exists(self, name: str) -> bool:
        return self.checked(name) in self.kept

    def size(self, name: str) -> int:
        return self.open(name).size

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        start = f"{path}/" if path else ""
        inside = [name.removeprefix(start) for name in self.kept if name.startswith(start)]
        folders = {name.partition("/")[0] for name in inside if "/" in name}
        return sorted(folders), [name for name in inside if "/" not in name]

    def url(self, name: str | None) -> str:
        return "/media/" + quote((name or "").replace("\\", "/"))

    def get_created_time(self, name: str) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)

    get_modified_time = get_accessed_time = get_created_time

    def __getattr__(self, name: str) -> Any:
        plain = getattr(self, name[1:]) if name.startswith("a") else None
        if plain is None:
            raise AttributeError(name)

        async def twin(*args: Any) -> Any:
            return plain(*args)

        return twin


class FilesKit(StorageContract):
    kind: Any = Files

    def make(self) -> Any:
        return self.kind()


class TestFiles(FilesKit):
    pass


def _overwriting(self: Any, name: str | None, content: Any, max_length: int | None = None) -> str:
    clean: str = self.checked(name or content.name)
    self.kept[clean] = b"".join(content.chunks())
    return clean


def _eager(self: Any, name: str | None, content: Any, max_length: int | None = None) -> str:
    clean: str = self.checked(name or content.name)
    self.kept[clean] = b""
    for chunk in content.chunks():
        self.kept[clean] += chunk
    return clean


@pytest.mark.parametrize(
    ("methods", "failing"),
    [
        ({"save": _overwriting}, "test_a_name_that_is_taken_gets_a_suffix_and_nothing_is_overwritten"),
        ({"save": _overwriting}, "test_many_savers_of_one_name_lose_nothing"),
        ({"save": _overwriting}, "test_a_name_that_is_too_long_loses_its_stem_and_not_its_suffix"),
        ({"save": _overwriting}, "test_the_async_twins_do_the_same"),
        ({"save": _eager}, "test_content_that_fails_half_way_leaves_nothing"),
        ({"checked": lambda self, name: name}, "test_names_that_lead_elsewhere_are_refused"),
        ({"get_valid_name": lambda self, name: name}, "test_a_valid_name_is_made_of_any_text"),
        ({"delete": lambda self, name: self.kept.pop(name)}, "test_deleting_removes_and_a_missing_file_is_no_error"),
        (
            {"open": lambda self, name, mode="rb": Opened(name, self.kept.get(name, b""))},
            "test_a_missing_file_is_an_error_when_opened",
        ),
        ({"listdir": lambda self, path: ([], sorted(self.kept))}, "test_folders_and_files_are_listed"),
        (
            {"get_modified_time": lambda self, name: datetime.fromtimestamp(0, UTC)},
            "test_times_have_a_zone_and_are_of_now",
        ),
        ({"url": lambda self, name: f"/media/{name}"}, "test_urls_are_quoted"),
        ({"size": lambda self, name: 0}, "test_what_was_saved_is_read_back"),
    ],
)
def test_a_broken_storage_is_found(methods: dict[str, Any], failing: str) -> None:
    kit = FilesKit()
    kit.kind = broken(Files, **methods)
    assert failing in failures(kit)
