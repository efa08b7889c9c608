"""Gives `partita.i18n` the folders of all packages, and each request a language; loaded only where it is installed."""

from collections.abc import Iterable
from urllib.parse import quote

from partita.contracts.app import Registrar
from partita.http import MIDDLEWARE, Handler, Layer, Request, Response
from partita.http.handlers import AUTH, LOCALE
from partita.i18n import PREFERENCES, TRANSLATIONS, Translations, locale_middleware, preferences_middleware
from partita.i18n.integration import LOCALE_DIRS
from partita.urls import ROUTER, Router
from partita.web.errors import AppError
from partita.web.packages import AppPackage

__all__ = ("setup",)


def setup(app: Registrar, packages: Iterable[AppPackage]) -> None:
    """Register folders with messages, and the layers that choose language and zone."""
    for package in packages:
        folder = package.below("locale")
        if folder is not None:
            app.add(LOCALE_DIRS, folder)

    def layer(handler: Handler) -> Handler:
        translations = app.require(TRANSLATIONS)
        # English alone is what texts are written in: nothing to choose, nothing to translate.
        if tuple(translations.languages) == ("en",):
            return handler
        router = app.find(ROUTER)
        if router is None or (not router.languages and router.unprefixed_language is None):
            return locale_middleware(translations)(handler)
        return _by_route(router, translations, handler)

    def by_profile(handler: Handler) -> Handler:
        wishes = app.find(PREFERENCES)
        if wishes is None:
            return handler
        translations, router = app.require(TRANSLATIONS), app.find(ROUTER)
        in_path = translations.use_path or (router is not None and bool(router.languages))
        return preferences_middleware(translations, wishes, languages=not in_path)(handler)

    app.add(MIDDLEWARE, Layer(LOCALE, layer, "language"))
    app.add(MIDDLEWARE, Layer(AUTH + 50, by_profile, "preferences"))


def _by_route(router: Router, translations: Translations, handler: Handler) -> Handler:
    """Return a handler for routes below tags of languages: the tag in the path decides, and where it is missing it is put there."""
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
