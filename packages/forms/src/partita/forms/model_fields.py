"""The form field that fits a field of a model. Needs the extra ``orm``."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from partita import orm
from partita.forms.choice_fields import BooleanField, NullBooleanField, TypedChoiceField
from partita.forms.field import Field
from partita.forms.json_field import JSONField
from partita.forms.model_choices import ModelChoiceField, ModelMultipleChoiceField
from partita.forms.number_fields import DecimalField, FloatField, IntegerField
from partita.forms.text_fields import CharField, EmailField, GenericIPAddressField, SlugField, URLField, UUIDField
from partita.forms.time_fields import DateField, DateTimeField, DurationField, TimeField
from partita.forms.widgets import Textarea

__all__ = ("formfield",)

Options = dict[str, Any]


def formfield(field: Any, form_class: type[Field] | None = None, **options: Any) -> Field | None:
    """Return a form field for a field of a model.

    Args:
        field: The field of a model. If it has a method ``formfield`` of its own, that one decides.
        form_class: Another class than the one that fits.
        **options: As for the form field; they win over what the model says.

    Returns:
        The form field, or None if people do not edit such fields.
    """
    if hasattr(field, "formfield"):
        made: Field | None = field.formfield(**options)
        return made
    for kind in type(field).__mro__:
        if kind in _FIELDS:
            return _make(field, kind, form_class, options)
    return None


def _make(field: Any, kind: type, form_class: type[Field] | None, given: Options) -> Field | None:
    usual, more = _FIELDS[kind]
    if usual is None:
        return None
    options: Options = {"required": not field.blank, "label": _label(field), "help_text": field.help_text}
    if field.has_default():
        options["initial"] = field.default
        options["show_hidden_initial"] = callable(field.default)
    if field.choices and usual not in {ModelChoiceField, ModelMultipleChoiceField}:
        return (form_class or TypedChoiceField)(**{**options, **_choice_options(field, given), **given})
    options |= more(field)
    if usual is BooleanField and field.null:
        usual = NullBooleanField
    return (form_class or usual)(**{**options, **given})


def _label(field: Any) -> str:
    name = str(field.verbose_name)
    return name[:1].upper() + name[1:]


def _choice_options(field: Any, given: Options) -> Options:
    blank = field.blank or not (field.has_default() or "initial" in given)
    options: Options = {"choices": field.get_choices(include_blank=blank), "coerce": field.to_python}
    return {**options, "empty_value": None} if field.null else options


def _nothing(field: Any) -> Options:
    return {}


def _text(field: Any) -> Options:
    options: Options = {} if field.max_length is None else {"max_length": field.max_length}
    return {**options, "empty_value": None} if field.null else options


def _long_text(field: Any) -> Options:
    return {**_text(field), "widget": Textarea}


def _boolean(field: Any) -> Options:
    return {"required": False}  # a box that must be ticked would allow only one of the two values


def _positive(field: Any) -> Options:
    return {"min_value": 0}


def _decimal(field: Any) -> Options:
    return {"max_digits": field.max_digits, "decimal_places": field.decimal_places}


def _slug(field: Any) -> Options:
    return {**_text(field), "allow_unicode": getattr(field, "allow_unicode", False)}


def _address(field: Any) -> Options:
    names = ("protocol", "unpack_ipv4")
    return {name: getattr(field, name) for name in names if hasattr(field, name)}


def _row(field: Any) -> Options:
    options: Options = {"queryset": field.related_model._default_manager, "limit_choices_to": field.limit_choices_to}
    to_field = getattr(field, "to_field", None)
    if to_field is not None:
        options["to_field_name"] = to_field
    return {**options, "blank": field.blank}


def _rows(field: Any) -> Options:
    return {"queryset": field.related_model._default_manager, "limit_choices_to": field.limit_choices_to}


_FIELDS: Mapping[type, tuple[Any, Callable[[Any], Options]]] = MappingProxyType(
    {
        orm.AutoField: (None, _nothing),
        orm.BigAutoField: (None, _nothing),
        orm.SmallAutoField: (None, _nothing),
        orm.BinaryField: (None, _nothing),
        orm.CharField: (CharField, _text),
        orm.TextField: (CharField, _long_text),
        orm.EmailField: (EmailField, _text),
        orm.URLField: (URLField, _text),
        orm.SlugField: (SlugField, _slug),
        orm.UUIDField: (UUIDField, _nothing),
        orm.GenericIPAddressField: (GenericIPAddressField, _address),
        orm.IntegerField: (IntegerField, _nothing),
        orm.BigIntegerField: (IntegerField, _nothing),
        orm.SmallIntegerField: (IntegerField, _nothing),
        orm.PositiveIntegerField: (IntegerField, _positive),
        orm.PositiveBigIntegerField: (IntegerField, _positive),
        orm.PositiveSmallIntegerField: (IntegerField, _positive),
        orm.FloatField: (FloatField, _nothing),
        orm.DecimalField: (DecimalField, _decimal),
        orm.BooleanField: (BooleanField, _boolean),
        orm.DateField: (DateField, _nothing),
        orm.DateTimeField: (DateTimeField, _nothing),
        orm.TimeField: (TimeField, _nothing),
        orm.DurationField: (DurationField, _nothing),
        orm.JSONField: (JSONField, _nothing),
        orm.ForeignKey: (ModelChoiceField, _row),
        orm.OneToOneField: (ModelChoiceField, _row),
        orm.ManyToManyField: (ModelMultipleChoiceField, _rows),
    }
)
