"""The models of this package: permissions, groups, and the users that applications have unless they name their own."""

from typing import ClassVar

from partita.auth.groups import Group, GroupManager
from partita.auth.permissions import Permission, PermissionManager
from partita.auth.users import AbstractUser, UserManager
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import ManyToManyField

__all__ = ("Group", "GroupManager", "Permission", "PermissionManager", "User")


class User(AbstractUser):
    """Somebody with an account."""

    # Found as ``group.user_set`` and ``permission.user_set``, and in queries as ``group__user``.
    groups = ManyToManyField(
        Group,
        verbose_name=_("groups"),
        blank=True,
        related_name="user_set",
        related_query_name="user",
        help_text=_("The user may do what any of these groups may."),
    )
    user_permissions = ManyToManyField(
        Permission,
        verbose_name=_("user permissions"),
        blank=True,
        related_name="user_set",
        related_query_name="user",
        help_text=_("What this user may do besides."),
    )

    objects: ClassVar["UserManager[User]"] = UserManager()  # pyright: ignore[reportIncompatibleVariableOverride] # of this class
