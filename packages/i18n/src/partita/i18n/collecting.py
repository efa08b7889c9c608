"""Keeps catalogues up to date with the sources they belong to, and compiles them; GNU gettext is not needed."""

import codecs
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from partita.i18n.errors import CatalogueError, ExtractionError
from partita.i18n.extraction import Found, extract_javascript, extract_python, extract_template
from partita.i18n.languages import to_locale
from partita.i18n.po_writing import write_messages

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


def source_files(
    root: Path,
    extensions: Collection[str],
    ignore: Sequence[str] = (),
    *,
    usual: bool = True,
    follow_links: bool = False,
    passed_over: Callable[[str], object] | None = None,
) -> Iterator[Path]:
    """Iterate over the files below ``root``, in a fixed order.

    Args:
        root: A folder.
        extensions: Of the files, without a dot.
        ignore: Patterns of names or relative paths that are passed over.
        usual: Pass over what `IGNORED` names, too.
        follow_links: Enter folders that are symbolic links, but for those that lead back to where they are.
        passed_over: Is told of each folder and file that ``ignore`` or ``usual`` leaves out.
    """
    patterns = (*(IGNORED if usual else ()), *ignore)
    for folder, folders, names in os.walk(root, followlinks=follow_links):
        here = Path(folder)
        kept: list[str] = []
        for name in sorted(folders):
            if _ignored(here / name, root, patterns):
                _tell(passed_over, f"ignoring directory {name}")
            # A link that leads to a folder above itself would go round for ever.
            elif not (follow_links and os.path.islink(here / name) and os.path.realpath(here / name) in _above(here)):
                kept.append(name)
        folders[:] = kept
        for name in sorted(names):
            if name.rpartition(".")[2] in extensions:
                if _ignored(here / name, root, patterns):
                    _tell(passed_over, f"ignoring file {name} in {os.path.relpath(here, root)}")
                else:
                    yield here / name


def _tell(listener: Callable[[str], object] | None, line: str) -> None:
    if listener is not None:
        listener(line)


def _above(folder: Path) -> set[str]:
    real = Path(os.path.realpath(folder))
    return {str(real), *map(str, real.parents)}


def _ignored(path: Path, root: Path, patterns: Iterable[str]) -> bool:
    relative = path.relative_to(root).as_posix()
    # A pattern for all that is in a folder, "vendor/*", spares the way into the folder itself.
    return any(
        fnmatch(path.name, pattern) or fnmatch(relative, pattern.removesuffix("/*").rstrip("/")) for pattern in patterns
    )


def collect(
    root: Path,
    domain: str = "messages",
    extensions: Collection[str] = (),
    ignore: Sequence[str] = (),
    *,
    home: Path | None = None,
    usual: bool = True,
    follow_links: bool = False,
    passed_over: Callable[[str], object] | None = None,
) -> "dict[Path, Catalog]":
    """Read the messages of every source below ``root``.

    Args:
        root: A project, or one package.
        domain: One of `JAVASCRIPT` reads JavaScript, any other reads Python and templates.
        extensions: Without a dot; by default those that are usual for the domain.
        ignore: More patterns of names or relative paths that are passed over.
        home: The folder for messages of sources that have no folder ``locale`` above them; by default ``locale`` in ``root``.
        usual: See `source_files`.
        follow_links: See `source_files`.
        passed_over: See `source_files`.

    Returns:
        Messages by the folder ``locale`` they belong to: the nearest one above a source, or ``home``.

    Raises:
        ExtractionError: If a source cannot be read; it names the file.
    """
    from babel.messages.catalog import Catalog

    script = domain in JAVASCRIPT
    kinds = extensions or (("js", "mjs", "jsx", "ts") if script else ("py", "html", "txt"))
    found: dict[Path, Catalog] = {}
    for path in source_files(root, kinds, ignore, usual=usual, follow_links=follow_links, passed_over=passed_over):
        for message in _messages(path, script):
            locale = _locale_of(path, root, home)
            catalog = found.get(locale)
            if catalog is None:
                catalog = found[locale] = Catalog(fuzzy=False)
            start = locale.parent if locale.parent in path.parents else root
            catalog.add(
                message.message,
                locations=[(path.relative_to(start).as_posix(), message.line)],
                auto_comments=message.comments,
                context=message.context,
            )
    return found


def _messages(path: Path, script: bool) -> list[Found]:
    try:
        source = path.read_bytes()
        if script:
            return list(extract_javascript(source, str(path)))
        if path.suffix == ".py":
            return list(extract_python(source, str(path)))
        if b"{%" not in source and b"_(" not in source:
            return []
        return list(extract_template(source.decode()))
    except (OSError, ValueError) as error:  # what templates refuse is a ValueError too
        raise ExtractionError(f"{path}: {error}") from error


def _locale_of(path: Path, root: Path, home: Path | None) -> Path:
    for folder in path.parents:
        if (folder / "locale").is_dir():
            return folder / "locale"
        if folder == root:
            break
    return root / "locale" if home is None else home


def update_catalogue(
    path: Path,
    language: str,
    template: "Catalog",
    *,
    width: int = 80,
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
    from babel.messages.pofile import PoFileError, read_po

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
    write_messages(
        written, catalog, width, locations=location != "never", line_numbers=location == "full", obsolete=obsolete,
        sort_by_file=True,
    )  # fmt: skip
    if before is not None and _body(before) == _body(written.getvalue()):
        return None  # what other tools say in the head of a file is theirs
    return written.getvalue().decode()


def _body(catalogue: bytes) -> bytes:
    """Return the messages of a .po file as they stand, without the entry that speaks of the file itself."""
    return catalogue.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()


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
        content = path.read_bytes()
        if content.startswith(codecs.BOM_UTF8):  # GNU gettext takes it for a part of the first word
            raise CatalogueError(str(path), "the file has a BOM (Byte Order Mark); save it without one")
        catalog = read_po(BytesIO(content), locale=path.parent.parent.name, abort_invalid=True)
        problems = [f"{message.id!r}: {error}" for message, errors in catalog.check() for error in errors]
    except CatalogueError:
        raise
    except (PoFileError, ValueError) as error:
        raise CatalogueError(str(path), f"not a file of messages: {error}") from error
    if problems:
        raise CatalogueError(str(path), "; ".join(problems[:5]))
    written = BytesIO()
    write_mo(written, catalog, use_fuzzy=fuzzy)
    return written.getvalue()
