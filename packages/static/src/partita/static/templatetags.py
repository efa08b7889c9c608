"""The tag ``{% static %}``; loaded only where templates are."""

from partita.contracts.current import require
from partita.static.files import STATIC
from partita.templates import Library

__all__ = ("register", "static")

register = Library()


@register.simple_tag
def static(name: str) -> str:
    """Write the URL of a static file: ``{% static 'shop/shop.css' %}``.

    Raises:
        StaticNameError: If ``name`` cannot be the name of a file.
    """
    return require(STATIC).url_of(name)
