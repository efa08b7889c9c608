"""What compiled templates call: look-ups, output, loops, comparisons."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import is_, is_not
from types import CoroutineType
from typing import Any

import markupsafe
from markupsafe import Markup

from partita.bridge import active, drive, wait
from partita.contracts.current import CURRENT
from partita.contracts.i18n import DEFAULT_FORMATS
from partita.templates.context import MISSING
from partita.text.formats import FORMATS, UNSET
from partita.text.html import escape_text
from partita.text.localize import localize, to_zone

__all__ = ("ForLoop", "names")

PLAIN: frozenset[type] = frozenset({
    str, int, float, bool, type(None), Markup, dict, list, tuple, set, frozenset, bytes, Decimal, date, datetime, time,
    timedelta, type(MISSING),
})  # fmt: skip
"""Types that are certainly neither called nor awaited."""
SHORT_TEXT = 160
# markupsafe's C function, as in partita.text.html: it returns the very same object if there is nothing to escape.
_inner = getattr(markupsafe, "_escape_inner", None) or (lambda text: str.__str__(markupsafe.escape(text)))
_NUMBERS_AND_DATES = (int, float, Decimal, date, time)


# Asking an object for a method that it lacks costs more than all the rest of a look-up, so it is asked once a class. The
# answers depend on nothing but the class.
@lru_cache(maxsize=2048)
def has_items(cls: type) -> bool:
    """Whether values of a class take ``value[key]``."""
    return any("__getitem__" in base.__dict__ for base in cls.__mro__)


@lru_cache(maxsize=2048)
def is_inert(cls: type) -> bool:
    """Whether values of a class are neither called nor awaited."""
    return not any("__call__" in base.__dict__ or "__await__" in base.__dict__ for base in cls.__mro__)


def settle(value: Any) -> Any:
    """Call ``value`` if templates may call it, then await what came of it; MISSING if it cannot be had."""
    if is_inert(value.__class__):
        return value
    if callable(value):
        if getattr(value, "do_not_call_in_templates", False):
            return value
        if getattr(value, "alters_data", False):
            return MISSING
        try:
            value = value()
        except TypeError:
            if _takes_nothing(value):
                raise
            return MISSING
        except Exception as error:  # whatever the user's code raises, a template may be told to overlook it
            if getattr(error, "silent_variable_failure", False):
                return MISSING
            raise
    return settle_result(value)


def _takes_nothing(function: Callable[..., object]) -> bool:
    import inspect

    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    except ValueError:  # built in, and it does not tell what it takes: the call has just shown that it takes something
        return False
    return True


def look(value: Any, key: str) -> Any:
    """One step of a dotted path: item, then attribute, then call."""
    found: Any
    cls = value.__class__
    if cls is dict and key in value:
        found = value[key]
        return found if found.__class__ in PLAIN else settle(found)
    if value is MISSING:
        return MISSING
    if cls is not dict and has_items(cls):
        try:
            found = value[key]
            return found if found.__class__ in PLAIN else settle(found)
        except (TypeError, AttributeError, KeyError, ValueError, IndexError):
            pass
        except Exception as error:  # as in `settle`
            if getattr(error, "silent_variable_failure", False):
                return MISSING
            raise
    try:
        found = getattr(as_text(value, key), key)
    except Exception as error:  # a property's own failure goes on up
        if means_missing(error, value, key):
            return MISSING
        raise
    return found if found.__class__ in PLAIN else settle(found)


def as_text(value: Any, key: str) -> Any:
    """Return ``value``, but safe text as plain text for a method of `str`: what that makes of HTML need not be HTML."""
    return str.__str__(value) if value.__class__ is Markup and key in str.__dict__ else value


def means_missing(error: Exception, value: object, key: str) -> bool:
    """Whether ``error`` says that ``value`` has no such attribute, rather than that the attribute's code failed."""
    if isinstance(error, AttributeError):
        return key not in dir(value)
    return isinstance(error, TypeError) or bool(getattr(error, "silent_variable_failure", False))


def index(value: Any, number: int, key: str) -> Any:
    """One step of a dotted path that is a number: text key, then attribute, then position."""
    if value.__class__ is list or value.__class__ is tuple:
        try:
            found = value[number]
        except IndexError:
            return MISSING
        return found if found.__class__ in PLAIN else settle(found)
    found = look(value, key)
    if found is not MISSING or value is MISSING:
        return found
    try:
        found = str.__str__(value)[number] if value.__class__ is Markup else value[number]
    except (TypeError, AttributeError, KeyError, ValueError, IndexError):
        return MISSING
    return found if found.__class__ in PLAIN else settle(found)


