"""The lazy and the marking members of the gettext family."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from partita.contracts.i18n import LazyText, ngettext, npgettext

__all__ = ("CountedLazyText", "gettext_noop", "ngettext_lazy", "npgettext_lazy")

T = TypeVar("T")


def gettext_noop(message: T) -> T:
    """Return ``message``, which `makemessages` finds: for texts that are stored in English and translated when shown."""
    return message


class CountedLazyText(LazyText):
    """Lazy text with a singular and a plural.

    Args:
        choose: Returns the form for a number.
        number: The number itself; or the name of the value that is it when the text is filled; or None if the text is
            filled with nothing but the number.
        made_of: The arguments of `ngettext_lazy`, so that the text can be pickled and still follow the language.
    """

    __slots__ = ("_choose", "_made_of", "_number")

    def __init__(
        self,
        choose: Callable[[int], str],
        number: int | str | None,
        made_of: "tuple[str, str, int | str | None] | None" = None,
    ) -> None:
        super().__init__(lambda: choose(number if isinstance(number, int) else 2))
        self._choose, self._number, self._made_of = choose, number, made_of

    def __mod__(self, values: object) -> str:
        if isinstance(self._number, int):
            return self._choose(self._number) % values
        form = self._choose(self._count(values))
        try:
            return form % values
        except TypeError:
            # A text without a place for the number, "good results", is only chosen by it.
            if isinstance(values, Mapping) or "%" in form.replace("%%", ""):
                raise
            return form.replace("%%", "%")

    def __reduce__(self) -> Any:
        return (ngettext_lazy, self._made_of) if self._made_of else super().__reduce__()

    def format(self, *args: object, **kwargs: object) -> str:
        """Fill the text as `str.format` does."""
        if isinstance(self._number, int):
            return self._choose(self._number).format(*args, **kwargs)
        return self._choose(self._count(kwargs or (args[0] if args else None))).format(*args, **kwargs)

    def _count(self, values: object) -> int:
        found = values
        if isinstance(values, Mapping):
            if not isinstance(self._number, str) or self._number not in values:
                raise KeyError(
                    f"Your dictionary lacks key {self._number!r}. Please provide it, because it is required to determine "
                    "whether string is singular or plural."
                )
            found = values[self._number]
        try:
            return int(found)  # type: ignore[call-overload,no-any-return] # what is no number is shown in the plural
        except (TypeError, ValueError):
            return 2


def ngettext_lazy(singular: str, plural: str, number: int | str | None = None) -> CountedLazyText:
    """Translate a message that counts something each time it is shown.

    Args:
        singular: English text for one.
        plural: English text for several.
        number: See `CountedLazyText`.
    """
    return CountedLazyText(lambda count: ngettext(singular, plural, count), number, (singular, plural, number))


def npgettext_lazy(context: str, singular: str, plural: str, number: int | str | None = None) -> CountedLazyText:
    """Translate a message that counts something, as used in ``context``, each time it is shown; see `ngettext_lazy`."""
    return CountedLazyText(lambda count: npgettext(context, singular, plural, count), number)
