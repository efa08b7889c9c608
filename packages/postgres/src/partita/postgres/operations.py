"""Operations of migrations that only PostgreSQL knows; on another database they do nothing. Needs the extra ``migrations``."""

import re
from typing import Any, ClassVar

from sqlalchemy import Index as SqlIndex
from sqlalchemy.schema import AddConstraint as SqlAddConstraint
from sqlalchemy.schema import CreateIndex

from partita.migrations.errors import CannotRun
from partita.migrations.operations import AddConstraint, AddIndex, Operation, RemoveIndex
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ProjectState
from partita.orm import current_databases

__all__ = (
    "AddConstraintNotValid",
    "AddIndexConcurrently",
    "BloomExtension",
    "BtreeGinExtension",
    "BtreeGistExtension",
    "CITextExtension",
    "CreateCollation",
    "CreateExtension",
    "CryptoExtension",
    "HStoreExtension",
    "RemoveCollation",
    "RemoveIndexConcurrently",
    "TrigramExtension",
    "UnaccentExtension",
    "ValidateConstraint",
    "VectorExtension",
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$-]{0,62}")
_LOCALE = re.compile(r"[A-Za-z0-9_.@=;-]{1,80}")


class _DatabaseOperation(Operation):
    """Changes the database, not the models."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay as they are."""


