"""Blank objects that become instances of a model as soon as their values are in place."""

import keyword
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

__all__ = ("blank_class",)

_MOST = 28  # CPython keeps this many names, and a few more, once for all objects of a class
_LATER = 8  # each takes eight bytes in every object, whether it comes or not
_SETTLED = 32  # objects after which it sets no room aside for others


def blank_class(model: Any, names: Sequence[str], later: Sequence[str] = ()) -> type[Any] | None:
    """Return a class whose objects take their values as plain attributes and then become instances of ``model``.

    The fields of a model are attributes of its class, so that each assignment to an instance looks there before it is
    done. A class without any attributes does not ask: a row of six columns becomes an instance, by one assignment of
    ``__class__`` at the end, in less than half of the time that a dictionary for each takes, and with 120 bytes less.

    Args:
        model: A model whose instances keep their values in ``__dict__``.
        names: What is assigned to each object, in this order.
        later: What may be assigned to the instances after that, so that there is room for it.

    Returns:
        The class; None where the names or the model do not allow it.
    """
    if len(names) > _MOST or not all(map(_is_plain, names)):
        return None
    rest = [name for name in dict.fromkeys(later) if name not in names and _is_plain(name)]
    blank = _made((*names, *rest[: min(_LATER, _MOST - len(names))]))
    trial: Any = blank()
    try:
        trial.__class__ = model
    except TypeError:  # the model, or what it inherits from, has slots
        return None
    object.__setattr__(trial, "__class__", blank)  # what the model does when instances end is not for this one
    return blank


def _is_plain(name: str) -> bool:
    # Python reads an identifier that is not ASCII as its normal form, which may be another name.
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


@lru_cache(1024)
def _made(names: tuple[str, ...]) -> type[Any]:
    blank: type[Any] = type("Blank", (), {})
    first = blank()
    for name in names:
        setattr(first, name, None)
    for _ in range(_SETTLED):
        blank()
    return blank
