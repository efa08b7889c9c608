"""The user model that applications have unless they name their own."""

from typing import ClassVar

from partita.auth.users import AbstractUser, UserManager

__all__ = ("User",)


class User(AbstractUser):
    """Somebody with an account."""

    objects: ClassVar["UserManager[User]"] = UserManager()  # pyright: ignore[reportIncompatibleVariableOverride] # of this class
