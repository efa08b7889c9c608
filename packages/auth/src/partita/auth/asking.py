"""Questions about a user, put to one backend after the other."""

from collections.abc import Iterable
from typing import Any

from partita.auth.backends import get_backends
from partita.http import Forbidden

__all__ = ("DENIALS", "HasPermissions", "aask", "aask_for_all", "ask", "ask_for_all", "several")

DENIALS = (PermissionError, Forbidden)
"""What a backend raises so that no other one is asked."""


def ask(user: Any, question: str, *about: object) -> bool:
    """Return whether a backend says yes before one forbids it.

    Args:
        user: Perhaps an anonymous one.
        question: The method of the backends; one that has it not says nothing.
        about: Its other arguments.
    """
    for backend in get_backends():
        method = getattr(backend, question, None)
        try:
            if method is not None and method(user, *about):
                return True
        except DENIALS:
            return False
    return False


async def aask(user: Any, question: str, *about: object) -> bool:
    """Async twin of `ask`; the methods are async."""
    for backend in get_backends():
        method = getattr(backend, question, None)
        try:
            if method is not None and await method(user, *about):
                return True
        except DENIALS:
            return False
    return False


def ask_for_all(user: Any, obj: object, question: str) -> set[str]:
    """Return what all backends say together."""
    found: set[str] = set()
    for backend in get_backends():
        method = getattr(backend, question, None)
        if method is not None:
            found |= method(user, obj)
    return found


async def aask_for_all(user: Any, obj: object, question: str) -> set[str]:
    """Async twin of `ask_for_all`; the methods are async."""
    found: set[str] = set()
    for backend in get_backends():
        method = getattr(backend, question, None)
        if method is not None:
            found |= await method(user, obj)
    return found


def several(permissions: Iterable[str]) -> Iterable[str]:
    """Return ``permissions``.

    Raises:
        ValueError: If it is a text, whose letters would be taken for permissions.
    """
    if isinstance(permissions, str) or not isinstance(permissions, Iterable):
        raise ValueError("perm_list must be an iterable of permissions.")
    return permissions


class HasPermissions:
    """The permissions of a user, or of somebody who has not logged in, as all backends together know them."""

    __slots__ = ()

    def get_user_permissions(self, obj: object = None) -> set[str]:
        """Return the permissions given to the user, such as ``shop.change_album``."""
        return ask_for_all(self, obj, "get_user_permissions")

    async def aget_user_permissions(self, obj: object = None) -> set[str]:
        """Async twin of `get_user_permissions`."""
        return await aask_for_all(self, obj, "aget_user_permissions")

    def get_group_permissions(self, obj: object = None) -> set[str]:
        """Return the permissions that the user has by being in groups."""
        return ask_for_all(self, obj, "get_group_permissions")

    async def aget_group_permissions(self, obj: object = None) -> set[str]:
        """Async twin of `get_group_permissions`."""
        return await aask_for_all(self, obj, "aget_group_permissions")

    def get_all_permissions(self, obj: object = None) -> set[str]:
        """Return all permissions of the user."""
        return ask_for_all(self, obj, "get_all_permissions")

    async def aget_all_permissions(self, obj: object = None) -> set[str]:
        """Async twin of `get_all_permissions`."""
        return await aask_for_all(self, obj, "aget_all_permissions")
