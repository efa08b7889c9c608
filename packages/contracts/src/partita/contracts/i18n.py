"""The port for translations: who wants text for people calls these; without a translator they stay English."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol, SupportsIndex, cast

from partita.contracts.current import find
from partita.contracts.key import Key

__all__ = (
    "DEFAULT_FORMATS",
    "DEFAULT_TRANSLATOR",
    "TRANSLATE_URL",
    "TRANSLATOR",
    "LazyText",
    "Translator",
    "current_translator",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "npgettext",
    "pgettext",
    "pgettext_lazy",
    "untranslated",
)


class Translator(Protocol):
    """Messages of one language."""

    @property
    def language(self) -> str:
        """The language as a BCP 47 tag in lower case, such as ``de`` or ``pt-br``."""
        ...

    def gettext(self, message: str) -> str:
        """Return the translation of ``message``, or ``message`` itself."""
        ...

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form that fits ``number`` in this language."""
        ...

    def pgettext(self, context: str, message: str) -> str:
        """Return the translation of ``message`` as used in ``context``."""
        ...


TRANSLATOR: ContextVar[Translator | None] = ContextVar("partita.translator", default=None)
"""What was activated here; None turns translation off. Read it with `current_translator`: it may never have been set."""
DEFAULT_TRANSLATOR = Key[Callable[[], Translator | None]]("partita.default_translator")
"""Gives the messages of an application's own language, which is in force where nobody activated another one."""
DEFAULT_FORMATS = Key[object]("partita.default_formats")
"""How that language writes dates and numbers, a `partita.text.formats.Formats`; None means as English does."""
TRANSLATE_URL = Key[Callable[[str, str], str]]("partita.translate_url")
"""Returns the URL of the same page in another language, given one in the language in force, and a tag; the same URL if there is none."""

_UNSET: Final = cast("Translator", object())  # tells "nobody said anything" from "off"


def current_translator() -> Translator | None:
    """Return the translator in force: the one activated here, else that of the current application's own language.

    Returns:
        None if texts stay as the program has them.
    """
    translator = TRANSLATOR.get(_UNSET)
    if translator is not _UNSET:
        return translator
    default = find(DEFAULT_TRANSLATOR)
    return None if default is None else default()


@contextmanager
def untranslated() -> Iterator[None]:
    """Keep texts inside ``with`` as the program has them: what is stored must not depend on who runs it."""
    before = TRANSLATOR.set(None)
    try:
        yield
    finally:
        TRANSLATOR.reset(before)


def gettext(message: str) -> str:
    """Translate ``message`` with the current translator."""
    translator = current_translator()
    return message if translator is None else translator.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate a message that counts something."""
    translator = current_translator()
    if translator is None:
        return singular if number == 1 else plural
    return translator.ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """Translate a message whose meaning depends on where it stands."""
    translator = current_translator()
    return message if translator is None else translator.pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, number: int) -> str:
    """Translate a message that counts something and whose meaning depends on where it stands.

    A translator without ``npgettext(context, singular, plural, number)`` is asked without the context.
    """
    translator = current_translator()
    if translator is None:
        return singular if number == 1 else plural
    found: Callable[[str, str, str, int], str] | None = getattr(translator, "npgettext", None)
    return translator.ngettext(singular, plural, number) if found is None else found(context, singular, plural, number)


class LazyText:
    """Text made anew each time it is shown, so that it follows the language of whoever looks."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    def __str__(self) -> str:
        return self._make()

    def __repr__(self) -> str:
        return f"LazyText({self._make()!r})"

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (self._make(),)  # an error that crosses processes arrives with its text

    def __copy__(self) -> "LazyText":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "LazyText":
        return self  # a copy of a form or a field still follows the language

    if not TYPE_CHECKING:  # the methods of `str`; the type of each one is not known here

        def __getattr__(self, name: str) -> Any:
            # Protocols are looked for in anything, and no language need be known for that; text may be safe HTML, though.
            if name.startswith("_") and name != "__html__":
                raise AttributeError(f"LazyText has no {name}")
            return getattr(str(self), name)

    def __add__(self, other: object) -> str:
        return str(self) + str(other) if isinstance(other, str | LazyText) else NotImplemented

    def __radd__(self, other: object) -> str:
        return other + str(self) if isinstance(other, str) else NotImplemented

    def __mul__(self, count: SupportsIndex) -> str:
        return str(self) * count

    __rmul__ = __mul__

    def __mod__(self, values: object) -> str:
        return self._make() % values

    def __iter__(self) -> Iterator[str]:
        return iter(str(self))

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return str(self)[key]

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other) if isinstance(other, str | LazyText) else NotImplemented

    def __format__(self, spec: str) -> str:
        return format(self._make(), spec)

    def __eq__(self, other: object) -> bool:
        return self._make() == (str(other) if isinstance(other, LazyText) else other)

    def __hash__(self) -> int:
        return hash(self._make())

    def __len__(self) -> int:
        return len(self._make())

    def __contains__(self, part: str) -> bool:
        return part in self._make()


def gettext_lazy(message: str) -> LazyText:
    """Translate ``message`` each time it is shown."""
    return LazyText(lambda: gettext(message))


def pgettext_lazy(context: str, message: str) -> LazyText:
    """Translate ``message`` as used in ``context`` each time it is shown."""
    return LazyText(lambda: pgettext(context, message))
