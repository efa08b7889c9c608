"""Gives `partita.i18n` the folders of all packages, and each request a language, or else that of the settings; loaded only where it is installed."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from partita.contracts.app import Registrar
from partita.contracts.i18n import DEFAULT_FORMATS, DEFAULT_TRANSLATOR, TRANSLATE_URL, Translator
from partita.contracts.settings import LANGUAGE
from partita.http import MIDDLEWARE, Handler, Layer, Request, Response
from partita.http.handlers import AUTH, LOCALE
from partita.urls import ROUTER, Router
from partita.web.errors import AppError
from partita.web.keys import SETTINGS
from partita.web.packages import AppPackage

if TYPE_CHECKING:
    from partita.i18n import Translations

__all__ = ("add_folders", "setup")


def add_folders(app: Registrar, packages: Iterable[AppPackage]) -> None:
    """Register folders with messages."""
    from partita.i18n.integration import LOCALE_DIRS

    for package in packages:
        folder = package.below("locale")
        if folder is not None:
            app.add(LOCALE_DIRS, folder)


def setup(app: Registrar) -> None:
    """Register the layers that choose language and zone, and the language where nobody chose; what they need is imported
    when they have something to choose."""

    def layer(handler: Handler) -> Handler:
        translations = _languages(app)
        if translations is None:
            return handler
        from partita.i18n import locale_middleware

        router = app.find(ROUTER)
        if router is None or (not router.languages and router.unprefixed_language is None):
            return locale_middleware(translations)(handler)
        return _by_route(router, translations, handler)

    def by_profile(handler: Handler) -> Handler:
        if "partita.i18n.preferences" not in sys.modules:
            return handler  # the key is in there, so nobody can have provided anything under it
        from partita.i18n import PREFERENCES, TRANSLATIONS, preferences_middleware

        wishes = app.find(PREFERENCES)
        if wishes is None:
            return handler
        translations, router = app.require(TRANSLATIONS), app.find(ROUTER)
        in_path = translations.use_path or (router is not None and bool(router.languages))
        return preferences_middleware(translations, wishes, languages=not in_path)(handler)

    def translator() -> Callable[[], Translator | None]:
        translations = _languages(app)
        if translations is None:
            return lambda: None
        # Asked anew each time: catalogues may be edited while the site runs.
        return partial(translations.translator, translations.default)

    def formats() -> object:
        translations = _languages(app)
        return None if translations is None else translations.formats(translations.default)

    app.provide(DEFAULT_TRANSLATOR, translator)

    def translate_url() -> Callable[[str, str], str]:
        from partita.views.languages import translate_url

        return translate_url

    app.provide(DEFAULT_FORMATS, formats)
    app.provide(TRANSLATE_URL, translate_url)
    app.add(MIDDLEWARE, Layer(LOCALE, layer, "language"))
    app.add(MIDDLEWARE, Layer(AUTH + 50, by_profile, "preferences"))


def _languages(app: Registrar) -> "Translations | None":
    """Return the languages of the site; None if it is in English alone, which is what texts are written in: nothing to translate."""
    if app.find(LANGUAGE) == "en" and "i18n" not in app.require(SETTINGS).sections:
        return None
    from partita.i18n import TRANSLATIONS

    translations = app.require(TRANSLATIONS)
    return None if tuple(translations.languages) == ("en",) else translations


def _by_route(router: Router, translations: "Translations", handler: Handler) -> Handler:
    """Return a handler for routes below tags of languages: the tag in the path decides, and where it is missing it is put there."""
    from partita.i18n import locale_middleware

    bare = router.unprefixed_language
    missing = {*router.languages, *([bare] if bare is not None else [])} - set(translations.languages)
    if missing:
        names = ", ".join(sorted(missing))
        raise AppError(f"i18n_patterns() names languages that are not in [i18n] languages: {names}")

    def always(language: str) -> Handler:
        wrapped: Handler = locale_middleware(translations, (language,), language)(handler)
        return wrapped

    prefixed = {language: always(language) for language in router.languages}
    # Without a prefix a path belongs to the one language that has none; or else whoever asks may have wishes.
    other: Handler = locale_middleware(translations)(handler) if bare is None else always(bare)

    async def localized(request: Request) -> Response:
        own = prefixed.get(request.path[1:].partition("/")[0])
        if own is not None:
            return await own(request)
        response = await other(request)
        if response.status != 404 or bare is not None or request.method not in {"GET", "HEAD"}:
            return response
        language = response.headers.get("content-language") or ""
        host = request.host if router.uses_hosts else ""
        if language not in prefixed or not router.is_valid_path(f"/{language}{request.path}", request.method, host):
            return response
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        path = f"{quote(request.root_path)}/{language}{request.raw_path.decode('latin-1')}{query}"
        return Response.redirect(path).with_vary("Accept-Language", "Cookie")

    return localized
