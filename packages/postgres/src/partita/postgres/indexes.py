"""Kinds of indexes that PostgreSQL has besides the usual one; elsewhere a usual one is made of their fields."""

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import ColumnElement

from partita.orm import Field, Func, Index

__all__ = (
    "BTreeIndex",
    "BloomIndex",
    "BrinIndex",
    "GinIndex",
    "GistIndex",
    "HashIndex",
    "OpClass",
    "PostgresIndex",
    "SpGistIndex",
)

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?")


class OpClass(Func):
    """An expression of an index or an exclusion constraint, with the class of operators that it is for.

    ``Index(OpClass(Lower("title"), name="varchar_pattern_ops"), name="title_begins")``; other databases leave the class out.

    Args:
        source: A name or an expression.
        name: Of the class, such as ``text_pattern_ops`` or ``gin_trgm_ops``.

    Raises:
        ValueError: If ``name`` is no name.
    """

    def __init__(self, source: Any, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name of a class of operators.")
        super().__init__(source)
        self.opclass = name

    @property
    def output(self) -> Field[Any]:
        """As the expression's."""
        inner: Field[Any] = self.sources[0].output
        return inner

    def options(self) -> Hashable:
        """The class."""
        return self.opclass

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The expression; the index writes the class."""
        inner: ColumnElement[Any] = self.sources[0].compile(compiler)
        return inner

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """The expression and the class."""
        return "partita.postgres.OpClass", (self.sources[0],), {"name": self.opclass}


class PostgresIndex(Index):
    """Base of the kinds of indexes.

    Attributes:
        method: What stands after ``USING``.
    """

    method: ClassVar[str]

    def __init__(self, *expressions: Any, **options: Any) -> None:
        super().__init__(*expressions, **options)
        for name, value in self.storage().items():  # they stand in SQL as they are
            if not isinstance(value, bool | int | float | None) and not _NAME.fullmatch(str(value)):
                raise ValueError(f"{type(self).__name__}: {name} is a number, True or False, not {value!r:.80}.")

    def storage(self) -> Mapping[str, Any]:
        """Return PostgreSQL's storage parameters; what is None is left out."""
        return {}

    def dialect_options(self) -> dict[str, Any]:
        """The method and the storage parameters."""
        given = {
            name: {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
            for name, value in self.storage().items()
            if value is not None
        }
        return {"postgresql_using": self.method, **({"postgresql_with": given} if given else {})}

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Name this package."""
        _, expressions, arguments = super().deconstruct()
        return f"partita.postgres.{type(self).__name__}", expressions, arguments


class BTreeIndex(PostgresIndex):
    """The usual kind, with its parameters.

    Args:
        fillfactor: Percent of a page that is filled at first.
        deduplicate_items: Whether equal entries are kept once.
        options: As for `Index`.
    """

    method = "btree"

    def __init__(
        self, *expressions: Any, fillfactor: int | None = None, deduplicate_items: bool | None = None, **options: Any
    ) -> None:
        self.fillfactor, self.deduplicate_items = fillfactor, deduplicate_items
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameters."""
        return {"fillfactor": self.fillfactor, "deduplicate_items": self.deduplicate_items}


class HashIndex(PostgresIndex):
    """For equality only.

    Args:
        fillfactor: Percent of a page that is filled at first.
        options: As for `Index`.
    """

    method = "hash"

    def __init__(self, *expressions: Any, fillfactor: int | None = None, **options: Any) -> None:
        self.fillfactor = fillfactor
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameter."""
        return {"fillfactor": self.fillfactor}


class GinIndex(PostgresIndex):
    """For values made of parts: arrays, JSON, documents, trigrams.

    Args:
        fastupdate: Whether new entries wait in a list.
        gin_pending_list_limit: How long that list grows, in kB.
        options: As for `Index`.
    """

    method = "gin"

    def __init__(
        self,
        *expressions: Any,
        fastupdate: bool | None = None,
        gin_pending_list_limit: int | None = None,
        **options: Any,
    ) -> None:
        self.fastupdate, self.gin_pending_list_limit = fastupdate, gin_pending_list_limit
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameters."""
        return {"fastupdate": self.fastupdate, "gin_pending_list_limit": self.gin_pending_list_limit}


class GistIndex(PostgresIndex):
    """For ranges, likeness and neighbours.

    Args:
        buffering: Whether it is built through a buffer.
        fillfactor: Percent of a page that is filled at first.
        options: As for `Index`.
    """

    method = "gist"

    def __init__(
        self, *expressions: Any, buffering: bool | None = None, fillfactor: int | None = None, **options: Any
    ) -> None:
        self.buffering, self.fillfactor = buffering, fillfactor
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameters."""
        return {"buffering": self.buffering, "fillfactor": self.fillfactor}


class SpGistIndex(HashIndex):
    """For values that are split into parts that do not overlap, such as ranges and texts by their beginnings."""

    method = "spgist"


class BrinIndex(PostgresIndex):
    """Small, for large tables whose rows lie in the order of the values.

    Args:
        autosummarize: Whether pages are summed up as they are filled.
        pages_per_range: How many pages one entry stands for.
        options: As for `Index`.
    """

    method = "brin"

    def __init__(
        self, *expressions: Any, autosummarize: bool | None = None, pages_per_range: int | None = None, **options: Any
    ) -> None:
        if pages_per_range is not None and pages_per_range < 1:
            raise ValueError("pages_per_range is at least 1.")
        self.autosummarize, self.pages_per_range = autosummarize, pages_per_range
        super().__init__(*expressions, **options)

    def storage(self) -> Mapping[str, Any]:
        """Its parameters."""
        return {"autosummarize": self.autosummarize, "pages_per_range": self.pages_per_range}


class BloomIndex(PostgresIndex):
    """For equality of any of many columns (extension ``bloom``).

    Args:
        length: Bits of a signature, up to 4096.
        columns: Bits for each column, up to 4095 each.
        options: As for `Index`.
    """

    method = "bloom"

    def __init__(
        self, *expressions: Any, length: int | None = None, columns: Sequence[int] = (), **options: Any
    ) -> None:
        if len(columns) > 32 or any(not 0 < bits <= 4095 for bits in columns):
            raise ValueError("columns are at most 32 numbers from 1 to 4095.")
        if length is not None and not 0 < length <= 4096:
            raise ValueError("length is a number from 1 to 4096.")
        self.length, self.columns = length, tuple(columns)
        super().__init__(*expressions, **options)
        if len(self.columns) > len(self.fields or self.expressions):
            raise ValueError("BloomIndex cannot have more columns than fields.")

    def storage(self) -> Mapping[str, Any]:
        """Its parameters."""
        return {"length": self.length, **{f"col{number}": bits for number, bits in enumerate(self.columns, 1)}}
