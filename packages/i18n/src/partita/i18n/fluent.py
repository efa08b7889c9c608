"""Messages in Fluent, whose translators choose by number, gender or anything else; needs the extra ``fluent``."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser, ast
from markupsafe import Markup, escape

from partita.contracts.i18n import current_translator
from partita.i18n.errors import CatalogueError, MissingTranslation
from partita.i18n.languages import checked_tags, fallback_tags, to_locale

__all__ = ("FluentMessages",)


class FluentMessages:
    """The messages in the ``.ftl`` files of some folders (https://projectfluent.org).

    Args:
        dirs: Folders that hold ``de/shop.ftl`` or ``de/LC_MESSAGES/shop.ftl``; earlier ones win.
        default: The language that every message is in; its text stands in for translations that are missing.
        use_isolating: Whether arguments are wrapped in the invisible marks U+2068 and U+2069, so that a name written from
            left to right does not mix up a sentence written from right to left.

    Raises:
        LanguageError: If ``default`` is no language tag.
    """

    def __init__(self, dirs: Iterable[Path | str], default: str = "en", *, use_isolating: bool = True) -> None:
        self.dirs = tuple(map(Path, dirs))
        (self.default,) = checked_tags([default])
        self._use_isolating = use_isolating
        # Keyed by languages that were set up, never by what a visitor sends: nothing here can grow.
        self._bundles: dict[str, FluentBundle] = {}

    def format(self, message: str, /, **arguments: Any) -> str:
        """Return a message in the current language, or else in its relatives, or else in the default one.

        Args:
            message: Its identifier, such as ``cart-items``; ``login.title`` for an attribute of one.
            **arguments: What the text refers to as ``$count``: strings, numbers, dates and times.

        Raises:
            MissingTranslation: If not even the default language has it.
            CatalogueError: If a file cannot be read.
        """
        text: str = self._format(message, arguments)
        return text

    def format_html(self, message: str, /, **arguments: Any) -> Markup:
        """Return a message that is HTML, as its translators wrote it; strings among the arguments are escaped.

        Args:
            message: See `format`.
            **arguments: See `format`; what is `Markup` already stays as it is.

        Raises:
            MissingTranslation: See `format`.
            CatalogueError: See `format`.
        """
        safe = {name: str(escape(value)) if isinstance(value, str) else value for name, value in arguments.items()}
        return Markup(self._format(message, safe))  # translators are trusted

    def reload(self) -> None:
        """Read the files anew when they are needed."""
        self._bundles = {}

    def _format(self, message: str, arguments: dict[str, Any]) -> str:
        name, _, attribute = message.partition(".")
        language = self._language()
        for tag in fallback_tags(language, self.default):
            bundle = self._bundle(tag)
            if not bundle.has_message(name):
                continue
            found = bundle.get_message(name)
            pattern = found.attributes.get(attribute) if attribute else found.value
            if pattern is not None:
                # An argument that was not given shows as its name: a page with a gap is better than none.
                return str(bundle.format_pattern(pattern, arguments)[0])
        raise MissingTranslation(language, None, message)

    def _language(self) -> str:
        translator = current_translator()
        return self.default if translator is None else translator.language

    def _bundle(self, tag: str) -> FluentBundle:
        bundle = self._bundles.get(tag)
        if bundle is None:
            bundle = self._bundles[tag] = FluentBundle([to_locale(tag)], use_isolating=self._use_isolating)
            for path in self._files(tag):
                bundle.add_resource(_read(path))  # what an earlier file says stays
        return bundle

    def _files(self, tag: str) -> Iterator[Path]:
        for folder in self.dirs:
            home = folder / to_locale(tag)
            yield from sorted([*home.glob("*.ftl"), *home.glob("LC_MESSAGES/*.ftl")])


def _read(path: Path) -> ast.Resource:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(str(path), f"it cannot be read: {error}") from error
    for entry in FluentParser().parse(text).body:
        if isinstance(entry, ast.Junk):
            start = entry.span.start if entry.span is not None else 0
            reason = entry.annotations[0].message if entry.annotations else "this is not Fluent"
            raise CatalogueError(f"{path}:{text.count(chr(10), 0, start) + 1}", reason or "this is not Fluent")
    return FluentResource(text)
