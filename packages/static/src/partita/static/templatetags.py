"""The tags ``{% static %}``, ``{% get_static_prefix %}`` and ``{% get_media_prefix %}``; loaded only where templates are."""

from collections.abc import Iterator
from difflib import get_close_matches

from partita.contracts.current import find, require
from partita.static.errors import StaticNameError
from partita.static.files import STATIC, STATIC_SOURCES
from partita.static.names import checked_name
from partita.static.prefixes import media_prefix, static_prefix
from partita.templates import Library

__all__ = ("register", "static")

register = Library()


def _problems(name: object) -> Iterator[str]:
    """Say if a file that a template names is not there, for the static checker."""
    files = find(STATIC_SOURCES)
    if files is None:
        return
    wanted = str(name).lstrip("/")
    try:
        checked_name(wanted)
    except StaticNameError as error:
        yield str(error)
        return
    if files.find(wanted) is None:
        meant = get_close_matches(wanted[:200], [found.name for found in files.list()], 1)
        yield f"there is no static file {wanted[:200]!r}{f'; did you mean {meant[0]!r}?' if meant else ''}"


@register.simple_tag(check=_problems)
def static(name: str) -> str:
    """Write the URL of a static file: ``{% static 'shop/shop.css' %}``.

    Raises:
        StaticNameError: If ``name`` cannot be the name of a file.
        StaticNotCollected: If URLs have hashes, and nobody collected the file.
    """
    return require(STATIC).url_of(name)


@register.simple_tag(check=_problems)
def static_integrity(name: str) -> str:
    """Write what the attribute ``integrity`` of a file should be: ``integrity="{% static_integrity 'shop/shop.js' %}"``.

    It is empty, which browsers take as none, while URLs have no hashes.
    """
    return require(STATIC).integrity_of(name)


@register.simple_tag
def get_static_prefix() -> str:
    """Write what the URLs of static files begin with: ``{% get_static_prefix as prefix %}``."""
    return static_prefix()


@register.simple_tag
def get_media_prefix() -> str:
    """Write what the URLs of uploaded files begin with: ``{% get_media_prefix %}``; nothing if they have no URL."""
    return media_prefix()
