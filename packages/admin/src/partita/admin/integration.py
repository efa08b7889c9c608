"""What the administration does for an application: registers its users, reports mistakes in what is registered."""

from collections.abc import Iterable

from partita.admin.columns import make_column
from partita.admin.errors import OptionsError
from partita.admin.fields import field_at
from partita.admin.options import ModelAdmin
from partita.admin.sites import site
from partita.admin.users import GroupAdmin, UserAdmin
from partita.auth import AuthSettings, Group
from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver

__all__ = ("REQUIRES", "setup")

REQUIRES = ("partita.forms", "partita.auth")
"""Packages that an application gets along with this one: the script for rows of forms, and users."""


def setup(app: Registrar) -> None:
    """Register the users of `partita.auth`, unless the application has its own, and add the checks."""
    settings = app.section("auth", AuthSettings)
    if not site.is_registered(Group):
        site.register(Group, GroupAdmin)
    if settings.user_model == AuthSettings().user_model:
        from partita.auth.models import User  # an application with users of its own has no use for these

        if not site.is_registered(User):
            site.register(User, UserAdmin)
    app.add(CHECKS, check_site)


def check_site(app: Resolver) -> Iterable[Finding]:
    """Report what a `ModelAdmin` of the default site names that is not there."""
    for admin in site.model_admins:
        yield from _check_admin(admin)


def _check_admin(admin: ModelAdmin) -> Iterable[Finding]:
    for source in admin.list_display:
        try:
            make_column(admin, source)
        except OptionsError as error:
            yield Finding("admin.E108", "error", str(error))
    paths = [("list_filter", "admin.E116", each) for each in admin.list_filter]
    paths += [("search_fields", "admin.E117", each.lstrip("^=")) for each in admin.search_fields]
    paths += [("ordering", "admin.E033", each.lstrip("-")) for each in admin.ordering]
    for option, id_, each in paths:
        path = each[0] if isinstance(each, tuple) else each
        if isinstance(path, str) and path not in {"pk", "?"} and field_at(admin.model, path) is None:
            wrong = OptionsError(type(admin).__name__, option, path, f"a field of {admin.model.__name__}")
            yield Finding(id_, "error", str(wrong))
