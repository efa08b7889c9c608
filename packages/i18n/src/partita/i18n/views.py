"""Views: the choice of a language, and messages for scripts. Needs the extra ``http``."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from partita.contracts.current import find, require
from partita.contracts.i18n import TRANSLATE_URL, current_translator
from partita.http import Request, Response, respond_to
from partita.i18n.javascript import JAVASCRIPT_DOMAINS, django_catalogue, javascript_catalogue, json_catalogue
from partita.i18n.middleware import language_cookie
from partita.i18n.translations import TRANSLATIONS, Translations
from partita.text.destinations import url_has_allowed_host_and_scheme

__all__ = ("JSONCatalog", "JavaScriptCatalog", "JavaScriptCatalogue", "JsonCatalogue", "set_language")

LANGUAGE_FIELD = "language"
NEXT_FIELD = "next"


async def set_language(request: Request) -> Response:
    """Remember the language that a visitor chose, and go back to the page it was chosen on.

    The form has the fields ``language`` and ``next``; without ``next``, the page that sent the form is taken. Nothing is
    changed by any other method than POST, by a language the site has not, nor is anybody sent to another site. A script,
    which asks for no HTML, gets 204 unless it names ``next``.
    """
    translations = require(TRANSLATIONS)
    form = await request.aform()
    wanted = form.get(NEXT_FIELD) or request.query.get(NEXT_FIELD)
    target = _own(request, wanted)
    if target is None and (wanted or request.accepts("text/html")):
        target = _own(request, request.headers.get("referer")) or "/"
    cookie = None
    if request.method == "POST":
        cookie = language_cookie(form.get(LANGUAGE_FIELD) or "", translations, request.is_secure)
    if cookie is not None and target is not None:
        target = _in_language(target, str(cookie["value"]), translations)
    response = Response(status=204) if target is None else Response.redirect(target)
    return response if cookie is None else response.with_cookie(**cookie)


def _own(request: Request, url: str | None) -> str | None:
    if not url_has_allowed_host_and_scheme(url, request.host, require_https=request.is_secure):
        return None
    return url


def _in_language(url: str, language: str, translations: Translations) -> str:
    """Return the URL of the same page in another language; at least the language at the beginning of its path is exchanged."""
    parts = urlsplit(url)
    first, slash, rest = parts.path.removeprefix("/").partition("/")
    is_prefixed = first in translations.languages and parts.path.startswith("/")
    translate_url = find(TRANSLATE_URL)
    if translate_url is not None:  # words of the path may be translated, too
        with translations.use(first) if is_prefixed else nullcontext():
            translated = translate_url(url, language)
        if translated != url:
            return translated
    return parts._replace(path=f"/{language}{slash}{rest}").geturl() if is_prefixed else url


class JsonCatalogue:
    """A view of messages, formats and the plural rule of the current language, as JSON.

    What is not translated is in the default language of the site. A browser that has the messages already gets 304.

    Args:
        dirs: Folders with catalogues, earlier ones win; by default those of the current application.
        domains: Names of the files.
    """

    http_methods = frozenset({"GET", "HEAD"})

    def __init__(self, dirs: Sequence[Path | str] | None = None, domains: Sequence[str] = JAVASCRIPT_DOMAINS) -> None:
        self._dirs, self._domains = dirs, tuple(domains)
        # By the languages of a site, which are few; two applications may share one view.
        self._written: WeakKeyDictionary[Translations, dict[str, tuple[str, str, str]]] = WeakKeyDictionary()

    @classmethod
    def as_view(cls, domain: str | None = None, packages: Sequence[str] = ()) -> Self:
        """Return a view in the way of Django's class-based views.

        Args:
            domain: Name of the files, instead of `JAVASCRIPT_DOMAINS`.
            packages: Dotted names of packages whose folders ``locale`` are taken, and no others.

        Raises:
            ValueError: If one of them is no package that can be imported.
        """
        dirs = [_locale_dir(package) for package in packages] or None
        return cls(dirs, JAVASCRIPT_DOMAINS if domain is None else (domain,))

    def __call__(self, request: Request) -> Response:
        """Answer a request: 304 if the browser has the messages already."""
        translations = require(TRANSLATIONS)
        translator = current_translator()
        language = translations.default if translator is None else translations.match(translator.language)
        written = self._written.setdefault(translations, {})
        if language not in written:
            dirs = translations.dirs if self._dirs is None else self._dirs
            text, kind = self._write(dirs, language, translations.default)
            written[language] = text, kind, f'"{sha256(text.encode()).hexdigest()[:32]}"'
        text, kind, tag = written[language]
        headers = {"ETag": tag, "Content-Language": language}
        return respond_to(request, Response(text, headers=headers, content_type=kind))

    def _write(self, dirs: Sequence[Path | str], language: str, fallback: str) -> tuple[str, str]:
        return json.dumps(json_catalogue(dirs, language, self._domains, fallback)), "application/json"


class JavaScriptCatalogue(JsonCatalogue):
    """A view of a script that defines ``gettext`` and the rest in the current language."""

    def _write(self, dirs: Sequence[Path | str], language: str, fallback: str) -> tuple[str, str]:
        return javascript_catalogue(dirs, language, self._domains, fallback), "text/javascript; charset=utf-8"


def _locale_dir(package: str) -> Path:
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"no package {package[:80]!r} can be imported: expected its dotted name, such as 'shop'")
    return Path(next(iter(spec.submodule_search_locations))) / "locale"


class JSONCatalog(JsonCatalogue):
    """The same in the form of Django's view of this name, for scripts that read it: ``catalog``, ``formats`` and ``plural``."""

    def _write(self, dirs: Sequence[Path | str], language: str, fallback: str) -> tuple[str, str]:
        return json.dumps(django_catalogue(dirs, language, self._domains, fallback)), "application/json"


JavaScriptCatalog = JavaScriptCatalogue  # Django's name for it
