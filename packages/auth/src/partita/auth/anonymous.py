"""Who has not logged in, with the attributes of who has."""

from collections.abc import Iterable
from typing import Literal

from partita.auth.asking import HasPermissions, aask, ask, several

__all__ = ("AnonymousUser",)


class AnonymousUser(HasPermissions):
    """Nobody in particular; may do only what a backend of the application allows to everybody."""

    __slots__ = ()

    pk: None = None
    id: None = None
    email = ""
    name = ""
    username = ""
    is_active = False
    is_staff = False
    is_superuser = False

    @property
    def is_authenticated(self) -> Literal[False]:
        """Always False."""
        return False

    @property
    def is_anonymous(self) -> Literal[True]:
        """Always True."""
        return True

    def get_username(self) -> str:
        """Return an empty text."""
        return self.username

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Tell whether a backend lets everybody do ``perm``; `ModelBackend` does not."""
        return ask(self, "has_perm", perm, obj)

    async def ahas_perm(self, perm: str, obj: object = None) -> bool:
        """Async twin of `has_perm`."""
        return await aask(self, "ahas_perm", perm, obj)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Tell whether everybody may do all of ``perm_list``."""
        return all(self.has_perm(perm, obj) for perm in several(perm_list))

    async def ahas_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Async twin of `has_perms`."""
        for perm in several(perm_list):
            if not await self.ahas_perm(perm, obj):
                return False
        return True

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether everybody may do something in an app."""
        return ask(self, "has_module_perms", app_label)

    async def ahas_module_perms(self, app_label: str) -> bool:
        """Async twin of `has_module_perms`."""
        return await aask(self, "ahas_module_perms", app_label)

    def __str__(self) -> str:
        return "AnonymousUser"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnonymousUser)

    def __hash__(self) -> int:
        return 1
