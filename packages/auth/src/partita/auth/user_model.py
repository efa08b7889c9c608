"""Which model an application's users are of."""

from typing import TYPE_CHECKING, Any

from partita.auth.errors import SetupError
from partita.contracts.current import find
from partita.contracts.key import Key

if TYPE_CHECKING:
    from partita.auth.users import AbstractUser, UserManager

__all__ = ("USER_MODEL", "get_user_manager", "get_user_model")

USER_MODEL = Key["type[AbstractUser]"]("partita.auth.user_model")


def get_user_model() -> "type[AbstractUser]":
    """Return the user model of the current application, or the one of this package."""
    model = find(USER_MODEL)
    if model is None:
        from partita.auth.models import User  # only if it is used: an application may have no table for it

        return User
    return model


def get_user_manager() -> "UserManager[AbstractUser]":
    """Return the manager that makes users of the current application's model.

    Raises:
        SetupError: If the model has another kind of manager.
    """
    model = get_user_model()
    manager: Any = model.objects
    if not all(callable(getattr(manager, name, None)) for name in ("create_user", "create_superuser")):
        raise SetupError(
            f"{model.__module__}.{model.__qualname__}.objects cannot make users. Write `objects = UserManager()` "
            "into the class, or a subclass of partita.auth.UserManager."
        )
    return manager  # type: ignore[no-any-return]  # it has the methods that this is asked for
