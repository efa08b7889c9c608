"""Forms made of models. Needs the extra ``orm``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from partita.bridge import active, drive, run
from partita.forms.cleaning import Steps
from partita.forms.data import FormData
from partita.forms.errors import FormsError
from partita.forms.fields import Field
from partita.forms.form import BaseForm, collect_fields
from partita.forms.models.fields import formfield
from partita.forms.widgets import Widget
from partita.orm import Database, FieldError, Model, atomic, current_databases
from partita.validation import NON_FIELD_ERRORS, Message, ValidationError

__all__ = (
    "ALL_FIELDS",
    "BaseModelForm",
    "ModelForm",
    "ModelFormError",
    "ModelFormOptions",
    "ModelMissingError",
    "UnknownFieldError",
    "construct_instance",
    "fields_for_model",
    "model_to_dict",
    "modelform_factory",
)

M = TypeVar("M", bound=Model)

ALL_FIELDS = "__all__"
"""As ``fields`` of a form's ``Meta``: everything that people may edit."""


class ModelFormError(FormsError, TypeError):
    """A form's ``Meta`` does not fit its model."""


class ModelMissingError(ModelFormError, ValueError):
    """A form for a model does not say which."""

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self.form = form

    def __str__(self) -> str:
        return f"{self.form} has no model class specified. Write one into its `class Meta`: model = Album."


class UnknownFieldError(ModelFormError, FieldError):
    """A form's ``Meta`` names fields that the model does not have."""


class ModelFormOptions:
    """What ``class Meta`` of a form says.

    Args:
        meta: The class, or None.
        form: The name of the form, for errors.
    """

    def __init__(self, meta: Any = None, form: str = "ModelForm") -> None:
        self.model: type[Model] | None = getattr(meta, "model", None)
        self.fields: str | Sequence[str] | None = getattr(meta, "fields", None)
        self.exclude: Sequence[str] | None = getattr(meta, "exclude", None)
        self.widgets: Mapping[str, Widget | type[Widget]] = getattr(meta, "widgets", None) or {}
        self.labels: Mapping[str, Message] = getattr(meta, "labels", None) or {}
        self.help_texts: Mapping[str, Message] = getattr(meta, "help_texts", None) or {}
        self.error_messages: Mapping[str, Mapping[str, Message]] = getattr(meta, "error_messages", None) or {}
        self.field_classes: Mapping[str, type[Field]] = getattr(meta, "field_classes", None) or {}
        self.localized_fields: str | Sequence[str] = getattr(meta, "localized_fields", None) or ()
        self.formfield_callback: Callable[..., Field | None] | None = getattr(meta, "formfield_callback", None)
        if self.formfield_callback is not None and not callable(self.formfield_callback):
            raise ModelFormError("Meta.formfield_callback must be a function that makes a form field, or None.")
        for name in ("fields", "exclude", "localized_fields"):
            value = getattr(self, name)
            if isinstance(value, str) and (value != ALL_FIELDS or name == "exclude"):
                raise ModelFormError(f"{form}.Meta.{name} cannot be a string. Did you mean to type: ({value!r},)?")

    @property
    def names(self) -> Sequence[str] | None:
        """The fields chosen, or None for all."""
        return None if self.fields is None or isinstance(self.fields, str) else self.fields

    def covers(self, name: str) -> bool:
        """Tell whether the form is about the model's field ``name``."""
        return (self.names is None or name in self.names) and name not in (self.exclude or ())


def fields_for_model(
    model: type[Model],
    fields: Sequence[str] | str | None = None,
    exclude: Sequence[str] | None = None,
    *,
    form_declared_fields: Mapping[str, Field] | None = None,
    **options: Any,
) -> dict[str, Field]:
    """Return form fields for the fields of a model, in the order of ``fields``.

    Args:
        model: The model.
        fields: Names of the fields; all that people may edit unless given.
        exclude: Names of fields to leave out.
        form_declared_fields: Fields that replace those of the model, or stand beside them.
        **options: More of what ``class Meta`` of a form may say, such as ``widgets``.

    Raises:
        UnknownFieldError: If a field is named that does not exist or that people do not edit.
    """
    meta = type("Meta", (), {"fields": fields, "exclude": exclude, **options})
    return _fields_of(model, ModelFormOptions(meta, "fields_for_model"), form_declared_fields or {})


