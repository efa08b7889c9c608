"""Decorators for what stands in a `ModelAdmin`."""

from collections.abc import Callable
from typing import Any, TypeVar

from partita.contracts.i18n import LazyText

__all__ = ("action", "display")

F = TypeVar("F", bound=Callable[..., Any])
Text = str | LazyText


def display(
    *,
    description: Text | None = None,
    ordering: str | None = None,
    boolean: bool = False,
    empty_value: str | None = None,
) -> Callable[[F], F]:
    """Say how the list shows what a function returns.

    Args:
        description: The head of the column.
        ordering: The field, or path to a field, that the column is sorted by; begin with ``-`` to reverse it.
        boolean: Show yes or no.
        empty_value: Shown instead of None and of empty text.
    """

    def decorate(function: F) -> F:
        marks: Any = function
        marks.short_description = description
        marks.admin_order_field = ordering
        marks.boolean = boolean
        marks.empty_value_display = empty_value
        return function

    return decorate


def action(*, description: Text | None = None, permissions: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Say how the list offers a function ``(admin, request, queryset)`` that does something with many objects.

    Args:
        description: What the user chooses.
        permissions: Of ``view``, ``add``, ``change`` and ``delete`` those that the user needs.
    """

    def decorate(function: F) -> F:
        marks: Any = function
        marks.short_description = description
        marks.allowed_permissions = permissions
        return function

    return decorate
