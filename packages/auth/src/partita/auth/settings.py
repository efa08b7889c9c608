"""What the section ``auth`` of an application's settings may say."""

import msgspec

from partita.contracts.current import find
from partita.contracts.key import Key
from partita.security.clear_site_data import DataKind
from partita.urls import reverse

__all__ = ("AUTH_SETTINGS", "AuthSettings", "auth_settings", "resolve_url")


class AuthSettings(msgspec.Struct, frozen=True):
    """Where to go, who may come, how passwords are kept.

    Args:
        user_model: Module and class, such as ``shop.models:Customer``; a subclass of `AbstractUser` or `AbstractBaseUser`.
        backends: Modules and classes that know who somebody is and what they may do, asked one after the other.
        login_url: A path or the name of a URL: where people go who must log in first.
        login_redirect_url: Where they go afterwards, unless the request says where.
        logout_redirect_url: Where they go after logging out.
        clear_site_data: What browsers forget at log-out, for `partita.security.clear_site_data`; empty sends no such order. ``cookies``
            is left out by default, as it takes those of all hosts of the domain; the session's own goes anyway.
        signup: Whether people may make their own account.
        login_required: Let nobody in without a login, except to views marked `login_not_required`.
        password_min_length: Characters a new password has at least.
        login_attempts: Failures per account and address before a pause; 0 switches this off.
        login_pause: Seconds of that pause.
        argon2_time_cost: Passes over the memory when a password is hashed.
        argon2_memory_cost: KiB that one hash fills.
        argon2_parallelism: Lanes of one hash.
    """

    user_model: str = "partita.auth.models:User"
    backends: tuple[str, ...] = ("partita.auth.backends:ModelBackend",)
    login_url: str = "auth:login"
    login_redirect_url: str = "/"
    logout_redirect_url: str = "/"
    clear_site_data: tuple[DataKind, ...] = ("cache", "storage")
    signup: bool = True
    login_required: bool = False
    password_min_length: int = 12
    login_attempts: int = 5
    login_pause: float = 900.0
    argon2_time_cost: int = 2
    argon2_memory_cost: int = 19_456
    argon2_parallelism: int = 1


AUTH_SETTINGS = Key[AuthSettings]("partita.auth.settings")


def auth_settings() -> AuthSettings:
    """Return the settings of the current application, or the defaults."""
    return find(AUTH_SETTINGS) or AuthSettings()


def resolve_url(path_or_name: str) -> str:
    """Return a path as it is, and the path of a named URL."""
    return path_or_name if "/" in path_or_name else reverse(path_or_name)
