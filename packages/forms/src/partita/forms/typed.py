"""Forms made of types: a dataclass, TypedDict, NamedTuple, msgspec or pydantic model says the fields, and is the result."""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

from partita.forms.choices import BLANK_CHOICE
from partita.forms.errors import FormsError
from partita.forms.fields import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    Field,
    FloatField,
    IntegerField,
    JSONField,
    RegexField,
    TimeField,
    TypedChoiceField,
    TypedMultipleChoiceField,
    UUIDField,
)
from partita.forms.form import BaseForm
from partita.forms.formsets import BaseFormSet, formset_factory
from partita.forms.nesting import NestedForm

__all__ = ("FormTypeError", "TypedForm", "field_for", "form_for")

T = TypeVar("T")

_NONE: Final = object()


class FormTypeError(FormsError, TypeError):
    """A type cannot be made into a form."""


class TypedForm(NestedForm, Generic[T]):
    """A form whose result is an object; `form_for` makes subclasses."""

    value_type: ClassVar[Any]

    @property
    def value(self) -> T:
        """What was sent, as an object of the type that the form was made of.

        Raises:
            AttributeError: If the form is not valid.
        """
        if not self.is_valid():
            raise AttributeError(f"{type(self).__name__} has no value: it is not valid.")
        values = {name: self.cleaned_data[name] for name in self.base_fields}
        for name, formset in self.formsets.items():
            values[name] = [form.value for form in _filled(formset)]
        made: T = self.value_type(**values)
        return made


def form_for(kind: type[T], **fields: Field) -> type[TypedForm[T]]:
    """Return a form class for a type with named, typed parts.

    Parts become fields by their type (`field_for`), lists of such types become sets of forms. A part with a default need not
    be filled in.

    Args:
        kind: A dataclass, TypedDict, NamedTuple, `msgspec.Struct` or pydantic model.
        **fields: Fields to use instead of those that the types say, by name.

    Raises:
        FormTypeError: If the type has no such parts, or one of a type that no field is for.
    """
    hints = typing.get_type_hints(kind, include_extras=True)
    hints |= {name: Annotated[one.annotation, one] for name, one in getattr(kind, "model_fields", {}).items()}
    names = _parts(kind)
    if not names:
        raise FormTypeError(f"{kind!r} has no named, typed parts: a dataclass, TypedDict or NamedTuple has.")
    made: dict[str, Any] = {}
    sets: dict[str, type[BaseFormSet[Any]]] = {}
    for name, default in names.items():
        row = _row_type(hints[name])
        if name in fields:
            made[name] = fields[name]
        elif row is not None:
            least = 1 if default is _NONE else 0
            sets[name] = formset_factory(
                form_for(row), extra=0 if least else 1, min_num=least, validate_min=bool(least), can_delete=True
            )
        else:
            made[name] = field_for(hints[name], name, default)
    body = {**made, "formset_classes": MappingProxyType(sets), "value_type": kind, "__module__": kind.__module__}
    return type(f"{kind.__name__}Form", (TypedForm,), body)


def field_for(hint: Any, name: str = "", default: object = _NONE) -> Field:
    """Return the field for a type.

    ``Annotated`` may bring limits, as ``annotated_types``, msgspec and pydantic write them (``ge``, ``le``, ``max_length``,
    ``pattern``, ``title``, ``description`` …), or the field itself.

    Args:
        hint: The type, such as ``int``, ``str | None``, ``Literal["a", "b"]`` or an enumeration.
        name: What it belongs to, for errors.
        default: The value if nothing is given.

    Raises:
        FormTypeError: If no field is for such a type.
    """
    hint, notes = _unwrapped(hint)
    for note in notes:
        if isinstance(note, Field):
            return note.clone()
    optional = False
    if get_origin(hint) in {Union, types.UnionType}:
        left = [one for one in get_args(hint) if one is not type(None)]
        optional = len(left) < len(get_args(hint))
        if len(left) != 1:
            raise FormTypeError(f"{name or 'A part'} may be of several types, {hint}; give it a field of its own.")
        hint, more = _unwrapped(left[0])
        notes = [*notes, *more]
    options: dict[str, Any] = {"required": not optional and default is _NONE, **_limits(notes)}
    if default is not _NONE and default is not None:
        options["initial"] = default
    if optional and default in {_NONE, None}:
        options["empty_value"] = None
    return _made(hint, name, options)


def _made(hint: Any, name: str, options: dict[str, Any]) -> Field:
    origin = get_origin(hint)
    if origin is Literal:
        return _choice([(one, str(one)) for one in get_args(hint)], options)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _choice([(one.value, _label(one)) for one in hint], options, hint)
    if origin in {list, set, tuple, frozenset}:
        inner = _unwrapped(get_args(hint)[0])[0]
        if get_origin(inner) is Literal:
            return _several([(one, str(one)) for one in get_args(inner)], options)
        if isinstance(inner, type) and issubclass(inner, enum.Enum):
            return _several([(one.value, _label(one)) for one in inner], options, inner)
    for base, field in _FIELDS.items():
        if hint is base:
            made: Field = field(**_fitting(field, options))
            return made
    if hint in {dict, list, Any} or origin in {dict, list, Mapping}:
        return JSONField(**_fitting(JSONField, options))
    raise FormTypeError(f"No field is for {name or 'a part'} of the type {hint!r}; give it one: form_for(…, {name}=…).")


