"""The databases of an application, by alias, with the rules that choose among them."""

from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar, Token
from typing import Any, Self

from partita.contracts import current
from partita.contracts.key import Key
from partita.orm.database import Database
from partita.orm.database_options import parsed_url
from partita.orm.errors import NoDatabaseError

__all__ = ("DATABASES", "Databases", "current_databases", "find_databases")


class Databases(Mapping[str, Database]):
    """Databases under aliases; ``default`` is where models go that no router sends elsewhere.

    Args:
        databases: URLs, databases, or mappings with ``url``, a ``password`` that does not stand in it, and options of `Database`;
            the same database may stand under several aliases.
        routers: Asked in order; each may have ``db_for_read(model, **hints)``, ``db_for_write``,
            ``allow_relation(a, b)`` and ``allow_migrate(alias, app_label, model_name)``. None means no opinion.
        naive_in: The IANA name of the zone whose clocks naive moments show, in databases that do not say ``use_tz`` themselves.
            None for aware moments.
    """

    def __init__(
        self,
        databases: Mapping[str, str | Mapping[str, Any] | Database],
        routers: Sequence[object] = (),
        *,
        naive_in: str | None = None,
    ) -> None:
        self._databases: dict[str, Database] = {}
        for alias, value in databases.items():
            database = value if isinstance(value, Database) else _described(alias, value, naive_in)
            if all(database is not known for known in self._databases.values()):
                database.alias = alias  # one under two aliases is known by the first: the other mirrors it
            self._databases[alias] = database
        self.routers = tuple(routers)

    def __getitem__(self, alias: str) -> Database:
        try:
            return self._databases[alias]
        except KeyError:
            known = ", ".join(self._databases) or "none"
            raise NoDatabaseError(f"There is no database {alias!r}; known are: {known}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._databases)

    def __len__(self) -> int:
        return len(self._databases)

    def __enter__(self) -> Self:
        _ENTERED.set((*_ENTERED.get(), _CURRENT.set((self, current.CURRENT.get()))))
        return self

    def __exit__(self, *_: object) -> None:
        *outer, token = _ENTERED.get()
        _ENTERED.set(tuple(outer))
        _CURRENT.reset(token)

    def for_read(self, model: type, **hints: object) -> Database:
        """Return where rows of ``model`` are read."""
        return self._routed("db_for_read", model, hints)

    def for_write(self, model: type, **hints: object) -> Database:
        """Return where rows of ``model`` are written."""
        return self._routed("db_for_write", model, hints)

    def allow_relation(self, one: Any, other: Any) -> bool:
        """Return whether two instances may be related: as the first router with an opinion says, else in one database only.

        An instance that was never saved has no database yet and may be related to any.
        """
        for router in self.routers:
            ask: Any = getattr(router, "allow_relation", None)
            answer = None if ask is None else ask(one, other)
            if answer is not None:
                return bool(answer)
        here, there = one._state.db, other._state.db
        return here is None or there is None or here == there

    def allow_migrate(self, alias: str, app_label: str, model_name: str | None = None) -> bool:
        """Return whether tables of that app belong in the database ``alias``."""
        for router in self.routers:
            ask: Any = getattr(router, "allow_migrate", None)
            answer = None if ask is None else ask(alias, app_label, model_name=model_name)
            if answer is not None:
                return bool(answer)
        return True

    def close(self) -> None:
        """Close every database."""
        for database in self._databases.values():
            database.close()

    async def aclose(self) -> None:
        """Async twin of `close`."""
        for database in self._databases.values():
            await database.aclose()

    def _routed(self, question: str, model: type, hints: dict[str, object]) -> Database:
        if not (self.routers or hints) and (database := self._databases.get("default")) is not None:
            return database
        for router in self.routers:
            ask: Any = getattr(router, question, None)
            alias = None if ask is None else ask(model, **hints)
            if alias is not None:
                return self[alias]
        instance: Any = hints.get("instance")
        if instance is not None and (known := instance._state.database) is not None:
            return known if isinstance(known, Database) else self[known]
        return self["default"]


def _described(alias: str, described: str | Mapping[str, Any], naive_in: str | None) -> Database:
    options: dict[str, Any] = {"url": described} if isinstance(described, str) else dict(described)
    url, password = parsed_url(options.pop("url", "")), options.pop("password", None)
    said = {name.replace("-", "_") for name in (*options, *url.query)}
    if naive_in is not None and "use_tz" not in said:
        options["use_tz"] = False
        if "time_zone" not in said:
            options["time_zone"] = naive_in
    return Database(url if password is None else url.set(password=str(password)), alias=alias, **options)


DATABASES = Key[Databases]("partita.orm.databases")
_Entered = tuple[Databases, current.Resolver | None]  # with the application that was current then
_CURRENT: ContextVar[_Entered | None] = ContextVar("partita.orm.databases", default=None)
_ENTERED: ContextVar[tuple[Token[_Entered | None], ...]] = ContextVar("partita.orm.databases.entered", default=())


def current_databases() -> Databases:
    """Return the databases entered in this context, or those of the current application: what was entered last.

    Raises:
        NoDatabaseError: If there are none.
    """
    entered = _CURRENT.get()
    if entered is not None and entered[1] is current.CURRENT.get():  # as below, for who asks with each query
        return entered[0]
    databases = find_databases()
    if databases is None:
        raise NoDatabaseError(
            'No database is current. Enter one, as in `with connect("sqlite:///shop.sqlite3"):`, or an application. '
            "It is current in that block, and in threads' and tasks' contexts copied from it; requests under another framework "
            "have contexts of their own, so enter it in each."
        )
    return databases


def find_databases() -> Databases | None:
    """Return what `current_databases` does, or None if there are none."""
    entered = _CURRENT.get()
    # An application that was entered later stands before databases that were entered outside of it.
    if entered is not None and entered[1] is current.CURRENT.get():
        return entered[0]
    databases = current.find(DATABASES)
    return entered[0] if databases is None and entered is not None else databases
