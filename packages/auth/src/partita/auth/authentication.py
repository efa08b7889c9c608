"""Find out who somebody is, from an address and a password."""

from partita import bridge
from partita.auth.errors import SetupError
from partita.auth.passwords import check_password
from partita.auth.signals import user_login_failed
from partita.auth.throttle import LOGIN_THROTTLE
from partita.auth.users import AbstractUser, UserManager, normalize_email
from partita.contracts.current import find
from partita.contracts.key import Key
from partita.http import Request

__all__ = ("USER_MODEL", "aauthenticate", "authenticate", "get_user_manager", "get_user_model")

USER_MODEL = Key[type[AbstractUser]]("partita.auth.user_model")
_LONGEST_EMAIL = 254


def get_user_model() -> type[AbstractUser]:
    """Return the user model of the current application, or the one of this package."""
    model = find(USER_MODEL)
    if model is None:
        from partita.auth.models import User  # only if it is used: an application may have no table for it

        return User
    return model


def get_user_manager() -> UserManager[AbstractUser]:
    """Return the manager that makes users of the current application's model.

    Raises:
        SetupError: If the model has another kind of manager.
    """
    model = get_user_model()
    manager: object = model.objects
    if not isinstance(manager, UserManager):
        raise SetupError(
            f"{model.__module__}.{model.__qualname__}.objects cannot make users. Write `objects = UserManager()` "
            "into the class, or a subclass of partita.auth.UserManager."
        )
    return manager


def authenticate(email: str, password: str, request: Request | None = None) -> AbstractUser | None:
    """Return the active user with this address and password, or None.

    It takes as long for an unknown address, an inactive user or one without a password as for a wrong password, so the
    time tells nobody who has an account (CVE-2024-39329, CVE-2025-13473).

    Args:
        email: As typed; of any length.
        password: As typed; of any length.
        request: If given, failures count for its address; see `LoginThrottle`.

    Raises:
        TooManyAttempts: If this account failed too often from the address of ``request``.
    """
    throttle = find(LOGIN_THROTTLE) if request is not None else None
    address = request.client[0] if request is not None and request.client else ""
    account = normalize_email(email[: _LONGEST_EMAIL + 1])
    if throttle is not None:
        throttle.check(account, address)
    model = get_user_model()
    user = model._default_manager.filter(email=account).first() if len(account) <= _LONGEST_EMAIL else None
    right = check_password(password, "") if user is None else user.check_password(password)
    if user is not None and right and user.is_active:
        if throttle is not None:
            throttle.succeeded(account, address)
        return user
    if throttle is not None:
        throttle.failed(account, address)
    user_login_failed.send(model, request=request, email=account)
    return None


async def aauthenticate(email: str, password: str, request: Request | None = None) -> AbstractUser | None:
    """Async twin of `authenticate`."""
    return await bridge.run(authenticate, email, password, request)
