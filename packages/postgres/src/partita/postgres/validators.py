"""Checks of values that only PostgreSQL's types have: lengths of arrays, keys of mappings, limits of ranges."""

from collections.abc import Iterable, Mapping
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.validation import (
    MaxLengthValidator,
    MaxValueValidator,
    Message,
    MinLengthValidator,
    MinValueValidator,
    ValidationError,
)
from partita.validation.base import Validator

__all__ = (
    "ArrayMaxLengthValidator",
    "ArrayMinLengthValidator",
    "KeysValidator",
    "RangeMaxValueValidator",
    "RangeMinValueValidator",
)


class ArrayMaxLengthValidator(MaxLengthValidator):
    """Refuse lists of more items than the limit."""

    message: Message = gettext_lazy(
        "List contains %(show_value)d items, it should contain no more than %(limit_value)d."
    )


class ArrayMinLengthValidator(MinLengthValidator):
    """Refuse lists of fewer items than the limit."""

    message: Message = gettext_lazy(
        "List contains %(show_value)d items, it should contain no fewer than %(limit_value)d."
    )


class KeysValidator(Validator):
    """Refuse mappings that lack some keys, or have others.

    Args:
        keys: That have to be there.
        strict: Allow no others.
        messages: Other texts for ``missing_keys`` and ``extra_keys``, with ``%(keys)s``.
    """

    messages: Mapping[str, Message] = {
        "missing_keys": gettext_lazy("Some keys were missing: %(keys)s"),
        "extra_keys": gettext_lazy("Some unknown keys were provided: %(keys)s"),
    }

    def __init__(
        self, keys: Iterable[str], strict: bool = False, messages: Mapping[str, Message] | None = None
    ) -> None:
        self.keys, self.strict = frozenset(keys), strict
        if messages is not None:
            self.messages = {**self.messages, **messages}

    def __call__(self, value: Any) -> None:
        """Raise `ValidationError` if keys are missing or too many."""
        found = set(value)
        if missing := self.keys - found:
            raise ValidationError(self.messages["missing_keys"], "missing_keys", {"keys": _listed(missing)})
        if self.strict and (extra := found - self.keys):
            raise ValidationError(self.messages["extra_keys"], "extra_keys", {"keys": _listed(extra)})

    def identity(self) -> tuple[object, ...]:
        """Return keys, strictness and texts."""
        return (self.keys, self.strict, tuple((code, str(text)) for code, text in sorted(self.messages.items())))


class RangeMaxValueValidator(MaxValueValidator):
    """Refuse ranges that reach beyond the limit, or have no upper limit."""

    message: Message = gettext_lazy("Ensure that the upper bound of the range is not greater than %(limit_value)s.")

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if the range ``a`` reaches beyond ``b``."""
        return not a.empty and (a.upper is None or a.upper > b)


class RangeMinValueValidator(MinValueValidator):
    """Refuse ranges that begin before the limit, or have no lower limit."""

    message: Message = gettext_lazy("Ensure that the lower bound of the range is not less than %(limit_value)s.")

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if the range ``a`` begins before ``b``."""
        return not a.empty and (a.lower is None or a.lower < b)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(str(key)[:80] for key in keys))