def _fields_of(model: type[Model], options: ModelFormOptions, declared: Mapping[str, Field]) -> dict[str, Field]:
    """Return form fields; those of ``declared`` replace those of the model, or stand beside them."""
    made: dict[str, Field] = {}
    ignored: set[str] = set()
    for field in _fields(model):
        named = options.names is not None and field.name in options.names
        if not field.editable:
            if named and field.name not in (options.exclude or ()):
                raise UnknownFieldError(
                    f"'{field.name}' cannot be specified for {model.__name__} model form as it is a non-editable field"
                )
            continue
        if options.covers(field.name):
            form_field = (options.formfield_callback or formfield)(field, **_overrides(field.name, options))
            if form_field is None:
                ignored.add(field.name)
            else:
                made[field.name] = form_field
    if options.names is None:
        return {name: declared.get(name, field) for name, field in made.items()}
    unknown = [name for name in options.names if options.covers(name) and name not in made and name not in ignored]
    missing = [name for name in unknown if name not in declared]
    if missing:
        raise UnknownFieldError(f"Unknown field(s) ({', '.join(missing)}) specified for {model.__name__}")
    return {name: declared.get(name) or made[name] for name in options.names if name in made or name in declared}


def model_to_dict(
    instance: Model, fields: Iterable[str] | None = None, exclude: Iterable[str] | None = None
) -> dict[str, object]:
    """Return the values of an instance as a form takes them as initial values."""
    chosen, left_out = None if fields is None else set(fields), set(exclude or ())
    values: dict[str, object] = {}
    for field in _fields(type(instance)):
        if not field.editable or field.name in left_out or (chosen is not None and field.name not in chosen):
            continue
        if field.many_to_many:
            values[field.name] = [] if instance.pk is None else list(getattr(instance, field.name).all())
        else:
            values[field.name] = field.value_from_object(instance)
    return values


def construct_instance(
    form: BaseForm, instance: M, fields: Iterable[str] | None = None, exclude: Iterable[str] | None = None
) -> M:
    """Put the values of a valid form into an instance, without saving it, and return it.

    Args:
        form: The form, which was validated.
        instance: Takes the values.
        fields: The fields to set; all that the form has unless given.
        exclude: Fields not to set.
    """
    chosen, left_out = None if fields is None else set(fields), set(exclude or ())
    last: list[tuple[Any, object]] = []
    for field in type(instance)._meta.fields:
        name = field.name
        if not field.editable or (field.primary_key and field.is_auto) or name not in form.cleaned_data:
            continue
        if name in left_out or (chosen is not None and name not in chosen):
            continue
        bound = form[name]
        value = form.cleaned_data[name]
        omitted = bound.field.widget.value_omitted_from_data(form.data, form.files, bound.html_name)
        if field.has_default() and omitted and bound.field.is_empty(value):
            continue  # the model's default is a better value than nothing
        if bound.field.widget.needs_multipart_form:
            last.append((field, value))  # where a file goes may depend on the other values
        else:
            _put(field, instance, value)
    for field, value in last:
        _put(field, instance, value)
    return instance


def _put(field: Any, instance: Model, value: object) -> None:
    if hasattr(field, "save_form_data"):
        field.save_form_data(instance, value)
    else:
        setattr(instance, field.name, value)


