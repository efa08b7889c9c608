"""The time of the cache in `Server-Timing`, and which cache answers are kept in."""

import asyncio

from partita.contracts.cache import CACHE
from partita.contracts.settings import DEBUG
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import Request, Response
from partita.http.integration import setup
from partita.http.memory_cache import MemoryCache
from partita.http.page_cache import PAGE_CACHE
from partita.http.server_timing import MeasuredCache, server_timing


class Clock:
    """A second goes by each time that somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def cache_of(app: SimpleRegistrar) -> object:
    setup(app)
    return app.require(PAGE_CACHE).cache


def test_each_use_of_the_cache_counts_in_the_answer_and_does_what_the_cache_does() -> None:
    inner = MemoryCache()
    cache = MeasuredCache(inner)
    seen: list[object] = []

    async def view(request: Request) -> Response:
        cache.set("a", b"1", 60)
        await cache.aset("b", b"2")
        seen.extend([cache.get("a"), await cache.aget("b"), inner.get("b")])
        seen.extend([cache.delete("a"), await cache.adelete("b"), cache.delete("a"), await cache.aget("b")])
        return Response.text("")

    handler = server_timing(lambda request: True, Clock())(view)
    response = asyncio.run(handler(Request.build()))
    assert seen == [b"1", b"2", b"2", True, True, False, None]
    assert response.headers["server-timing"] == "cache;dur=8000.0, total;dur=17000.0"


def test_where_nobody_sends_times_it_is_the_cache_alone() -> None:
    cache = MeasuredCache(MemoryCache())
    cache.set("a", b"1")
    assert cache.get("a") == b"1"


def test_answers_are_kept_in_the_applications_cache() -> None:
    app, own = SimpleRegistrar(), MemoryCache()
    app.provide(CACHE, lambda: own)
    assert cache_of(app) is own


def test_without_a_cache_answers_are_kept_in_memory() -> None:
    app = SimpleRegistrar()
    app.provide(DEBUG, lambda: False)
    assert isinstance(cache_of(app), MemoryCache)


def test_developers_see_what_the_cache_takes() -> None:
    app, own = SimpleRegistrar(), MemoryCache()
    app.provide(CACHE, lambda: own)
    app.provide(DEBUG, lambda: True)
    cache = cache_of(app)
    assert isinstance(cache, MeasuredCache)
    own.set("a", b"1")
    assert cache.get("a") == b"1"
