"""Vectors: lists of numbers, sparse ones and bits (extension ``vector``, https://github.com/pgvector/pgvector, 0.7 or newer)."""

import json
import math
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, overload

from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm import Field
from partita.orm.fields.base import Converter, FieldOptions, Text
from partita.postgres.literals import LiteralType, stored
from partita.validation import ValidationError

__all__ = ("BitField", "HalfVectorField", "OfVectors", "SparseVector", "SparseVectorField", "VectorField")

T = TypeVar("T")

_BITS = re.compile(r"[01]*")
_SPARSE = re.compile(r"\{([^{}]*)\}/(\d{1,10})")


@dataclass(frozen=True, slots=True)
class SparseVector:
    """A vector most of whose numbers are zero.

    Attributes:
        elements: The numbers that are not zero, by their place, counted from 0.
        dimensions: How many numbers there are with the zeros.

    Raises:
        ValueError: If a place lies outside, or a number is not finite.
    """

    elements: Mapping[int, float]
    dimensions: int

    def __post_init__(self) -> None:
        if not 0 < self.dimensions <= 1_000_000_000:
            raise ValueError(f"A sparse vector has 1 to 1,000,000,000 dimensions, not {self.dimensions}.")
        kept = {int(place): _finite(number) for place, number in sorted(self.elements.items()) if number != 0}
        if wrong := [place for place in kept if not 0 <= place < self.dimensions]:
            raise ValueError(f"Place {wrong[0]} lies outside a vector of {self.dimensions} dimensions, counted from 0.")
        if len(kept) > 16_000:
            raise ValueError(f"A sparse vector has at most 16,000 numbers that are not zero, not {len(kept)}.")
        object.__setattr__(self, "elements", kept)

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "SparseVector":
        """Return the sparse form of all numbers, the zeros too."""
        return cls(dict(enumerate(numbers)), len(numbers))

    def to_list(self) -> list[float]:
        """Return all numbers, the zeros too."""
        numbers = [0.0] * self.dimensions
        for place, number in self.elements.items():
            numbers[place] = number
        return numbers

    def __hash__(self) -> int:
        return hash((self.dimensions, tuple(self.elements.items())))

    def __str__(self) -> str:
        pairs = ",".join(f"{place + 1}:{number!r}" for place, number in self.elements.items())
        return f"{{{pairs}}}/{self.dimensions}"

    @classmethod
    def parse(cls, text: str) -> "SparseVector":
        """Return the vector that PostgreSQL writes as ``{1:1.5,3:2}/5``.

        Raises:
            ValueError: If ``text`` is not written so.
        """
        match = _SPARSE.fullmatch(text)
        if match is None:
            raise ValueError(f"A sparse vector is written {{place:number,…}}/dimensions, not {text[:80]!r}.")
        pairs = (pair.split(":") for pair in match[1].split(",") if match[1])
        return cls({int(place) - 1: float(number) for place, number in pairs}, int(match[2]))


