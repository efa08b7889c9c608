"""Fields whose values are encrypted in the database; needs ``pip install partita-orm[encrypted]``."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, Unpack, cast, overload

import msgspec
from sqlalchemy import String
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR
from sqlalchemy.types import TypeEngine

from partita.contracts.current import find
from partita.contracts.key import Key
from partita.orm.databases import current_databases
from partita.orm.errors import FieldError, ModelError, OrmError
from partita.orm.expressions import TEXT, Case, Cast, Column, ExpressionWrapper, F, Param, Value
from partita.orm.fields import CharField, Field
from partita.orm.fields.base import Converter, FieldOptions, Text
from partita.orm.lookups import LOOKUPS, Comparison, Exact, In, IsNull
from partita.orm.lookups.classes import BUILT_IN

if TYPE_CHECKING:
    from partita.config import Secret
    from partita.orm.compiler import Compiler
    from partita.orm.database import Database
    from partita.signing import Encryptor

__all__ = (
    "FIELD_KEYS",
    "EncryptedField",
    "Reencrypted",
    "SecretField",
    "Unreadable",
    "areencrypt",
    "encrypted_fields",
    "reencrypt",
)

FIELD_KEYS = Key[tuple[str, ...]]("partita.orm.field_keys")
"""The secrets that an application's fields are encrypted with, the newest first. Where nothing provides them, its ``secret_key`` and
``secret_key_fallbacks`` are taken: do not drop one of those, then, before `reencrypt` has run."""

T = TypeVar("T")
_SALT = "partita.orm.encrypted"
_MARK = "enc."  # tells what is encrypted from what was there before the field was
_FILLED = 16_384  # values up to which lists are filled up
_OVERHEAD = 45  # bytes, of `Encryptor.encrypt`
_MASK = "**********"  # how a `Secret` is shown


class Unreadable(OrmError, ValueError):
    """A column holds what none of the keys opens: it came from another column or another key, or was changed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field, self.reason = field, reason

    def __str__(self) -> str:
        return (
            f"A value of {self.field} cannot be decrypted: {self.reason}. Is the key that it was encrypted with among the keys? Was the "
            "table or the column renamed? Then say what it was called: bound_to='table.column'."
        )


class _Ciphertext(Value):
    """What `EncryptedField.encrypted` gave, to be stored as it is."""


class _Equal(Comparison):
    """Equality with one of the ciphertexts that a value may have; with a column or a query as it is."""

    name = "exact"

    def prepare(self, field: Field[Any], value: Any) -> tuple[Param, ...]:
        return _params(field, [value])

    def compile(self, compiler: "Compiler", lhs: Any, rhs: Any, field: Field[Any]) -> Any:
        if not cast("EncryptedField[Any]", field).deterministic:
            raise _cannot(field, self.name)
        return LOOKUPS["in" if isinstance(rhs, tuple) else self.name].compile(compiler, lhs, rhs, field)


class _OneOf(_Equal):
    name = "in"

    def prepare(self, field: Field[Any], value: Any) -> tuple[Param, ...]:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise FieldError("__in needs a list of values.")
        params = _params(field, [one for one in value if one is not None])
        if len(params) > _FILLED:
            return params  # drivers take no more than about twice as many
        # Filled up, so that few shapes of statements serve all lengths.
        return params + params[-1:] * ((1 << (len(params) - 1).bit_length()) - len(params)) if params else ()


def _params(field: Any, values: Iterable[Any]) -> tuple[Param, ...]:
    return tuple([Param(sealed, TEXT) for value in values for sealed in field.candidates(value)])


class _Sealed(Exact):
    comparison = _Equal()


class _OneOfSealed(In):
    comparison = _OneOf()


class EncryptedOptions(FieldOptions, total=False):
    """Options of encrypted fields."""

    deterministic: bool
    keys: Callable[[], str | Sequence[str]] | None
    bound_to: str
    accept_plain: bool


