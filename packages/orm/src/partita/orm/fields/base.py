"""What every field knows about itself: its options, its conversions, its checks."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partialmethod
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast, overload

from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.errors import ModelError
from partita.orm.fields.custom import adapt, stored, stores_by_sql
from partita.orm.fields.declared import (
    DATABASE_DEFAULT,
    NOT_PROVIDED,
    UNSET,
    FieldOptions,
    Text,
    checked_collation,
    flat_choices,
    normal_choices,
)
from partita.orm.registration import RegisterLookups
from partita.validation import EMPTY_VALUES, ValidationError

if TYPE_CHECKING:
    from partita.contracts.checks import Finding
    from partita.orm.expressions import Combinable
    from partita.orm.models import Model

__all__ = (
    "DATABASE_DEFAULT",
    "NOT_PROVIDED",
    "Converter",
    "Field",
    "FieldOptions",
    "Text",
    "flat_choices",
    "normal_choices",
)

T = TypeVar("T")
Converter = Callable[[Any], Any]
_COUNTER = count()
BLANK_CHOICE_LABEL = gettext_lazy("- Select an option -")
BLANK_CHOICE = ("", BLANK_CHOICE_LABEL)


class Field(RegisterLookups, Generic[T]):
    """One column of a model, or one relation.

    Args:
        verbose_name: What people call it; made from the attribute's name if left out.
        null: Whether the column may be NULL.
        primary_key: Whether this is the key of the row.
        max_length: Longest text, in characters.
        unique: Whether no two rows may share a value.
        blank: Whether validation lets an empty value pass.
        db_index: Whether the column gets an index.
        default: A value, or a function called for each new instance.
        editable: Whether forms show the field.
        choices: Pairs of value and label, groups of these, a mapping, a `Choices` class, or a function returning any.
        help_text: A sentence for forms.
        db_column: The column's name, if not the attribute's.
        db_comment: A comment kept in the database.
        db_default: What the database puts into rows that come without a value: a value or an expression.
        db_tablespace: Where the database keeps the field's index, if it knows tablespaces.
        db_collation: How the database compares and orders texts; for fields of text.
        unique_for_date: A date field; no two rows of one day may share a value. Checked by `Model.validate_unique`,
            as are ``unique_for_month`` and ``unique_for_year``.
        name: The field's name, if it is not that of the attribute.
        serialize: Whether serializers write the field.
        auto_created: Whether no code declares the field.
        validators: Called with each value in `clean`.
        error_messages: Other texts for the codes ``null``, ``blank``, ``invalid``, ``invalid_choice``, ``unique``.
    """

    default_validators: ClassVar[Sequence[Callable[[Any], object]]] = ()
    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid_choice": gettext_lazy("Value %(value)r is not a valid choice."),
        "null": gettext_lazy("This field cannot be null."),
        "blank": gettext_lazy("This field cannot be blank."),
        "unique": gettext_lazy("%(model_name)s with this %(field_label)s already exists."),
        "unique_for_date": gettext_lazy("%(field_label)s must be unique for %(date_field_label)s %(lookup_type)s."),
    }
    empty_strings_allowed: ClassVar[bool] = True
    is_relation: ClassVar[bool] = False
    is_foreign_key: ClassVar[bool] = False
    many_to_many: ClassVar[bool] = False
    many_to_one: ClassVar[bool] = False
    one_to_one: ClassVar[bool] = False
    one_to_many: ClassVar[bool] = False
    concrete: ClassVar[bool] = True
    generated: ClassVar[bool] = False
    is_tuple: ClassVar[bool] = False
    hidden: ClassVar[bool] = False
    is_positive: ClassVar[bool] = False
    is_auto: ClassVar[bool] = False
    is_text: ClassVar[bool] = False
    plain_type: ClassVar[type | None] = None
    remote_field: Any = None
    related_model: Any = None
    auto_created: bool = False
    parent_link: bool = False
    part_of: Any = None  # the foreign key that this is one column of, if that has several
    name: str
    attname: str
    column: str
    model: "type[Model]"

    def __init__(
        self,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        primary_key: bool = False,
        max_length: int | None = None,
        unique: bool = False,
        blank: bool = False,
        db_index: bool = False,
        default: Any = NOT_PROVIDED,
        editable: bool = True,
        choices: Any = None,
        help_text: Text = "",
        db_column: str | None = None,
        db_comment: str | None = None,
        validators: Sequence[Callable[[Any], object]] = (),
        error_messages: Mapping[str, Text] | None = None,
        unique_for_date: str | None = None,
        unique_for_month: str | None = None,
        unique_for_year: str | None = None,
        db_default: Any = NOT_PROVIDED,
        db_tablespace: str | None = None,
        db_collation: str | None = None,
        name: str | None = None,
        serialize: bool = True,
        auto_created: bool = False,
    ) -> None:
        self.creation_counter = next(_COUNTER)
        self._given_verbose_name = verbose_name
        self.verbose_name: Text = "" if verbose_name is None else verbose_name  # a lazy text is not translated yet
        self.null, self.blank, self.primary_key, self.max_length = null, blank, primary_key, max_length
        self._unique, self.db_index, self.default, self.editable = unique, db_index, default, editable
        self._choices = choices if callable(choices) and not isinstance(choices, type) else normal_choices(choices)
        self.help_text, self.db_column, self.db_comment = help_text, db_column, db_comment
        self.unique_for_date, self.unique_for_month = unique_for_date, unique_for_month
        self.unique_for_year = unique_for_year
        self.db_default, self.db_tablespace = db_default, db_tablespace
        self.db_collation = db_collation and checked_collation(db_collation)
        self._given_name, self.serialize = name, serialize
        if name is not None:
            self.name = name
        if auto_created:
            self.auto_created = True
        self._validators = tuple(validators)
        self._given_error_messages = error_messages
        messages: dict[str, Text] = {}
        for kind in reversed(type(self).__mro__):
            messages.update(kind.__dict__.get("default_error_messages", {}))
        self.error_messages = {**messages, **(error_messages or {})}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adapt(cls)

    # -- the attribute ----------------------------------------------------------------------------------------------

    @overload
    def __get__(self, instance: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: object = None) -> T: ...
    @overload
    def __get__(self, instance: object, owner: object = None) -> Self: ...
    def __get__(self, instance: Any, owner: object = None) -> Any:
        # No __set__ at run time: values stand in the instance's __dict__ and are read without coming here, so
        # this runs only for a value that was deferred.
        if instance is None or not hasattr(instance, "_load_deferred"):
            return self  # the class, or an expression that has a field as its output
        instance._load_deferred(self)
        return instance.__dict__[self.attname]

    if TYPE_CHECKING:

        def __set__(self, instance: object, value: "T | Combinable") -> None: ...

    # -- joining a model --------------------------------------------------------------------------------------------

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the field ``name`` of ``model``."""
        self.name = name = self._given_name or name
        self.attname = self.get_attname()
        self.column = self.db_column or self.attname
        self.model = model
        if self._given_verbose_name is None:
            self.verbose_name = name.replace("_", " ")
        model._meta.add_field(self)
        if self.concrete:
            setattr(model, self.attname, self)
        if self._choices is not None and f"get_{name}_display" not in model.__dict__:
            setattr(model, f"get_{name}_display", partialmethod(_display, self))

    def get_attname(self) -> str:
        """Return the attribute that holds the column's value."""
        return self.name

    def copy_for(self) -> Self:
        """Return a copy for a class that inherits this field from an abstract one."""
        return copy.copy(self)

    def __repr__(self) -> str:
        model = getattr(self, "model", None)
        where = f"{model._meta.label}.{self.name}" if model is not None else "unbound"
        return f"<{type(self).__name__}: {where}>"

    # -- description ------------------------------------------------------------------------------------------------

    @property
    def unique(self) -> bool:
        """Whether no two rows may share a value."""
        return self._unique or self.primary_key

    @property
    def choices(self) -> Any:
        """Pairs of value and label, or of group name and such pairs; None if any value will do."""
        return normal_choices(self._choices()) if callable(self._choices) else self._choices

    @choices.setter
    def choices(self, choices: Any) -> None:
        self._choices = choices if callable(choices) and not isinstance(choices, type) else normal_choices(choices)
        model = getattr(self, "model", None)
        if model is not None and self._choices is not None and f"get_{self.name}_display" not in model.__dict__:
            setattr(model, f"get_{self.name}_display", partialmethod(_display, self))

    @property
    def flatchoices(self) -> list[tuple[Any, Text]]:
        """The choices without their groups."""
        return flat_choices(self.choices)

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """The validators of the class, then those given."""
        return [*self.default_validators, *self._validators]

    def has_default(self) -> bool:
        """Return whether a default was given."""
        return self.default is not NOT_PROVIDED

    def has_db_default(self) -> bool:
        """Return whether the database has a default."""
        return self.db_default is not NOT_PROVIDED

    def default_expression(self) -> Any:
        """Return what the database puts into the column, as an expression."""
        from partita.orm.expressions import Value

        given = self.db_default
        if hasattr(given, "resolve") and not isinstance(given, type):
            return given
        made = Value(None)
        made.output_field, made.value = self, self.get_prep_value(given)
        return made

    def get_default(self) -> Any:
        """Return the value a new instance starts with."""
        if self.has_default():
            return self.default() if callable(self.default) else self.default
        if self.has_db_default():
            return DATABASE_DEFAULT
        return "" if self.empty_strings_allowed and not self.null else None

    def get_internal_type(self) -> str:
        """Return the name of the class that says how this is stored."""
        return type(self).__name__

    def get_choices(
        self, include_blank: bool = True, blank_choice: Sequence[tuple[Any, Text]] = (BLANK_CHOICE,)
    ) -> Any:
        """Return the choices for a select box, with a blank one first unless it would be wrong."""
        choices = list(self.choices or ())
        has_blank = any(value in ("", None) for value, _ in flat_choices(choices))
        return [*blank_choice, *choices] if include_blank and not has_blank else choices

    def value_from_object(self, instance: Any) -> Any:
        """Return the instance's value."""
        return getattr(instance, self.attname)

    def value_to_string(self, instance: Any) -> str:
        """Return the instance's value as text, for serializers."""
        value = self.value_from_object(instance)
        return "" if value is None else str(value)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return name, import path, positional and keyword arguments that make an equal field."""
        given: dict[str, Any] = {
            "verbose_name": self._given_verbose_name,
            "null": self.null,
            "blank": self.blank,
            "primary_key": self.primary_key,
            "max_length": self.max_length,
            "unique": self._unique,
            "db_index": self.db_index,
            "default": self.default,
            "editable": self.editable,
            "choices": self._choices,
            "help_text": self.help_text,
            "db_column": self.db_column,
            "db_comment": self.db_comment,
            "validators": list(self._validators),
            "error_messages": self._given_error_messages,
            "unique_for_date": self.unique_for_date,
            "unique_for_month": self.unique_for_month,
            "unique_for_year": self.unique_for_year,
            "db_default": self.db_default,
            "db_tablespace": self.db_tablespace,
            "db_collation": self.db_collation,
            "name": self._given_name,
            "serialize": self.serialize,
        }
        kwargs = {}
        for option, value in given.items():
            expected = UNSET.get(option)
            if value is not expected and value != expected:
                kwargs[option] = value
        return (
            cast("str", getattr(self, "name", None)),
            f"partita.orm.{type(self).__name__}"
            if type(self).__module__.startswith("partita.orm.")
            else f"{type(self).__module__}.{type(self).__qualname__}",
            [],
            kwargs,
        )

    def clone(self) -> Self:
        """Return an equal field that belongs to no model."""
        _, _, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)

    # -- storage ----------------------------------------------------------------------------------------------------

    def sql_type(self) -> TypeEngine[Any]:
        """Return SQLAlchemy's type for the column.

        A class of one's own has this method, or ``db_type``, or names a known class by ``get_internal_type``.

        Raises:
            ModelError: If it has none of these.
        """
        from partita.orm import fields

        kind: Any = getattr(fields, self.get_internal_type(), None)
        if kind is None or type(self).__name__ == self.get_internal_type():
            raise ModelError(
                f"{type(self).__name__} does not say how it is stored. Give it sql_type(), db_type(connection), or a "
                "get_internal_type() that names one of partita's fields."
            )
        found: TypeEngine[Any] = kind.sql_type(self)
        return found

    def db_type(self, connection: Any) -> str | None:
        """Return the column's type in SQL, in a database of ``connection.vendor``; override it, or `sql_type`, for a field of yours."""
        from partita.orm.backends import ddl_backend

        return str(self.sql_type().compile(dialect=ddl_backend(connection.vendor).dialect))

    def rel_db_type(self, connection: Any) -> str | None:
        """Return the type of a column that points to this one, as SQL has it."""
        return self.db_type(connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return ``value`` as the driver of ``connection.vendor`` takes it; override it in a field of your own."""
        return value if prepared else self.get_prep_value(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """As `get_db_prep_value`, for a row that is saved; expressions stay as they are."""
        return value if hasattr(value, "resolve") else self.get_db_prep_value(value, connection)

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Take the value that a form gives."""
        setattr(instance, self.name, data)

    def to_driver(self, dialect: str) -> Converter | None:
        """Return what turns a value that is not None into what the driver of ``dialect`` takes; None if nothing is to do."""
        return None

    def from_driver(self, dialect: str) -> Converter | None:
        """Return what turns a driver's value that is not None into Python's; None if nothing is to do."""
        return None

    def placeholder(self, mark: str, dialect: str) -> str:
        """Return the SQL that stores a parameter: ``mark``, or an expression around it, such as a cast.

        A type of SQLAlchemy's that has a ``bind_expression`` says it by that.
        """
        kind = self.sql_type()
        return stored(kind, mark, dialect) if stores_by_sql(kind) else mark

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as this field's Python type, for a query or a save."""
        return value

    def check_storable(self, value: Any) -> None:
        """Raise DataError for a prepared value, which is not None, that the column cannot hold though a database would keep it."""

    def check_computed(self, source: Any) -> None:
        """Raise FieldError for a resolved expression that the database must not compute, or copy, for the column."""

    def takes_plain(self) -> type | None:
        """Return the type whose values `get_prep_value` gives back as they are, if there is one.

        That is the ``plain_type`` of the class that has the method, so a subclass with its own method is asked again.
        """
        for kind in type(self).__mro__:
            if "get_prep_value" in kind.__dict__:
                plain: type | None = kind.__dict__.get("plain_type")
                return plain
        return None

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the value to save, just before it is saved."""
        return getattr(instance, self.attname)

    # -- checks -----------------------------------------------------------------------------------------------------

    def check(self, **options: Any) -> "list[Finding]":
        """Return what is wrong with the declaration of this field; override it for checks of your own.

        Args:
            options: ``databases``, which to ask what they can; none by default.
        """
        from partita.orm.checks.fields import check_field

        return check_field(self, options.get("databases") or ())

    # -- validation -------------------------------------------------------------------------------------------------

    def to_python(self, value: Any) -> Any:
        """Return ``value``, perhaps from a form or a file, as this field's Python type.

        Raises:
            ValidationError: If it cannot be that.
        """
        return value

    def clean(self, value: Any, instance: Any) -> Any:
        """Convert, check and return ``value``.

        Raises:
            ValidationError: With a code, if the value will not do.
        """
        value = self.to_python(value)
        self.validate(value, instance)
        self.run_validators(value)
        return value

    def validate(self, value: Any, instance: Any) -> None:
        """Check null, blank and choices."""
        if not self.editable:
            return
        choices = self.choices
        if choices is not None and value not in self.empty_values:
            if any(value == known for known, _ in flat_choices(choices)):
                return
            raise self.invalid("invalid_choice", value=value)
        if value is None and not self.null:
            raise self.invalid("null")
        if not self.blank and value in self.empty_values:
            raise self.invalid("blank")

    def run_validators(self, value: Any) -> None:
        """Run every validator and raise all their errors together."""
        if value in self.empty_values:
            return
        errors: list[ValidationError] = []
        for validator in self.validators:
            try:
                validator(value)
            except ValidationError as error:
                code = error.code if hasattr(error, "code") else None
                if code is not None and code in (self._given_error_messages or {}):
                    errors.append(ValidationError(self.error_messages[code], code, error.params))
                else:
                    errors.extend(error.error_list)
        if errors:
            raise ValidationError(cast("Any", errors))

    @property
    def empty_values(self) -> Iterable[Any]:
        """What counts as blank."""
        return EMPTY_VALUES

    def invalid(self, code: str, **params: object) -> ValidationError:
        """Return the error for ``code``."""
        return ValidationError(self.error_messages[code], code, params or None)


def _display(instance: Any, field: Field[Any]) -> Any:
    value = getattr(instance, field.attname)
    for known, label in field.flatchoices:
        if known == value:
            return label
    return value
