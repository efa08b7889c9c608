"""What gives a user model permissions: superusers, groups, and permissions of its own."""

from collections.abc import Iterable

from partita.auth.asking import HasPermissions, aask, ask, several
from partita.auth.groups import Group
from partita.auth.permissions import Permission
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import BooleanField, ManyToManyField, Model

__all__ = ("PermissionsMixin",)


class PermissionsMixin(HasPermissions, Model):
    """Inherit this beside `AbstractBaseUser`. What a user may do is what the application's backends say."""

    is_superuser = BooleanField(_("superuser"), default=False, help_text=_("May do everything."))
    # The names of the ways back have the app in them, for an application may have several models of users.
    groups = ManyToManyField(
        Group,
        verbose_name=_("groups"),
        blank=True,
        related_name="%(app_label)s_%(class)s_set",
        related_query_name="%(app_label)s_%(class)s",
        help_text=_("The user may do what any of these groups may."),
    )
    user_permissions = ManyToManyField(
        Permission,
        verbose_name=_("user permissions"),
        blank=True,
        related_name="%(app_label)s_%(class)s_set",
        related_query_name="%(app_label)s_%(class)s",
        help_text=_("What this user may do besides."),
    )

    class Meta:
        abstract = True

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Tell whether the user may do ``perm``, to ``obj`` if given: superusers who are active may do everything.

        Args:
            perm: Such as ``shop.change_album``.
            obj: One row; backends that know of single rows are needed to allow anything then.
        """
        return self._is_almighty() or ask(self, "has_perm", perm, obj)

    async def ahas_perm(self, perm: str, obj: object = None) -> bool:
        """Async twin of `has_perm`."""
        return self._is_almighty() or await aask(self, "ahas_perm", perm, obj)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Tell whether the user may do all of ``perm_list``.

        Raises:
            ValueError: If it is a single text.
        """
        return all(self.has_perm(perm, obj) for perm in several(perm_list))

    async def ahas_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Async twin of `has_perms`."""
        for perm in several(perm_list):
            if not await self.ahas_perm(perm, obj):
                return False
        return True

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether the user may do anything in an app."""
        return self._is_almighty() or ask(self, "has_module_perms", app_label)

    async def ahas_module_perms(self, app_label: str) -> bool:
        """Async twin of `has_module_perms`."""
        return self._is_almighty() or await aask(self, "ahas_module_perms", app_label)

    def _is_almighty(self) -> bool:
        return bool(getattr(self, "is_active", True)) and self.is_superuser
