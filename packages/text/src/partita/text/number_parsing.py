"""Numbers read as people of a language write them."""

import re
from decimal import Decimal, InvalidOperation

from partita.text.errors import NumberError
from partita.text.formats import Formats, current_formats

__all__ = ("parse_number",)

MAX_NUMBER = 200  # characters


def parse_number(text: str, formats: Formats | None = None) -> Decimal:
    """Read a number as people of the current language write it: in German ``1.234,5``.

    Args:
        text: At most 200 characters.
        formats: The conventions; by default those in force.

    Raises:
        ValueError: If it is no number in this language.
    """
    formats = formats or current_formats()
    plain = text.strip()
    if len(plain) > MAX_NUMBER:
        raise NumberError(text)
    sign = "-" if plain.startswith("-") else ""
    whole, separator, fraction = plain.lstrip("+-").partition(formats.decimal_separator)
    for space in {formats.thousand_separator, *("\xa0\u202f " if formats.thousand_separator.isspace() else "")}:
        whole = whole.replace(space, "") if _grouped(whole, space, formats.grouping) else whole
    if not re.fullmatch(r"[0-9]*", whole + fraction) or not (whole or fraction) or (separator and not fraction):
        raise NumberError(text)
    try:
        return Decimal(f"{sign}{whole or '0'}.{fraction or '0'}") if separator else Decimal(f"{sign}{whole}")
    except InvalidOperation:
        raise NumberError(text) from None


def _grouped(whole: str, space: str, grouping: tuple[int, ...]) -> bool:
    """Whether separators stand where they belong: ``1.5`` is not 15 in German."""
    groups = whole.split(space)
    if len(groups) < 2:
        return False
    last, before = grouping[0], grouping[-1]
    return (
        len(groups[-1]) == last
        and all(len(group) == before for group in groups[1:-1])
        and 1 <= len(groups[0]) <= before
    )
