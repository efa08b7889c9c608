"""Writing rows: all at once, or piece by piece."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any, Literal, TypeGuard, overload

from partita import bridge
from partita.orm import Model, QuerySet
from partita.serializers.formats.register import PYTHON, Formats, current_formats
from partita.serializers.progress import Bar
from partita.serializers.records import Choice, Record, Recorder
from partita.serializers.streams import Writable

__all__ = ("adump", "astream", "dump", "serialize", "stream")

_AT_ONCE = 1000
Rows = Iterable[Model]
Progress = Callable[[int], object]


@overload
def dump(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload] # "python" is a text as well
    rows: Rows,
    format: Literal["python"],
    *,
    fields: Iterable[str] | None = None,
    use_natural_foreign_keys: bool = False,
    use_natural_primary_keys: bool = False,
    progress: Progress | None = None,
) -> list[dict[str, Any]]: ...
@overload
def dump(
    rows: Rows,
    format: str = "json",
    *,
    to: None = None,
    indent: int | None = None,
    fields: Iterable[str] | None = None,
    use_natural_foreign_keys: bool = False,
    use_natural_primary_keys: bool = False,
    progress: Progress | None = None,
    formats: Formats | None = None,
) -> str: ...
@overload
def dump(
    rows: Rows,
    format: str = "json",
    *,
    to: Writable,
    indent: int | None = None,
    fields: Iterable[str] | None = None,
    use_natural_foreign_keys: bool = False,
    use_natural_primary_keys: bool = False,
    progress: Progress | None = None,
    formats: Formats | None = None,
) -> None: ...
def dump(rows: Rows, format: str = "json", *, to: Writable | None = None, **options: Any) -> Any:
    """Write rows in a format.

    Args:
        rows: A query, which is read some rows at a time, or any instances.
        format: ``json``, ``jsonl``, ``xml``, ``yaml``, one of your own, or ``python``, which gives a list of mappings.
        to: A file to write to; then nothing is returned, and memory stays flat whatever the number of rows.
        indent: Spaces for each level; None for the shortest form.
        fields: Names of the fields to write; all unless given.
        use_natural_foreign_keys: Point to rows by their natural keys, where their models have ``natural_key()``.
        use_natural_primary_keys: Leave out the keys of rows that have a natural key, so that they get new ones.
        progress: Called now and then with the number of rows written so far.
        formats: Where formats are looked up; the current application's unless given.

    Raises:
        UnknownFormat: If there is no such format.
        UnserializableContent: If a value cannot be said in it.
    """
    if format == PYTHON:
        return [record.as_mapping() for records in _chunks(rows, **_python(options)) for record in records]
    pieces = stream(rows, format, **options)
    if to is None:
        return "".join(pieces)
    for piece in pieces:
        to.write(piece)
    return None


async def adump(rows: Rows, format: str = "json", *, to: Writable | None = None, **options: Any) -> Any:
    """Async twin of `dump`; writing to the file blocks."""
    if format == PYTHON:
        return [record.as_mapping() async for records in _achunks(rows, **_python(options)) for record in records]
    pieces = []
    async for piece in astream(rows, format, **options):
        if to is None:
            pieces.append(piece)
        else:
            to.write(piece)
    return "".join(pieces) if to is None else None


def _python(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that matter where no text is written."""
    return {name: value for name, value in options.items() if name not in ("indent", "formats")}


def stream(
    rows: Rows, format: str = "json", *, indent: int | None = None, formats: Formats | None = None, **options: Any
) -> Iterator[str]:
    """Yield the text of rows piece by piece; the arguments are those of `dump`."""
    writer = (formats or current_formats()).get(format).writer(indent)
    yield writer.begin()
    for records in _chunks(rows, **options):
        yield "".join([writer.write(record) for record in records])
    yield writer.end()


async def astream(
    rows: Rows, format: str = "json", *, indent: int | None = None, formats: Formats | None = None, **options: Any
) -> AsyncIterator[str]:
    """Async twin of `stream`."""
    writer = (formats or current_formats()).get(format).writer(indent)
    yield writer.begin()
    async for records in _achunks(rows, **options):
        yield "".join([writer.write(record) for record in records])
    yield writer.end()


def serialize(
    format: str,
    queryset: Rows,
    *,
    stream: Writable | None = None,
    progress_output: IO[str] | None = None,
    object_count: int = 0,
    **options: Any,
) -> Any:
    """Write rows; as `dump`, with the names and the order of arguments that Django has.

    Args:
        format: Which.
        queryset: The rows.
        stream: What `dump` calls ``to``.
        progress_output: Where a row of dots shows how far it is.
        object_count: How many rows there are, for that.
        **options: All others of `dump`.
    """
    if progress_output is not None and object_count:
        options.setdefault("progress", Bar(progress_output, object_count).show)
    if stream is not None:
        options["to"] = stream
    return dump(queryset, format, **options)


def _recorder(
    fields: Iterable[str] | None = None,
    use_natural_foreign_keys: bool = False,
    use_natural_primary_keys: bool = False,
) -> Recorder:
    return Recorder(
        Choice(
            fields=None if fields is None else frozenset(fields),
            natural_foreign_keys=use_natural_foreign_keys,
            natural_primary_keys=use_natural_primary_keys,
        )
    )


def _chunks(rows: Rows, *, progress: Progress | None = None, **options: Any) -> Iterator[Sequence[Record]]:
    recorder = _recorder(**options)
    known = rows.iterator(_AT_ONCE) if _is_unread(rows) else iter(rows)
    done = 0
    while chunk := list(islice(known, _AT_ONCE)):
        yield recorder.records(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done)


async def _achunks(rows: Rows, *, progress: Progress | None = None, **options: Any) -> AsyncIterator[Sequence[Record]]:
    recorder = _recorder(**options)
    done = 0
    async for chunk in _instances(rows):
        yield await bridge.run(recorder.records, chunk)
        done += len(chunk)
        if progress is not None:
            progress(done)


async def _instances(rows: Rows) -> AsyncIterator[list[Model]]:
    if not _is_unread(rows):
        known = iter(rows)
        while chunk := list(islice(known, _AT_ONCE)):
            yield chunk
        return
    chunk = []
    async for row in rows.aiterator(_AT_ONCE):
        chunk.append(row)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _is_unread(rows: Rows) -> "TypeGuard[QuerySet[Model]]":
    """Tell whether rows are a query whose rows have not been fetched."""
    return isinstance(rows, QuerySet) and rows._result is None
