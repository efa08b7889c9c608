"""Fields that hold numbers."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, cast, overload

from sqlalchemy import BigInteger, Boolean, Integer, SmallInteger
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.fields.base import Converter, Field, FieldOptions, Text
from partita.validation import MaxValueValidator, MinValueValidator

__all__ = (
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BooleanField",
    "IntegerField",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SmallAutoField",
    "SmallIntegerField",
)

T = TypeVar("T")


class IntegerField(Field[T], Generic[T]):
    """A whole number of 32 bits."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("“%(value)s” value must be an integer.")
    }
    empty_strings_allowed: ClassVar[bool] = False
    limits: ClassVar[tuple[int, int]] = (-(2**31), 2**31 - 1)
    plain_type: ClassVar[type | None] = int

    @overload
    def __init__(
        self: "IntegerField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "IntegerField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """INTEGER."""
        return _INTEGER

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """The validators of the class, those given, and the limits of the column unless stricter ones are given."""
        given = super().validators
        low, high = self.limits
        if not any(isinstance(each, MinValueValidator) and _limit(each) >= low for each in given):
            given.append(MinValueValidator(low))
        if not any(isinstance(each, MaxValueValidator) and _limit(each) <= high for each in given):
            given.append(MaxValueValidator(high))
        return given

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as an int."""
        if value is None or type(value) is int:
            return value
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError):
            raise self.invalid("invalid", value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as an int."""
        if type(value) is int or value is None:
            return value
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError) as error:
            name = getattr(self, "name", type(self).__name__)  # nameless within an array
            raise type(error)(f"Field {name!r} expected a number but got {value!r:.80}.") from error


def _limit(validator: Any) -> Any:
    limit = validator.limit_value
    return limit() if callable(limit) else limit


class BigIntegerField(IntegerField[T], Generic[T]):
    """A whole number of 64 bits."""

    limits: ClassVar[tuple[int, int]] = (-(2**63), 2**63 - 1)

    @overload
    def __init__(
        self: "BigIntegerField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "BigIntegerField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """BIGINT."""
        return _BIGINT


class SmallIntegerField(IntegerField[T], Generic[T]):
    """A whole number of 16 bits."""

    limits: ClassVar[tuple[int, int]] = (-(2**15), 2**15 - 1)

    @overload
    def __init__(
        self: "SmallIntegerField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "SmallIntegerField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """SMALLINT."""
        return _SMALLINT


class PositiveIntegerField(IntegerField[T], Generic[T]):
    """Zero or a positive number of 31 bits."""

    is_positive: ClassVar[bool] = True
    limits: ClassVar[tuple[int, int]] = (0, 2**31 - 1)

    @overload
    def __init__(
        self: "PositiveIntegerField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "PositiveIntegerField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)


class PositiveBigIntegerField(BigIntegerField[T], Generic[T]):
    """Zero or a positive number of 63 bits."""

    is_positive: ClassVar[bool] = True
    limits: ClassVar[tuple[int, int]] = (0, 2**63 - 1)

    @overload
    def __init__(
        self: "PositiveBigIntegerField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "PositiveBigIntegerField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)


class PositiveSmallIntegerField(SmallIntegerField[T], Generic[T]):
    """Zero or a positive number of 15 bits."""

    is_positive: ClassVar[bool] = True
    limits: ClassVar[tuple[int, int]] = (0, 2**15 - 1)

    @overload
    def __init__(
        self: "PositiveSmallIntegerField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "PositiveSmallIntegerField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)


class AutoField(IntegerField[T], Generic[T]):
    """A whole number that the database counts up."""

    is_auto: ClassVar[bool] = True

    @overload
    def __init__(
        self: "AutoField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "AutoField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        options.setdefault("blank", True)
        Field.__init__(self, verbose_name, null=null, **options)

    def validate(self, value: Any, instance: Any) -> None:
        """Accept anything; the database chooses the value."""

    def get_default(self) -> Any:
        """Return None, for a value the database will choose."""
        return None

    def rel_db_type(self, connection: Any) -> str | None:
        """As a number of the same size that does not count up."""
        for counting, plain in ((BigAutoField, BigIntegerField), (SmallAutoField, SmallIntegerField)):
            if isinstance(self, counting):
                kind: Any = plain
                return cast("str", kind().db_type(connection))
        return IntegerField[int]().db_type(connection)


class BigAutoField(AutoField[T], Generic[T]):
    """A whole number of 64 bits that the database counts up; the default primary key."""

    limits: ClassVar[tuple[int, int]] = (-(2**63), 2**63 - 1)

    @overload
    def __init__(
        self: "BigAutoField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "BigAutoField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        options.setdefault("blank", True)
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """BIGINT, except in SQLite, where only INTEGER counts up."""
        return _BIGAUTO


class SmallAutoField(AutoField[T], Generic[T]):
    """A whole number of 16 bits that the database counts up."""

    limits: ClassVar[tuple[int, int]] = (-(2**15), 2**15 - 1)

    @overload
    def __init__(
        self: "SmallAutoField[int]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "SmallAutoField[int | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        options.setdefault("blank", True)
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """SMALLINT, except in SQLite, where only INTEGER counts up."""
        return _SMALLAUTO


class BooleanField(Field[T], Generic[T]):
    """True or False."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("“%(value)s” value must be either True or False."),
        "invalid_nullable": gettext_lazy("“%(value)s” value must be either True, False, or None."),
    }
    empty_strings_allowed: ClassVar[bool] = False

    @overload
    def __init__(
        self: "BooleanField[bool]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "BooleanField[bool | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """BOOLEAN."""
        return _BOOLEAN

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a bool; the texts that HTML forms send are known."""
        if value is None or value == "":
            if self.null:
                return None
        elif value in (True, False):
            return bool(value)
        elif value in ("t", "True", "1", "true", "on"):
            return True
        elif value in ("f", "False", "0", "false", "off"):
            return False
        raise self.invalid("invalid_nullable" if self.null else "invalid", value=value)

    def validate(self, value: Any, instance: Any) -> None:
        """Treat False as an answer, not as blank."""
        if value is not False or self.choices is not None:
            super().validate(value, instance)

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a bool."""
        return value if value is None or type(value) is bool else self.to_python(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """SQLite and MySQL keep numbers."""
        return None if dialect == "postgresql" else int

    def from_driver(self, dialect: str) -> Converter | None:
        """SQLite and MySQL keep numbers."""
        return None if dialect == "postgresql" else bool


_INTEGER, _BIGINT, _SMALLINT = Integer(), BigInteger(), SmallInteger()
_BIGAUTO = BigInteger().with_variant(Integer(), "sqlite")
_SMALLAUTO = SmallInteger().with_variant(Integer(), "sqlite")
_BOOLEAN = Boolean(create_constraint=False)
