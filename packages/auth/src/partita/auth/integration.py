"""What auth gives an application: users, the middleware that finds them, commands."""

from importlib import import_module

from partita.auth.authentication import USER_MODEL
from partita.auth.commands import ChangePassword, CreateSuperuser
from partita.auth.decorators import login_required_guard
from partita.auth.errors import SetupError
from partita.auth.hashers import Argon2Hasher, Hashers, Pbkdf2Hasher, ScryptHasher
from partita.auth.middleware import user_context, with_user
from partita.auth.password_rules import PASSWORD_RULES, MinimumLength, NotCommon, NotNumeric, NotSimilar
from partita.auth.passwords import HASHERS
from partita.auth.settings import AUTH_SETTINGS, AuthSettings
from partita.auth.throttle import LOGIN_THROTTLE, LoginThrottle
from partita.auth.users import AbstractUser
from partita.contracts.app import Registrar
from partita.contracts.commands import COMMANDS
from partita.contracts.templates import CONTEXT_PROCESSORS
from partita.http import GUARDS, MIDDLEWARE, Layer
from partita.http.handlers import AUTH

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Give ``app`` users: ``request.state.user``, ``user`` in templates, hashers and rules as the settings say."""
    settings = app.section("auth", AuthSettings)
    app.provide(AUTH_SETTINGS, lambda: settings)
    app.provide(USER_MODEL, lambda: _user_model(settings.user_model))
    app.provide(HASHERS, lambda: _hashers(settings))
    app.provide(LOGIN_THROTTLE, lambda: LoginThrottle(settings.login_attempts, settings.login_pause))
    rules = (MinimumLength(settings.password_min_length), NotSimilar(), NotCommon(), NotNumeric())
    app.provide(PASSWORD_RULES, lambda: rules)
    app.add(MIDDLEWARE, Layer(AUTH, with_user, "auth"))
    app.add(CONTEXT_PROCESSORS, user_context)
    app.add(COMMANDS, CreateSuperuser())
    app.add(COMMANDS, ChangePassword())
    if settings.login_required:
        app.add(GUARDS, login_required_guard)


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
    if not (isinstance(model, type) and issubclass(model, AbstractUser)):
        raise SetupError(f"[auth] user_model is {name!r}, expected a subclass of partita.auth.AbstractUser.")
    return model
