"""The tag library ``messageformat``; needs partita-templates."""

from typing import Any

from partita.contracts.current import require
from partita.i18n.translations import MESSAGE_FILES
from partita.templates import Library
from partita.text.html import Markup

__all__ = ("register",)

register = Library()


@register.simple_tag
def message(message: str, **arguments: Any) -> str:
    """Show a message; the whole of it is escaped: ``{% message "cart.items" count=cart|length %}``."""
    return require(MESSAGE_FILES).format(message, **arguments)


@register.simple_tag
def message_html(message: str, **arguments: Any) -> Markup:
    """Show a message that is HTML itself; its arguments are escaped."""
    return require(MESSAGE_FILES).format_html(message, **arguments)
