"""``partita new``: a project that runs at once."""

import argparse
import importlib.util
import keyword
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from partita.cli.errors import LanguageRefused, NameRefused, TargetNotEmpty
from partita.cli.styling import Style

__all__ = ("NewCommand", "checked_name", "create_project")

_SKELETON = Path(__file__).parent / "skeleton"
_TEXTS = Path(__file__).parent / "skeleton_locale"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
# Where a language is spoken in many countries, the one whose users asked for it: Arabic means Saudi Arabia here.
_CURRENCIES = {
    "ar": "SAR", "de": "EUR", "en": "USD", "en-gb": "GBP", "es": "EUR", "fa": "IRR", "fr": "EUR", "he": "ILS", "hi": "INR",
    "it": "EUR", "ja": "JPY", "ko": "KRW", "nl": "EUR", "pl": "PLN", "pt": "EUR", "pt-br": "BRL", "ru": "RUB", "sv": "SEK",
    "tr": "TRY", "ur": "PKR", "zh-hans": "CNY",
}  # fmt: skip
_SUFFIX = "-tpl"  # keeps tools from taking the files for our own code


class NewCommand:
    """Writes a new project."""

    name = "new"
    help = "make a new project"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare arguments."""
        parser.add_argument("project", help="its name, which is that of its package too, such as shop")
        parser.add_argument("--directory", type=Path, help="where to write it (default: a folder of that name)")

        parser.add_argument("--lang", default="en", metavar="TAG", help="the language of its pages, such as ar")

    def run(self, options: argparse.Namespace) -> int:
        """Write it, and tell what comes next."""
        folder = options.directory or Path(options.project)
        create_project(options.project, folder, options.lang)
        style = Style()
        style.line(style(f"The project {options.project} is in {folder}.", "green"))
        style.line(f"\n    cd {folder}")
        for command, meaning in (
            ("partita makemigrations", "write down what models.py says"),
            ("partita migrate", "make the database"),
            ("partita createsuperuser", "an account for /admin/"),
            ("partita run --reload", "serve on http://127.0.0.1:8000"),
            ("python -m pytest", "run its tests"),
        ):
            style.line(f"    {command:<26}{style(f'# {meaning}', 'dim')}")
        return 0


def create_project(name: str, folder: Path, language: str = "en") -> list[Path]:
    """Write a project.

    Args:
        name: Of the project and its package.
        folder: Made if it is not there; must be empty.
        language: The tag of the language of its pages: their direction, dates, numbers and currency are those of the language, and
            their texts where partita has translations, in Arabic, French, German and Spanish.

    Returns:
        The files written.

    Raises:
        NameRefused: If ``name`` cannot be that of a package.
        TargetNotEmpty: If there is something in ``folder``.
        LanguageRefused: If ``language`` is no tag of a language.
    """
    checked_name(name)
    language = language.replace("_", "-").lower()
    if not _LANGUAGE.fullmatch(language):
        raise LanguageRefused(language)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TargetNotEmpty(str(folder))
    values = {
        "PROJECT_NAME": name,
        "PROJECT_TITLE": name.replace("_", " ").title(),
        "PROJECT_LANGUAGE": language,
        "PROJECT_I18N": _section(language),
        "NEW_KEY": _secret_key(),
    }
    written: list[Path] = []
    for relative, text in (*_files(), *_catalogue(language)):
        path = folder / _filled(relative, values)
        path.parent.mkdir(parents=True, exist_ok=True)
        # The file with the key is nobody else's to read.
        path.touch(mode=0o600 if path.name == ".env" else 0o666)
        path.write_text(_filled(text, values), encoding="utf-8")
        written.append(path)
    return written


def checked_name(name: str) -> str:
    """Return ``name`` if a project can have it.

    Raises:
        NameRefused: If it cannot be imported, or would hide a module that is there.
    """
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise NameRefused(name, "it must be a Python identifier of ASCII letters, digits and underscores")
    if name.startswith("_"):
        raise NameRefused(name, "it must begin with a letter")
    if name in sys.stdlib_module_names or name in {"partita", "test", "tests"} or _is_installed(name):
        raise NameRefused(name, "a module of this name is there already, and one would hide the other")
    return name


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _files() -> Iterator[tuple[str, str]]:
    for path in sorted(_SKELETON.rglob(f"*{_SUFFIX}")):
        relative = path.relative_to(_SKELETON).as_posix().removesuffix(_SUFFIX)
        yield relative.replace("dot-", "."), path.read_text(encoding="utf-8")


def _section(language: str) -> str:
    """Return the settings for a language; in English alone they are there to be uncommented, since a section costs time at start."""
    currency = _CURRENCIES.get(language, _CURRENCIES.get(language.split("-")[0], ""))
    lines = ("[i18n]", f'currency = "{currency}"          # of {{{{ price|currency }}}}, where nobody says another')
    return "\n".join(f"# {line}" if language == "en" else line for line in lines)


def _catalogue(language: str) -> Iterator[tuple[str, str]]:
    """Give the texts of the pages in a language, if there are any."""
    base = language.split("-")[0]
    path = _TEXTS / f"{base}.po"
    if path.is_file():
        yield f"PROJECT_NAME/locale/{base}/LC_MESSAGES/messages.po", path.read_text(encoding="utf-8")


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _secret_key() -> str:
    return secrets.token_urlsafe(48)  # 64 characters, none of which means anything in TOML, .env files or shells
