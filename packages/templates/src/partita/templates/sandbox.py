"""What templates of a sandboxed engine may reach: data, and a few methods of Python's own types.

A template that a stranger writes must not call what it finds: a method without `alters_data` may still send a mail or read a
file. Nor may it climb from a value to the code behind it. How long it runs is not limited: give it little data to loop over.
"""

from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any

from markupsafe import Markup

from partita.templates import runtime
from partita.templates.context import MISSING

__all__ = ("names", "settle")

_CLOSED = (AsyncGeneratorType, BuiltinFunctionType, CodeType, CoroutineType, FrameType, FunctionType, GeneratorType, MethodType,
           ModuleType, TracebackType, type)  # fmt: skip
"""Nothing inside of these is for templates."""
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset({"upper", "lower", "title", "capitalize", "casefold", "swapcase", "strip", "lstrip", "rstrip", "split",
                    "splitlines", "isalnum", "isalpha", "isdecimal", "isdigit", "islower", "isspace", "isupper"}),
    dict: frozenset({"items", "keys", "values"}),
}  # fmt: skip


def may_call(value: Any) -> bool:
    """Whether a template may call ``value``: a listed method of a built-in type, or what is marked ``template_safe``."""
    if getattr(value, "template_safe", False) is True:
        return True
    if not isinstance(value, BuiltinFunctionType):
        return False
    holder = value.__self__
    # A subclass may have changed what the method does.
    return value.__name__ in _METHODS.get(holder.__class__, ())


def settle(value: Any) -> Any:
    """`runtime.settle` that calls nothing but what it may."""
    if value.__class__ in runtime.PLAIN:
        return value
    if isinstance(value, type | ModuleType):
        return MISSING
    if callable(value) and not may_call(value):
        return MISSING
    return runtime.settle(value)


def look(value: Any, key: str) -> Any:
    """One step of a dotted path: item, then attribute."""
    if value is MISSING or isinstance(value, _CLOSED) or key.startswith("_"):
        return MISSING
    if runtime.has_items(value.__class__):
        try:
            return settle(value[key])
        except (TypeError, AttributeError, KeyError, ValueError, IndexError):
            pass  # no such key: it may be an attribute
        except Exception as error:  # as in `runtime.settle`
            if getattr(error, "silent_variable_failure", False):
                return MISSING
            raise
    try:
        found = getattr(runtime.as_text(value, key), key)
    except Exception as error:  # a property's own failure goes on up
        if runtime.means_missing(error, value, key):
            return MISSING
        raise
    return settle(found)


def look_first(value: Any, key: str) -> Any:
    """`look` at a name of the context."""
    return look(settle(value), key)


def index(value: Any, number: int, key: str) -> Any:
    """One step of a dotted path that is a number."""
    found = look(value, key)
    if found is not MISSING or value is MISSING or isinstance(value, _CLOSED):
        return found
    try:
        return settle(str.__str__(value)[number] if isinstance(value, Markup) else value[number])
    except (TypeError, AttributeError, KeyError, ValueError, IndexError):
        return MISSING


def index_first(value: Any, number: int, key: str) -> Any:
    """`index` at a name of the context."""
    return index(settle(value), number, key)


def names() -> dict[str, Any]:
    """Return what compiled code calls in place of `runtime.names`."""

    def show(value: Any) -> str:
        return runtime.show(settle(value))

    def show_raw(value: Any) -> str:
        return runtime.show_raw(settle(value))

    def value_or_empty(value: Any) -> Any:
        return runtime.value_or_empty(settle(value))

    def value_or_none(value: Any) -> Any:
        return runtime.value_or_none(settle(value))

    return {
        "look": look,
        "look0": look_first,
        "index": index,
        "index0": index_first,
        "show": show,
        "raw": show_raw,
        "val": value_or_empty,
        "valn": value_or_none,
        "settled": settle,
    }
