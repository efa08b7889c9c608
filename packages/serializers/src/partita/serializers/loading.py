"""Reading rows: one by one, or all of them within one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from partita.orm import Database, Model, Registry, atomic, registry
from partita.orm.databases import current_databases
from partita.serializers.constraints import check_references, reset_sequences, unchecked
from partita.serializers.errors import DeserializationError, FormatSyntaxError
from partita.serializers.formats.register import PYTHON, Formats, current_formats
from partita.serializers.rows import Builder, DeserializedObject
from partita.serializers.streams import Source, name_of, text_stream

__all__ = ("Loader", "Loading", "aload", "deserialize", "load")

Objects = Iterable[Mapping[str, object]]
Progress = Callable[[int], object]


class Loading(Struct, frozen=True, kw_only=True):
    """How rows are read.

    Args:
        ignore_nonexistent: Pass over models and fields that are not there.
        handle_forward_references: Let natural keys name rows that come later.
        models: Where models are registered.
        formats: Where formats are looked up; the current application's unless given.
        accepts: Asked about each model; rows of those for which it says no are passed over.
        progress: Called now and then with the number of rows written so far.
    """

    ignore_nonexistent: bool = False
    handle_forward_references: bool = True
    models: Registry = registry
    formats: Formats | None = None
    accepts: Callable[[type[Model]], bool] | None = None
    progress: Progress | None = None


def deserialize(
    format: str,
    source: "Source | Objects",
    *,
    using: "str | Database | None" = None,
    ignorenonexistent: bool = False,
    handle_forward_references: bool = False,
    models: Registry = registry,
    formats: Formats | None = None,
) -> Iterator[DeserializedObject]:
    """Yield rows that are not saved yet, reading no more of the text than the next one needs.

    Args:
        format: As for `dump`.
        source: Text, bytes or a file; for ``python``, mappings.
        using: Where natural keys are looked up, a database or its alias.
        ignorenonexistent: Pass over models and fields that are not there.
        handle_forward_references: Take natural keys of rows that are not there yet; call
            `DeserializedObject.save_deferred_fields` once they are.
        models: Where models are registered.
        formats: Where formats are looked up; the current application's unless given.

    Raises:
        FormatSyntaxError: If the text is not in the format.
        DeserializationError: If an object cannot be made a row.
    """
    builder = Builder(
        using,
        source=name_of(source),
        ignore_nonexistent=ignorenonexistent,
        handle_forward_references=handle_forward_references,
        models=models,
    )
    if format == PYTHON:
        yield from builder.build(source)
        return
    reader = (formats or current_formats()).get(format)
    with text_stream(source) as stream:  # type: ignore[arg-type]  # a text, unless the caller is wrong about the format
        yield from builder.build(reader.read(stream))


def load(
    source: "Source | Objects",
    format: str = "json",
    *,
    using: "str | Database | None" = None,
    ignore_nonexistent: bool = False,
    handle_forward_references: bool = True,
    models: Registry = registry,
    formats: Formats | None = None,
    progress: Progress | None = None,
) -> int:
    """Save the rows of a text, all or none of them, and return how many there were.

    Rows that are there already, by their key or by their natural key, are written over. What rows point to may come later in
    the text, or be there: that is checked at the end. Signals are sent with ``raw=True``.

    Args:
        source: Text, bytes or a file; for ``python``, mappings.
        format: As for `dump`.
        using: A database or its alias; the default one unless given.
        ignore_nonexistent: Pass over models and fields that are not there.
        handle_forward_references: Let natural keys name rows that come later.
        models: Where models are registered.
        formats: Where formats are looked up; the current application's unless given.
        progress: Called now and then with the number of rows written so far.

    Raises:
        FormatSyntaxError: If the text is not in the format.
        DeserializationError: If an object cannot be made a row; it says which, and which field.
        SaveError: If the database does not take a row; `ConflictError` if a constraint forbids it.
    """
    how = Loading(
        ignore_nonexistent=ignore_nonexistent,
        handle_forward_references=handle_forward_references,
        models=models,
        formats=formats,
        progress=progress,
    )
    loader = Loader(_database(using), how)
    return loader.load([(format, source, name_of(source))])


async def aload(
    source: "Source | Objects", format: str = "json", *, using: "str | Database | None" = None, **options: Any
) -> int:
    """Async twin of `load`; reading the file blocks."""
    database = _database(using)
    return await database.arun(lambda: load(source, format, using=database, **options))


def _database(using: "str | Database | None") -> Database:
    return using if isinstance(using, Database) else current_databases()[using or "default"]


class Loader:
    """Saves the rows of several texts within one transaction.

    Args:
        database: Where to.
        how: The options.

    Attributes:
        found: How many rows the texts had.
        saved: How many of them were saved.
        models: The models they were of.
    """

    def __init__(self, database: Database, how: Loading) -> None:
        self._database, self._how = database, how
        self.found = self.saved = 0
        self.models: dict[type[Model], None] = {}
        self._waiting: list[DeserializedObject] = []
        self._deferred: list[DeserializedObject] = []

    def load(self, sources: "Iterable[tuple[str, Any, str]]") -> int:
        """Save all rows and return how many were saved.

        Args:
            sources: Format, text and name of each.
        """
        return self._database.perform(self._load, sources)

    def _load(self, sources: "Iterable[tuple[str, Any, str]]") -> int:
        names: list[str] = []
        with atomic(self._database), unchecked(self._database):
            for format, source, name in sources:
                names.append(name)
                self.add(format, source, name)
            self._finish(", ".join(name for name in names if name))
        return self.saved

    def add(self, format: str, source: Any, name: str) -> int:
        """Save the rows of one text, as far as they need none that are not there yet; return how many rows it has."""
        how, before = self._how, self.found
        builder = Builder(
            self._database,
            source=name,
            ignore_nonexistent=how.ignore_nonexistent,
            handle_forward_references=how.handle_forward_references,
            models=how.models,
        )
        if format == PYTHON:
            self._save_all(builder.build(source))
            return self.found - before
        reader = (how.formats or current_formats()).get(format)
        try:
            with text_stream(source) as stream:
                self._save_all(builder.build(reader.read(stream)))
        except FormatSyntaxError as error:
            if not name:
                raise
            raise FormatSyntaxError(f"{name}, {error.place}" if error.place else name, error.reason) from error
        return self.found - before

    def _save_all(self, rows: Iterable[DeserializedObject]) -> None:
        for row in rows:
            self.found += 1
            model = type(row.object)
            if self._how.accepts is not None and not self._how.accepts(model):
                continue
            self.saved += 1
            self.models.setdefault(model, None)
            if row.must_wait:
                self._waiting.append(row)
                continue
            row.save(using=self._database)
            if row.deferred_fields:
                self._deferred.append(row)
            if self._how.progress is not None and self.saved % 1000 == 0:
                self._how.progress(self.saved)

    def _finish(self, source: str) -> None:
        """Save what had to wait, and check that nothing is missing."""
        waiting = self._waiting
        while waiting:
            ready = [row for row in waiting if row.find_missing()]
            if not ready:
                waiting[0].save_deferred_fields(self._database)  # which says what is missing
                raise DeserializationError("rows wait for one another", source=source)
            for row in ready:
                row.find_key()
                row.save(using=self._database)
                if row.deferred_fields:
                    self._deferred.append(row)
            waiting = [row for row in waiting if row.must_wait]
        for row in self._deferred:
            row.save_deferred_fields(self._database)
        if self.models:
            check_references(self._database, self.models, source)
            reset_sequences(self._database, self.models)
        if self._how.progress is not None:
            self._how.progress(self.saved)
