"""Row-level security: which rows a query may see or write, decided by the database and declared on the model."""

import re
from collections.abc import AsyncIterator, Collection, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Table, cast, func

from partita.orm import Database, Field, Func, NotSupportedError, Q, TextField, atomic, current_databases
from partita.orm.backends import ddl_backend
from partita.orm.beside import TABLE, Beside, put_beside
from partita.orm.constraints import BaseConstraint, condition_sql
from partita.postgres.comparisons import of_postgresql

__all__ = ("CurrentSetting", "RowPolicy", "asetting", "setting")

_COMMANDS = ("ALL", "SELECT", "INSERT", "UPDATE", "DELETE")
_SETTING = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")


class CurrentSetting(Func):
    """A setting of the connection, such as ``app.tenant``; NULL where nobody has set it.

    Args:
        name: Two words with a dot between.
        output_field: What it is; text unless given.

    Raises:
        ValueError: If the name is something else.
    """

    def __init__(self, name: str, output_field: Field[Any] | None = None) -> None:
        super().__init__()
        self.setting = _checked(name)
        self.output_field = output_field or TextField()

    def options(self) -> Hashable:
        """The name."""
        return self.setting

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The setting as its type; one that was set in a transaction that is over counts as not set."""
        of_postgresql("CurrentSetting", compiler)
        text = func.nullif(func.current_setting(self.setting, True), "")
        found: ColumnElement[Any] = cast(text, self.output.sql_type())
        return found

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """The name and the type."""
        return "partita.postgres.CurrentSetting", (self.setting,), {"output_field": self.output_field}


class RowPolicy(BaseConstraint):
    """Lets queries see, or write, only some rows of a table; stands in ``Meta.constraints``.

    With the first policy the table shows nothing else to anybody, its owner included (unless ``force=False``); only
    superusers and roles with BYPASSRLS see all. Other databases do not know policies and show all rows.

    ```
    class Meta:
        constraints = [RowPolicy(name="own_rows", using=Q(tenant=CurrentSetting("app.tenant", BigIntegerField())))]

    with setting("app.tenant", request.user.tenant_id):
        Invoice.objects.all()
    ```

    Args:
        name: Its name in the database.
        using: A `Q` over the table's own columns: the rows that can be seen, changed and deleted.
        check: A `Q` that new and changed rows have to meet; as ``using`` unless given.
        command: ``ALL``, ``SELECT``, ``INSERT``, ``UPDATE`` or ``DELETE``.
        roles: Whom it is for; everybody unless given.
        restrictive: Whether rows have to meet it besides another policy, instead of one of several being enough.
        force: Whether it binds the table's owner, too.

    Raises:
        ValueError: If a command or a role is none, or there is no condition.
    """

    def __init__(
        self,
        *,
        name: str,
        using: Q | None = None,
        check: Q | None = None,
        command: str = "ALL",
        roles: Sequence[str] = (),
        restrictive: bool = False,
        force: bool = True,
    ) -> None:
        super().__init__(name, None, None)
        if command.upper() not in _COMMANDS:
            raise ValueError(f"command is one of {', '.join(_COMMANDS)}, not {command!r:.40}.")
        if using is None and check is None:
            raise ValueError("A policy needs a condition: using, check or both.")
        for role in roles:
            if not _NAME.fullmatch(role):
                raise ValueError(f"{role!r:.80} is no name of a role.")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name of a policy.")
        self.using, self.with_check, self.command = using, check, command.upper()
        self.roles, self.restrictive, self.force = tuple(roles), restrictive, force

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """What was given."""
        usual = {"command": "ALL", "restrictive": False, "force": True}
        _, expressions, arguments = super().deconstruct()
        kept = {key: value for key, value in arguments.items() if key not in usual or usual[key] != value}
        if "with_check" in kept:
            kept["check"] = kept.pop("with_check")
        return "partita.postgres.RowPolicy", expressions, kept

    def add_to(self, table: Table, model: Any) -> None:
        """Put this beside SQLAlchemy's table, for PostgreSQL only."""
        quote = ddl_backend("postgresql").quote
        roles = ", ".join(quote(role) for role in self.roles) or "PUBLIC"
        kind = "RESTRICTIVE" if self.restrictive else "PERMISSIVE"
        policy = f"CREATE POLICY {quote(self.name)} ON {TABLE} AS {kind} FOR {self.command} TO {roles}"
        if self.using is not None and self.command != "INSERT":
            policy += f" USING ({_written(table, model, self.using)})"
        wanted = self.with_check if self.with_check is not None else self.using if self.command == "INSERT" else None
        if wanted is not None:
            policy += f" WITH CHECK ({_written(table, model, wanted)})"
        force = "FORCE" if self.force else "NO FORCE"
        secured = (f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {TABLE} {force} ROW LEVEL SECURITY")
        # Without any policy the table would show nothing at all.
        opened = (
            f"DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = '{TABLE}'::regclass) THEN "
            f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY; "
            "END IF; END $do$"
        )
        gone = f"DROP POLICY {quote(self.name)} ON {TABLE}"
        put_beside(table, self.name, Beside("postgresql", (*secured, policy), (gone, opened)))

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """The database checks it; nothing is asked before."""


@contextmanager
def setting(name: str, value: object, *, using: str = "default") -> Iterator[None]:
    """Set a setting for the length of the block, which is one transaction; nobody else ever sees it.

    Args:
        name: Two words with a dot between, such as ``app.tenant``.
        value: Stored as text.
        using: Alias of the database.

    Raises:
        ValueError: If the name is something else.
        NotSupportedError: If the database is not PostgreSQL.
    """
    database, parameters = _postgresql(using), [_checked(name), str(value)]
    with atomic(using):
        before = database.execute(_SET, [name, *parameters])[0][0]
        yield
        database.execute(_SET_AGAIN, [name, before])


@asynccontextmanager
async def asetting(name: str, value: object, *, using: str = "default") -> AsyncIterator[None]:
    """Async twin of `setting`."""
    database, parameters = _postgresql(using), [_checked(name), str(value)]
    async with atomic(using):
        before = (await database.aexecute(_SET, [name, *parameters]))[0][0]
        yield
        await database.aexecute(_SET_AGAIN, [name, before])


_SET = "SELECT coalesce(current_setting(%s, true), ''), set_config(%s, %s, true)"
_SET_AGAIN = "SELECT set_config(%s, %s, true)"


def _checked(name: str) -> str:
    if not _SETTING.fullmatch(name):
        raise ValueError(
            f"A setting of your own is two words with a dot between, such as app.tenant, not {name!r:.80}."
        )
    return name


def _postgresql(using: str) -> Database:
    database = current_databases()[using]
    if database.vendor != "postgresql":
        raise NotSupportedError(f"Settings of a connection need PostgreSQL; {using!r} is {database.vendor}.")
    return database


def _written(table: Table, model: Any, condition: Q) -> str:
    dialect = ddl_backend("postgresql").dialect
    return str(condition_sql(table, model, condition, "postgresql").compile(dialect=dialect)).replace("%%", "%")
