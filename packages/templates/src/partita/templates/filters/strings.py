"""Filters on text."""

from typing import Any

from markupsafe import Markup

from partita.templates.library import Library, stringfilter
from partita.text import strings
from partita.text.numbers import float_format

__all__ = ("register",)

register = Library()
MAX_WIDTH = 100_000
"""A width may come from a visitor; padding beyond this would only fill memory."""


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def addslashes(value: str) -> str:
    """Put a backslash before backslashes and quotes."""
    return strings.add_slashes(str.__str__(value))  # Markup would escape what is put in


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def capfirst(value: str) -> str:
    """Write the first letter large."""
    return strings.capfirst(value)


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def center(value: str, width: Any) -> str:
    """Center in a field of ``width`` characters."""
    return f"{str.__str__(value):^{_width(width)}}"


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def ljust(value: str, width: Any) -> str:
    """Put at the left of a field of ``width`` characters."""
    return value.ljust(_width(width))


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def rjust(value: str, width: Any) -> str:
    """Put at the right of a field of ``width`` characters."""
    return value.rjust(_width(width))


def _width(width: Any) -> int:
    return max(0, min(int(width), MAX_WIDTH))


@register.filter(pure=True, may_wait=False)
@stringfilter
def cut(value: str, part: Any) -> str:
    """Take every ``part`` out."""
    plain = str.__str__(value).replace(str.__str__(str(part)), "")
    # Taking a semicolon out would break references, so the text is no longer safe.
    return Markup(plain) if isinstance(value, Markup) and part != ";" else plain


@register.filter(is_safe=True, may_wait=False)
def floatformat(value: Any, places: Any = -1) -> str:
    """Round to a number of places."""
    if (
        not isinstance(value, int | float | str)
        and hasattr(type(value), "__float__")
        and not hasattr(value, "as_tuple")
    ):
        value = float(value)
    text = float_format(value, places)
    return Markup(text) if isinstance(value, int | float) else text


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def lower(value: str) -> str:
    """Write small."""
    return value.lower()


@register.filter(pure=True, may_wait=False)
@stringfilter
def upper(value: str) -> str:
    """Write in capitals."""
    return str.__str__(value).upper()


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def title(value: str) -> str:
    """Capitalise every word."""
    return strings.title(value)


@register.filter(pure=True, may_wait=False)
@stringfilter
def make_list(value: str) -> list[str]:
    """Return the list of characters."""
    return list(str.__str__(value))


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def slugify(value: str) -> str:
    """Return text fit for a URL."""
    return strings.slugify(value)


@register.filter(is_safe=True, pure=True, may_wait=False)
def stringformat(value: Any, form: Any) -> str:
    """Format with Python's ``%`` codes, without the leading percent sign."""
    if isinstance(value, tuple):
        value = str(value)
    form = str(form)
    digits = "".join(letter if letter.isdigit() else " " for letter in form).split()
    if any(len(number) > 5 for number in digits):
        return ""
    try:
        return str.__str__(f"%{form}") % (str.__str__(value) if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return ""


@register.filter(is_safe=True, may_wait=False)
@stringfilter
def truncatechars(value: str, length: Any) -> str:
    """Shorten to ``length`` characters."""
    try:
        number = int(length)
    except ValueError:
        return value
    return strings.truncate_chars(str.__str__(value), number)


@register.filter(is_safe=True, may_wait=False)
@stringfilter
def truncatewords(value: str, count: Any) -> str:
    """Shorten to ``count`` words."""
    try:
        number = int(count)
    except ValueError:
        return value
    return strings.truncate_words(str.__str__(value), number)


@register.filter(is_safe=False, pure=True, may_wait=False)
@stringfilter
def wordcount(value: str) -> int:
    """Return the number of words."""
    return len(value.split())


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def wordwrap(value: str, width: Any) -> str:
    """Break lines at ``width`` characters."""
    return strings.wrap(str.__str__(value), int(width))


@register.filter(is_safe=True, pure=True, may_wait=False)
def phone2numeric(value: Any) -> str:
    """Turn letters of a phone number into digits."""
    return strings.phone_to_numeric(str(value))