class EncryptedField(CharField[T], Generic[T]):
    """A text that is encrypted in the database (AES-256-GCM), and plain in instances.

    A value can be read only in the column that it was written to: moved to another one it is `Unreadable`. Fixtures hold it in plain
    text. What the database would compute (``update(note=F("name"))``), and so store in plain text, is refused.

    Args:
        verbose_name: As for every field.
        null: Whether the column may be NULL; what is NULL can be seen.
        deterministic: Whether equal values look equal in the database, so that ``exact``, ``in``, ``unique`` and indexes work. Whoever
            reads the table learns which rows have the same value, and how often each occurs: take it for what is nearly
            always different, such as addresses, never for what has few values.
        keys: Returns the secrets, the newest first; a function that migrations can import. Without it those under `FIELD_KEYS`.
        bound_to: ``table.column`` as it was when the values were written, if one of both was renamed since.
        accept_plain: Whether what is not encrypted is read as it is: for the time between making the field of a column of texts and
            the end of `reencrypt`. As long as it is set, who can write to the table can put in what they like.
        options: As for `CharField`; ``max_length`` is that of the text.

    Raises:
        ModelError: If an option asks for what the database cannot do with ciphertexts.
    """

    @overload
    def __init__(
        self: "EncryptedField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[EncryptedOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "EncryptedField[str | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[EncryptedOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[EncryptedOptions]
    ) -> None:
        self.deterministic = options.pop("deterministic", False)
        self.keys = options.pop("keys", None)
        self.bound_to, self.accept_plain = options.pop("bound_to", ""), options.pop("accept_plain", False)
        Field.__init__(self, verbose_name, null=null, **cast("FieldOptions", options))
        self._known: tuple[tuple[str, ...], Encryptor] | None = None
        if not self.deterministic and (self.unique or self.db_index):
            raise ModelError("An encrypted field needs deterministic=True to be unique or have an index.")
        if self.has_db_default() or self.db_collation is not None:
            raise ModelError("The database knows nothing of encrypted values: leave out db_default and db_collation.")

    def get_internal_type(self) -> str:
        """It is a text to everybody but the database."""
        return "CharField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add what is about encryption."""
        name, _, args, kwargs = super().deconstruct()
        for option in ("deterministic", "keys", "bound_to", "accept_plain"):
            if value := getattr(self, option):
                kwargs[option] = value
        return name, f"partita.orm.patterns.encrypted.{type(self).__name__}", args, kwargs

    def sql_type(self) -> TypeEngine[Any]:
        """Text in ASCII, with room for the longest ciphertext; compared byte for byte."""
        if self.max_length is None:
            return SqlText().with_variant(LONGTEXT(charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
        size = len(_MARK) + -(-(4 * self.max_length + _OVERHEAD) * 4 // 3)  # a character has up to 4 bytes
        return String(size).with_variant(VARCHAR(size, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")

    def _box(self) -> "Encryptor":
        from partita.signing import SIGNING_KEYS, Encryptor
        from partita.signing.keys import key_list

        found = find(FIELD_KEYS) if self.keys is None else self.keys()
        if found is None:
            found = find(SIGNING_KEYS)
        if found is None:
            raise LookupError(
                f"There are no keys for {self._label}. Give the field keys=a function that returns them, or enter an application that "
                "has a secret_key: `with app: ...`"
            )
        keys, known = key_list(found), self._known
        if known is None or known[0] != keys:
            self._known = known = keys, Encryptor(keys, _SALT, deterministic=self.deterministic)
        return known[1]

    @property
    def _label(self) -> str:
        return f"{self.model._meta.label}.{self.name}" if hasattr(self, "model") else type(self).__name__

    @property
    def _context(self) -> bytes:
        return (self.bound_to or f"{self.model._meta.db_table}.{self.column}").encode()

    def encrypted(self, value: Any) -> str:
        """Return what the column holds for ``value``."""
        return _MARK + self._box().encrypt_text(str(self.get_prep_value(value)), self._context)

    def candidates(self, value: Any) -> list[str]:
        """Return what the column may hold for ``value``, by the newest key first.

        Raises:
            FieldError: If the field is not deterministic.
        """
        if not self.deterministic:
            raise _cannot(self, "exact")
        text = str(self.get_prep_value(value))
        found = [_MARK + token for token in self._box().candidates(text, self._context)]
        return [*found, text] if self.accept_plain else found

    def decrypted(self, stored: str) -> str:
        """Return the text that ``stored`` stands for.

        Raises:
            Unreadable: If no key opens it.
        """
        return self._opened(stored, self._box().decrypt_text)

    def renewed(self, stored: str) -> str:
        """Return ``stored`` under the newest key; ``stored`` itself if it is already.

        Raises:
            Unreadable: If no key opens it.
        """
        if self.accept_plain and not stored.startswith(_MARK):
            return self.encrypted(stored)
        return _MARK + self._opened(stored, self._box().renewed_text)

    def _opened(self, stored: str, opening: Callable[[str, bytes], str]) -> str:
        from partita.signing import DecryptionFailed

        if not stored.startswith(_MARK):
            if self.accept_plain:
                return stored
            raise Unreadable(self._label, "it is not encrypted; accept_plain=True reads such values until they are")
        try:
            return opening(stored[len(_MARK) :], self._context)
        except DecryptionFailed as error:
            raise Unreadable(self._label, error.reason) from None

    def to_driver(self, dialect: str) -> Converter | None:
        """Encrypt."""
        return self.encrypted

    def from_driver(self, dialect: str) -> Converter | None:
        """Decrypt."""
        return self.decrypted

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the text to save.

        Raises:
            FieldError: If it is an expression, which the database would compute, and store in plain text.
        """
        value = super().pre_save(instance, add)
        if hasattr(value, "resolve"):
            raise self._computed()
        return value

    def check_computed(self, source: Any) -> None:
        """Take texts, what the column holds already, and a CASE of them, which is how `bulk_update` writes.

        Raises:
            FieldError: If it is anything else, which would be stored in plain text.
        """
        if not self._sealed(source):
            raise self._computed()

    def _sealed(self, source: Any) -> bool:
        if isinstance(source, Value):
            return source.value is None or source.output_field is self or isinstance(source, _Ciphertext)
        if isinstance(source, Column):
            return source.field is self
        if isinstance(source, Case):
            *branches, default = source.sources
            return all(map(self._sealed, (*(branch.sources[1] for branch in branches), default)))
        return isinstance(source, Cast) and self._sealed(source.sources[0])

    def _computed(self) -> FieldError:
        return FieldError(f"{self._label} is encrypted, so the database cannot compute it; assign a text.")

    # -- look-ups ---------------------------------------------------------------------------------------------------

    def get_lookup(self, name: str) -> Any:
        """Return the look-ups that ciphertexts allow.

        Raises:
            FieldError: If it is one that only plain texts have.
        """
        if name == "isnull":
            return IsNull
        if name == "exact":
            return _Sealed  # also where it is refused later, because with None it asks for NULL
        if name == "in" and self.deterministic:
            return _OneOfSealed
        if name in BUILT_IN:
            raise _cannot(self, name)
        return None

    def get_transform(self, name: str) -> Any:
        """There is none: the database cannot read the text."""
        return None


class SecretField(EncryptedField[T], Generic[T]):
    """A text that is encrypted in the database and a `partita.config.Secret` in instances: it is never shown unless it is revealed.

    For keys and tokens of other services. Forms and the admin show asterisks; posted back, they leave the secret as it is. Fixtures
    leave it out unless ``serialize`` is True, when they hold it in plain text.

    Args:
        options: As for `EncryptedField`.
    """

    @overload
    def __init__(
        self: "SecretField[Secret]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[EncryptedOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "SecretField[Secret | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[EncryptedOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[EncryptedOptions]
    ) -> None:
        options.setdefault("serialize", False)
        EncryptedField.__init__(cast("Any", self), verbose_name, null=cast("Any", null), **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Tell of ``serialize`` where it is not as usual here."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("serialize", None)
        return name, path, args, {**kwargs, "serialize": True} if self.serialize else kwargs

    def get_default(self) -> Any:
        """Return the default as a secret."""
        return self.to_python(super().get_default())

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a secret."""
        from partita.config import Secret

        return value if value is None or isinstance(value, Secret) else Secret(str(value))

    def get_prep_value(self, value: Any) -> Any:
        """Return the text of a secret."""
        return super().get_prep_value(value.reveal() if hasattr(value, "reveal") else value)

    def from_driver(self, dialect: str) -> Converter | None:
        """Decrypt, and keep it from being shown."""
        from partita.config import Secret

        return lambda stored: Secret(self.decrypted(stored))

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the secret, which the instance has as one from now on."""
        value = self.to_python(super().pre_save(instance, add))
        instance.__dict__[self.attname] = value
        return value

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Take what a form gives, unless it is the asterisks that it showed."""
        if self.get_prep_value(data) != _MASK:
            setattr(instance, self.name, self.to_python(data))

    def validate(self, value: Any, instance: Any) -> None:
        """Check null and blank by the text."""
        super().validate(self.get_prep_value(value), instance)

    def run_validators(self, value: Any) -> None:
        """Check the text."""
        super().run_validators(self.get_prep_value(value))

    def value_to_string(self, instance: Any) -> str:
        """Return the text, for fixtures that are to have it."""
        return self.get_prep_value(self.value_from_object(instance)) or ""


class Reencrypted(msgspec.Struct, frozen=True):
    """What `reencrypt` did: rows changed, and the keys of the first 100 rows with a value that none of the keys opens."""

    changed: int
    unreadable: tuple[Any, ...] = ()


def reencrypt(model: Any, *, batch: int = 500, using: "str | Database | None" = None) -> Reencrypted:
    """Bring every encrypted value of a model's own table under the newest key, and encrypt what `accept_plain` let in.

    It may run while others read and write: a value that changed meanwhile is left alone, for it is new already. It may be
    stopped and run again. Afterwards the older keys can go, if nothing was unreadable.

    Args:
        model: Whose rows; with its proxies. Models that inherit from it by tables of their own are asked for on their own.
        batch: Rows that are read at once.
        using: A database or its alias; by default that for writing.
    """
    database = _where(model, using)
    fields = encrypted_fields(model)
    changed, unreadable = 0, list[Any]()
    for rows in _batches(model, fields, max(batch, 1), database):
        for pk, *stored in rows:
            try:
                fresh = [None if old is None else field.renewed(old) for field, old in zip(fields, stored, strict=True)]
            except Unreadable:
                if len(unreadable) < 100:
                    unreadable.append(pk)
                continue
            changed += _put(model, pk, fields, stored, fresh, database)
    return Reencrypted(changed, tuple(unreadable))


async def areencrypt(model: Any, *, batch: int = 500, using: "str | Database | None" = None) -> Reencrypted:
    """Async twin of `reencrypt`."""
    return await _where(model, using).arun(lambda: reencrypt(model, batch=batch, using=using))


def _where(model: Any, using: "str | Database | None") -> "Database":
    if isinstance(using, str):
        return current_databases()[using]
    return current_databases().for_write(model) if using is None else using


def encrypted_fields(model: Any) -> list[EncryptedField[Any]]:
    """Return the encrypted fields of a model's own table."""
    return [field for field in model._meta.local_fields if isinstance(field, EncryptedField)]


def _batches(
    model: Any, fields: Sequence[EncryptedField[Any]], batch: int, database: "Database"
) -> Iterator[list[tuple[Any, ...]]]:
    if not fields:
        return
    columns = {f"stored_{place}": ExpressionWrapper(F(field.name), TEXT) for place, field in enumerate(fields)}
    every = model._base_manager.using(database).order_by("pk").annotate(**columns)
    last: Any = None
    while True:
        rows = list((every if last is None else every.filter(pk__gt=last)).values_list("pk", *columns)[:batch])
        if rows:
            yield rows
        if len(rows) < batch:
            return
        last = rows[-1][0]


def _put(
    model: Any,
    pk: Any,
    fields: Sequence[EncryptedField[Any]],
    stored: Sequence[str | None],
    fresh: Sequence[str | None],
    database: "Database",
) -> int:
    """Write what is new, where the row still has what was read; return whether anything was written."""
    changes = {}
    rows = model._base_manager.using(database).filter(pk=pk)
    for place, (field, old, new) in enumerate(zip(fields, stored, fresh, strict=True)):
        if old != new:
            changes[field.name] = _Ciphertext(new, TEXT)
            column = {f"stored_{place}": ExpressionWrapper(F(field.name), TEXT)}
            rows = rows.annotate(**column).filter(**dict.fromkeys(column, old))
    return int(bool(changes) and bool(rows.update(**changes)))


def _cannot(field: Any, lookup: str) -> FieldError:
    known = "exact, in and isnull" if field.deterministic else "isnull; with deterministic=True also exact and in"
    return FieldError(f"{field._label} is encrypted and cannot be looked for by {lookup!r}, only by {known}.")
