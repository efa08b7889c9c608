"""Gives an application its limits, and a place for whole answers."""

from partita.contracts.app import Registrar
from partita.contracts.cache import CACHE
from partita.contracts.settings import DEBUG
from partita.http.limits import LIMITS, Limits
from partita.http.page_cache import PAGE_CACHE, PageCache
from partita.http.upload_settings import UPLOAD_HANDLERS, UploadSettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide `LIMITS` from the settings' section ``http``, `PAGE_CACHE` over the application's cache or memory of its own.

    Besides, drafts get the upload handlers that the section ``uploads`` names.
    """

    def pages() -> PageCache:
        cache = app.find(CACHE)
        if cache is None:
            from partita.http.memory_cache import MemoryCache

            cache = MemoryCache()
        if app.find(DEBUG):  # developers see what it takes
            from partita.http.server_timing import MeasuredCache

            cache = MeasuredCache(cache)
        return PageCache(cache)

    app.provide(LIMITS, lambda: app.section("http", Limits))
    app.provide(PAGE_CACHE, pages)
    app.provide(UPLOAD_HANDLERS, lambda: app.section("uploads", UploadSettings).handlers)
