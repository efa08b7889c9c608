"""Translations changed one by one in their .po files, with the .mo files beside them."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from partita.contracts.i18n import gettext
from partita.i18n.catalogues import MAX_FILE
from partita.i18n.errors import CatalogueError, TranslationRefused
from partita.i18n.po_writing import write_messages

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog
    from babel.messages.catalog import Message as BabelMessage

__all__ = ("EditableCatalogue", "Entry", "State", "mark_changed")

MAX_TEXT = 20_000
"""Characters of one form of a translation."""
STAMP = ".changed"
"""The file whose time tells `Translations` that catalogues of a folder have changed."""

State = Literal["translated", "untranslated", "fuzzy"]


class Entry(NamedTuple):
    """One message and its translation."""

    message: str
    plural: str | None
    context: str | None
    translations: tuple[str, ...]
    """One for each plural form of the language, or one; empty ones are missing."""
    state: State
    comments: tuple[str, ...]
    """What the program's authors tell translators."""
    locations: tuple[str, ...]

    @property
    def key(self) -> str:
        """What names the entry in its file: context and message, as in .mo files."""
        return self.message if self.context is None else f"{self.context}\x04{self.message}"


class EditableCatalogue:
    """One .po file that people change while a site runs.

    Args:
        path: The file, in a folder such as ``locale/de/LC_MESSAGES``.
    """

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def language(self) -> str:
        """The tag of its language."""
        return self.path.parent.parent.name.replace("_", "-").lower()

    def entries(self) -> list[Entry]:
        """Return all messages, in the order of the file.

        Raises:
            CatalogueError: If the file is broken.
        """
        catalog = self._read()
        return [_entry(message, catalog.num_plurals) for message in catalog if message.id]

    def save(self, key: str, translations: Sequence[str], *, fuzzy: bool = False) -> Entry:
        """Write a translation into the .po file, and all that is there into the .mo file.

        Both are replaced as a whole, so that nobody reads half of one. Who saves at the same time waits, and nobody's change
        is lost.

        Args:
            key: See `Entry.key`.
            translations: One for each plural form, or one; an empty one takes the translation away.
            fuzzy: Whether somebody still has to look at it; it is not shown before.

        Returns:
            The entry as it is now.

        Raises:
            TranslationRefused: If there is no such message, the number of forms is wrong, or a form does not take the values
                that the message takes.
            CatalogueError: If the file is broken.
        """
        from babel.messages.mofile import write_mo

        with _locked(self.path):
            catalog = self._read()
            context, _, text = key.rpartition("\x04")
            message = catalog.get(text, context or None)
            if message is None or not message.id:
                raise TranslationRefused(text, gettext("There is no such message any more. Load the page again."))
            forms = _checked(catalog, message, list(translations))
            message.string = tuple(forms) if message.pluralizable else forms[0]
            message.flags.discard("fuzzy")
            if fuzzy and any(forms):
                message.flags.add("fuzzy")
            if any(forms):
                for error in message.check(catalog):
                    raise TranslationRefused(text, str(error))
            po, mo = BytesIO(), BytesIO()
            write_messages(po, catalog)
            write_mo(mo, catalog)
            _replace(self.path, po.getvalue())
            _replace(self.path.with_suffix(".mo"), mo.getvalue())
            return _entry(message, catalog.num_plurals)

    def _read(self) -> "Catalog":
        from babel.messages.pofile import PoFileError, read_po

        try:
            if self.path.stat().st_size > MAX_FILE:
                raise CatalogueError(str(self.path), f"more than {MAX_FILE} bytes")
            with self.path.open("rb") as file:
                return read_po(file, locale=self.path.parent.parent.name, abort_invalid=True)
        except (PoFileError, ValueError, OSError) as error:
            if isinstance(error, CatalogueError):
                raise
            raise CatalogueError(str(self.path), f"not a file of messages: {error}") from error


def mark_changed(folder: Path) -> None:
    """Tell all processes that show texts from ``folder`` that catalogues in it have changed; see ``Translations(live=...)``."""
    _replace(folder / STAMP, b"Its time says when a catalogue in this folder was changed last.\n")


def _entry(message: "BabelMessage", forms: int) -> Entry:
    several = isinstance(message.id, list | tuple)
    strings = tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)
    strings = tuple(text or "" for text in strings)
    if several:
        strings = (*strings, *[""] * forms)[:forms]
    state: State = "untranslated" if not all(strings) else "fuzzy" if message.fuzzy else "translated"
    return Entry(
        message.id[0] if several else str(message.id),
        message.id[1] if several else None,
        message.context or None,
        strings,
        state,
        tuple(message.auto_comments),
        tuple(f"{path}:{line}" if line else path for path, line in message.locations),
    )


def _checked(catalog: "Catalog", message: "BabelMessage", forms: list[str]) -> list[str]:
    text = message.id[0] if isinstance(message.id, list | tuple) else message.id
    wanted = catalog.num_plurals if message.pluralizable else 1
    if len(forms) != wanted:
        raise TranslationRefused(
            text, gettext("Expected %(wanted)d forms, got %(found)d.") % {"wanted": wanted, "found": len(forms)}
        )
    if any(forms) and not all(forms):
        raise TranslationRefused(text, gettext("Fill in all forms, or none."))
    if any(len(form) > MAX_TEXT for form in forms):
        raise TranslationRefused(text, gettext("A translation may have %(most)d characters.") % {"most": MAX_TEXT})
    if any("\0" in form or "\x04" in form for form in forms):
        raise TranslationRefused(text, gettext("Control characters cannot be stored."))
    # A form of a page sends CR LF; texts have LF. The line breaks at both ends have to be those of the message (msgfmt asks it, too).
    return [_like(text, form.replace("\r\n", "\n")) if form else "" for form in forms]


def _like(message: str, translation: str) -> str:
    body = translation.strip("\n")
    start = "\n" * (len(message) - len(message.lstrip("\n")))
    end = "\n" * (len(message) - len(message.rstrip("\n")))
    return f"{start}{body}{end}" if body and message.strip("\n") else translation


def _replace(path: Path, content: bytes) -> None:
    """Put a whole file in the place of the one there, with its rights."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time change the files of a folder."""
    with (path.parent / ".lock").open("a+b") as file:
        try:
            import fcntl
        except ImportError:  # platform: Windows
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back
