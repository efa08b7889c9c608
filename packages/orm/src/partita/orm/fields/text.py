"""Fields that hold text."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, cast, overload

from sqlalchemy import String
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.types import TypeEngine

from partita.orm.fields.base import Field, FieldOptions, Text
from partita.validation import EmailValidator, MaxLengthValidator, URLValidator, validate_slug, validate_unicode_slug

__all__ = ("CharField", "EmailField", "SlugField", "TextField", "URLField")

T = TypeVar("T")


class _Texts(Field[T], Generic[T]):
    is_text: ClassVar[bool] = True
    plain_type: ClassVar[type | None] = str

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """The validators of the class, those given, and the length."""
        own = super().validators
        return own if self.max_length is None else [*own, MaxLengthValidator(self.max_length)]

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as text."""
        return value if value is None or isinstance(value, str) else str(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as exactly a str, which is what drivers know."""
        return (
            value
            if value is None or type(value) is str
            else str.__str__(value)
            if isinstance(value, str)
            else str(value)
        )


class TextField(_Texts[T], Generic[T]):
    """Text of any length."""

    @overload
    def __init__(
        self: "TextField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "TextField[str | None]",
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
        """TEXT."""
        if self.db_collation is None:
            return _TEXT
        return SqlText(collation=self.db_collation).with_variant(
            LONGTEXT(collation=self.db_collation), "mysql", "mariadb"
        )


class CharField(_Texts[T], Generic[T]):
    """Text of at most ``max_length`` characters; without it, any length where the database allows."""

    @overload
    def __init__(
        self: "CharField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "CharField[str | None]",
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
        """VARCHAR."""
        return String(self.max_length, collation=self.db_collation)


class EmailField(CharField[T], Generic[T]):
    """An e-mail address."""

    default_validators: ClassVar[Sequence[Callable[[Any], object]]] = (EmailValidator(),)

    @overload
    def __init__(
        self: "EmailField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "EmailField[str | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        options.setdefault("max_length", 254)  # RFC 5321 leaves no room for more
        Field.__init__(self, verbose_name, null=null, **options)


class URLField(CharField[T], Generic[T]):
    """An absolute URL."""

    default_validators: ClassVar[Sequence[Callable[[Any], object]]] = (URLValidator(),)

    @overload
    def __init__(
        self: "URLField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "URLField[str | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        options.setdefault("max_length", 200)
        Field.__init__(self, verbose_name, null=null, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out the usual length."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 200:
            del kwargs["max_length"]
        return name, path, args, kwargs


class SlugOptions(FieldOptions, total=False):
    """Options of slugs."""

    allow_unicode: bool


class SlugField(CharField[T], Generic[T]):
    """Letters, digits, hyphens and underscores, for URLs.

    Args:
        allow_unicode: Whether letters and digits of every script will do.
    """

    default_validators: ClassVar[Sequence[Callable[[Any], object]]] = (validate_slug,)

    @overload
    def __init__(
        self: "SlugField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[SlugOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "SlugField[str | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[SlugOptions],
    ) -> None: ...
    def __init__(self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[SlugOptions]) -> None:
        options.setdefault("max_length", 50)
        options.setdefault("db_index", True)
        self.allow_unicode = options.pop("allow_unicode", False)
        Field.__init__(self, verbose_name, null=null, **cast("FieldOptions", options))

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """That it is a slug, the length, and those given."""
        known = super().validators
        return (
            [validate_unicode_slug if each is validate_slug else each for each in known]
            if self.allow_unicode
            else known
        )

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out what goes without saying."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 50:
            del kwargs["max_length"]
        if self.db_index:
            kwargs.pop("db_index", None)
        else:
            kwargs["db_index"] = False
        if self.allow_unicode:
            kwargs["allow_unicode"] = True
        return name, path, args, kwargs


_TEXT = SqlText().with_variant(LONGTEXT(), "mysql", "mariadb")
