"""Validation of the fields of a form: from what was sent to values or errors, one field after the other."""

from collections.abc import Awaitable, Generator
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from partita.forms.bound import BoundField
from partita.forms.data import one_value
from partita.forms.fields import Field, FieldDict
from partita.forms.widgets import Widget
from partita.validation import EMPTY_VALUES, ValidationError

if TYPE_CHECKING:
    from partita.forms.form import BaseForm

__all__ = ("Steps", "clean_fields", "is_awaitable", "reads_plainly")

Steps: TypeAlias = Generator[tuple[str, Awaitable[object]], object, None]
"""Validation, which stops wherever a hook turns out to be async: its name, and what to await."""


def reads_plainly(field: Field) -> bool:
    """Tell whether what was sent for ``field`` can be read and checked without a bound field, which costs as much as both."""
    return field.validates_shared and field.widget.reads_shared and field.bound_field_class is None


def clean_fields(form: "BaseForm", plain: bool, prefix: str | None) -> Steps:
    """Put the values of valid fields into ``cleaned_data`` of ``form``, and add the errors of the others.

    All that a form does for each of its fields is in this one loop: calls would cost more than most fields themselves.

    Args:
        form: The form.
        plain: Nothing about the form asks for bound fields, so fields that do not either are read without.
        prefix: What stands before each name in HTML; None if the form has its own ``add_prefix``.
    """
    fields, values, data, files = form.fields, form.cleaned_data, form.data, form.files
    peek = fields.peek if isinstance(fields, FieldDict) else fields.__getitem__
    get = data.get if type(data) is dict else None
    for name in list(fields):
        field = peek(name)
        widget = field.widget
        try:
            if (  # `reads_plainly`, without the call
                plain
                and field.validates_shared
                and widget.reads_shared
                and field.bound_field_class is None
                and not field.disabled
            ):
                sent_name = form.add_prefix(name) if prefix is None else prefix + name
                if get is not None and type(widget).value_from_datadict is Widget.value_from_datadict:
                    sent = get(sent_name)
                    if type(sent) is not str and sent is not None:
                        sent = one_value(data, sent_name)
                else:
                    sent = widget.value_from_datadict(data, files, sent_name)
                own = field.__dict__
                if field.cleans_plainly and "clean" not in own and "run_validators" not in own:
                    value = field.to_python(sent)
                    if value and field.checks_plainly and field.empty_values is EMPTY_VALUES:
                        pass  # see Field.clean
                    elif field.checks_plainly and "validate" not in own:
                        if field.required and field.is_empty(value):
                            form.add_error(name, field.error("required"))
                            continue
                    else:
                        field.validate(value)
                    refusals = field.refusals(value)
                    if refusals:  # added, as above, instead of being raised and caught, which takes longer
                        form.add_error(name, refusals[0] if len(refusals) == 1 else ValidationError(refusals))
                        continue
                    values[name] = value
                else:
                    values[name] = field.clean(sent)
            else:
                yield from _clean_bound(form[name], values)
            if field.async_validators:
                yield from _clean_async(name, field, values[name])
            hook = getattr(form, _hook_name(name), None)
            if hook is not None:
                result = hook()
                if is_awaitable(result):
                    result = yield (f"clean_{name}", result)
                values = form.cleaned_data  # a hook may have put another one there
                values[name] = result
        except ValidationError as error:
            # Where it was raised concerns nobody, and would keep the form alive until the garbage collector comes.
            error.__traceback__ = error.__context__ = None
            form.add_error(name, error)


@lru_cache(4096)
def _hook_name(name: str) -> str:
    # Kept, since Python finds attributes faster by a name that it has looked for before.
    return f"clean_{name}"


def _clean_bound(bound: BoundField, values: dict[str, object]) -> Steps:
    field = bound.field
    if not field.is_loaded:
        yield (f"fields[{bound.name!r}]", field.aload())
    value = bound.initial if field.disabled else bound.data
    values[bound.name] = field.clean_with_initial(value, bound.initial)


def _clean_async(name: str, field: Field, value: object) -> Steps:
    errors: list[ValidationError] = []
    for validate in () if field.is_empty(value) else field.async_validators:
        try:
            yield (f"fields[{name!r}].async_validators", validate(value))
        except ValidationError as error:
            errors += field.reworded(error)
    if errors:
        raise ValidationError(errors)


def is_awaitable(result: object) -> TypeGuard[Awaitable[object]]:
    """Tell whether a hook returned something to await."""
    # Not inspect.isawaitable: it looks at three abstract classes first, which costs as much as a whole field.
    return result is not None and hasattr(result, "__await__")
