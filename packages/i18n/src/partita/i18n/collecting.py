"""Keeps catalogues up to date with the sources they belong to, and compiles them; GNU gettext is not needed."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from partita.i18n.errors import CatalogueError, ExtractionError
from partita.i18n.extraction import Found, extract_javascript, extract_python, extract_template
from partita.i18n.languages import to_locale

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

__all__ = (
    "IGNORED",
    "JAVASCRIPT",
    "CatalogueReport",
    "check_catalogue",
    "collect",
    "compile_catalogue",
    "find_catalogues",
    "source_files",
    "update_catalogue",
)

IGNORED = ("CVS", ".*", "*~", "*.pyc", "node_modules", "__pycache__", "site-packages", "dist", "build")
"""Names of files and folders that are passed over."""
JAVASCRIPT = ("javascript", "djangojs")
"""The domains that JavaScript's messages have; all other domains are for Python and templates."""


def source_files(root: Path, extensions: Collection[str], ignore: Sequence[str] = ()) -> Iterator[Path]:
    """Iterate over the files below ``root`` with one of ``extensions`` (without a dot), in a fixed order."""
    patterns = (*IGNORED, *ignore)
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not _ignored(here / name, root, patterns))
        for name in sorted(names):
            if name.rpartition(".")[2] in extensions and not _ignored(here / name, root, patterns):
                yield here / name


def _ignored(path: Path, root: Path, patterns: Iterable[str]) -> bool:
    relative = path.relative_to(root).as_posix()
    return any(fnmatch(path.name, pattern) or fnmatch(relative, pattern.rstrip("/")) for pattern in patterns)


def collect(
    root: Path, domain: str = "messages", extensions: Collection[str] = (), ignore: Sequence[str] = ()
) -> "dict[Path, Catalog]":
    """Read the messages of every source below ``root``.

    Args:
        root: A project, or one package.
        domain: One of `JAVASCRIPT` reads JavaScript, any other reads Python and templates.
        extensions: Without a dot; by default those that are usual for the domain.
        ignore: More patterns of names or relative paths that are passed over.

    Returns:
        Messages by the folder ``locale`` they belong to: the nearest one above a source, or the one in ``root``.

    Raises:
        ExtractionError: If a source cannot be read; it names the file.
    """
    from babel.messages.catalog import Catalog

    script = domain in JAVASCRIPT
    found: dict[Path, Catalog] = {}
    for path in source_files(
        root, extensions or (("js", "mjs", "jsx", "ts") if script else ("py", "html", "txt")), ignore
    ):
        for message in _messages(path, script):
            locale = _locale_of(path, root)
            catalog = found.get(locale)
            if catalog is None:
                catalog = found[locale] = Catalog(fuzzy=False)
            catalog.add(
                message.message,
                locations=[(path.relative_to(locale.parent).as_posix(), message.line)],
                auto_comments=message.comments,
                context=message.context,
            )
    return found


def _messages(path: Path, script: bool) -> list[Found]:
    try:
        source = path.read_bytes()
        if script:
            return list(extract_javascript(source))
        if path.suffix == ".py":
            return list(extract_python(source))
        if b"{%" not in source and b"_(" not in source:
            return []
        return list(extract_template(source.decode()))
    except (OSError, ValueError) as error:  # what templates refuse is a ValueError too
        raise ExtractionError(f"{path}: {error}") from error


def _locale_of(path: Path, root: Path) -> Path:
    for folder in path.parents:
        if (folder / "locale").is_dir():
            return folder / "locale"
        if folder == root:
            break
    return root / "locale"


