"""What packages contribute by merely being there: folders, models, keys that join siblings."""

from collections.abc import Iterable, Sequence

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.static import STATIC_DIRS
from partita.contracts.templates import TEMPLATE_DIRS
from partita.web.keys import SETTINGS
from partita.web.packages import AppPackage

__all__ = ("contribute", "discover")


def contribute(app: Registrar, defaults: Sequence[AppPackage], packages: Sequence[AppPackage]) -> None:
    """Register folders of all packages, and what siblings need from the settings.

    The project's own packages stand before partita's, so that they can replace templates and files.
    """
    own = [package for package in packages if not package.name.startswith("partita.")]
    others = [package for package in packages if package not in own]
    for package in (*own, *others, *defaults):
        for point, name in ((TEMPLATE_DIRS, "templates"), (STATIC_DIRS, "static")):
            folder = package.below(name)
            if folder is not None:
                app.add(point, folder)
    app.add(CHECKS, check_settings)
    present = {package.name for package in (*defaults, *packages)}
    if "partita.signing" in present:
        from partita.web import with_signing

        with_signing.setup(app)
    if "partita.orm" in present:
        from partita.web import with_orm

        with_orm.setup(app)
    if "partita.i18n" in present:
        from partita.web import with_i18n

        with_i18n.setup(app, (*own, *others, *defaults))
    if "partita.migrations" in present:
        from partita.web import with_migrations

        with_migrations.setup(app, packages, [package for package in defaults if package.name != "partita.migrations"])


def discover(app: Registrar, packages: Sequence[AppPackage]) -> None:
    """Import what packages declare: models, and their part of the admin if there is one."""
    for package in packages:
        package.load("models")
    if any(package.name == "partita.admin" for package in packages):
        for package in packages:
            if package.name != "partita.admin":
                package.load("admin")


def check_settings(app: Resolver) -> Iterable[Finding]:
    """Report names at the top of the settings that nobody reads."""
    for name in app.require(SETTINGS).unused():
        yield Finding(
            "web.W001",
            "warning",
            f"Nobody reads {name!r} in the settings.",
            "Is it misspelt, or is the package it belongs to missing in apps?",
        )