class BaseModelForm(BaseForm, Generic[M]):
    """Everything about model forms except the collecting of fields.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        instance: The row to change; a new one unless given.
        initial: Values shown at first; they win over those of the instance.
        **kwargs: As for `BaseForm`.
    """

    _meta: ClassVar[ModelFormOptions] = ModelFormOptions()
    instance: M

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        *,
        instance: M | None = None,
        initial: Mapping[str, object] | None = None,
        **kwargs: Any,
    ) -> None:
        options = self._meta
        if options.model is None:
            raise ModelMissingError(type(self).__name__)
        values: dict[str, object] = {}
        if instance is None:
            instance = options.model()  # type: ignore[assignment]  # the model of Meta is M
        else:
            values = model_to_dict(instance, options.names, options.exclude)
        assert instance is not None
        self.instance = instance
        self._validate_unique = False
        self._owners: dict[str, Model] = {}
        super().__init__(data, files, initial={**values, **(initial or {})}, **kwargs)

    def clean(self) -> object:
        """Validate what concerns several fields, and ask that the database be checked for uniqueness."""
        self._validate_unique = True
        return super().clean()

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`: its queries are awaited."""
        validation = super().ais_valid()
        return await (validation if active() else drive(validation))

    def belongs_to(self, name: str, owner: Model) -> None:
        """Set a relation that people do not choose, such as the row a set of forms belongs to.

        Args:
            name: The field of the model.
            owner: The row; its key takes part in the check for unique values if it was saved.
        """
        setattr(self.instance, name, owner)
        self._owners[name] = owner

    def save(self, commit: bool = True) -> M:
        """Save the instance and its many-to-many relations in one transaction.

        Args:
            commit: If False, nothing is saved: save the instance yourself, then call `save_m2m`.

        Raises:
            ValueError: If the form has errors.
        """
        if self.errors:
            change = "created" if self.instance._state.adding else "changed"
            name = type(self.instance)._meta.object_name
            raise ValueError(
                f"The {name} could not be {change} because the data didn't validate. {self.errors.as_json()}"
            )
        if commit:
            if self._many():
                with atomic(database_of(self.instance)):
                    self.instance.save()
                    self.save_m2m()
            else:
                self.instance.save()
        return self.instance

    async def asave(self, commit: bool = True) -> M:
        """Async twin of `save`."""
        return await run(self.save, commit)

    def save_m2m(self) -> None:
        """Save the many-to-many relations of the instance, which must have been saved."""
        for name in self._many():
            getattr(self.instance, name).set(self.cleaned_data[name])

    async def asave_m2m(self) -> None:
        """Async twin of `save_m2m`."""
        await run(self.save_m2m)

    def validate_unique(self) -> None:
        """Add errors for values that must be unique and are not."""
        try:
            self.instance.validate_unique(exclude=self._unique_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    def validate_constraints(self) -> None:
        """Add errors for constraints of the model that the values break."""
        try:
            self.instance.validate_constraints(exclude=self._unique_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    def _many(self) -> list[str]:
        fields = type(self.instance)._meta.many_to_many
        return [field.name for field in fields if field.name in self.cleaned_data and self._meta.covers(field.name)]

    def _post_clean(self) -> Steps:
        exclude = self._validation_exclusions()
        try:
            self.instance = construct_instance(self, self.instance, self._meta.names, self._meta.exclude)
        except ValidationError as error:
            self._update_errors(error)
        checks: list[Callable[[], None]] = [partial(self.instance.clean_fields, exclude), self.instance.clean]
        for check in checks:
            try:
                check()
            except ValidationError as error:
                self._update_errors(error)
        if self._validate_unique:
            self.validate_unique()
            self.validate_constraints()
        yield from ()

    def _validation_exclusions(self) -> set[str]:
        """Return the model's fields that the form does not stand for, or that have an error already."""
        exclude = set()
        errors = self.errors
        for field in type(self.instance)._meta.fields:
            form_field = self.fields.get(field.name)
            if (
                form_field is None
                or field.name in self._owners
                or not self._meta.covers(field.name)
                or field.name in errors
                or (
                    not field.blank
                    and not form_field.required
                    and form_field.is_empty(self.cleaned_data.get(field.name))
                )
            ):
                exclude.add(field.name)
        return exclude

    def _unique_exclusions(self) -> set[str]:
        """Return what takes no part in checks for unique values; rows that the form belongs to do, if they were saved."""
        saved = {name for name, owner in self._owners.items() if not owner._state.adding}
        return self._validation_exclusions() - saved

    def _update_errors(self, error: ValidationError) -> None:
        by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        for name, errors in by_field.items():
            own = self.fields[name].error_messages if name in self.fields else self._meta.error_messages.get(name, {})
            for one in errors:
                if one.code is not None and one.code in own:
                    one.message = own[one.code]
        known = {name: errors for name, errors in by_field.items() if name in self.fields or name == NON_FIELD_ERRORS}
        unknown = [one for name, errors in by_field.items() if name not in known for one in errors]
        if unknown:  # a field that the form does not show still has to tell what is wrong
            known[NON_FIELD_ERRORS] = [*known.get(NON_FIELD_ERRORS, []), *unknown]
        self.add_error(None, ValidationError(known))


class ModelForm(BaseModelForm[M], Generic[M]):
    """A form made of a model.

    ``class Meta`` names the ``model`` and the ``fields`` (``"__all__"`` for all), or those to ``exclude``; ``widgets``,
    ``labels``, ``help_texts``, ``error_messages`` and ``field_classes`` change what the model says, by name. Declared
    fields come on top and replace those of the model.
    """

    declared_fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        declared = collect_fields(cls)
        options = cls._meta = ModelFormOptions(getattr(cls, "Meta", None), cls.__name__)
        if options.model is None:
            return
        if options.fields is None and options.exclude is None:
            raise ModelFormError(
                f"{cls.__name__}.Meta says neither fields nor exclude. Name the fields that people may edit: a field "
                'added to the model later would be open to them otherwise. For all: fields = "__all__".'
            )
        left_out = {name for name, value in vars(cls).items() if value is None}
        fields = _fields_of(options.model, options, {**dict.fromkeys(left_out, _LEFT_OUT), **declared})
        cls.base_fields = {name: field for name, field in (fields | declared).items() if name not in left_out}


_LEFT_OUT = Field()


def modelform_factory(
    model: type[M],
    form: type[ModelForm[Any]] = ModelForm,
    fields: Sequence[str] | str | None = None,
    exclude: Sequence[str] | None = None,
    formfield_callback: Callable[..., Field | None] | None = None,
    widgets: Mapping[str, Widget | type[Widget]] | None = None,
    localized_fields: Sequence[str] | str | None = None,
    labels: Mapping[str, Message] | None = None,
    help_texts: Mapping[str, Message] | None = None,
    error_messages: Mapping[str, Mapping[str, Message]] | None = None,
    field_classes: Mapping[str, type[Field]] | None = None,
) -> type[ModelForm[M]]:
    """Return a form class for a model.

    Args:
        model: The model.
        form: The base class; what its ``Meta`` says counts where nothing is given here.
        fields: The fields to show, ``"__all__"`` for all.
        exclude: The fields not to show.
        formfield_callback: Makes the form field of a field of the model, instead of `formfield`.
        widgets: Controls by name.
        localized_fields: The fields whose numbers and dates are written as in the reader's language.
        labels: Labels by name.
        help_texts: Help texts by name.
        error_messages: Texts by code, by name.
        field_classes: Classes of form fields by name.

    Raises:
        ModelFormError: If neither fields nor exclude are given, here or in the base class.
    """
    given = {
        "fields": fields,
        "exclude": exclude,
        "widgets": widgets,
        "localized_fields": localized_fields,
        "labels": labels,
        "help_texts": help_texts,
        "error_messages": error_messages,
        "field_classes": field_classes,
    }
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if formfield_callback is not None:
        if not callable(formfield_callback):
            raise ModelFormError("formfield_callback must be a function that makes a form field.")
        chosen["formfield_callback"] = staticmethod(formfield_callback)
    base = getattr(form, "Meta", object)
    options = type("Meta", (base,), {"model": model, **chosen})
    return type(f"{model.__name__}Form", (form,), {"Meta": options, "__module__": form.__module__})


def _overrides(name: str, options: ModelFormOptions) -> dict[str, Any]:
    chosen: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("widget", options.widgets),
        ("label", options.labels),
        ("help_text", options.help_texts),
        ("error_messages", options.error_messages),
        ("form_class", options.field_classes),
    )
    found: dict[str, Any] = {option: values[name] for option, values in chosen if name in values}
    if options.localized_fields == ALL_FIELDS or name in options.localized_fields:
        found["localize"] = True
    return found


def database_of(instance: Model) -> Database:
    """Return the database that ``instance`` will be saved in."""
    databases = current_databases()
    alias = instance._state.db
    return databases.for_write(type(instance), instance=instance) if alias is None else databases[alias]


def _fields(model: type[Model]) -> list[Any]:
    fields: list[Any] = [*model._meta.fields, *model._meta.many_to_many]
    if all(hasattr(field, "creation_counter") for field in fields):
        fields.sort(key=lambda field: field.creation_counter)
    return fields