def update_catalogue(
    path: Path,
    language: str,
    template: "Catalog",
    *,
    width: int = 78,
    location: str = "full",
    obsolete: bool = True,
    fuzzy: bool = True,
) -> str | None:
    """Return what the .po file at ``path`` should hold now, or None if it holds it already.

    Args:
        path: Read if it exists; translations stay, messages that are gone become obsolete.
        language: The tag.
        template: From `collect`.
        width: Where long lines break; 0 for nowhere.
        location: ``full`` names file and line of each message, ``file`` the file, ``never`` nothing.
        obsolete: Keep translations of messages that are gone.
        fuzzy: Propose the translation of a similar message, marked so that it is not shown before somebody looked.

    Raises:
        CatalogueError: If the file is broken.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import PoFileError, read_po, write_po

    before = path.read_bytes() if path.is_file() else None
    if before is None:
        catalog = Catalog(locale=to_locale(language), fuzzy=False, header_comment="#")
    else:
        try:
            catalog = read_po(BytesIO(before), locale=to_locale(language), abort_invalid=True)
        except (PoFileError, ValueError) as error:
            raise CatalogueError(str(path), f"not a file of messages: {error}") from error
    template.creation_date = catalog.creation_date  # so that an unchanged catalogue stays the same file
    catalog.update(template, no_fuzzy_matching=not fuzzy, update_header_comment=False)
    written = BytesIO()
    write_po(
        written, catalog, width=width, no_location=location == "never", include_lineno=location == "full",
        ignore_obsolete=not obsolete, sort_by_file=True,
    )  # fmt: skip
    return None if written.getvalue() == before else written.getvalue().decode()


class CatalogueReport(NamedTuple):
    """What a catalogue lacks and what it has too much; messages in English."""

    untranslated: tuple[str, ...]
    """In the sources, without translation."""
    fuzzy: tuple[str, ...]
    """With a translation that nobody has looked at, which is not shown."""
    unused: tuple[str, ...]
    """No longer in any source."""


def check_catalogue(path: Path, template: "Catalog") -> CatalogueReport:
    """Compare a .po file with the sources.

    Args:
        path: The file.
        template: From `collect`.

    Raises:
        CatalogueError: If the file is broken.
    """
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalog = read_po(BytesIO(path.read_bytes()), locale=path.parent.parent.name, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise CatalogueError(str(path), f"not a file of messages: {error}") from error
    there = {(_key(message.id), message.context or None): message for message in catalog if message.id}
    wanted = {(_key(message.id), message.context or None) for message in template if message.id}
    untranslated, fuzzy = [], []
    for key in sorted(wanted, key=lambda pair: (pair[0], pair[1] or "")):
        message = there.get(key)
        forms = (
            () if message is None else message.string if isinstance(message.string, tuple | list) else (message.string,)
        )
        if message is None or not all(forms) or not forms:
            untranslated.append(key[0])
        elif message.fuzzy:
            fuzzy.append(key[0])
    obsolete = {_key(message.id) for message in catalog.obsolete.values() if message.id}
    unused = sorted({text for text, context in there.keys() - wanted} | obsolete)
    return CatalogueReport(tuple(untranslated), tuple(fuzzy), tuple(unused))


def _key(message: object) -> str:
    return str(message[0] if isinstance(message, tuple | list) else message)


def find_catalogues(root: Path, ignore: Sequence[str] = ()) -> Iterator[Path]:
    """Iterate over the .po files in folders ``LC_MESSAGES`` below ``root``."""
    return (path for path in source_files(root, {"po"}, ignore) if path.parent.name == "LC_MESSAGES")


def compile_catalogue(path: Path, fuzzy: bool = False) -> bytes:
    """Return a .po file as the .mo file that belongs beside it.

    Args:
        path: The .po file.
        fuzzy: Take in translations that nobody has looked at.

    Raises:
        CatalogueError: If the file is broken, or a translation does not take the same values as its message.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalog = read_po(BytesIO(path.read_bytes()), locale=path.parent.parent.name, abort_invalid=True)
        problems = [f"{message.id!r}: {error}" for message, errors in catalog.check() for error in errors]
    except (PoFileError, ValueError) as error:
        raise CatalogueError(str(path), f"not a file of messages: {error}") from error
    if problems:
        raise CatalogueError(str(path), "; ".join(problems[:5]))
    written = BytesIO()
    write_mo(written, catalog, use_fuzzy=fuzzy)
    return written.getvalue()
