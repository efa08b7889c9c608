"""Tests that every `Cache` must pass."""

import asyncio
from abc import abstractmethod

from partita.contracts.cache import Cache

__all__ = ("CacheContract",)


class CacheContract:
    """Inherit this and define `make` and `wait`."""

    @abstractmethod
    def make(self) -> Cache:
        """Return an empty cache."""
        raise NotImplementedError

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let the time that the last cache made lives by go on."""
        raise NotImplementedError

    def test_what_was_never_kept_is_absent(self) -> None:
        assert self.make().get("absent") is None

    def test_what_is_kept_is_found_as_it_was(self) -> None:
        cache = self.make()
        for value in (b"", b"text", bytes(range(256))):
            cache.set("key", value)
            assert cache.get("key") == value

    def test_keys_are_any_text_and_do_not_meet(self) -> None:
        cache = self.make()
        keys = ("a", "A", "a b", "a\nb", "a" * 1000, "a" * 1001, "\u00e9", "e\u0301", "", "\x00")
        for number, key in enumerate(keys):
            cache.set(key, b"%d" % number)
        assert [cache.get(key) for key in keys] == [b"%d" % number for number in range(len(keys))]

    def test_an_entry_ends_after_its_time(self) -> None:
        cache = self.make()
        cache.set("short", b"1", 2)
        cache.set("long", b"2", 60)
        cache.set("open", b"3")
        self.wait(1)
        assert cache.get("short") == b"1"
        self.wait(2)
        assert (cache.get("short"), cache.get("long"), cache.get("open")) == (None, b"2", b"3")

    def test_no_time_keeps_nothing_and_drops_what_was_there(self) -> None:
        cache = self.make()
        for timeout in (0, -1):
            cache.set("key", b"old")
            cache.set("key", b"new", timeout)
            assert cache.get("key") is None

    def test_a_new_entry_has_its_own_time(self) -> None:
        cache = self.make()
        cache.set("key", b"old", 2)
        cache.set("key", b"new", 60)
        self.wait(3)
        assert cache.get("key") == b"new"

    def test_forgetting_tells_whether_there_was_something(self) -> None:
        cache = self.make()
        cache.set("key", b"value")
        assert cache.delete("key")
        assert not cache.delete("key")
        assert cache.get("key") is None

    def test_async_methods_see_the_same_entries(self) -> None:
        cache = self.make()

        async def change() -> tuple[bytes | None, bool, bool]:
            await cache.aset("key", b"value", 60)
            return await cache.aget("key"), await cache.adelete("other"), await cache.adelete("key")

        assert asyncio.run(change()) == (b"value", False, True)
        assert cache.get("key") is None