def index_first(value: Any, number: int, key: str) -> Any:
    """`index` at a name of the context, which may itself have to be called."""
    return index(value if value.__class__ in PLAIN else settle(value), number, key)


MAX_CLASSES = 4096


def quick_lookups() -> dict[str, Any]:
    """Return `look`, for the first step of a path and for later ones, in a form that learns.

    Most values are dictionaries, or plain objects that are neither called, awaited nor subscribed. Which classes those
    are is remembered, by whoever calls this (an engine), so that the next look-up is one membership test and the access.
    """
    inert = set(PLAIN)
    plain_objects: set[type] = set()

    def learn(cls: type) -> None:
        if is_inert(cls) and len(inert) < MAX_CLASSES:
            inert.add(cls)
            if not has_items(cls) and cls is not MISSING.__class__:
                plain_objects.add(cls)

    def quick_first(value: Any, key: str) -> Any:
        cls = value.__class__
        if cls in plain_objects:
            try:
                found = getattr(value, key)
            except Exception as error:  # as in `look`
                if means_missing(error, value, key):
                    return MISSING
                raise
            return found if found.__class__ in inert else settle(found)
        if cls in inert:
            return quick(value, key)
        learn(cls)
        return look(settle(value), key)

    def quick(value: Any, key: str) -> Any:
        cls = value.__class__
        if cls is dict and key in value:
            found = value[key]
            return found if found.__class__ in inert else settle(found)
        if cls in plain_objects:
            try:
                found = getattr(value, key)
            except Exception as error:  # as in `look`
                if means_missing(error, value, key):
                    return MISSING
                raise
            return found if found.__class__ in inert else settle(found)
        learn(cls)
        return look(value, key)

    return {"look": quick, "look0": quick_first}


def value_or_empty(value: Any) -> Any:
    """A variable where text is expected: what is missing is empty."""
    if value.__class__ not in PLAIN:
        value = settle(value)
    return "" if value is MISSING else value


def value_or_none(value: Any) -> Any:
    """A variable where anything may stand: what is missing is None."""
    if value.__class__ not in PLAIN:
        value = settle(value)
    return None if value is MISSING else value


def settled(value: Any) -> Any:
    """A variable that may be missing: `settle` for values that are seldom called."""
    return value if value.__class__ in PLAIN else settle(value)


def show(value: Any) -> str:
    """Output with escaping."""
    cls = value.__class__
    if cls is str:
        # Short texts without quotes, which most are, save a call; `escape_text` knows the quickest way for the others.
        if len(value) > SHORT_TEXT:
            return escape_text(value)
        escaped: str = _inner(value)
        if escaped is value or "&#3" not in escaped:
            return escaped
        return escaped.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    if cls is Markup:
        return value  # type: ignore[no-any-return] # the class has just been compared
    if cls is int or cls is float:
        formats = FORMATS.get(UNSET)
        if formats is UNSET:  # asked for here and not by `chosen_formats`, which costs more than writing the digits
            app = CURRENT.get()
            if app is None or app.find(DEFAULT_FORMATS) is None:
                return str(value)
        return str(value) if formats is None else str(localize(value))
    return _show_other(value)


def _show_other(value: Any) -> str:
    if value.__class__ not in PLAIN:
        value = settle(value)
        html = getattr(type(value), "__html__", None)
        if html is not None:
            return str(html(value))
    if isinstance(value, _NUMBERS_AND_DATES):
        # Numbers and dates have no character to escape, unless a subclass has its own text or the format does.
        value = localize(to_zone(value) if value.__class__ is datetime else value)
    text = value if isinstance(value, str) else str(value)
    return text if isinstance(text, Markup) else escape_text(text)  # lazy text may be safe


def show_raw(value: Any) -> str:
    """Output without escaping."""
    if value.__class__ is str:
        return value
    if value.__class__ not in PLAIN:
        value = settle(value)
        html = getattr(type(value), "__html__", None)
        if html is not None:
            return str(html(value))
    if isinstance(value, _NUMBERS_AND_DATES):
        value = localize(to_zone(value) if value.__class__ is datetime else value)
    return value if isinstance(value, str) else str(value)