class OfVectors(Field[T], Generic[T]):
    """Base of the fields: text on its way, with a length in brackets."""

    type_name: ClassVar[str]
    most: ClassVar[int]
    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "not_a_vector": gettext_lazy("Enter a list of numbers."),
        "wrong_dimensions": gettext_lazy("This vector has %(found)s dimensions, and not %(expected)s."),
    }
    empty_strings_allowed = False

    def __init__(
        self,
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        if dimensions is not None and not 0 < dimensions <= self.most:
            raise ValueError(f"{type(self).__name__} has 1 to {self.most:,} dimensions, not {dimensions}.")
        self.dimensions = dimensions
        options.setdefault("editable", False)  # nobody types an embedding
        super().__init__(verbose_name, null=null, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the dimensions, and name the package instead of the module."""
        name, path, args, kwargs = super().deconstruct()
        if self.editable:
            kwargs["editable"] = True
        else:
            kwargs.pop("editable", None)
        if self.dimensions is not None:
            kwargs["dimensions"] = self.dimensions
        return name, path.replace("partita.postgres.vectors.", "partita.postgres."), args, kwargs

    @property
    def _in_sql(self) -> str:
        return self.type_name if self.dimensions is None else f"{self.type_name}({self.dimensions})"

    def sql_type(self) -> TypeEngine[Any]:
        """The extension's type."""
        return LiteralType(self._in_sql)

    def placeholder(self, mark: str, dialect: str) -> str:
        """A parameter that is text."""
        return stored(mark, self.type_name, dialect)

    def get_prep_value(self, value: Any) -> Any:
        """Return the value, checked.

        Raises:
            TypeError: If ``value`` is of another kind.
            ValueError: If it has other dimensions, or a number is not finite.
        """
        if value is None or hasattr(value, "resolve"):
            return value
        vector = self.vector_of(value)
        found = self.length_of(vector)
        if self.dimensions is not None and found != self.dimensions:
            raise ValueError(f"{self!r} takes {self.dimensions} dimensions, not {found}.")
        return vector

    def to_python(self, value: Any) -> Any:
        """Return the value; text is read as the database or JSON writes it."""
        if value is None:
            return None
        try:
            return self.vector_of(self.read(value) if isinstance(value, str) else value)
        except (TypeError, ValueError, RecursionError):
            raise self.invalid("not_a_vector") from None

    def validate(self, value: Any, instance: Any) -> None:
        """Check the dimensions.

        Raises:
            ValidationError: If they are others.
        """
        super().validate(value, instance)
        if value is not None and self.dimensions is not None and self.length_of(value) != self.dimensions:
            error: ValidationError = self.invalid(
                "wrong_dimensions", found=self.length_of(value), expected=self.dimensions
            )
            raise error

    def value_to_string(self, instance: Any) -> str:
        """Return the instance's value as the database writes it."""
        value = self.value_from_object(instance)
        return "" if value is None else self.write(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """Text."""
        return self.write

    def from_driver(self, dialect: str) -> Converter | None:
        """The value, from text."""
        return self.read

    def vector_of(self, value: Any) -> Any:
        """Return the value that instances hold."""
        return _numbers(self, value)

    def length_of(self, vector: Any) -> int:
        """Return the number of dimensions."""
        return len(vector)

    def write(self, vector: Any) -> str:
        """Return the value as PostgreSQL takes it."""
        return f"[{','.join(map(repr, vector))}]"

    def read(self, text: Any) -> Any:
        """Return the value, from what PostgreSQL writes."""
        numbers = json.loads(text)
        if not isinstance(numbers, list):
            raise ValueError("A vector is written as a list.")
        return [float(number) for number in numbers]


class VectorField(OfVectors[T], Generic[T]):
    """A list of numbers of single precision: 4 bytes each.

    Takes a list, a tuple, an array, or what has ``tolist()`` as numpy's arrays have; gives a list.

    Args:
        dimensions: How many numbers, up to 16,000; an index needs to know them, and takes up to 2,000.
    """

    type_name, most = "vector", 16_000

    @overload
    def __init__(
        self: "VectorField[list[float]]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "VectorField[list[float] | None]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        OfVectors.__init__(self, dimensions, verbose_name, null=null, **options)


class HalfVectorField(VectorField[T], Generic[T]):
    """Like `VectorField`, in half precision: 2 bytes each; an index takes up to 4,000 dimensions."""

    type_name = "halfvec"

    @overload
    def __init__(
        self: "HalfVectorField[list[float]]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "HalfVectorField[list[float] | None]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        OfVectors.__init__(self, dimensions, verbose_name, null=null, **options)


class SparseVectorField(OfVectors[T], Generic[T]):
    """A `SparseVector`; lists are taken as well.

    Args:
        dimensions: How many numbers with the zeros, up to 1,000,000,000.
    """

    type_name, most = "sparsevec", 1_000_000_000

    @overload
    def __init__(
        self: "SparseVectorField[SparseVector]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "SparseVectorField[SparseVector | None]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        OfVectors.__init__(self, dimensions, verbose_name, null=null, **options)

    def vector_of(self, value: Any) -> SparseVector:
        """Return a sparse vector."""
        return value if isinstance(value, SparseVector) else SparseVector.of(_numbers(self, value))

    def length_of(self, vector: SparseVector) -> int:
        """Return the dimensions with the zeros."""
        return vector.dimensions

    def write(self, vector: SparseVector) -> str:
        """Return the places, counted from 1, and the numbers."""
        return str(vector)

    def read(self, text: Any) -> SparseVector:
        """Return the vector."""
        return SparseVector.parse(text)


class BitField(OfVectors[T], Generic[T]):
    """Bits, as text of ``0`` and ``1``; a list of truth values is taken as well.

    Args:
        dimensions: How many bits; one, if it is left out, as SQL has it. An index takes up to 64,000.
    """

    type_name, most = "bit", 83_886_080

    @overload
    def __init__(
        self: "BitField[str]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "BitField[str | None]",
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        dimensions: int | None = None,
        verbose_name: Text | None = None,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        OfVectors.__init__(self, dimensions, verbose_name, null=null, **options)

    def placeholder(self, mark: str, dialect: str) -> str:
        """A parameter that is text; ``bit`` without a length would cut it to one bit."""
        return stored(mark, "varbit", dialect)

    def vector_of(self, value: Any) -> str:
        """Return text of 0 and 1."""
        if hasattr(value, "as_string"):  # asyncpg's own kind
            value = value.as_string().replace(" ", "")
        text = value if isinstance(value, str) else "".join("1" if bit else "0" for bit in _listed(self, value))
        if _BITS.fullmatch(text) is None:
            raise ValueError(f"{self!r} takes text of 0 and 1, not {text[:80]!r}.")
        return text

    def write(self, vector: str) -> str:
        """Return the bits."""
        return vector

    def read(self, text: Any) -> str:
        """Return the bits."""
        return self.vector_of(text)


def _numbers(field: Field[Any], value: Any) -> list[float]:
    numbers = [_finite(number) for number in _listed(field, value)]
    if not numbers:
        raise ValueError(f"{field!r} takes one number at least.")
    return numbers


def _listed(field: Field[Any], value: Any) -> Sequence[Any]:
    if isinstance(value, SparseVector):
        return value.to_list()
    if not isinstance(value, list | tuple | array) and hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple | array):
        raise TypeError(f"{field!r} takes a list of numbers, not {type(value).__name__} {str(value)[:80]!r}.")
    return value


def _finite(number: Any) -> float:
    if isinstance(number, bool | str | bytes):
        raise TypeError(f"A vector holds numbers, not {number!r:.80}.")
    found = float(number)
    if not math.isfinite(found):
        raise ValueError(f"A vector holds finite numbers, not {found}.")
    return found
