"""The cache in memory keeps the contract, and its bounds."""

from partita.contracts.testing.cache import CacheContract
from partita.http.memory_cache import MemoryCache


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestMemoryCache(CacheContract):
    def make(self) -> MemoryCache:
        self.clock = Clock()
        return MemoryCache(clock=self.clock)

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds


def test_what_was_asked_for_least_makes_room() -> None:
    cache = MemoryCache(max_bytes=3000)
    cache.set("a", b"x" * 700)
    cache.set("b", b"x" * 700)
    cache.set("c", b"x" * 700)
    assert cache.get("a") is not None
    cache.set("d", b"x" * 700)
    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]


def test_a_value_larger_than_a_quarter_is_not_kept_and_drops_the_old_one() -> None:
    cache = MemoryCache(max_bytes=4000)
    cache.set("key", b"small")
    cache.set("key", b"x" * 1001)
    assert cache.get("key") is None


def test_a_million_keys_stay_within_the_bytes() -> None:
    cache = MemoryCache(max_bytes=100_000)
    for number in range(20_000):
        cache.set(f"key-{number}", b"value")
    assert cache._size <= 100_000
    assert len(cache._entries) < 500
    for key in list(cache._entries):
        cache.delete(key)
    assert cache._size == 0