def show_tag(value: Any) -> str:
    """Output of a tag's function with escaping; numbers are not localised, as in Django."""
    if value.__class__ not in PLAIN:
        value = settle_result(value)
    if isinstance(value, Markup):
        return value
    html = getattr(type(value), "__html__", None)
    if html is not None:
        return str(html(value))
    text = value if isinstance(value, str) else str(value)
    return text if isinstance(text, Markup) else escape_text(text)


def show_tag_raw(value: Any) -> str:
    """Output of a tag's function without escaping."""
    if value.__class__ not in PLAIN:
        value = settle_result(value)
    return value if isinstance(value, str) else str(value)


def settle_result(value: Any) -> Any:
    """Await what a function returned, if it has to be; never call it."""
    return _awaited(value) if hasattr(type(value), "__await__") else value


def items_of(value: Any) -> Sequence[Any]:
    """What a loop runs over, with a length."""
    if value.__class__ is list or value.__class__ is tuple:
        return value
    if value is None or value is MISSING:
        return ()
    if hasattr(type(value), "__aiter__") and not hasattr(type(value), "__iter__"):
        return _awaited(_collect(value))  # type: ignore[no-any-return] # a list
    if hasattr(type(value), "__len__") and hasattr(type(value), "__iter__"):
        return value  # type: ignore[no-any-return] # sized and iterable is what loops need
    return list(value)


def _awaited(value: Any) -> Any:
    # A coroutine is driven itself, since sync code beneath it may have to wait, too: for a query, or for what a template renders.
    return wait(drive(value) if value.__class__ is CoroutineType and active() else value)


async def _collect(values: Any) -> list[Any]:
    return [value async for value in values]


class ForLoop:
    """``forloop`` inside ``{% for %}``.

    Args:
        length: How many items there are.
        parentloop: The loop around this one, or an empty mapping.
        index: Position of the current item, from 0.
    """

    __slots__ = ("index", "length", "parentloop", "state")

    def __init__(self, length: int, parentloop: object = None, index: int = 0) -> None:
        self.length, self.parentloop, self.index = length, {} if parentloop is None else parentloop, index
        self.state: dict[object, Any] = {}

    @property
    def counter(self) -> int:
        """Position of the item, from 1."""
        return self.index + 1

    @property
    def counter0(self) -> int:
        """Position of the item, from 0."""
        return self.index

    @property
    def revcounter(self) -> int:
        """How many items are left, with this one."""
        return self.length - self.index

    @property
    def revcounter0(self) -> int:
        """How many items are left after this one."""
        return self.length - self.index - 1

    @property
    def first(self) -> bool:
        """Whether this is the first item."""
        return self.index == 0

    @property
    def last(self) -> bool:
        """Whether this is the last item."""
        return self.index == self.length - 1

    def __repr__(self) -> str:
        return f"<forloop {self.counter} of {self.length}>"


def _quiet(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compared(left: Any, right: Any) -> Any:
        try:
            return compare(left, right)
        except Exception:  # noqa: BLE001 - the language says that values which cannot be compared compare false
            return False

    return compared


def markup_join(parts: Iterable[str]) -> Markup:
    """The parts of a rendering as one safe text."""
    return Markup("".join(parts))


def names() -> dict[str, Any]:
    """Return the global names that compiled code finds, without its constants."""
    return {
        "M": MISSING,
        "index": index,
        "index0": index_first,
        "val": value_or_empty,
        "valn": value_or_none,
        "settled": settled,
        "show": show,
        "raw": show_raw,
        "tag": show_tag,
        "tagraw": show_tag_raw,
        "await_": settle_result,
        "items": items_of,
        "ForLoop": ForLoop,
        "Markup": Markup,
        "joined": markup_join,
        "eq": _quiet(lambda a, b: a == b),
        "ne": _quiet(lambda a, b: a != b),
        "lt": _quiet(lambda a, b: a < b),
        "le": _quiet(lambda a, b: a <= b),
        "gt": _quiet(lambda a, b: a > b),
        "ge": _quiet(lambda a, b: a >= b),
        "in_": _quiet(lambda a, b: a in b),
        "is_": is_,  # written as operators, Python would warn of literals
        "is_not": is_not,
        "not_in": _quiet(lambda a, b: a not in b),
    }
