"""Fields that hold neither text, numbers nor times: identifiers, bytes, addresses, JSON."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, cast, overload

from sqlalchemy import CHAR, JSON, LargeBinary, String, Uuid
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.fields.base import Converter, Field, FieldOptions, Text
from partita.validation import (
    MaxLengthValidator,
    clean_ipv6_address,
    validate_ipv4_address,
    validate_ipv6_address,
    validate_ipv46_address,
)

__all__ = ("BinaryField", "GenericIPAddressField", "JSONField", "UUIDField")

T = TypeVar("T")


class UUIDField(Field[T], Generic[T]):
    """A universally unique identifier; UUID in PostgreSQL, 32 hexadecimal digits elsewhere."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {"invalid": gettext_lazy("“%(value)s” is not a valid UUID.")}
    empty_strings_allowed: ClassVar[bool] = False

    @overload
    def __init__(
        self: "UUIDField[uuid.UUID]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "UUIDField[uuid.UUID | None]",
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
        """UUID or CHAR(32)."""
        return _UUID

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a UUID."""
        if value is None or isinstance(value, uuid.UUID):
            return value
        try:
            return uuid.UUID(int=value) if isinstance(value, int) else uuid.UUID(value)
        except (AttributeError, TypeError, ValueError):
            raise self.invalid("invalid", value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a UUID."""
        return self.to_python(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """Digits, except for PostgreSQL."""
        return None if dialect == "postgresql" else _hex

    def from_driver(self, dialect: str) -> Converter | None:
        """Digits, except from PostgreSQL, whose fast driver has a class of its own."""
        return _plain_uuid if dialect == "postgresql" else uuid.UUID


class BinaryField(Field[T], Generic[T]):
    """Bytes."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {"invalid": gettext_lazy("Value must be base64.")}

    @overload
    def __init__(
        self: "BinaryField[bytes]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "BinaryField[bytes | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        options.setdefault("editable", False)
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """BLOB or BYTEA."""
        return _BINARY

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """The validators of the class, those given, and the length."""
        own = super().validators
        return own if self.max_length is None else [*own, MaxLengthValidator(self.max_length)]

    def get_default(self) -> Any:
        """Return empty bytes rather than empty text."""
        default = super().get_default()
        return b"" if default == "" else default

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as bytes; text is base64, as serializers write it."""
        if not isinstance(value, str):
            return value
        try:
            return base64.b64decode(value.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raise self.invalid("invalid") from None

    def value_to_string(self, instance: Any) -> str:
        """Return the instance's value as base64."""
        value = self.value_from_object(instance)
        return "" if value is None else base64.b64encode(value).decode("ascii")

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out what goes without saying."""
        name, path, args, kwargs = super().deconstruct()
        if self.editable:
            kwargs["editable"] = True
        else:
            kwargs.pop("editable", None)
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as bytes."""
        return value if value is None or type(value) is bytes else bytes(value)

    def from_driver(self, dialect: str) -> Converter | None:
        """Some drivers give views."""
        return bytes


class AddressOptions(FieldOptions, total=False):
    """Options of IP addresses."""

    protocol: str
    unpack_ipv4: bool


class GenericIPAddressField(Field[T], Generic[T]):
    """An IPv4 or IPv6 address as text.

    Args:
        protocol: ``both``, ``IPv4`` or ``IPv6``.
        unpack_ipv4: Keep ``::ffff:192.0.2.1`` as ``192.0.2.1``; for ``both`` only.
    """

    empty_strings_allowed: ClassVar[bool] = False
    is_text: ClassVar[bool] = True
    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("Enter a valid %(protocol)s address.")
    }

    @overload
    def __init__(
        self: "GenericIPAddressField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[AddressOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "GenericIPAddressField[str | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[AddressOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[AddressOptions]
    ) -> None:
        self.protocol = options.pop("protocol", "both")
        self.unpack_ipv4 = options.pop("unpack_ipv4", False)
        checks = _PROTOCOLS.get(self.protocol.lower())
        if checks is None:
            raise ValueError(f"The protocol '{self.protocol}' is unknown. Supported: both, ipv4, ipv6")
        if self.unpack_ipv4 and self.protocol.lower() != "both":
            raise ValueError("You can only use `unpack_ipv4` if `protocol` is set to 'both'")
        self._checks = checks
        Field.__init__(self, verbose_name, null=null, **cast("FieldOptions", options))

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """That it is an address of the protocol, then those given."""
        return [self._checks, *super().validators]

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the protocol."""
        name, path, args, kwargs = super().deconstruct()
        if self.protocol != "both":
            kwargs["protocol"] = self.protocol
        if self.unpack_ipv4:
            kwargs["unpack_ipv4"] = True
        return name, path, args, kwargs

    def sql_type(self) -> TypeEngine[Any]:
        """VARCHAR(39)."""
        return _ADDRESS

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as text, IPv6 in its short form."""
        if value is None or value == "":
            return None
        text = str(value).strip()
        return clean_ipv6_address(text, self.unpack_ipv4) if ":" in text else text

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as text."""
        return self.to_python(value)


class JSONField(Field[Any]):
    """Whatever JSON can say; JSONB in PostgreSQL."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {"invalid": gettext_lazy("Value must be valid JSON.")}
    empty_strings_allowed: ClassVar[bool] = False

    def __init__(
        self,
        verbose_name: Text | None = None,
        *,
        encoder: type[json.JSONEncoder] | None = None,
        decoder: type[json.JSONDecoder] | None = None,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)
        self.encoder, self.decoder = encoder, decoder

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the encoder and decoder."""
        name, path, args, kwargs = super().deconstruct()
        for option in ("encoder", "decoder"):
            if getattr(self, option) is not None:
                kwargs[option] = getattr(self, option)
        return name, path, args, kwargs

    def sql_type(self) -> TypeEngine[Any]:
        """JSONB, JSON or TEXT."""
        return _JSON

    def validate(self, value: Any, instance: Any) -> None:
        """Check that JSON can say it."""
        super().validate(value, instance)
        try:
            self._encoder().encode(value)
        except (TypeError, ValueError):
            raise self.invalid("invalid", value=value) from None

    def _encoder(self) -> json.JSONEncoder:
        # NaN and infinity are no JSON (RFC 8259, section 6): SQLite would keep them, and then fail whenever it looks into the column.
        return (self.encoder or json.JSONEncoder)(allow_nan=False)

    def to_driver(self, dialect: str) -> Converter | None:
        """Drivers take JSON as text."""
        encode = self._encoder().encode

        def write(value: Any) -> str:
            try:
                return encode(value)
            except (TypeError, ValueError) as error:
                error.add_note(f"It is a value for {self!r}.")
                raise

        return write

    def from_driver(self, dialect: str) -> Converter | None:
        """Drivers give JSON as text; SQLite gives what is computed of a text inside as that text itself."""
        decoder = self.decoder

        def read(value: Any) -> Any:
            try:
                return json.loads(value, cls=decoder) if isinstance(value, str | bytes) else value
            except json.JSONDecodeError:
                if dialect != "sqlite":
                    raise
                return value

        return read


_UUID = Uuid().with_variant(CHAR(32), "sqlite", "mysql", "mariadb")
_BINARY = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_ADDRESS = String(39)
_PROTOCOLS: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {"both": validate_ipv46_address, "ipv4": validate_ipv4_address, "ipv6": validate_ipv6_address}
)
# SQLite would give a column of type JSON numeric affinity and turn the text "1" into a number.
_JSON = JSON().with_variant(postgresql.JSONB(), "postgresql").with_variant(SqlText(), "sqlite")


def _hex(value: uuid.UUID | str) -> str:
    return (
        value.hex if isinstance(value, uuid.UUID) else uuid.UUID(value).hex
    )  # text, by a get_prep_value of a subclass


def _plain_uuid(value: uuid.UUID) -> uuid.UUID:
    return value if type(value) is uuid.UUID else uuid.UUID(int=value.int)
