"""Keys that are made without asking the database and still grow with time: UUIDv7, ULID, Snowflake."""

import secrets
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from partita.orm.fields import BigIntegerField, CharField, UUIDField
from partita.orm.fields.base import NOT_PROVIDED
from partita.validation import RegexValidator

__all__ = (
    "SnowflakeField",
    "Snowflakes",
    "ULIDField",
    "ULIDs",
    "UUID7Field",
    "UUID7s",
    "snowflake_time",
    "ulid",
    "ulid_time",
    "uuid7",
    "uuid7_time",
)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = RegexValidator(r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\Z", "Enter a ULID: 26 letters and digits.")
_EPOCH = 1_577_836_800_000  # 2020-01-01, from which Snowflakes count
Clock = Callable[[], int]
Bits = Callable[[int], int]


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


class _Growing:
    """Milliseconds and a tail that together always grow, also when the clock stands still or is set back.

    Args:
        tail: Bits of the tail.
        clock: Gives milliseconds since 1970.
        bits: Gives so many random bits.
    """

    __slots__ = ("_bits", "_clock", "_last", "_lock", "_random", "_tail")

    def __init__(self, tail: int, clock: Clock, bits: Bits) -> None:
        self._tail, self._clock, self._bits = tail, clock, bits
        self._lock = threading.Lock()
        self._last = self._random = 0

    def next(self) -> tuple[int, int]:
        """Return the milliseconds and the tail of the next key."""
        with self._lock:
            now = self._clock()
            if now > self._last:
                self._last = now
                self._random = self._bits(self._tail - 1)  # the highest bit is room to count up
            else:
                self._random += 1 + self._bits(min(32, self._tail // 2))  # a step that nobody guesses
                if self._random >> self._tail:
                    self._last += 1
                    self._random = self._bits(self._tail - 1)
            return self._last, self._random


class UUID7s:
    """Makes UUIDs of version 7 (RFC 9562, section 5.7), each larger than the one before, in this process.

    Args:
        clock: Gives milliseconds since 1970.
        bits: Gives so many random bits.
    """

    __slots__ = ("_growing",)

    def __init__(self, clock: Clock = _milliseconds, bits: Bits = secrets.randbits) -> None:
        self._growing = _Growing(74, clock, bits)

    def __call__(self) -> uuid.UUID:
        """Return the next one."""
        milliseconds, tail = self._growing.next()
        high, low = tail >> 62, tail & ((1 << 62) - 1)
        return uuid.UUID(int=(milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


class ULIDs:
    """Makes ULIDs: 26 letters and digits that sort as text by their time, each larger than the one before in this process.

    Args:
        clock: Gives milliseconds since 1970.
        bits: Gives so many random bits.
    """

    __slots__ = ("_growing",)

    def __init__(self, clock: Clock = _milliseconds, bits: Bits = secrets.randbits) -> None:
        self._growing = _Growing(80, clock, bits)

    def __call__(self) -> str:
        """Return the next one."""
        milliseconds, tail = self._growing.next()
        number = (milliseconds & (1 << 48) - 1) << 80 | tail
        return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


class Snowflakes:
    """Makes whole numbers of 63 bits: milliseconds since 2020 (41 bits), the node (10), a count (12).

    Args:
        node: The number of this process among all that make keys for the same table, from 0 to 1023. Two that share one
            can make the same key.
        clock: Gives milliseconds since 1970.

    Raises:
        ValueError: If ``node`` is something else.
    """

    __slots__ = ("_clock", "_count", "_last", "_lock", "node")

    def __init__(self, node: int, clock: Clock = _milliseconds) -> None:
        if not 0 <= node < 1024:
            raise ValueError(f"node is a number from 0 to 1023, not {node!r:.40}.")
        self.node, self._clock = node, clock
        self._lock = threading.Lock()
        self._last, self._count = 0, 0

    def __call__(self) -> int:
        """Return the next one."""
        with self._lock:
            now = max(self._clock() - _EPOCH, 0)
            if now > self._last:
                self._last, self._count = now, 0
            else:
                self._count += 1
                if self._count >> 12:  # more than 4096 in a millisecond: those of the next one
                    self._last, self._count = self._last + 1, 0
            return self._last << 22 | self.node << 12 | self._count


_UUIDS, _ULIDS = UUID7s(), ULIDs()


def uuid7() -> uuid.UUID:
    """Return a new UUID of version 7, larger than all that this process has made before."""
    return _UUIDS()


def ulid() -> str:
    """Return a new ULID, larger than all that this process has made before."""
    return _ULIDS()


def uuid7_time(value: uuid.UUID) -> float:
    """Return when a UUID of version 7 was made, in seconds since 1970.

    Raises:
        ValueError: If it is of another version.
    """
    if value.version != 7:
        raise ValueError(f"{value} is no UUID of version 7; only those know their time.")
    return (value.int >> 80) / 1000


def ulid_time(value: str) -> float:
    """Return when a ULID was made, in seconds since 1970.

    Raises:
        ValidationError: If it is none.
    """
    _ULID(value)
    number = 0
    for letter in value[:10]:
        number = number << 5 | _CROCKFORD.index(letter)
    return number / 1000


def snowflake_time(value: int) -> float:
    """Return when a Snowflake was made, in seconds since 1970."""
    return ((value >> 22) + _EPOCH) / 1000


class UUID7Field(UUIDField[uuid.UUID]):
    """A UUID of version 7 that a new row gets by itself: ``id = UUID7Field(primary_key=True)``."""

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the field ``name`` of ``model``."""
        if self.default is NOT_PROVIDED and not self.has_db_default():
            self.default = uuid7
        super().contribute_to_class(model, name)

    def get_internal_type(self) -> str:
        """It is stored as every UUID."""
        return "UUIDField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Name this module."""
        return _described(self, super().deconstruct(), uuid7)


class ULIDField(CharField[str]):
    """A ULID that a new row gets by itself: ``id = ULIDField(primary_key=True)``. Text of 26 characters."""

    default_validators = (_ULID,)

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the field ``name`` of ``model``."""
        self.max_length = 26
        if self.default is NOT_PROVIDED and not self.has_db_default():
            self.default = ulid
        super().contribute_to_class(model, name)

    def to_python(self, value: Any) -> Any:
        """Return ``value`` in upper case, with 1 and 0 for the letters that look like them."""
        text = super().to_python(value)
        return text.upper().replace("I", "1").replace("L", "1").replace("O", "0") if isinstance(text, str) else text

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as `to_python` does: rows are found by a key in small letters as well, which many addresses have."""
        return self.to_python(value)

    def get_internal_type(self) -> str:
        """It is stored as text."""
        return "CharField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Name this module."""
        return _described(self, super().deconstruct(), ulid)


class SnowflakeField(BigIntegerField[int]):
    """A Snowflake that a new row gets by itself: ``id = SnowflakeField(primary_key=True, node=3)``.

    Args:
        node: The number of this process, from 0 to 1023, or a function that returns it; see `Snowflakes`.
        options: As for `BigIntegerField`.
    """

    def __init__(self, verbose_name: Any = None, *, node: int | Callable[[], int] = 0, **options: Any) -> None:
        super().__init__(verbose_name, **options)
        self.node = node
        self._made: Snowflakes | None = None
        self._making = threading.Lock()
        if isinstance(node, int):
            self._made = Snowflakes(node)

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the field ``name`` of ``model``."""
        if self.default is NOT_PROVIDED and not self.has_db_default():
            self.default = self.next
        super().contribute_to_class(model, name)

    def next(self) -> int:
        """Return a new key."""
        if self._made is None:
            with self._making:
                if self._made is None:
                    node: Any = self.node
                    self._made = Snowflakes(node())
        return self._made()

    def get_internal_type(self) -> str:
        """It is stored as every large number."""
        return "BigIntegerField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the node."""
        name, path, args, kwargs = _described(self, super().deconstruct(), self.next)
        return name, path, args, {**kwargs, **({"node": self.node} if self.node != 0 else {})}


def _described(
    field: Any, parts: tuple[str, str, list[Any], dict[str, Any]], own: Callable[[], object]
) -> tuple[str, str, list[Any], dict[str, Any]]:
    name, _, args, kwargs = parts
    if kwargs.get("default") == own:
        del kwargs["default"]
    if isinstance(field, ULIDField):
        kwargs.pop("max_length", None)
    return name, f"partita.orm.patterns.identifiers.{type(field).__name__}", args, kwargs
