"""Permissions in templates: ``{% if perms.shop.change_album %}``."""

from collections.abc import Callable
from typing import NoReturn

from partita.auth.anonymous import AnonymousUser
from partita.auth.users import AbstractUser

__all__ = ("ModulePermissions", "Permissions")

Whose = Callable[[], AbstractUser | AnonymousUser]


class Permissions:
    """What a user may do, by application label; the user is looked up when somebody asks.

    ``perms.shop`` is true if the user may do anything in ``shop``, ``perms.shop.change_album`` if they may do that, and
    ``"shop.change_album" in perms`` says the same.

    Args:
        whose: Returns the user.
    """

    __slots__ = ("_whose",)

    def __init__(self, whose: Whose) -> None:
        self._whose = whose

    def __getitem__(self, label: str) -> "ModulePermissions":
        return ModulePermissions(self._whose, label)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        label, dot, codename = name.partition(".")
        return self[label][codename] if dot else bool(self[label])

    def __iter__(self) -> NoReturn:
        # Without this, Python would call `__getitem__` with 0, 1, 2 and never end.
        raise TypeError("permissions cannot be listed here; ask for one by name, as in perms.shop.change_album")


class ModulePermissions:
    """What a user may do in one application.

    Args:
        whose: Returns the user.
        label: Of the application.
    """

    __slots__ = ("_label", "_whose")

    def __init__(self, whose: Whose, label: str) -> None:
        self._whose, self._label = whose, label

    def __getitem__(self, codename: str) -> bool:
        return self._whose().has_perm(f"{self._label}.{codename}")

    def __bool__(self) -> bool:
        return self._whose().has_module_perms(self._label)

    def __iter__(self) -> NoReturn:
        raise TypeError("permissions cannot be listed here; ask for one by name, as in perms.shop.change_album")
