"""The tag library ``fluent``; needs partita-templates and the extra ``fluent``."""

from typing import Any

from markupsafe import Markup

from partita.contracts.current import require
from partita.i18n.translations import FLUENT
from partita.templates import Library

__all__ = ("register",)

register = Library()


@register.simple_tag
def fluent(message: str, **arguments: Any) -> str:
    """Show a message; the whole of it is escaped: ``{% fluent "cart-items" count=cart|length %}``."""
    return require(FLUENT).format(message, **arguments)


@register.simple_tag
def fluent_html(message: str, **arguments: Any) -> Markup:
    """Show a message that is HTML itself; its arguments are escaped."""
    return require(FLUENT).format_html(message, **arguments)
