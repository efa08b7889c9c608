"""Groups of users, who may do what their group may."""

from typing import ClassVar

from partita import bridge
from partita.auth.permissions import Permission
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import CharField, Manager, ManyToManyField, Model

__all__ = ("Group", "GroupManager")


class GroupManager(Manager["Group"]):
    """Finds groups by name."""

    def get_by_natural_key(self, name: str) -> "Group":
        """Return the group ``name``.

        Raises:
            Group.DoesNotExist: If there is none.
        """
        return self.get(name=name)

    async def aget_by_natural_key(self, name: str) -> "Group":
        """Async twin of `get_by_natural_key`."""
        return await bridge.run(self.get_by_natural_key, name)


class Group(Model):
    """Users who may do the same things; a user may be in several."""

    name = CharField(_("name"), max_length=150, unique=True)
    permissions = ManyToManyField(Permission, verbose_name=_("permissions"), blank=True)

    objects: ClassVar[GroupManager] = GroupManager()  # pyright: ignore[reportIncompatibleVariableOverride] # of this class

    class Meta:
        app_label = "auth"
        verbose_name = _("group")
        verbose_name_plural = _("groups")

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        """Return what names the group in every database."""
        return (self.name,)
