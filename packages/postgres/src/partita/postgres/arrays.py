"""Fields that hold lists, and what can be asked of them."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, Literal, TypeVar, Unpack, cast, overload

from sqlalchemy import ColumnElement, case, func, literal_column, null
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm import BooleanField, Field, IntegerField, Subquery, Transform
from partita.orm.fields.base import Converter, FieldOptions, Text
from partita.postgres.comparisons import OperatorLookup, of_postgresql
from partita.validation import ValidationError

__all__ = ("ArrayField", "ArraySubquery")

T = TypeVar("T")


class ArrayField(Field[T], Generic[T]):
    """A list of values of one kind; an array of PostgreSQL.

    Look-ups: ``contains``, ``contained_by``, ``overlap``, ``len``, an element by its index counted from 0
    (``tags__0="jazz"``) and a slice (``tags__0_2=["jazz", "modal"]``).

    Args:
        base_field: What the elements are; another array for more than one dimension.
        size: Most elements; the database itself knows no limit.
    """

    default_error_messages = {
        "item_invalid": gettext_lazy("Item %(nth)s in the array did not validate: %(reason)s"),
        "not_a_list": gettext_lazy("Enter a list of values."),
        "too_long": gettext_lazy("List contains %(length)s items, it should contain no more than %(size)s."),
        "nested_array_mismatch": gettext_lazy("Nested arrays must have the same length."),
    }
    empty_strings_allowed = False

    @overload
    def __init__(
        self: "ArrayField[list[Any]]",
        base_field: Field[Any],
        size: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "ArrayField[list[Any] | None]",
        base_field: Field[Any],
        size: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        base_field: Field[Any],
        size: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        if base_field.is_relation:
            raise TypeError("ArrayField holds plain values; for related rows use a ManyToManyField.")
        self.base_field, self.size = base_field, size
        Field.__init__(self, verbose_name, null=null, **options)

    def get_default(self) -> Any:
        """Return a new empty list where no default is given."""
        default = super().get_default()
        return [] if default is None and not self.null and not self.has_default() else default

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the base field and the size."""
        name, _, args, kwargs = super().deconstruct()
        path = f"partita.postgres.{type(self).__name__}" if type(self) is ArrayField else _path(type(self))
        return name, path, args, {**kwargs, "base_field": self.base_field.clone(), "size": self.size}

    def formfield(self, **options: Any) -> Any:
        """Return the field of a form; needs the extra ``forms``."""
        from partita.postgres.forms import formfield_of

        return formfield_of(self, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """The base field's type and brackets."""
        inner = self.base_field.sql_type()
        if isinstance(self.base_field, ArrayField):
            return ARRAY(cast("Any", inner).item_type, dimensions=_depth(self))
        return ARRAY(inner, dimensions=1)

    def to_driver(self, dialect: str) -> Converter | None:
        """Convert each element, where that is needed."""
        return _each(self.base_field.to_driver(dialect))

    def from_driver(self, dialect: str) -> Converter | None:
        """Convert each element, where that is needed."""
        return _each(self.base_field.from_driver(dialect))

    def get_prep_value(self, value: Any) -> Any:
        """Return a list of prepared elements; a single value or text is refused where it is sent.

        Raises:
            TypeError: If ``value`` is no list.
        """
        if value is None or not isinstance(value, list | tuple | set | frozenset):
            if value is None or hasattr(value, "resolve"):
                return value
            raise TypeError(f"{self!r} takes a list, not {type(value).__name__} {str(value)[:80]!r}.")
        prepare = self.base_field.get_prep_value
        return [None if item is None else prepare(item) for item in value]

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a list; text is read as JSON, as serializers write it."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise self.invalid("not_a_list") from None
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise self.invalid("not_a_list")
        return [None if item is None else self.base_field.to_python(item) for item in value]

    def value_to_string(self, instance: Any) -> str:
        """Return JSON, each element as its field writes it."""
        items = self.value_from_object(instance)
        if items is None:
            return json.dumps(None)
        return json.dumps([None if item is None else self._text_of(item) for item in items])

    def _text_of(self, item: Any) -> Any:
        if isinstance(self.base_field, ArrayField):
            return [None if inner is None else self.base_field._text_of(inner) for inner in item]
        return item if isinstance(item, bool | int | float | str) else str(item)

    def validate(self, value: Any, instance: Any) -> None:
        """Check the size and each element."""
        super().validate(value, instance)
        self._check_each(value, lambda item: self.base_field.validate(item, instance))
        if value and self.size is not None and len(value) > self.size:
            raise self.invalid("too_long", length=len(value), size=self.size)
        if isinstance(self.base_field, ArrayField) and len({len(item) for item in value or ()}) > 1:
            raise self.invalid("nested_array_mismatch")

    def run_validators(self, value: Any) -> None:
        """Run the field's validators on the list and the base field's on each element."""
        super().run_validators(value)
        self._check_each(value, self.base_field.run_validators)

    def _check_each(self, value: Any, check: Callable[[Any], object]) -> None:
        wrong: list[ValidationError] = []
        for number, item in enumerate(value or (), 1):
            try:
                check(item)
            except ValidationError as error:
                reason = " ".join(error.messages)
                wrong.append(self.invalid("item_invalid", nth=number, reason=reason, value=item))
        if wrong:
            raise ValidationError(wrong)

    def get_transform(self, name: str) -> Any:
        """An index or a slice, besides the transforms that are registered."""
        found = super().get_transform(name)
        if found is not None:
            return found
        first, mark, last = name.partition("_")
        if not _is_index(first) or (mark and not _is_index(last)):
            return None
        if mark:
            return partial(_Slice, start=int(first), stop=int(last), field=self)
        return partial(_Element, index=int(name), field=self.base_field)


class _Element(Transform):
    def __init__(self, source: Any, *, index: int, field: Field[Any]) -> None:
        super().__init__(source, output_field=field)
        self.extra = {"index": index}

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("An element of an array", compiler)
        source: ColumnElement[Any] = self.sources[0].compile(compiler)
        # Numbers from a name, checked to be digits; PostgreSQL counts from 1.
        return cast("ColumnElement[Any]", cast("Any", source)[literal_column(str(self.extra["index"] + 1))])


class _Slice(Transform):
    def __init__(self, source: Any, *, start: int, stop: int, field: Field[Any]) -> None:
        super().__init__(source, output_field=field)
        self.extra = {"start": start, "stop": stop}

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("A slice of an array", compiler)
        source: Any = self.sources[0].compile(compiler)
        first: Any = literal_column(str(self.extra["start"] + 1))
        last: Any = literal_column(str(self.extra["stop"]))
        return cast("ColumnElement[Any]", source[first:last])


@ArrayField.register_lookup
class _Contains(OperatorLookup):
    lookup_name, operator = "contains", "@>"


@ArrayField.register_lookup
class _ContainedBy(OperatorLookup):
    lookup_name, operator = "contained_by", "<@"


@ArrayField.register_lookup
class _Overlap(OperatorLookup):
    lookup_name, operator = "overlap", "&&"


@ArrayField.register_lookup
class _Length(Transform):
    lookup_name = "len"
    output_field = IntegerField()

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("The length of an array", compiler)
        source: ColumnElement[Any] = self.sources[0].compile(compiler)
        # array_length() knows no length of an empty array; cardinality() would count the elements of all dimensions.
        length = func.coalesce(func.array_length(source, literal_column("1")), literal_column("0"))
        return case((source.is_(None), null()), else_=length)


@ArrayField.register_lookup
class _IsEmpty(Transform):
    """Whether a list has no elements: ``tags__isempty=True``."""

    lookup_name = "isempty"
    output_field = BooleanField()

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("An array", compiler)
        return func.cardinality(self.sources[0].compile(compiler)) == literal_column("0")


class ArraySubquery(Subquery):
    """The values that a query of one column gives, as a list."""

    @property
    def output(self) -> Field[Any]:
        """An array of what the query gives."""
        if self.output_field is not None:
            return self.output_field
        inner: Field[Any] = self.query.single_output()
        return ArrayField(inner)

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """ARRAY(SELECT ...)."""
        of_postgresql("ArraySubquery", compiler)
        return func.array(super().compile(compiler))


def _each(convert: Converter | None) -> Converter | None:
    if convert is None:
        return _as_list
    made: Converter = convert

    def converted(items: Any) -> list[Any]:
        return [None if item is None else made(item) for item in items]

    return converted


def _as_list(items: Sequence[Any]) -> list[Any]:
    return items if type(items) is list else list(items)


def _depth(field: Any) -> int:
    return 1 + _depth(field.base_field) if isinstance(field, ArrayField) else 0


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
