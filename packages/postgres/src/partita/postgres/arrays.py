"""Fields that hold lists, and what can be asked of them."""

import json
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, Literal, TypeVar, Unpack, cast, overload

from sqlalchemy import ColumnElement, case, func, literal_column, null
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm import (
    BooleanField,
    Field,
    FieldError,
    IntegerField,
    JSONField,
    Model,
    Subquery,
    Transform,
    Value,
)
from partita.orm.expressions import Composed, expression
from partita.orm.fields.base import Converter, FieldOptions, Text
from partita.postgres.array_types import ArrayType, array_of_text, comparable
from partita.postgres.comparisons import OperatorLookup, of_postgresql, stored_as
from partita.postgres.literals import LiteralType
from partita.validation import ValidationError

__all__ = ("ArrayField", "ArraySubquery")

T = TypeVar("T")

_END = 2**31 - 1  # a slice ends where the array does, at the latest


class ArrayField(Field[T], Generic[T]):
    """A list of values of one kind; an array of PostgreSQL.

    Look-ups: ``contains``, ``contained_by``, ``overlap``, ``len``, an element by its index counted from 0
    (``tags__0="jazz"``) and a slice (``tags__0_2=["jazz", "modal"]``, ``F("tags")[0:2]``). Equality and the first three take
    expressions as elements: ``tags=[F("title")]``, ``tags__contains=[F("title")]``.

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

    def contribute_to_class(self, model: type[Model], name: str) -> None:
        """Become a field of ``model``; errors of the base field name it, too."""
        super().contribute_to_class(model, name)
        self._name_base()

    def _name_base(self) -> None:
        self.base_field = base = copy(self.base_field)
        base.name, base.attname = (
            self.name,
            self.attname,
        )  # but no model: with that, queries would take it for this field
        if isinstance(base, ArrayField):
            base._name_base()

    def get_default(self) -> Any:
        """Return a new empty list where no default is given."""
        default = super().get_default()
        return [] if default is None and not self.null and not self.has_default() else default

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the base field and the size."""
        name, _, args, kwargs = super().deconstruct()
        path = f"partita.postgres.{type(self).__name__}" if type(self) is ArrayField else _path(type(self))
        size = {} if self.size is None else {"size": self.size}
        return name, path, args, {**kwargs, "base_field": self.base_field.clone(), **size}

    def formfield(self, **options: Any) -> Any:
        """Return the field of a form; needs the extra ``forms``."""
        from partita.postgres.forms import formfield_of

        return formfield_of(self, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """The base field's type and brackets."""
        inner = self.base_field.sql_type()
        if isinstance(self.base_field, ArrayField):
            return ArrayType(cast("Any", inner).item_type, dimensions=_depth(self))
        return ArrayType(inner, dimensions=1)

    def placeholder(self, mark: str, dialect: str) -> str:
        """A parameter; a list of texts that is cast there, where elements travel as text."""
        item = cast("Any", self.sql_type()).item_type
        if not isinstance(item, LiteralType) or dialect != "postgresql":
            return mark
        return f"CAST(CAST({mark} AS TEXT[]) AS {item.name}[])"

    def to_driver(self, dialect: str) -> Converter | None:
        """Convert each element, where that is needed."""
        convert = self.base_field.to_driver(dialect)
        return None if convert is None else _each(convert)

    def from_driver(self, dialect: str) -> Converter | None:
        """Convert each element, where that is needed."""
        return _each(self.base_field.from_driver(dialect))

    def get_prep_value(self, value: Any) -> Any:
        """Return a list of prepared elements; a single value or text is refused where it is sent.

        Raises:
            TypeError: If ``value`` is no list, or holds expressions.
        """
        if value is None or not isinstance(value, list | tuple | set | frozenset):
            if value is None or hasattr(value, "resolve"):
                return value
            raise TypeError(f"{self!r} takes a list, not {type(value).__name__} {str(value)[:80]!r}.")
        if any(hasattr(item, "resolve") for item in value):
            raise TypeError(
                f"{self!r} takes values, not expressions as elements. `exact`, `contains`, `contained_by` and `overlap` take them."
            )
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
        if isinstance(item, bool | int | float | str) or isinstance(self.base_field, JSONField):
            return item
        return self.base_field.value_to_string(SimpleNamespace(**{self.base_field.attname: item}))

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
                details = error.error_list[0].params or {}
                wrong.append(
                    self.invalid("item_invalid", **{**details, "nth": number, "reason": reason, "value": item})
                )
        if wrong:
            raise wrong[0] if len(wrong) == 1 else ValidationError(wrong)

    def slice_expression(self, source: Any, start: int, length: int | None) -> Any:
        """Return ``F("tags")[0:2]``: ``length`` elements, or all, from the one that ``start`` counts from 1; always a list."""
        return _Slice(source, start=start - 1, stop=_END if length is None else start - 1 + length, field=self)

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
        source: ColumnElement[Any] = _whole(self.sources[0], compiler)
        # Numbers from a name, checked to be digits; PostgreSQL counts from 1.
        return cast("ColumnElement[Any]", cast("Any", source)[literal_column(str(self.extra["index"] + 1))])


class _Slice(Transform):
    def __init__(self, source: Any, *, start: int, stop: int, field: Field[Any]) -> None:
        super().__init__(source, output_field=field)
        self.extra = {"start": start, "stop": stop}

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("A slice of an array", compiler)
        source: Any = _whole(self.sources[0], compiler)
        first: Any = literal_column(str(self.extra["start"] + 1))
        last: Any = literal_column(str(self.extra["stop"]))
        return cast("ColumnElement[Any]", source[first:last])


def _whole(source: Any, compiler: Any) -> ColumnElement[Any]:
    """Compile what is indexed. Of a slice it is in brackets, which would else be the second dimension of one look at the array."""
    compiled: ColumnElement[Any] = source.compile(compiler)
    return Grouping(compiled) if isinstance(source, _Slice) else compiled


class _Elements(Composed):
    """A list of expressions and values as an array."""

    def __init__(self, items: Sequence[Any], field: ArrayField[Any]) -> None:
        self.sources = tuple(
            expression(item) if hasattr(item, "resolve") else Value(item, field.base_field) for item in items
        )
        self.output_field = field

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """ARRAY[...] of the field's type."""
        elements: list[ColumnElement[Any]] = [source.compile(compiler) for source in self.sources]
        return sql_cast(array(elements), comparable(self.output.sql_type()))


class _ArrayLookup(OperatorLookup):
    def get_prep_lookup(self) -> Any:
        """Return the right side as an expression; a list of expressions is one, too."""
        rhs = self.rhs
        if isinstance(rhs, list | tuple) and any(hasattr(item, "resolve") for item in rhs):
            try:
                field = self.rhs_field()
            except FieldError:
                return rhs  # as in the base class: the left side is not resolved yet
            return _Elements(rhs, cast("ArrayField[Any]", field))
        return super().get_prep_lookup()

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The operator between both sides, what is computed on the right as the type on the left."""
        of_postgresql(type(self).__name__, compiler)
        lhs: ColumnElement[Any] = self.lhs.compile(compiler)
        rhs: ColumnElement[Any] = self.rhs.compile(compiler)
        own, other = stored_as(self.lhs.output), stored_as(self.rhs.output)
        if own is not other and isinstance(own, ArrayField):
            rhs = sql_cast(
                rhs, comparable(own.sql_type())
            )  # PostgreSQL has no operators for, say, bigint[] and integer[]
        return lhs.op(self.operator, is_comparison=True)(rhs)


@ArrayField.register_lookup
class _Exact(_ArrayLookup):
    lookup_name, operator = "exact", "="


@ArrayField.register_lookup
class _Contains(_ArrayLookup):
    lookup_name, operator = "contains", "@>"


@ArrayField.register_lookup
class _ContainedBy(_ArrayLookup):
    lookup_name, operator = "contained_by", "<@"


@ArrayField.register_lookup
class _Overlap(_ArrayLookup):
    lookup_name, operator = "overlap", "&&"

    def get_prep_lookup(self) -> Any:
        """Return the right side; of a query all rows that it gives, not only one."""
        if type(self.rhs) is not Subquery:
            return super().get_prep_lookup()
        made = object.__new__(ArraySubquery)
        made.__dict__.update(self.rhs.__dict__)
        return made


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
        if type(items) is str:  # of a type that the driver does not know
            items = array_of_text(items)
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
