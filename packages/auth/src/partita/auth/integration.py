"""What auth gives an application: users, the middleware that finds them, commands."""

import sys
from contextlib import suppress
from importlib import import_module
from typing import cast

from partita.auth.backends import BACKENDS, load_backend
from partita.auth.base_user import AbstractBaseUser
from partita.auth.commands import ChangePassword, CreateSuperuser
from partita.auth.creating_permissions import create_permissions
from partita.auth.decorators import login_required_guard
from partita.auth.errors import SetupError
from partita.auth.hashers import Argon2Hasher, Hashers, Pbkdf2Hasher, ScryptHasher
from partita.auth.measures import auth_measures
from partita.auth.middleware import forgetting, user_context, with_user
from partita.auth.password_rules import PASSWORD_RULES, MinimumLength, NotCommon, NotNumeric, NotSimilar
from partita.auth.passwords import HASHERS
from partita.auth.permission_checks import check_permissions
from partita.auth.permissions import Permission
from partita.auth.settings import AUTH_SETTINGS, AuthSettings
from partita.auth.stale_permissions import RemoveStalePermissions, report_stale
from partita.auth.throttle import LOGIN_THROTTLE, LoginThrottle
from partita.auth.user_model import USER_MODEL
from partita.auth.users import AbstractUser
from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.measures import MEASURES
from partita.contracts.templates import CONTEXT_PROCESSORS
from partita.http import GUARDS, MIDDLEWARE, Layer
from partita.http.handlers import AUTH
from partita.orm import Database
from partita.orm.databases import current_databases

__all__ = ("REQUIRES", "setup")

REQUIRES = ("partita.contenttypes",)
"""Packages that an application gets along with this one: permissions are about models, which content types name."""


def setup(app: Registrar) -> None:
    """Give ``app`` users: ``request.state.user``, ``user`` in templates, hashers and rules as the settings say."""
    settings = app.section("auth", AuthSettings)
    app.provide(AUTH_SETTINGS, lambda: settings)
    app.provide(USER_MODEL, lambda: _user_model(settings.user_model))
    app.provide(BACKENDS, lambda: tuple(load_backend(path) for path in settings.backends))
    app.provide(HASHERS, lambda: _hashers(settings))
    app.provide(LOGIN_THROTTLE, lambda: LoginThrottle(settings.login_attempts, settings.login_pause))
    rules = (MinimumLength(settings.password_min_length), NotSimilar(), NotCommon(), NotNumeric())
    app.provide(PASSWORD_RULES, lambda: rules)
    app.add(MIDDLEWARE, Layer(AUTH, with_user, "auth"))
    if settings.clear_site_data:
        app.add(MIDDLEWARE, Layer(AUTH - 10, forgetting(settings.clear_site_data), "clear site data"))
    app.add(CONTEXT_PROCESSORS, user_context)
    app.add(MEASURES, lambda resolver: auth_measures(settings))
    app.add(COMMANDS, CreateSuperuser())
    app.add(COMMANDS, ChangePassword())
    app.add(COMMANDS, RemoveStalePermissions())
    app.add(CHECKS, check_permissions)
    with suppress(ModuleNotFoundError):
        from partita.migrations.integration import AFTER_MIGRATE

        app.add(AFTER_MIGRATE, _after_migrate)
    if settings.login_required:
        app.add(GUARDS, login_required_guard)


def _after_migrate(database: Database) -> None:
    meta = Permission._meta
    if current_databases().allow_migrate(database.alias, meta.app_label, meta.model_name):
        create_permissions(database)
        report_stale(database, sys.stdout.write)


def _hashers(settings: AuthSettings) -> Hashers:
    argon2 = Argon2Hasher(settings.argon2_time_cost, settings.argon2_memory_cost, settings.argon2_parallelism)
    return Hashers(argon2, Pbkdf2Hasher(), ScryptHasher())


def _user_model(name: str) -> type[AbstractUser]:
    module, _, attribute = name.partition(":")
    try:
        model = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise SetupError(
            f"[auth] user_model is {name!r}, which cannot be imported ({error}). "
            "Name a module and a class, as in shop.models:Customer."
        ) from error
    if not (isinstance(model, type) and issubclass(model, AbstractBaseUser)):
        raise SetupError(
            f"[auth] user_model is {name!r}, expected a subclass of partita.auth.AbstractUser or AbstractBaseUser."
        )
    return cast("type[AbstractUser]", model)  # those that have fewer fields have what this package needs
