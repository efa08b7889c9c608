"""Instances out of SQL that somebody wrote by hand."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar, cast

from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.drivers.base import Row, with_placeholders
from partita.orm.errors import FieldDoesNotExist, FieldError
from partita.orm.loaders import Cell, Loader, Node, instance_loader
from partita.orm.prefetch import Prefetch, prefetch
from partita.orm.raw_values import driver_values

__all__ = ("RawQuerySet",)

R = TypeVar("R")
_NAMED = re.compile(r"%\((?P<name>[^)]*)\)s|%s|%%")


class RawQuerySet(Generic[R]):
    """The rows of a statement as instances: columns that are fields fill them, others become attributes.

    The statement runs once, when rows are wanted. Fields that it leaves out are loaded when they are asked for.
    """

    def __init__(
        self,
        model: Any,
        raw_query: str,
        params: Sequence[Any] | Mapping[str, Any] = (),
        translations: Mapping[str, str] | None = None,
        using: "str | Database | None" = None,
    ) -> None:
        self.model, self.raw_query, self.params = model, raw_query, params
        self.translations = dict(translations or {})
        self._using = using
        self._prefetch: tuple[str | Prefetch, ...] = ()
        self._result: list[R] | None = None

    @property
    def database(self) -> Database:
        """Where this runs."""
        using = self._using
        if isinstance(using, Database):
            return using
        databases = current_databases()
        return databases.for_read(self.model) if using is None else databases[using]

    @property
    def db(self) -> str:
        """The alias of the database where this runs."""
        return self.database.alias

    def using(self, alias: "str | Database") -> Self:
        """Run in another database."""
        copy = self._copy()
        copy._using = alias
        return copy

    def prefetch_related(self, *lookups: "str | Prefetch | None") -> Self:
        """Load related rows with one more query for each relation; None forgets those asked before."""
        copy = self._copy()
        copy._prefetch = () if lookups == (None,) else (*self._prefetch, *cast("tuple[str | Prefetch, ...]", lookups))
        return copy

    def iterator(self) -> Iterator[R]:
        """Yield the rows without keeping them."""
        database = self.database
        yield from database.perform(self._load, database)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows())

    async def __aiter__(self) -> AsyncIterator[R]:
        for row in await self.database.arun(self._rows):
            yield row

    def __len__(self) -> int:
        return len(self._rows())

    def __bool__(self) -> bool:
        return bool(self._rows())

    def __getitem__(self, index: Any) -> Any:
        return self._rows()[index]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.raw_query}>"

    def _copy(self) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._result = None
        return copy

    def _rows(self) -> list[R]:
        if self._result is None:
            database = self.database
            self._result = database.perform(self._load, database)
        return self._result

    def _load(self, database: Database) -> list[R]:
        backend = database.backend
        sql, params = _positional(self.raw_query, self.params)
        values = driver_values(params, database.vendor)
        names, rows = database.fetch_named(with_placeholders(sql, backend.style), values)
        if not rows:
            return []
        shape = ("raw", self.model, *names, *sorted(self.translations.items()))
        load: Loader | None = backend.plans.get(shape)
        if load is None:
            load = self._loader(names, rows, database.vendor)
            backend.plans.put(shape, load)
        found: list[Any] = load(rows, database)
        if self._prefetch:
            prefetch(found, self._prefetch, database)
        return found

    def _loader(self, names: Sequence[str], rows: Sequence[Row], dialect: str) -> Loader:
        meta = self.model._meta
        fields = {field.column.lower(): field for field in meta.fields}
        for column, name in self.translations.items():
            field = meta.get_field(name)
            if field.concrete:
                fields[column.lower()] = field
        cells: list[Cell] = []
        extra: list[Cell] = []
        keys: dict[Any, int] = {}
        for place, name in enumerate(names):
            field = fields.get(name.lower())
            if field is None:
                extra.append(Cell(place, name, None))
                continue
            cells.append(Cell(place, field.attname, field.from_driver(dialect)))
            if field in meta.pk_fields:
                keys[field] = place
        if len(keys) < len(meta.pk_fields):
            raise FieldDoesNotExist("Raw query must include the primary key")
        return instance_loader(Node(self.model, cells, keys[meta.pk_fields[0]], "", None, []), extra, len(names))


def _positional(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    """Write ``%(name)s`` as ``%s``, and return the values in their order."""
    if not isinstance(params, Mapping):
        return sql, tuple(params)
    values: list[Any] = []

    def replace(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        name = found["name"]
        if name is None or name not in params:
            raise FieldError(f"The SQL has a parameter {found[0]!r:.80} that is not among those given by name.")
        values.append(params[name])
        return "%s"

    return _NAMED.sub(replace, sql), values
