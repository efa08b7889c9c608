"""The tag library ``humanize``."""

from typing import Any

from partita.templates.library import Library
from partita.text import humanize

__all__ = ("register",)

register = Library()


@register.filter(is_safe=True)
def apnumber(value: Any) -> Any:
    """Show 1 to 9 as words."""
    return humanize.apnumber(value)


@register.filter(is_safe=True)
def intcomma(value: Any) -> str:
    """Set thousands apart."""
    return humanize.intcomma(value)


@register.filter(is_safe=False)
def intword(value: Any) -> Any:
    """Show large numbers such as ``1.2 million``."""
    return humanize.intword(value)


@register.filter(is_safe=True)
def ordinal(value: Any) -> Any:
    """Show 1st, 2nd, 3rd and so on."""
    return humanize.ordinal(value)


@register.filter(expects_localtime=True)
def naturalday(value: Any, letters: str | None = None) -> Any:
    """Show today, tomorrow, yesterday, or the date."""
    return humanize.naturalday(value, letters)


@register.filter
def naturaltime(value: Any) -> Any:
    """Show how long ago or how far ahead a time is."""
    return humanize.naturaltime(value)
