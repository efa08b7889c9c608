"""Messages in ICU MessageFormat and MessageFormat 2, read from files of JSON, in the language in force."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from partita.contracts.i18n import current_translator
from partita.i18n.errors import CatalogueError, I18nError, MissingTranslation
from partita.i18n.languages import checked_tags, fallback_tags, to_locale
from partita.text.html import Markup, conditional_escape

__all__ = ("MessageFiles",)

MAX_FILE = 20_000_000
"""Bytes of one file."""


class _Message(Protocol):
    def format(self, arguments: Mapping[str, object] | None = None) -> str: ...


class MessageFiles:
    """The messages in the files ``*.mf2.json`` (MessageFormat 2) and ``*.icu.json`` (ICU MessageFormat) of some folders.

    A file is one object: identifiers of messages and the messages. Objects inside are joined by dots, so
    ``{"cart": {"items": "..."}}`` holds ``cart.items``.

    Args:
        dirs: Folders that hold ``de/shop.mf2.json`` or ``de/LC_MESSAGES/shop.mf2.json``; earlier ones win.
        default: The language that every message is in; its text stands in for translations that are missing.
        use_isolating: See `partita.i18n.mf2.Mf2Message`.

    Raises:
        LanguageError: If ``default`` is no language tag.
    """

    def __init__(self, dirs: Iterable[Path | str], default: str = "en", *, use_isolating: bool = True) -> None:
        self.dirs = tuple(map(Path, dirs))
        (self.default,) = checked_tags([default])
        self._use_isolating = use_isolating
        # Keyed by languages that were set up, never by what a visitor sends: nothing here can grow.
        self._sources: dict[str, dict[str, tuple[str, str]]] = {}
        self._messages: dict[tuple[str, str], _Message] = {}

    def format(self, message: str, /, **arguments: object) -> str:
        """Return a message in the current language, or else in its relatives, or else in the default one.

        Args:
            message: Its identifier, such as ``cart.items``.
            **arguments: What the text refers to: strings, numbers, dates and times.

        Raises:
            MissingTranslation: If not even the default language has it.
            CatalogueError: If a file or the message cannot be read; it names the file.
        """
        translator = current_translator()
        language = self.default if translator is None else translator.language
        for tag in fallback_tags(language, self.default):
            if message in self._of(tag):
                return self._message(tag, message).format(arguments)
        raise MissingTranslation(language, None, message)

    def format_html(self, message: str, /, **arguments: object) -> Markup:
        """Return a message that is HTML, as its translators wrote it; strings among the arguments are escaped.

        Args:
            message: See `format`.
            **arguments: See `format`; what is `Markup` already stays as it is.

        Raises:
            MissingTranslation: See `format`.
            CatalogueError: See `format`.
        """
        safe = {
            name: str(conditional_escape(value)) if isinstance(value, str) else value
            for name, value in arguments.items()
        }
        return Markup(self.format(message, **safe))  # translators are trusted

    def identifiers(self, language: str) -> tuple[str, ...]:
        """Return the identifiers of all messages of a language, without those of its relatives."""
        return tuple(self._of(language))

    def check(self, language: str) -> None:
        """Read every message of a language.

        Raises:
            CatalogueError: If one cannot be read.
        """
        for message in self._of(language):
            self._message(language, message)

    def reload(self) -> None:
        """Read the files anew when they are needed."""
        self._sources, self._messages = {}, {}

    def _message(self, tag: str, name: str) -> _Message:
        found = self._messages.get((tag, name))
        if found is None:
            path, source = self._of(tag)[name]
            try:
                found = self._messages[tag, name] = self._made(path, source, tag)
            except I18nError as error:
                raise CatalogueError(f"{path}: {name}", str(error)) from error
        return found

    def _made(self, path: str, source: str, tag: str) -> _Message:
        if path.endswith(".mf2.json"):
            from partita.i18n.mf2 import Mf2Message

            return Mf2Message(source, tag, use_isolating=self._use_isolating)
        try:
            from partita.i18n.icu import IcuMessage
        except ModuleNotFoundError as error:
            raise CatalogueError(
                path, "reading .icu.json files needs the extra `icu`: pip install 'partita-i18n[icu]'"
            ) from error
        return IcuMessage(source, tag)

    def _of(self, tag: str) -> dict[str, tuple[str, str]]:
        found = self._sources.get(tag)
        if found is None:
            found = {}
            for folder in self.dirs:
                home = folder / to_locale(tag)
                for path in sorted(each for kind in ("mf2", "icu") for each in home.glob(f"**/*.{kind}.json")):
                    for name, source in _read(path).items():
                        found.setdefault(name, (str(path), source))
            self._sources[tag] = found
        return found


def _read(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise CatalogueError(str(path), f"more than {MAX_FILE} bytes")
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CatalogueError(str(path), f"not a file of JSON: {error}") from error
    if not isinstance(content, dict):
        raise CatalogueError(str(path), "expected an object of identifiers and messages")
    found: dict[str, str] = {}
    open_objects: list[tuple[str, dict[str, object]]] = [("", content)]
    while open_objects:
        prefix, members = open_objects.pop()
        for name, value in members.items():
            if isinstance(value, dict):
                open_objects.append((f"{prefix}{name}.", value))
            elif isinstance(value, str):
                found[f"{prefix}{name}"] = value
            else:
                raise CatalogueError(str(path), f"{prefix}{name}: expected a text or an object, got {value!r:.40}")
    return found
