"""What the URLs of static files and of uploads begin with, also as context processors."""

from collections.abc import Mapping

from partita.contracts.current import find, require
from partita.contracts.storage import STORAGES
from partita.static.files import STATIC_SOURCES

__all__ = ("media", "media_prefix", "static", "static_prefix")


def static_prefix() -> str:
    """Return what the URLs of static files begin with, such as ``/static/``."""
    return require(STATIC_SOURCES).prefix


def media_prefix() -> str:
    """Return what the URLs of files in the default storage begin with, such as ``/media/``; empty if they have none."""
    storages = find(STORAGES)
    if storages is None or "default" not in storages:
        return ""
    try:
        return storages["default"].url("")
    except ValueError:  # files that no browser gets
        return ""


def static(request: object) -> Mapping[str, object]:
    """Give templates ``STATIC_URL``: a context processor."""
    return {"STATIC_URL": static_prefix()}


def media(request: object) -> Mapping[str, object]:
    """Give templates ``MEDIA_URL``: a context processor."""
    return {"MEDIA_URL": media_prefix()}
