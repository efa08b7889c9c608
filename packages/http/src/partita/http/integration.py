"""Gives an application its limits, and a place for whole answers."""

from partita.contracts.app import Registrar
from partita.contracts.cache import CACHE
from partita.http.limits import LIMITS, Limits
from partita.http.page_cache import PAGE_CACHE, PageCache

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide `LIMITS` from the settings' section ``http``, and `PAGE_CACHE` over the application's cache or memory of its own."""

    def pages() -> PageCache:
        cache = app.find(CACHE)
        if cache is None:
            from partita.http.memory_cache import MemoryCache

            cache = MemoryCache()
        return PageCache(cache)

    app.provide(LIMITS, lambda: app.section("http", Limits))
    app.provide(PAGE_CACHE, pages)