def _choice(pairs: list[tuple[Any, str]], options: dict[str, Any], kind: Any = None) -> Field:
    choices: list[tuple[Any, Any]] = [*([] if options["required"] else BLANK_CHOICE), *pairs]
    more = _fitting(TypedChoiceField, options)
    initial = more.get("initial")
    if isinstance(initial, enum.Enum):
        more["initial"] = initial.value
    return TypedChoiceField(choices=choices, coerce=_coerce(pairs, kind), **more)


def _several(pairs: list[tuple[Any, str]], options: dict[str, Any], kind: Any = None) -> Field:
    more = _fitting(TypedMultipleChoiceField, options)
    return TypedMultipleChoiceField(choices=pairs, coerce=_coerce(pairs, kind), **more)


def _coerce(pairs: list[tuple[Any, str]], kind: Any) -> Callable[[Any], Any]:
    known = {str(value): value for value, _ in pairs}

    def coerce(text: Any) -> Any:
        value = known[str(text)]
        return value if kind is None else kind(value)

    return coerce


def _label(member: enum.Enum) -> str:
    return str(getattr(member, "label", member.name.replace("_", " ").capitalize()))


def _unwrapped(hint: Any) -> tuple[Any, list[Any]]:
    notes: list[Any] = []
    while get_origin(hint) in {Annotated, typing.Required, typing.NotRequired}:
        hint, *more = get_args(hint)
        notes += more
    return hint, notes


def _row_type(hint: Any) -> Any:
    hint, _ = _unwrapped(hint)
    if get_origin(hint) is not list:
        return None
    inner, _ = _unwrapped(get_args(hint)[0])
    return inner if isinstance(inner, type) and not issubclass(inner, enum.Enum) and _parts(inner) else None


def _parts(kind: Any) -> dict[str, object]:
    """Return the default of each part by name."""
    if dataclasses.is_dataclass(kind):
        return {
            one.name: _default(one.default, one.default_factory, dataclasses.MISSING)
            for one in dataclasses.fields(kind)
        }
    if hasattr(kind, "model_fields"):  # pydantic
        return {name: _NONE if one.is_required() else one.get_default(call_default_factory=True)
                for name, one in kind.model_fields.items()}  # fmt: skip
    if hasattr(kind, "__struct_fields__"):  # msgspec
        from msgspec.structs import fields  # the caller has it: this is one of its classes

        return {one.name: _NONE if one.required else _struct_default(one) for one in fields(kind)}
    if hasattr(kind, "_field_defaults"):  # a NamedTuple
        return {name: kind._field_defaults.get(name, _NONE) for name in kind._fields}
    if typing.is_typeddict(kind):
        return {name: _NONE if name in kind.__required_keys__ else None for name in kind.__annotations__}
    return {}


def _default(value: Any, factory: Any, missing: object) -> object:
    if value is not missing:
        return value
    return _NONE if factory is missing else factory()


def _struct_default(field: Any) -> object:
    from msgspec import NODEFAULT

    return field.default_factory() if field.default is NODEFAULT else field.default


def _limits(notes: Iterable[Any]) -> dict[str, Any]:
    """Return what annotations say about a value, by the names of arguments of fields."""
    found: dict[str, Any] = {}
    for note in _flat(notes):
        for names, option in _NAMES:
            for attribute in names:
                value = getattr(note, attribute, None)
                if value is not None and not callable(value):
                    found[option] = value
    return found


def _flat(notes: Iterable[Any]) -> Iterator[Any]:
    for note in notes:
        yield note
        yield from _flat(getattr(note, "metadata", None) or ())  # pydantic's Field() keeps limits there


_NAMES: Final = (
    (("ge",), "min_value"), (("le",), "max_value"), (("min_length",), "min_length"), (("max_length",), "max_length"),
    (("title",), "label"), (("description", "documentation"), "help_text"), (("pattern",), "regex"),
    (("max_digits",), "max_digits"), (("decimal_places",), "decimal_places"), (("multiple_of",), "step_size"),
)  # fmt: skip


def _text(**options: Any) -> Field:
    kind: Any = RegexField if "regex" in options else CharField
    return kind(**options)  # type: ignore[no-any-return]  # both are fields


def _yes_or_no(**options: Any) -> Field:
    # A box that must be ticked would allow only one of the two values.
    return BooleanField(**{**options, "required": False})


_COMMON: Final = frozenset({"required", "initial", "label", "help_text"})
_OWN: Final[Mapping[Any, frozenset[str]]] = MappingProxyType(
    {
        _text: frozenset({"min_length", "max_length", "empty_value", "regex"}),
        TypedChoiceField: frozenset({"empty_value"}),
        DecimalField: frozenset({"min_value", "max_value", "step_size", "max_digits", "decimal_places"}),
        IntegerField: frozenset({"min_value", "max_value", "step_size"}),
        FloatField: frozenset({"min_value", "max_value", "step_size"}),
    }
)


def _fitting(field: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    names = _COMMON | _OWN.get(field, frozenset())
    return {name: value for name, value in options.items() if name in names}


_FIELDS: Final[Mapping[Any, Any]] = MappingProxyType(
    {
        str: _text,
        bool: _yes_or_no,
        int: IntegerField,
        float: FloatField,
        Decimal: DecimalField,
        date: DateField,
        datetime: DateTimeField,
        time: TimeField,
        timedelta: DurationField,
        UUID: UUIDField,
    }
)


def _filled(formset: BaseFormSet[Any]) -> Iterator[Any]:
    for form in formset.forms:
        left_empty = isinstance(form, BaseForm) and form.empty_permitted and not form.has_changed()
        if not left_empty and not formset._should_delete_form(form):
            yield form
