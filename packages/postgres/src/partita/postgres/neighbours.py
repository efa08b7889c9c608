"""Neighbours of vectors: distances, functions and indexes (extension ``vector``, https://github.com/pgvector/pgvector).

``Note.objects.order_by(CosineDistance("embedding", wanted))[:5]`` finds the five nearest; an `HnswIndex` or `IvfflatIndex` with
the class of operators of that distance makes it quick. Operators and limits are those of the extension's documentation.
"""

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from sqlalchemy import ColumnElement
from sqlalchemy import func as sql_function

from partita.orm import FloatField, Func, IntegerField, Value
from partita.postgres.comparisons import of_postgresql
from partita.postgres.indexes import PostgresIndex
from partita.postgres.vectors import BitField, OfVectors, VectorField

__all__ = (
    "BinaryQuantize",
    "CosineDistance",
    "HammingDistance",
    "HnswIndex",
    "IvfflatIndex",
    "JaccardDistance",
    "L1Distance",
    "L2Distance",
    "L2Normalize",
    "MaxInnerProduct",
    "Subvector",
    "VectorNorm",
)

_FLOAT, _INTEGER = FloatField(), IntegerField()


class _Distance(Func):
    """An operator between two vectors; a list on the right is of the kind that stands on the left."""

    operator: ClassVar[str]
    output_field = _FLOAT

    def __init__(self, source: Any, vector: Any) -> None:
        """Compare.

        Args:
            source: A field's name or an expression.
            vector: A vector, or an expression.
        """
        plain = not hasattr(vector, "resolve")
        self.wanted = vector if plain else None
        super().__init__(*((source,) if plain else (source, vector)))

    def resolve(self, scope: Any) -> Any:
        """Give the vector the type of the expression that it is compared with."""
        resolved: Any = super().resolve(scope)
        if len(resolved.sources) == 1:
            field = resolved.sources[0].output
            if not isinstance(field, OfVectors):
                raise TypeError(f"{type(self).__name__} compares vectors, and {field!r} holds none.")
            resolved.sources = (*resolved.sources, Value(self.wanted, field))
        return resolved

    def options(self) -> Hashable:
        """Nothing: the vector is a parameter."""
        return None

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The operator between both."""
        of_postgresql(type(self).__name__, compiler)
        left, right = (source.compile(compiler) for source in self.sources)
        found: ColumnElement[Any] = left.op(self.operator, return_type=_FLOAT.sql_type())(right)
        return found


class L2Distance(_Distance):
    """The Euclidean distance; operators ``vector_l2_ops`` in an index."""

    operator = "<->"


class MaxInnerProduct(_Distance):
    """The inner product with its sign turned, so that the greatest comes first; ``vector_ip_ops``."""

    operator = "<#>"


class CosineDistance(_Distance):
    """1 less the cosine of the angle, from 0 to 2; ``vector_cosine_ops``."""

    operator = "<=>"


class L1Distance(_Distance):
    """The sum of the differences; ``vector_l1_ops``."""

    operator = "<+>"


class HammingDistance(_Distance):
    """How many bits differ; ``bit_hamming_ops``."""

    operator = "<~>"


class JaccardDistance(_Distance):
    """1 less the share of bits that both have set, of those that either has; ``bit_jaccard_ops``."""

    operator = "<%>"


class _OfVector(Func):
    arity = 1

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql(type(self).__name__, compiler)
        return super().compile(compiler)


class VectorNorm(_OfVector):
    """The Euclidean length of a vector."""

    function, output_field = "l2_norm", _FLOAT

    def call(self, compiler: Any, *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """The function; the extension has another name for it where numbers are whole vectors."""
        if self.sources[0].output.sql_type().name.startswith("vector"):
            return sql_function.vector_norm(*arguments)
        return super().call(compiler, *arguments)


class L2Normalize(_OfVector):
    """The vector of length 1 in the same direction."""

    function = "l2_normalize"


class BinaryQuantize(_OfVector):
    """A bit for each number: whether it is above 0. `Cast` to `BitField` for an index over it."""

    function = "binary_quantize"

    def __init__(self, source: Any) -> None:
        super().__init__(source, output_field=BitField())


class Subvector(_OfVector):
    """Some of a vector's numbers.

    Args:
        source: A field's name or an expression.
        start: The first one, counted from 1 as SQL has it.
        count: How many.
    """

    function, arity = "subvector", 3

    def __init__(self, source: Any, start: int, count: int) -> None:
        super().__init__(source, Value(start, _INTEGER), Value(count, _INTEGER), output_field=VectorField())


class HnswIndex(PostgresIndex):
    """A graph of neighbours: quick and exact enough, slow to build, large.

    It needs ``opclasses`` (``["vector_cosine_ops"]``) that fit the distance that is asked for.

    Args:
        m: Most connections of a node in a layer; the extension takes 16 if it is left out.
        ef_construction: How many candidates are looked at while it is built; the extension takes 64.
        options: As for `Index`.
    """

    method = "hnsw"

    def __init__(
        self, *expressions: Any, m: int | None = None, ef_construction: int | None = None, **options: Any
    ) -> None:
        if m is not None and not 2 <= m <= 100:
            raise ValueError("m is a number from 2 to 100.")
        if ef_construction is not None and not 4 <= ef_construction <= 1000:
            raise ValueError("ef_construction is a number from 4 to 1000.")
        if ef_construction is not None and ef_construction < 2 * (m or 16):
            raise ValueError("ef_construction is at least twice m.")
        self.m, self.ef_construction = m, ef_construction
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameters."""
        return {"m": self.m, "ef_construction": self.ef_construction}


class IvfflatIndex(PostgresIndex):
    """Lists of near vectors: smaller and quicker to build than `HnswIndex`, less exact; make it when there are rows.

    Args:
        lists: How many; rows / 1000 is a start. The extension takes 100 if it is left out.
        options: As for `Index`.
    """

    method = "ivfflat"

    def __init__(self, *expressions: Any, lists: int | None = None, **options: Any) -> None:
        if lists is not None and not 1 <= lists <= 32768:
            raise ValueError("lists is a number from 1 to 32768.")
        self.lists = lists
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameter."""
        return {"lists": self.lists}
