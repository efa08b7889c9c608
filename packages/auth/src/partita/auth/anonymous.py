"""Who has not logged in, with the attributes of who has."""

from typing import Literal

__all__ = ("AnonymousUser",)


class AnonymousUser:
    """Nobody in particular; may do nothing that needs a permission."""

    __slots__ = ()

    pk: None = None
    id: None = None
    email = ""
    name = ""
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

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """Return False: whoever may do something has logged in."""
        return False

    def has_perms(self, permissions: tuple[str, ...], obj: object = None) -> bool:
        """Return whether there is nothing to be allowed."""
        return not permissions

    def __str__(self) -> str:
        return "AnonymousUser"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnonymousUser)

    def __hash__(self) -> int:
        return 1
