"""What packages contribute by merely being there: folders, models, keys that join siblings."""

from collections.abc import Iterable, Sequence

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.fixtures import FIXTURE_DIRS
from partita.contracts.models import MODEL_PACKAGES
from partita.contracts.static import STATIC_DIRS
from partita.contracts.templates import TEMPLATE_DIRS
from partita.web.keys import SETTINGS
from partita.web.packages import AppPackage

__all__ = ("contribute", "discover", "set_up")


def contribute(app: Registrar, defaults: Sequence[AppPackage], packages: Sequence[AppPackage]) -> None:
    """Register folders of all packages, and what siblings need from the settings.

    The project's own packages stand before partita's, so that they can replace templates and files.
    """
    for package in _own_first(packages, defaults):
        for point, name in ((TEMPLATE_DIRS, "templates"), (STATIC_DIRS, "static"), (FIXTURE_DIRS, "fixtures")):
            folder = package.below(name)
            if folder is not None:
                app.add(point, folder)
        if packages:  # an application in one file has its models wherever it is
            app.add(MODEL_PACKAGES, package.name)
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

        with_i18n.setup(app)


def set_up(app: Registrar, package: AppPackage, defaults: Sequence[AppPackage], packages: Sequence[AppPackage]) -> None:
    """Let one of the packages register what it has."""
    if package.name == "partita.migrations":
        from partita.web import with_migrations

        with_migrations.setup(app, packages, [other for other in defaults if other.name != package.name])
    elif package.name == "partita.i18n":
        from partita.web import with_i18n

        with_i18n.add_folders(app, _own_first(packages, defaults))
    integration = package.load("integration")
    if integration is not None:
        integration.setup(app)


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


def _own_first(packages: Sequence[AppPackage], defaults: Sequence[AppPackage]) -> Iterable[AppPackage]:
    own = [package for package in packages if not package.name.startswith("partita.")]
    others = [package for package in packages if package not in own]
    return (*own, *others, *defaults)
