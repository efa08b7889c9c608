"""What an application gives its packages without their asking: keys, folders with messages, models to migrate."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from partita.config import Secret
from partita.contracts.i18n import gettext
from partita.http import Request, Response
from partita.i18n import get_language
from partita.i18n.integration import LOCALE_DIRS
from partita.migrations.commands import MIGRATION_APPS
from partita.signing import SIGNING_KEYS, Signer
from partita.text.formats import current_zone
from partita.urls import i18n_patterns, path
from partita.web import App, Settings
from partita.web.testing import application

LEAN = ("partita.http", "partita.urls")


def test_signers_use_the_newest_key_and_verify_with_former_ones() -> None:
    with App(Settings("old-key" * 5), default_apps=(*LEAN, "partita.signing")) as app:
        assert app.require(SIGNING_KEYS) == ("old-key" * 5,)
        signed = Signer().sign("cart")
    renewed = Settings(Secret("new-key" * 5), secret_key_fallbacks=["old-key" * 5])
    with App(renewed, default_apps=(*LEAN, "partita.signing")):
        assert Signer().unsign(signed) == "cart"
        assert Signer().sign("cart") != signed


async def greet(request: Request) -> Response:
    """Say something that has a translation."""
    return Response.text(gettext("Garden gate"))


def ask(app: App, language: str) -> Response:
    """Ask in a language."""
    return asyncio.run(app(Request.build("GET", "/", headers={"accept-language": language})))


def test_each_request_has_its_language_with_messages_of_the_packages(make_package: Callable[..., Path]) -> None:
    message = (
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Garden gate"\nmsgstr "Gartentor"\n'
    )
    folder = make_package("gate", {"locale/de/LC_MESSAGES/messages.po": message})
    settings = Settings("key", sections={"i18n": {"languages": ["de"]}})
    app = App(settings, apps=["gate"], urls=[path("", greet)], default_apps=(*LEAN, "partita.i18n"))
    assert app.all(LOCALE_DIRS)[0] == folder / "locale"
    german, english = ask(app, "de-AT, en;q=0.5"), ask(app, "en")
    assert (german.body, german.headers["content-language"]) == (b"Gartentor", "de")
    assert (english.body, english.headers["content-language"]) == (b"Garden gate", "en")
    assert "Accept-Language" in german.headers["vary"]


def test_a_package_that_knows_users_wishes_has_them_entered_unless_the_path_decides(
    make_package: Callable[..., Path],
) -> None:
    package = """
from partita.i18n import PREFERENCES, Preferences

def setup(app):
    app.provide(PREFERENCES, lambda: lambda request: Preferences("de", "Asia/Tokyo"))
"""
    make_package("profiles", {"integration.py": package})
    settings = Settings("key", sections={"i18n": {"languages": ["de"]}})

    async def zone(request: Request) -> Response:
        return Response.text(f"{get_language()} {current_zone()}")

    apps = ["profiles"]
    app = App(settings, apps=apps, urls=[path("", zone)], default_apps=(*LEAN, "partita.i18n"))
    assert ask(app, "en").body == b"de Asia/Tokyo"
    in_path = i18n_patterns(path("zone/", zone), languages=("en", "de"))
    app = App(settings, apps=apps, urls=in_path, default_apps=(*LEAN, "partita.i18n"))
    assert asyncio.run(app(Request.build("GET", "/en/zone/"))).body == b"en Asia/Tokyo"


def test_an_application_in_english_alone_pays_nothing_for_languages() -> None:
    app = App(Settings("key"), urls=[path("", greet)], default_apps=(*LEAN, "partita.i18n"))
    assert "content-language" not in ask(app, "de").headers


def test_packages_with_models_are_known_to_migrations(make_package: Callable[..., Path]) -> None:
    folder = make_package("with_models", {"models.py": ""})
    make_package("without_models", {})
    app = App(Settings("key"), apps=["with_models", "without_models"], default_apps=(*LEAN, "partita.migrations"))
    (found,) = app.all(MIGRATION_APPS)
    assert (found.label, found.module, found.path) == ("with_models", "with_models", folder)


def test_an_application_for_tests_is_made_in_milliseconds() -> None:
    with application(urls=[path("", greet)], default_apps=LEAN, language="de", debug=True) as app:
        assert (app.settings.language, app.settings.debug) == ("de", True)
        assert "testserver" in app.settings.allowed_hosts
        assert ask(app, "en").body == b"Garden gate"
