"""What the command line offers: ``makemessages`` and ``compilemessages``."""

import argparse
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from partita.contracts.current import Resolver
from partita.i18n.errors import I18nError
from partita.i18n.languages import to_locale
from partita.i18n.po_writing import write_messages
from partita.i18n.translations import TRANSLATIONS

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

__all__ = ("CheckMessages", "CompileMessages", "MakeMessages")

Out = Callable[[str], object]


def _stdout(text: str) -> None:
    sys.stdout.write(text)


class _Command(ABC):
    __slots__ = ("_out", "_root")

    name: str
    help: str

    def __init__(self, root: Path | None = None, out: Out = _stdout) -> None:
        self._root, self._out = root, out

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Do the work below the working directory; return the exit status."""
        try:
            return self._run(app, options, (self._root or Path.cwd()).resolve())
        except (I18nError, OSError) as error:
            raise SystemExit(f"{self.name}: {error}") from error

    @abstractmethod
    def _run(self, app: Resolver, options: argparse.Namespace, root: Path) -> int: ...


class MakeMessages(_Command):
    """The command ``partita makemessages``."""

    __slots__ = ("_locale_dirs",)

    name = "makemessages"
    help = "Bring catalogues up to date with the texts in Python, templates and JavaScript"

    def __init__(
        self, root: Path | None = None, out: Out = _stdout, locale_dirs: Callable[[], Sequence[str]] = tuple
    ) -> None:
        super().__init__(root, out)
        self._locale_dirs = locale_dirs

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        _languages(parser)
        parser.add_argument("--all", "-a", action="store_true", help="every language that has a catalogue already")
        parser.add_argument(
            "--domain", "-d", default="messages", help="name of the catalogues; javascript reads scripts"
        )
        parser.add_argument(
            "--extension", "-e", action="append", default=[], help="sources to read, such as html,txt,py"
        )
        parser.add_argument("--add-location", choices=("full", "file", "never"), default="full",
                            help="how exactly a catalogue says where messages are from")  # fmt: skip
        parser.add_argument("--no-location", dest="add_location", action="store_const", const="never")
        parser.add_argument("--no-wrap", action="store_true", help="do not break long lines")
        parser.add_argument("--no-obsolete", action="store_true", help="drop translations whose message is gone")
        parser.add_argument("--no-fuzzy", action="store_true", help="propose nothing for new messages like old ones")
        parser.add_argument("--keep-pot", action="store_true", help="write the catalogue without translations too")
        parser.add_argument("--check", action="store_true", help="write nothing; status 1 if something would change")
        parser.add_argument("--symlinks", "-s", action="store_true", help="enter folders that are symbolic links")
        parser.add_argument("--no-default-ignore", dest="use_default_ignore_patterns", action="store_false",
                            help="read what is passed over by default, such as hidden files and node_modules")  # fmt: skip
        parser.add_argument("--verbosity", "-v", type=int, choices=range(4), default=1,
                            help="0 says which catalogues changed, 1 each language too, 2 what is passed over")  # fmt: skip

    def _run(self, app: Resolver, options: argparse.Namespace, root: Path) -> int:
        from partita.i18n.collecting import collect, update_catalogue

        extensions = {part.strip().lstrip(".") for each in options.extension for part in each.split(",")}
        changed = 0
        found = collect(
            root, options.domain, extensions, options.ignore, home=self._home(root), usual=options.use_default_ignore_patterns,
            follow_links=options.symlinks, passed_over=self._line if options.verbosity > 1 else None,
        )  # fmt: skip
        for locale, template in sorted(found.items(), key=lambda pair: str(pair[0])):
            if options.keep_pot and not options.check:
                _write(locale / f"{options.domain}.pot", _template_text(template))
            for language in self._languages(app, options, locale):
                if options.verbosity:
                    self._line(f"processing locale {language}")
                path = locale / to_locale(language) / "LC_MESSAGES" / f"{options.domain}.po"
                text = update_catalogue(
                    path, language, template, width=0 if options.no_wrap else 80, location=options.add_location,
                    obsolete=not options.no_obsolete, fuzzy=not options.no_fuzzy,
                )  # fmt: skip
                if text is not None:
                    changed += 1
                    self._out(f"{path.relative_to(root)}{' is out of date' if options.check else ''}\n")
                    if not options.check:
                        _write(path, text.encode())
        if not changed:
            self._out("Nothing to do.\n")
        return int(options.check and changed > 0)

    def _line(self, text: str) -> None:
        self._out(f"{text}\n")

    def _home(self, root: Path) -> Path | None:
        """Return the first folder of the settings that belongs to the project."""
        folders = (root / folder for folder in self._locale_dirs())
        return next((folder for folder in folders if root in folder.parents), None)

    def _languages(self, app: Resolver, options: argparse.Namespace, locale: Path) -> Iterable[str]:
        languages = list(options.locale)
        if options.all or not languages:
            languages += sorted(path.parent.name for path in locale.glob("*/LC_MESSAGES"))
        if not languages:
            translations = app.find(TRANSLATIONS)
            if translations is not None:
                languages += [tag for tag in translations.languages if tag != "en"]
        if not languages:
            raise SystemExit(f"{self.name}: no language has a catalogue yet; name one: {self.name} -l de")
        excluded = {to_locale(tag) for tag in options.exclude}
        return [tag for tag in dict.fromkeys(map(to_locale, languages)) if tag not in excluded]


class CompileMessages(_Command):
    """The command ``partita compilemessages``."""

    __slots__ = ()

    name = "compilemessages"
    help = "Write the .mo files of catalogues, which load faster than .po files"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        _languages(parser)
        parser.add_argument("--use-fuzzy", "-f", action="store_true", help="take in what nobody has looked at")

    def _run(self, app: Resolver, options: argparse.Namespace, root: Path) -> int:
        from partita.i18n.collecting import compile_catalogue, find_catalogues

        wanted, excluded = set(map(to_locale, options.locale)), set(map(to_locale, options.exclude))
        failed = 0
        for path in find_catalogues(root, options.ignore):
            language = path.parent.parent.name
            if (wanted and language not in wanted) or language in excluded:
                continue
            try:
                compiled = compile_catalogue(path, options.use_fuzzy)
            except I18nError as error:
                failed += 1
                self._out(f"{error}\n")
                continue
            target = path.with_suffix(".mo")
            if target.is_file() and target.read_bytes() == compiled:
                target.touch()  # one that is older than the .po file would be taken for stale
                self._out(f"File “{path.relative_to(root)}” is already compiled and up to date.\n")
                continue
            _write(target, compiled)
            self._out(f"{target.relative_to(root)}\n")
        return int(failed > 0)


class CheckMessages(_Command):
    """The command ``partita checkmessages``."""

    __slots__ = ()

    name = "checkmessages"
    help = "List messages that are not translated, not looked at, or no longer used; status 1 if there are any"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        _languages(parser)
        parser.add_argument("--domain", "-d", default="messages", help="name of the catalogues")
        parser.add_argument(
            "--unused", action="store_true", help="count messages that are no longer used as wrong, too"
        )

    def _run(self, app: Resolver, options: argparse.Namespace, root: Path) -> int:
        from partita.i18n.collecting import check_catalogue, collect

        wanted, excluded = set(map(to_locale, options.locale)), set(map(to_locale, options.exclude))
        wrong = 0
        found = collect(root, options.domain, (), options.ignore)
        for locale, template in sorted(found.items(), key=lambda pair: str(pair[0])):
            for path in sorted(locale.glob(f"*/LC_MESSAGES/{options.domain}.po")):
                language = path.parent.parent.name
                if (wanted and language not in wanted) or language in excluded:
                    continue
                report = check_catalogue(path, template)
                for title, messages in zip(("not translated", "not looked at", "not used"), report, strict=True):
                    for message in messages:
                        self._out(f"{path.relative_to(root)}: {title}: {message!r}\n")
                wrong += len(report.untranslated) + len(report.fuzzy) + (len(report.unused) if options.unused else 0)
        if not wrong:
            self._out("Every message is translated.\n")
        return int(wrong > 0)


def _languages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--locale", "-l", action="append", default=[], metavar="TAG", help="a language; may be repeated"
    )
    parser.add_argument("--exclude", "-x", action="append", default=[], metavar="TAG", help="a language to leave out")
    parser.add_argument("--ignore", "-i", action="append", default=[], metavar="PATTERN", help="files to pass over")


def _template_text(template: "Catalog") -> bytes:
    from io import BytesIO

    written = BytesIO()
    write_messages(written, template, 76, sort_by_file=True)
    return written.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
