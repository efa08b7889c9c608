"""Several forms of one kind on one page: what makes classes of such sets, and what asks several of them."""

from collections.abc import Iterable
from typing import Any, TypeVar

from partita.forms.form import BaseForm
from partita.forms.formsets.base import BaseFormSet
from partita.forms.formsets.management import (
    ADD_BUTTON_NAME,
    DEFAULT_MAX_NUM,
    DEFAULT_MIN_NUM,
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    MAX_NUM_FORM_COUNT,
    MIN_NUM_FORM_COUNT,
    ORDERING_FIELD_NAME,
    TOTAL_FORM_COUNT,
    ManagementForm,
)
from partita.forms.renderers import BaseRenderer

__all__ = (
    "ADD_BUTTON_NAME",
    "DEFAULT_MAX_NUM",
    "DEFAULT_MIN_NUM",
    "DELETION_FIELD_NAME",
    "INITIAL_FORM_COUNT",
    "MAX_NUM_FORM_COUNT",
    "MIN_NUM_FORM_COUNT",
    "ORDERING_FIELD_NAME",
    "TOTAL_FORM_COUNT",
    "BaseFormSet",
    "ManagementForm",
    "aall_valid",
    "all_valid",
    "formset_factory",
)

F = TypeVar("F", bound=BaseForm)


def formset_factory(
    form: type[F],
    formset: type[BaseFormSet[Any]] = BaseFormSet,
    extra: int | None = None,
    can_order: bool | None = None,
    can_delete: bool | None = None,
    max_num: int | None = None,
    validate_max: bool | None = None,
    min_num: int | None = None,
    validate_min: bool | None = None,
    absolute_max: int | None = None,
    can_delete_extra: bool | None = None,
    renderer: BaseRenderer | None = None,
) -> type[BaseFormSet[F]]:
    """Return a class of sets of ``form``. What is not given stays as ``formset`` has it.

    Args:
        form: The class of each form.
        formset: The base class.
        extra: Empty forms beyond those with initial values.
        can_order: Give each form a field for its place.
        can_delete: Give each form a box that takes it out.
        max_num: Forms at most; more initial ones are shown nevertheless.
        validate_max: Refuse more than ``max_num`` forms.
        min_num: Forms at least.
        validate_min: Refuse fewer than ``min_num`` forms.
        absolute_max: Forms that are read at all, whatever was sent; ``max_num`` and 1000 more unless given.
        can_delete_extra: Give empty forms the box, too.
        renderer: Renders the set and its forms.

    Raises:
        ValueError: If ``absolute_max`` is less than ``max_num``.
    """
    given = {
        "extra": extra,
        "can_order": can_order,
        "can_delete": can_delete,
        "max_num": max_num,
        "validate_max": validate_max,
        "min_num": min_num,
        "validate_min": validate_min,
        "can_delete_extra": can_delete_extra,
        "renderer": renderer,
    }
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    most = chosen.get("max_num", formset.max_num)
    limit = most + DEFAULT_MAX_NUM if absolute_max is None else absolute_max
    if limit < most:
        raise ValueError(f"'absolute_max' must be greater or equal to 'max_num'. It is {limit}, the other {most}.")
    name = f"{form.__name__.removesuffix('Form')}FormSet"
    return type(name, (formset,), {"form": form, "absolute_max": limit, **chosen})


def all_valid(formsets: Iterable[BaseFormSet[Any]]) -> bool:
    """Tell whether all sets are valid. Each is validated, so that a page shows the errors of all."""
    valid = [formset.is_valid() for formset in formsets]
    return all(valid)


async def aall_valid(formsets: Iterable[BaseFormSet[Any]]) -> bool:
    """Async twin of `all_valid`."""
    valid = [await formset.ais_valid() for formset in formsets]
    return all(valid)
