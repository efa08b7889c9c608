"""The form field that fits a field of a model. Needs the extra ``orm``."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from partita import orm
from partita.forms.errors import FormsError
from partita.forms.fields import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    Field,
    FileField,
    FilePathField,
    FloatField,
    GenericIPAddressField,
    ImageField,
    IntegerField,
    JSONField,
    NullBooleanField,
    SlugField,
    TimeField,
    TypedChoiceField,
    URLField,
    UUIDField,
)
from partita.forms.models.choices import ModelChoiceField, ModelMultipleChoiceField
from partita.forms.widgets import Textarea

__all__ = ("FormFieldMixin", "RelatedModelError", "default_formfield", "formfield")

Options = dict[str, Any]


class RelatedModelError(FormsError, ValueError):
    """A form for a relation is made before the model that it points to."""

    def __init__(self, field: str, model: str) -> None:
        super().__init__(field, model)
        self.field, self.model = field, model

    def __str__(self) -> str:
        return (
            f"Cannot create form field for '{self.field}' yet, because its related model '{self.model}' has not been "
            "loaded yet. Import the module that it is in first."
        )


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
        classes = {} if form_class is None else {"form_class": form_class}
        made: Field | None = field.formfield(**classes, **options)
        return made
    return default_formfield(field, form_class, form_class, **options)


def default_formfield(
    field: Any,
    form_class: type[Field] | None = None,
    choices_form_class: type[Field] | None = None,
    **options: Any,
) -> Field | None:
    """Return the form field that fits a field of a model by its class, whatever the field itself says.

    Args:
        field: The field of a model.
        form_class: Another class than the one that fits; does not concern fields with choices.
        choices_form_class: Another class for fields with choices, such as a subclass of `TypedChoiceField`.
        **options: As for the form field; they win over what the model says.

    Returns:
        The form field, or None if people do not edit such fields.

    Raises:
        RelatedModelError: If the field points to a model that is not there yet.
    """
    if getattr(field, "parent_link", False) or getattr(field.remote_field, "parent_link", False):
        return None  # it only joins the two parts of a row
    if _has_choices(field):
        form_class = choices_form_class
    for kind in type(field).__mro__:
        if kind in _FIELDS:
            return _make(field, kind, form_class, options)
    return None


class FormFieldMixin:
    """Gives a class of model fields the method ``formfield``, so that it can say which form field it wants. ::

        class ColorField(FormFieldMixin, orm.CharField[str]):
            def formfield(self, **options):
                return super().formfield(**{"widget": ColorInput, **options})

    Models know nothing of forms, so fields that are only stored do without it.
    """

    def formfield(
        self,
        form_class: type[Field] | None = None,
        choices_form_class: type[Field] | None = None,
        **options: Any,
    ) -> Field | None:
        """Return the form field, see `default_formfield`."""
        return default_formfield(self, form_class, choices_form_class, **options)


def _make(field: Any, kind: type, form_class: type[Field] | None, given: Options) -> Field | None:
    usual, more = _FIELDS[kind]
    if usual is None:
        return None
    options: Options = {"required": not field.blank, "label": _label(field), "help_text": field.help_text}
    if field.has_default():
        options["initial"] = field.default
        options["show_hidden_initial"] = callable(field.default)
    if _has_choices(field) and usual not in {ModelChoiceField, ModelMultipleChoiceField}:
        return (form_class or TypedChoiceField)(**{**options, **_choice_options(field, given), **given})
    options |= more(field)
    if usual is BooleanField and field.null:
        usual = NullBooleanField
    return (form_class or usual)(**{**options, **given})


def _has_choices(field: Any) -> bool:
    source = field.deconstruct()[3].get("choices")
    return callable(source) or bool(source)


def _label(field: Any) -> str:
    name = str(field.verbose_name)
    return name[:1].upper() + name[1:]


def _choice_options(field: Any, given: Options) -> Options:
    blank = field.blank or not (field.has_default() or "initial" in given)
    # A function stays one: what can be chosen is asked for when a form is shown, not when its class is made.
    source = field.deconstruct()[3].get("choices")
    lazy = callable(source) and not isinstance(source, type)
    choices = partial(field.get_choices, include_blank=blank)
    options: Options = {"choices": choices if lazy else choices(), "coerce": field.to_python}
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
    _check_loaded(field)
    options: Options = {"queryset": field.related_model._default_manager, "limit_choices_to": field.limit_choices_to}
    to_field = getattr(field, "to_field", None)
    if to_field is not None:
        options["to_field_name"] = to_field
    return {**options, "blank": field.blank}


def _rows(field: Any) -> Options:
    _check_loaded(field)
    return {"queryset": field.related_model._default_manager, "limit_choices_to": field.limit_choices_to}


def _check_loaded(field: Any) -> None:
    if field.related_model is None or isinstance(field.related_model, str):
        raise RelatedModelError(field.name, str(getattr(field, "to", field.related_model)))


def _file(field: Any) -> Options:
    return {"max_length": field.max_length}


def _path(field: Any) -> Options:
    names = ("path", "match", "recursive", "allow_files", "allow_folders")
    return {name: getattr(field, name) for name in names}


def _big(field: Any) -> Options:
    return {"min_value": -(2**63), "max_value": 2**63 - 1}


# Fields that an older partita-orm has not.
_NEWER = {
    getattr(orm, name): entry
    for name, entry in {
        "FileField": (FileField, _file),
        "ImageField": (ImageField, _file),
        "FilePathField": (FilePathField, _path),
    }.items()
    if hasattr(orm, name)
}

_FIELDS: Mapping[type, tuple[Any, Callable[[Any], Options]]] = MappingProxyType(
    {
        **_NEWER,
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
        orm.BigIntegerField: (IntegerField, _big),
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
