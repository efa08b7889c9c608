"""Filters on lists and mappings."""

import random as random_module
import warnings
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from partita.contracts.i18n import LazyText
from partita.templates.errors import TemplateSyntaxError
from partita.templates.library import Library
from partita.text.html import conditional_escape

__all__ = ("register",)

register = Library()
MAX_DEPTH = 100


class _Unsortable(Exception):
    """An item lacks the key."""


def _item_key(path: Any) -> Any:
    """Return a function that follows keys and positions, and nothing else.

    Attributes and methods stay out of reach: the key may come from a visitor (CVE-2021-45116).
    """
    parts = str(path).split(".")
    if any(part.startswith("_") for part in parts):
        raise _Unsortable

    def key(item: Any) -> Any:
        for part in parts:
            if isinstance(item, dict):
                item = item[part]
            elif isinstance(item, list | tuple) and part.isdecimal():
                item = item[int(part)]
            elif not part.isdecimal() and _is_field(item, part):
                item = getattr(item, part)
            else:
                raise _Unsortable
        return item

    return key


def _is_field(item: Any, name: str) -> bool:
    """Whether ``name`` is data of the item: in its ``__dict__``, a slot or a declared field; no method, no property."""
    if isinstance(item, type) or callable(item):
        return False
    fields: Any = getattr(type(item), "__struct_fields__", None) or getattr(type(item), "_fields", None) or ()
    return name in getattr(item, "__dict__", ()) or name in fields or name in getattr(type(item), "__slots__", ())


def _sorted(value: Any, path: Any, backwards: bool) -> Any:
    try:
        key = int(path)
    except (TypeError, ValueError):
        pass
    else:
        try:
            return sorted(value, key=lambda item: item[key] if isinstance(item, list | tuple | str) else item[str(key)],
                          reverse=backwards)  # fmt: skip
        except (TypeError, KeyError, IndexError, AttributeError, ValueError):
            return ""
    try:
        return sorted(value, key=_item_key(path), reverse=backwards)
    except (TypeError, KeyError, IndexError, AttributeError, ValueError, _Unsortable):
        return ""


@register.filter(is_safe=False, may_wait=False)
def dictsort(value: Any, path: Any) -> Any:
    """Sort a list of mappings by a key."""
    return _sorted(value, path, False)


@register.filter(is_safe=False, may_wait=False)
def dictsortreversed(value: Any, path: Any) -> Any:
    """Sort a list of mappings by a key, backwards."""
    return _sorted(value, path, True)


@register.filter(is_safe=False, may_wait=False)
def first(value: Any) -> Any:
    """Return the first item."""
    try:
        return str.__str__(value)[0] if isinstance(value, Markup) else value[0]  # a part of HTML need not be HTML
    except IndexError:
        return ""


@register.filter(is_safe=True, may_wait=False)
def last(value: Any) -> Any:
    """Return the last item."""
    try:
        return value[-1]
    except IndexError:
        return ""


@register.filter(is_safe=False, may_wait=False)
def length(value: Any) -> int:
    """Return the number of items."""
    try:
        return len(value)
    except (ValueError, TypeError):
        return 0


@register.filter(is_safe=False, may_wait=False)
def length_is(value: Any, number: Any) -> Any:
    """Tell whether there are so many items."""
    warnings.warn("the filter length_is is on its way out: use |length and ==", DeprecationWarning, stacklevel=2)
    try:
        return len(value) == int(number)
    except (ValueError, TypeError):
        return ""


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
def join(value: Any, separator: Any, autoescape: bool = True) -> Any:
    """Join items with ``separator``."""
    try:
        if autoescape:
            return Markup(str.__str__(conditional_escape(separator)).join(map(conditional_escape, value)))
        return str.__str__(str(separator)).join(value)
    except TypeError:
        return value


@register.filter(is_safe=True, may_wait=False)
def random(value: Any) -> Any:
    """Return one item, whichever it may be."""
    try:
        return random_module.choice(value)
    except IndexError:
        return ""


@register.filter("slice", is_safe=True, may_wait=False)
def slice_filter(value: Any, bounds: Any) -> Any:
    """Return a part, as Python's ``value[a:b:c]``."""
    try:
        parts = [int(part) if part else None for part in str(bounds).split(":")]
        return value[slice(*parts)]
    except (ValueError, TypeError, KeyError):
        return value


def _can_iterate(item: Any) -> bool:
    try:
        iter(item)
    except TypeError:
        return False
    return True


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
def unordered_list(value: Any, autoescape: bool = True) -> Markup:
    """Return nested lists as ``<li>`` elements."""

    def pairs(items: Any) -> Iterator[tuple[Any, Any]]:
        pending: Any = None
        waiting = False
        for item in items:
            nested = not isinstance(item, str | LazyText) and _can_iterate(item)
            if nested and waiting:
                yield pending, item
                waiting = False
                continue
            if waiting:
                yield pending, None
            pending, waiting = item, True
        if waiting:
            yield pending, None

    def shown(items: Any, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise TemplateSyntaxError(f"'unordered_list' got lists nested deeper than {MAX_DEPTH} levels")
        indent = "\t" * depth
        lines = []
        for item, children in pairs(items):
            inner = ""
            if children is not None:
                inner = f"\n{indent}<ul>\n{shown(children, depth + 1)}\n{indent}</ul>\n{indent}"
            text = conditional_escape(item) if autoescape else str(item)
            lines.append(f"{indent}<li>{text}{inner}</li>")
        return "\n".join(lines)

    return Markup(shown(value, 1))
