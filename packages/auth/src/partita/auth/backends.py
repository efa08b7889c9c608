"""Backends: who somebody is, and what they may do. An application asks its backends one after the other."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from partita import bridge
from partita.auth.errors import SetupError
from partita.auth.passwords import check_password
from partita.auth.permissions import Permission
from partita.auth.user_model import get_user_model
from partita.contracts.current import find
from partita.contracts.key import Key
from partita.http import Request
from partita.orm import ObjectDoesNotExist, Q, QuerySet

__all__ = (
    "BACKENDS",
    "AllowAllUsersModelBackend",
    "BaseBackend",
    "ModelBackend",
    "backend_path",
    "get_backends",
    "load_backend",
)

_LONGEST_NAME = 254


class BaseBackend:
    """Knows nobody and allows nothing; inherit it and say more.

    The twins with an ``a`` do what the plain ones do; override them if yours has something better to do than to await them.
    """

    def authenticate(self, request: Request | None, **credentials: Any) -> Any | None:
        """Return the user with these credentials, or None.

        Raises:
            PermissionError: If nobody else is to be asked; `partita.http.Forbidden` says the same.
        """
        return None

    async def aauthenticate(self, request: Request | None, **credentials: Any) -> Any | None:
        """Async twin of `authenticate`."""
        return await bridge.run(lambda: self.authenticate(request, **credentials))

    def get_user(self, user_id: object) -> Any | None:
        """Return the user with this primary key, who may be logged in, or None."""
        return None

    async def aget_user(self, user_id: object) -> Any | None:
        """Async twin of `get_user`."""
        return await bridge.run(self.get_user, user_id)

    def get_user_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Return the permissions that the user has, such as ``shop.change_album``."""
        return set()

    async def aget_user_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Async twin of `get_user_permissions`."""
        return await bridge.run(self.get_user_permissions, user_obj, obj)

    def get_group_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Return the permissions that the user has by being in groups."""
        return set()

    async def aget_group_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Async twin of `get_group_permissions`."""
        return await bridge.run(self.get_group_permissions, user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Return both kinds of permissions."""
        return {*self.get_user_permissions(user_obj, obj), *self.get_group_permissions(user_obj, obj)}

    async def aget_all_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Async twin of `get_all_permissions`."""
        return {*await self.aget_user_permissions(user_obj, obj), *await self.aget_group_permissions(user_obj, obj)}

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        """Tell whether the user may do ``perm``, to ``obj`` if there is one.

        Raises:
            PermissionError: If the user may not, whatever other backends say.
        """
        return perm in self.get_all_permissions(user_obj, obj)

    async def ahas_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        """Async twin of `has_perm`."""
        return perm in await self.aget_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether the user may do anything in an app."""
        return any(perm.partition(".")[0] == app_label for perm in self.get_all_permissions(user_obj))

    async def ahas_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Async twin of `has_module_perms`."""
        return any(perm.partition(".")[0] == app_label for perm in await self.aget_all_permissions(user_obj))


class ModelBackend(BaseBackend):
    """Users and permissions as the database has them; what a user may do is asked once for each instance."""

    def authenticate(
        self, request: Request | None, username: Any = None, password: str | None = None, **credentials: Any
    ) -> Any | None:
        """Return the user with this name and password who may log in, or None; it takes as long in either case.

        Args:
            request: Where this comes from.
            username: What the user logs in with; may also be given by the name of the user model's field.
            password: As typed.
            credentials: Others, which are not for this backend, but for that name.
        """
        model = get_user_model()
        name = credentials.get(model.USERNAME_FIELD) if username is None else username
        if name is None or password is None:
            return None
        user = _user_named(model, name)
        # An unknown or inactive user takes the same time as a wrong password (CVE-2024-39329, CVE-2025-13473).
        right = check_password(password, "") if user is None else user.check_password(password)
        return user if user is not None and right and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Tell whether ``user`` may log in: not if inactive; models without ``is_active`` let everybody in."""
        return bool(getattr(user, "is_active", True))

    def get_user(self, user_id: object) -> Any | None:
        """Return the user with this primary key who may be logged in, or None."""
        model = get_user_model()
        try:
            key = model._meta.pk.to_python(user_id)
        except (ValueError, TypeError):  # ValidationError is a ValueError: the model once had another kind of key
            return None
        if isinstance(key, int) and abs(key) >= 2**63:  # no database has such a number
            return None
        user = model._default_manager.filter(pk=key).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    # -- what a user may do -------------------------------------------------------------------------------------------

    def get_user_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Return the permissions given to the user; all for a superuser. None are about a single object."""
        return self._permissions(user_obj, obj, "_user_perm_cache", self._get_user_permissions)

    def get_group_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Return the permissions given to the user's groups; all for a superuser. None are about a single object."""
        return self._permissions(user_obj, obj, "_group_perm_cache", self._get_group_permissions)

    def get_all_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Return both kinds of permissions."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        found: set[str] | None = user_obj.__dict__.get("_perm_cache")
        if found is None:
            found = user_obj.__dict__["_perm_cache"] = super().get_all_permissions(user_obj)
        return found

    async def aget_all_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        """Async twin of `get_all_permissions`."""
        return await bridge.run(self.get_all_permissions, user_obj, obj)

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        """Tell whether an active user may do ``perm``; nobody may do it to a single object as far as this backend knows."""
        return bool(user_obj.is_active) and super().has_perm(user_obj, perm, obj)

    async def ahas_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        """Async twin of `has_perm`."""
        return bool(user_obj.is_active) and await super().ahas_perm(user_obj, perm, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether an active user may do anything in an app."""
        return bool(user_obj.is_active) and super().has_module_perms(user_obj, app_label)

    async def ahas_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Async twin of `has_module_perms`."""
        return bool(user_obj.is_active) and await super().ahas_module_perms(user_obj, app_label)

    def with_perm(
        self,
        perm: "str | Permission",
        is_active: bool | None = True,
        include_superusers: bool = True,
        obj: object = None,
    ) -> QuerySet[Any]:
        """Return the users who may do ``perm``, by themselves or by a group.

        Args:
            perm: Such as ``shop.change_album``, or the row itself.
            is_active: Active users only, or inactive ones only; None for all.
            include_superusers: Superusers may, too.
            obj: A single object; nobody may as far as this backend knows.

        Raises:
            TypeError: If ``perm`` is neither of the two.
            ValueError: If a text has no dot.
        """
        users: Any = get_user_model()._default_manager.all()
        if obj is not None:
            return users.none()  # type: ignore[no-any-return]  # users of whichever model
        rows = _permission_rows(perm)
        wanted = Q(pk__in=users.order_by().filter(user_permissions__in=rows).values("pk"))
        wanted |= Q(pk__in=users.order_by().filter(groups__permissions__in=rows).values("pk"))
        if include_superusers:
            wanted |= Q(is_superuser=True)
        if is_active is not None:
            wanted &= Q(is_active=is_active)
        return users.filter(wanted)  # type: ignore[no-any-return]  # same

    def _permissions(self, user: Any, obj: object, kept: str, rows_for: Any) -> set[str]:
        if not user.is_active or user.is_anonymous or obj is not None:
            return set()
        found: set[str] | None = user.__dict__.get(kept)
        if found is None:
            rows = Permission.objects.all() if user.is_superuser else rows_for(user)
            pairs = rows.order_by().values_list("content_type__app_label", "codename")
            found = user.__dict__[kept] = {f"{label}.{codename}" for label, codename in pairs}
        return found

    def _get_user_permissions(self, user: Any) -> QuerySet[Permission]:
        return user.user_permissions.all()  # type: ignore[no-any-return]  # a user of whichever model

    def _get_group_permissions(self, user: Any) -> QuerySet[Permission]:
        # By keys of groups: the name of the way back from a group to its users is the user model's choice.
        return Permission.objects.filter(group__in=user.groups.order_by().values("pk"))


class AllowAllUsersModelBackend(ModelBackend):
    """Lets inactive users log in, too."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Return True."""
        return True


BACKENDS = Key[tuple[BaseBackend, ...]]("partita.auth.backends")
_DEFAULT = (ModelBackend(),)


def get_backends() -> Sequence[BaseBackend]:
    """Return the backends of the current application in the order of the settings; `ModelBackend` without one."""
    found = find(BACKENDS)
    return _DEFAULT if found is None else found


def load_backend(path: str) -> BaseBackend:
    """Return a new backend.

    Args:
        path: Module and class, such as ``partita.auth.backends:ModelBackend``; a dot may stand for the colon.

    Raises:
        SetupError: If there is no such class.
    """
    module, _colon, name = path.partition(":") if ":" in path else path.rpartition(".")
    try:
        made: Any = getattr(import_module(module), name)()
    except (ImportError, AttributeError, ValueError) as error:
        raise SetupError(
            f"[auth] backends names {path!r}, which cannot be imported ({error}). "
            "Name a module and a class, as in partita.auth.backends:ModelBackend."
        ) from error
    return made  # type: ignore[no-any-return]  # whatever the class makes


def backend_path(backend: object) -> str:
    """Return what names the class of a backend in sessions."""
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}"


def _user_named(model: Any, name: Any) -> Any | None:
    if isinstance(name, str) and len(name) > _LONGEST_NAME:
        return None
    manager = model._default_manager
    find_user = getattr(manager, "get_by_natural_key", None)
    try:
        return manager.get(**{model.USERNAME_FIELD: name}) if find_user is None else find_user(name)
    except (ObjectDoesNotExist, ValueError):  # no field takes the name: nobody has it
        return None


def _permission_rows(perm: "str | Permission") -> QuerySet[Permission]:
    if isinstance(perm, Permission):
        return Permission.objects.filter(pk=perm.pk).order_by()
    if not isinstance(perm, str):
        raise TypeError("The `perm` argument must be a string or a permission instance.")
    label, dot, codename = perm.partition(".")
    if not dot or "." in codename:
        raise ValueError("Permission name should be in the form app_label.permission_codename.")
    return Permission.objects.filter(codename=codename, content_type__app_label=label).order_by()
