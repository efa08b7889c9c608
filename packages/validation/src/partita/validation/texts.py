"""Lazy text whose form depends on a number that is known only when it is filled in."""

from collections.abc import Mapping
from typing import Any

from partita.contracts.i18n import LazyText, ngettext

__all__ = ("CountedText", "ngettext_lazy")


class CountedText(LazyText):
    """A message with a singular and a plural; ``%`` chooses by the value under ``count``."""

    __slots__ = ("_count", "_plural", "_singular")

    def __init__(self, singular: str, plural: str, count: str) -> None:
        super().__init__(lambda: ngettext(singular, plural, 2))
        self._singular, self._plural, self._count = singular, plural, count

    def __mod__(self, values: object) -> str:
        number: Any = values.get(self._count, 2) if isinstance(values, Mapping) else 2
        try:  # not isinstance with a protocol, which looks at every attribute
            whole = int(number)
        except (TypeError, ValueError, OverflowError):
            whole = 2
        return ngettext(self._singular, self._plural, whole) % values


def ngettext_lazy(singular: str, plural: str, count: str) -> CountedText:
    """Translate a message that counts something each time it is shown.

    Args:
        singular: English text for one; the key for translators.
        plural: English text for several.
        count: The name of the parameter that is the number.
    """
    return CountedText(singular, plural, count)