class CreateExtension(_DatabaseOperation):
    """Install an extension unless it is there; backwards it is removed. The user has to be allowed to do that.

    Only where routers allow the app to migrate, as with collations.

    Args:
        name: Of the extension, such as ``hstore``.
    """

    name: str

    def __init__(self, name: str) -> None:
        self.name = _checked(name)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Install it."""
        if _belongs(app_label, editor):
            editor.execute(f"CREATE EXTENSION IF NOT EXISTS {_quoted(editor, self.name)}")

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Remove it, unless something needs it; then the database refuses."""
        if _belongs(app_label, editor):
            editor.execute(f"DROP EXTENSION IF EXISTS {_quoted(editor, self.name)}")

    def describe(self) -> str:
        """Such as ``Creates extension hstore``."""
        return f"Creates extension {self.name}"

    @property
    def fragment(self) -> str:
        """The extension."""
        return f"create_extension_{self.name.replace('-', '_')}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """The name, where the class does not tell it."""
        return type(self).__name__, {"name": self.name} if type(self) is CreateExtension else {}


class _KnownExtension(CreateExtension):
    known: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.known)


class BloomExtension(_KnownExtension):
    """Install ``bloom``, which `BloomIndex` needs."""

    known = "bloom"


class BtreeGinExtension(_KnownExtension):
    """Install ``btree_gin``: plain values in GIN indexes."""

    known = "btree_gin"


class BtreeGistExtension(_KnownExtension):
    """Install ``btree_gist``: plain values in GiST indexes, and equality in exclusion constraints."""

    known = "btree_gist"


class CITextExtension(_KnownExtension):
    """Install ``citext``: text that compares without case."""

    known = "citext"


class CryptoExtension(_KnownExtension):
    """Install ``pgcrypto``: digests of other than MD5 in the database."""

    known = "pgcrypto"


class HStoreExtension(_KnownExtension):
    """Install ``hstore``, which `HStoreField` needs."""

    known = "hstore"


class TrigramExtension(_KnownExtension):
    """Install ``pg_trgm``, which look-ups by likeness need."""

    known = "pg_trgm"


class UnaccentExtension(_KnownExtension):
    """Install ``unaccent``: text without accents."""

    known = "unaccent"


class VectorExtension(_KnownExtension):
    """Install ``vector``: vectors and their neighbours."""

    known = "vector"


class AddIndexConcurrently(AddIndex):
    """Add an index while others go on writing; only outside of a transaction, so in a migration with ``atomic = False``.

    One that fails half-way stays behind, invalid: drop it and run the migration again.
    """

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Create it."""
        if editor.vendor != "postgresql":
            super().database_forwards(app_label, editor, before, after)
        elif editor.may_change(app_label, after.model(app_label, self.model_name)):
            _outside(editor, self)
            _create(editor, _index(after, app_label, self.model_name, self.index.name))

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it."""
        if editor.vendor != "postgresql":
            super().database_backwards(app_label, editor, before, after)
        elif editor.may_change(app_label, after.model(app_label, self.model_name)):
            _outside(editor, self)
            _drop(editor, self.index.name)

    def describe(self) -> str:
        """Such as ``Concurrently create index album_title on album``."""
        return f"Concurrently create index {self.index.name} on {self.model_name}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return type(self).__name__, super().deconstruct()[1]


class RemoveIndexConcurrently(RemoveIndex):
    """Drop an index while others go on writing; only outside of a transaction, so in a migration with ``atomic = False``."""

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it."""
        if editor.vendor != "postgresql":
            super().database_forwards(app_label, editor, before, after)
        elif editor.may_change(app_label, after.model(app_label, self.model_name)):
            _outside(editor, self)
            _drop(editor, self.name)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Create it again."""
        if editor.vendor != "postgresql":
            super().database_backwards(app_label, editor, before, after)
        elif editor.may_change(app_label, after.model(app_label, self.model_name)):
            _outside(editor, self)
            _create(editor, _index(after, app_label, self.model_name, self.name))

    def describe(self) -> str:
        """Such as ``Concurrently remove index album_title from album``."""
        return f"Concurrently remove index {self.name} from {self.model_name}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return type(self).__name__, super().deconstruct()[1]


class AddConstraintNotValid(AddConstraint):
    """Add a check that new rows have to meet, without looking at those that are there; `ValidateConstraint` does that.

    So the table is locked for a moment only. Run the two in separate migrations.

    Raises:
        TypeError: If the constraint is no `CheckConstraint`.
    """

    def __init__(self, model_name: str, constraint: Any) -> None:
        from partita.orm import CheckConstraint

        if not isinstance(constraint, CheckConstraint):
            raise TypeError("AddConstraintNotValid.constraint must be a check constraint.")
        super().__init__(model_name, constraint)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Add it as NOT VALID."""
        if editor.vendor != "postgresql":
            super().database_forwards(app_label, editor, before, after)
        elif editor.may_change(app_label, after.model(app_label, self.model_name)):
            table = after.tables.table(app_label, self.model_name)
            made = next(each for each in table.constraints if each.name == self.constraint.name)
            editor.execute(f"{SqlAddConstraint(made).compile(dialect=editor.dialect)} NOT VALID")

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it."""
        super().database_forwards(app_label, editor, before, after)

    def describe(self) -> str:
        """Such as ``Create not valid constraint year_is_positive on album``."""
        return f"Create not valid constraint {self.constraint.name} on {self.model_name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"{super().fragment}_not_valid"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return type(self).__name__, super().deconstruct()[1]


class ValidateConstraint(_DatabaseOperation):
    """Look whether all rows meet a constraint that was added as not valid; writers are not kept out meanwhile."""

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Validate it."""
        if editor.vendor == "postgresql" and editor.may_change(app_label, after.model(app_label, self.model_name)):
            table = after.tables.table(app_label, self.model_name).name
            editor.execute(f"ALTER TABLE {_quoted(editor, table)} VALIDATE CONSTRAINT {_quoted(editor, self.name)}")

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Nothing is to be undone: a constraint that holds may stay so."""

    def describe(self) -> str:
        """Such as ``Validate constraint year_is_positive on album``."""
        return f"Validate constraint {self.name} on {self.model_name}"

    @property
    def fragment(self) -> str:
        """The model and the constraint."""
        return f"{self.model_name.lower()}_validate_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return type(self).__name__, {"model_name": self.model_name, "name": self.name}


class _CollationOperation(_DatabaseOperation):
    def __init__(self, name: str, locale: str, *, provider: str = "libc", deterministic: bool = True) -> None:
        if not _LOCALE.fullmatch(locale):
            raise ValueError(f"{locale!r:.80} is no name of a locale.")
        if provider not in ("libc", "icu", "builtin"):
            raise ValueError(f"provider is libc, icu or builtin, not {provider!r:.40}.")
        self.name, self.locale = _checked(name), locale
        self.provider, self.deterministic = provider, deterministic

    def _create(self, app_label: str, editor: SchemaEditor) -> None:
        if _belongs(app_label, editor):
            options = [f"provider = {self.provider}", f"locale = '{self.locale}'"]
            options.extend([] if self.deterministic else ["deterministic = false"])
            editor.execute(f"CREATE COLLATION {_quoted(editor, self.name)} ({', '.join(options)})")

    def _remove(self, app_label: str, editor: SchemaEditor) -> None:
        if _belongs(app_label, editor):
            editor.execute(f"DROP COLLATION {_quoted(editor, self.name)}")

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        given: dict[str, Any] = {"name": self.name, "locale": self.locale}
        given |= {"provider": self.provider} if self.provider != "libc" else {}
        return type(self).__name__, given | ({} if self.deterministic else {"deterministic": False})


class CreateCollation(_CollationOperation):
    """Make a collation for ``db_collation`` of fields of text.

    Without case: ``CreateCollation("no_case", "und-u-ks-level2", provider="icu", deterministic=False)``.

    Args:
        name: What fields call it.
        locale: As the provider names it.
        provider: ``libc``, ``icu`` or ``builtin``.
        deterministic: False if texts may be equal that are not the same; only with ``icu``.

    Raises:
        ValueError: If one of them has characters that no such name has.
    """

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Create it."""
        self._create(app_label, editor)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it."""
        self._remove(app_label, editor)

    def describe(self) -> str:
        """Such as ``Create collation no_case``."""
        return f"Create collation {self.name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"create_collation_{self.name.lower()}"


class RemoveCollation(_CollationOperation):
    """Drop a collation; the arguments say how to make it again."""

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it."""
        self._remove(app_label, editor)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Create it again."""
        self._create(app_label, editor)

    def describe(self) -> str:
        """Such as ``Remove collation no_case``."""
        return f"Remove collation {self.name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"remove_collation_{self.name.lower()}"


def _belongs(app_label: str, editor: SchemaEditor) -> bool:
    """Return whether this is a PostgreSQL that routers give the app's tables to; a statement that is only shown is for any."""
    if editor.vendor != "postgresql":
        return False
    return editor.database is None or current_databases().allow_migrate(editor.database.alias, app_label)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no name: letters, digits, underscores and hyphens, at most 63.")
    return name


def _quoted(editor: SchemaEditor, name: str) -> str:
    quoted: str = editor.dialect.identifier_preparer.quote_identifier(name)
    return quoted


def _outside(editor: SchemaEditor, operation: Operation) -> None:
    """Refuse to go on inside of a transaction, which PostgreSQL would break."""
    held = None if editor.database is None else editor.database.held.get()
    if held is not None and held.depth:
        raise CannotRun(
            f"{operation.describe()}: this cannot be done inside a transaction. Set atomic = False on the migration."
        )


def _index(state: ProjectState, app_label: str, model_name: str, name: str) -> SqlIndex:
    table = state.tables.table(app_label, model_name)
    return next(index for index in table.indexes if index.name == name)


def _create(editor: SchemaEditor, index: SqlIndex) -> None:
    options: Any = index.dialect_options["postgresql"]
    options["concurrently"] = True
    try:
        editor.execute(str(CreateIndex(index).compile(dialect=editor.dialect)).strip())
    finally:
        options["concurrently"] = False


def _drop(editor: SchemaEditor, name: str) -> None:
    editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_quoted(editor, name)}")
