"""Fixtures: files with rows, found by name in the folders of an application."""

import bz2
import gzip
import lzma
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from partita.contracts import current
from partita.contracts.fixtures import FIXTURE_DIRS
from partita.orm import Database, Model
from partita.orm.databases import current_databases, find_databases
from partita.serializers.errors import FixtureError
from partita.serializers.formats.register import Formats, current_formats
from partita.serializers.loading import Loader, Loading
from partita.serializers.settings import SERIALIZERS_SETTINGS

__all__ = ("COMPRESSIONS", "Fixture", "Loaded", "aload_fixtures", "find_fixtures", "fixture_folders", "load_fixtures")


class Fixture(NamedTuple):
    """One file.

    Args:
        path: Where it is.
        format: The name of its format.
        compression: How it is packed, such as ``gz``; empty if it is not.
    """

    path: Path
    format: str
    compression: str


class Loaded(NamedTuple):
    """What came of loading fixtures: how many files, rows in them, and rows saved."""

    fixtures: int
    found: int
    saved: int


@contextmanager
def _plain(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        yield file


@contextmanager
def _zipped(path: Path) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(names) != 1:
            raise FixtureError(f"{path}: Zip-compressed fixtures must contain one file, and this has {len(names)}.")
        with archive.open(names[0]) as file:
            yield file


COMPRESSIONS: dict[str, Callable[[Path], Any]] = {
    "": _plain,
    "bz2": bz2.open,
    "gz": gzip.open,
    "lzma": lzma.open,
    "xz": lzma.open,
    "zip": _zipped,
}


def fixture_folders() -> list[Path]:
    """Return where fixtures are looked for: folders of the current application's packages, of its settings, and ours.

    Raises:
        FixtureError: If the settings name a folder twice, or one of a package.
    """
    app = current.CURRENT.get()
    found: list[Path] = [] if app is None else list(app.all(FIXTURE_DIRS))
    settings = current.find(SERIALIZERS_SETTINGS)
    for name in () if settings is None else settings.fixture_dirs:
        folder = Path(name)
        if folder.resolve() in [known.resolve() for known in found]:
            raise FixtureError(
                f"The folder {name!r} in fixture_dirs of [serializers] is searched already, as it is the folder 'fixtures' "
                "of a package or named twice. Take it out."
            )
        found.append(folder)
    return [*found, Path()]


def find_fixtures(label: str, folders: Sequence[Path], formats: Formats, alias: str = "default") -> list[Fixture]:
    """Return the files that a label means, those of earlier folders first.

    Args:
        label: A name such as ``albums``, also with the format (``albums.json``), how it is packed (``albums.json.gz``), or a
            folder before it.
        folders: Where to look.
        formats: The formats that are known.
        alias: The database it is for: ``albums.other.json`` is for the database ``other`` alone.

    Raises:
        FixtureError: If there is none, if one folder has several, or if the format is not known.
    """
    path = Path(label)
    stem, format, compression = _parts(path.name, formats)
    wanted = [folder / path.parent for folder in folders]
    if path.is_absolute():
        wanted = [path.parent]
    found: list[Fixture] = []
    for folder in dict.fromkeys(each.resolve() for each in wanted):
        here = sorted(_matches(folder, stem, format, compression, formats, alias))
        if len(here) > 1:
            names = ", ".join(fixture.path.name for fixture in here)
            raise FixtureError(
                f"Multiple fixtures named '{stem}' in {folder}: {names}. Give the format, or remove one."
            )
        found += here
    if not found:
        places = ", ".join(f"'{folder}'" for folder in wanted)
        raise FixtureError(f"No fixture named '{stem}' found. Looked in {places}.")
    return found


def _parts(name: str, formats: Formats) -> tuple[str, str, str]:
    """Split the name of a fixture into its stem, format and packing; what is not told is empty."""
    parts = name.split(".")
    compression = parts.pop() if len(parts) > 1 and parts[-1] in COMPRESSIONS else ""
    format = formats.for_extension(parts[-1]) if len(parts) > 1 else None
    if format is not None:
        parts.pop()
    elif len(parts) > 1:
        raise FixtureError(
            f"Problem installing fixture '{'.'.join(parts[:-1])}': {parts[-1]} is not a known serialization format. "
            f"Known are: {', '.join(formats.names())}."
        )
    return ".".join(parts), format or "", compression


def _matches(folder: Path, stem: str, format: str, compression: str, formats: Formats, alias: str) -> Iterator[Fixture]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if not path.name.startswith(f"{stem}.") or not path.is_file():
            continue
        rest = path.name[len(stem) + 1 :].split(".")
        packed = rest.pop() if rest[-1] in COMPRESSIONS else ""
        kind = formats.for_extension(rest.pop()) if rest else None
        if kind is None or rest not in ([], [alias]):
            continue
        if (format and kind != format) or (compression and packed != compression):
            continue
        yield Fixture(path, kind, packed)


def load_fixtures(
    labels: Iterable[str],
    *,
    using: "str | Database | None" = None,
    folders: Sequence[Path] | None = None,
    how: Loading | None = None,
    tell: Callable[[str], object] | None = None,
) -> Loaded:
    """Load fixtures, all or nothing.

    Args:
        labels: Which; see `find_fixtures`.
        using: A database or its alias; the default one unless given.
        folders: Where to look; see `fixture_folders`.
        how: Options.
        tell: Called with a line for each file.

    Raises:
        FixtureError: If one is missing or cannot be read.
        FormatSyntaxError: If one is not in its format.
        DeserializationError: If an object of one cannot be made a row.
        SaveError: If the database does not take a row.
    """
    database = using if isinstance(using, Database) else current_databases()[using or "default"]
    how = how or Loading(accepts=_allowed(database))
    formats = how.formats or current_formats()
    places = fixture_folders() if folders is None else folders
    fixtures = [found for label in labels for found in find_fixtures(label, places, formats, database.alias)]
    loader = Loader(database, how)

    def sources() -> Iterator[tuple[str, Any, str]]:
        for fixture in fixtures:
            if tell is not None:
                tell(f"Installing {fixture.format} fixture '{fixture.path.name}' from '{fixture.path.parent}'.")
            before = loader.found
            with COMPRESSIONS[fixture.compression](fixture.path) as file:
                yield fixture.format, file, str(fixture.path)
            if loader.found == before:
                text = f"No fixture data found for '{fixture.path.name}' in {fixture.path.parent}: it has no rows."
                warnings.warn(text, RuntimeWarning, stacklevel=2)

    try:
        saved = loader.load(sources())
    except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise FixtureError(f"A fixture cannot be read: {error!s:.300}") from error
    return Loaded(len(fixtures), loader.found, saved)


async def aload_fixtures(labels: Iterable[str], *, using: "str | Database | None" = None, **options: Any) -> Loaded:
    """Async twin of `load_fixtures`; reading files blocks."""
    database = using if isinstance(using, Database) else current_databases()[using or "default"]
    return await database.arun(lambda: load_fixtures(labels, using=database, **options))


def _allowed(database: Database) -> Callable[[type[Model]], bool]:
    """Return the question whether routers let tables of a model be in a database."""
    databases = find_databases()

    def ask(model: type[Model]) -> bool:
        meta = model._meta
        return databases is None or databases.allow_migrate(database.alias, meta.app_label, meta.model_name)

    return ask
