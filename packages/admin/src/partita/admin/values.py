"""Values as the pages show them, safe in HTML."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from markupsafe import Markup, escape

from partita.contracts.i18n import gettext
from partita.text import date_format

__all__ = ("LONGEST_TEXT", "is_number", "link_or_text", "show_boolean", "show_value")

LONGEST_TEXT = 200
_SCHEMES = ("https://", "http://")
_YES = Markup('<span class="yes"><span aria-hidden="true">✓</span> {}</span>')
_NO = Markup('<span class="no"><span aria-hidden="true">✕</span> {}</span>')


def show_value(value: object, empty: str = "–", *, longest: int | None = LONGEST_TEXT) -> Markup:
    """Return ``value`` as HTML.

    Args:
        value: Anything; only `Markup` that code has made is taken as HTML, everything else is escaped.
        empty: Shown for None and for empty text.
        longest: Characters to show of a text; None for all.
    """
    if value is None or value == "":
        return Markup('<span class="quiet">{}</span>').format(empty)
    if isinstance(value, bool):
        return show_boolean(value)
    if isinstance(value, Markup):
        return value
    text = _text(value)
    return escape(text if longest is None or len(text) <= longest else text[: longest - 1] + "…")


def show_boolean(value: object) -> Markup:
    """Return yes or no with a mark; nothing is known of None."""
    if value is None:
        return Markup('<span class="quiet">{}</span>').format(gettext("Unknown"))
    return _YES.format(gettext("Yes")) if value else _NO.format(gettext("No"))


def link_or_text(value: object, empty: str = "–") -> Markup:
    """Return a stored URL as a link if it leads to a web page, else as text.

    A stored ``javascript:`` would run with the rights of whoever looks at the list.
    """
    text = str(value or "")
    if text.lower().startswith(_SCHEMES) and text.isprintable():
        return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(text, show_value(text))
    return show_value(text, empty)


def is_number(value: object) -> bool:
    """Tell whether ``value`` is a number, which is written flush right."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return date_format(value, "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_text, value))
    return str(value)
