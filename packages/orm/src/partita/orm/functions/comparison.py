"""Functions that choose between values, convert them, or make new ones."""

import uuid
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Numeric, collate, literal_column

from partita.orm.expressions import OF_VALUE, Cast, Func
from partita.orm.fields import DecimalField
from partita.orm.fields.declared import checked_collation
from partita.orm.sql_elements import cast, func

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("UUID4", "UUID7", "Cast", "Coalesce", "Collate", "Greatest", "Least", "NullIf")


class _Several(Func):
    def __init__(self, *sources: Any, **extra: Any) -> None:
        if len(sources) < 2:
            raise ValueError(f"{type(self).__name__} must take at least two expressions")
        super().__init__(*sources, **extra)


def _numbers(node: Func, arguments: Sequence[ColumnElement[Any]]) -> Sequence[ColumnElement[Any]]:
    """Return decimals as numbers, because they travel to SQLite as text."""
    return [cast(one, Numeric()) for one in arguments] if isinstance(node.output, DecimalField) else arguments


class Coalesce(_Several):
    """The first value that is not NULL."""

    function = "coalesce"


class Greatest(_Several):
    """The largest of several values; PostgreSQL passes over NULL, other databases give NULL for it."""

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """GREATEST, or SQLite's MAX."""
        return func.max(*_numbers(self, arguments)) if compiler.vendor == "sqlite" else func.greatest(*arguments)


class Least(_Several):
    """The smallest of several values; PostgreSQL passes over NULL, other databases give NULL for it."""

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """LEAST, or SQLite's MIN."""
        return func.min(*_numbers(self, arguments)) if compiler.vendor == "sqlite" else func.least(*arguments)


class NullIf(Func):
    """NULL if both are equal, else the first."""

    function, arity = "nullif", 2


class Collate(Func):
    """Text that compares and sorts by the rules of a collation.

    Raises:
        ValueError: If the name holds anything but letters, digits, ``_``, ``-`` and one dot.
    """

    def __init__(self, expression: Any, collation: str) -> None:
        self.collation: str = checked_collation(collation)
        super().__init__(expression)

    def options(self) -> Hashable:
        """The collation."""
        return self.collation

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """COLLATE, with the name quoted."""
        return collate(arguments[0], self.collation)


class UUID4(Func):
    """A random UUID, made by the database (RFC 9562, section 5.4)."""

    arity, output_field = 0, OF_VALUE[uuid.UUID]

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """The database's function; in MySQL and MariaDB, which lack one or got it late, random bytes."""
        if compiler.vendor == "sqlite":
            return func.partita_uuid4()
        if compiler.vendor == "postgresql":
            return func.gen_random_uuid()
        return literal_column(f"LOWER(CONCAT(HEX(RANDOM_BYTES(6)), '4', {_MYSQL_TAIL}))")


class UUID7(Func):
    """A UUID that grows with time, made by the database (RFC 9562, section 5.7)."""

    arity, output_field = 0, OF_VALUE[uuid.UUID]

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """The time and random bits; functions of their own came late (PostgreSQL 18, MariaDB 11.7)."""
        if compiler.vendor == "sqlite":
            return func.partita_uuid7()
        if compiler.vendor == "postgresql":
            return literal_column(_POSTGRESQL_UUID7)
        return literal_column(f"LOWER(CONCAT({_MYSQL_TIME}, '7', {_MYSQL_TAIL}))")


_MYSQL_TIME = "LPAD(HEX(CAST(FLOOR(UNIX_TIMESTAMP(SYSDATE(3)) * 1000) AS UNSIGNED)), 12, '0')"
_MYSQL_TAIL = (
    "SUBSTR(HEX(RANDOM_BYTES(2)), 2), ELT(1 + FLOOR(RAND() * 4), '8', '9', 'a', 'b'), SUBSTR(HEX(RANDOM_BYTES(8)), 2)"
)
# A random UUID with the time in its first six bytes, and the two bits set that make version 4 a 7.
_POSTGRESQL_UUID7 = (
    "CAST(encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send("
    "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex') "
    "AS UUID)"
)
