"""What static files give an application: a layer that serves them, a tag, commands, a check."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.settings import DEBUG
from partita.contracts.static import ASSET_URL, STATIC_DIRS
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.http import MIDDLEWARE, Handler, Layer
from partita.http.handlers import STATIC as STATIC_ORDER
from partita.static.commands import CollectStatic, FindStatic
from partita.static.files import STATIC, StaticFiles
from partita.static.serving import serve_static

__all__ = ("StaticSettings", "setup")


class StaticSettings(msgspec.Struct, frozen=True):
    """The section ``static`` of the settings.

    Args:
        url: Where the files are: a path, or the URL of another host.
        dirs: More folders, before those of packages.
        root: Where ``collectstatic`` copies to.
        serve: Whether the application serves them itself.
        max_age: Seconds for which clients need not ask again; while debugging they always ask.
    """

    url: str = "/static/"
    dirs: tuple[str, ...] = ()
    root: str = ""
    serve: bool = True
    max_age: int = 3600


def setup(app: Registrar) -> None:
    """Serve and name the files in the folders that packages contribute."""
    settings = app.section("static", StaticSettings)
    app.provide(STATIC, lambda: StaticFiles([*map(Path, settings.dirs), *app.all(STATIC_DIRS)], settings.url))
    app.provide(ASSET_URL, lambda: app.require(STATIC).url_of)
    if settings.serve:

        def layer(handler: Handler) -> Handler:
            max_age = 0 if app.find(DEBUG) else settings.max_age
            return serve_static(lambda: app.require(STATIC), max_age)(handler)

        app.add(MIDDLEWARE, Layer(STATIC_ORDER, layer, "static files"))
    app.add(TEMPLATE_LIBRARIES, ("", "partita.static.templatetags"))
    app.add(TEMPLATE_LIBRARIES, ("static", "partita.static.templatetags"))
    app.add(COMMANDS, CollectStatic(settings.root))
    app.add(COMMANDS, FindStatic())
    app.add(CHECKS, _check)


def _check(app: Resolver) -> Iterable[Finding]:
    for folder in app.require(STATIC).dirs:
        if not folder.is_dir():
            yield Finding(
                "static.W004",
                "warning",
                f"The folder {folder} for static files is not there.",
                "Make it, or remove it.",
            )
