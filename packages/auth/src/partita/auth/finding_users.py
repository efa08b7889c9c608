"""Managers that find users by what they may do."""

from typing import TYPE_CHECKING, Any, TypeVar

from partita.auth.backends import get_backends, load_backend
from partita.auth.base_user import AbstractBaseUser, BaseUserManager
from partita.orm import QuerySet

if TYPE_CHECKING:
    from partita.auth.permissions import Permission

__all__ = ("FindsByPermission",)

U = TypeVar("U", bound=AbstractBaseUser)


class FindsByPermission(BaseUserManager[U]):
    """Adds `with_perm`."""

    def with_perm(
        self,
        perm: "str | Permission",
        is_active: bool | None = True,
        include_superusers: bool = True,
        backend: str | None = None,
        obj: object = None,
    ) -> QuerySet[U]:
        """Return the users who may do ``perm``.

        Args:
            perm: Such as ``shop.change_album``, or the row itself.
            is_active: Active users only, or inactive ones only; None for all.
            include_superusers: Superusers may, too.
            backend: The backend to ask, by its path; needed where there are several.
            obj: A single object, for backends that know of these.

        Raises:
            ValueError: If there are several backends and none is named.
            TypeError: If ``backend`` is no text.
        """
        if backend is None:
            known = get_backends()
            if len(known) != 1:
                raise ValueError(
                    "You have multiple authentication backends configured and therefore must provide the `backend` argument."
                )
            asked: Any = known[0]
        elif isinstance(backend, str):
            asked = load_backend(backend)
        else:
            raise TypeError(f"backend must be a dotted import path string (got {backend!r}).")
        if not hasattr(asked, "with_perm"):  # a backend that keeps no list of users
            none: QuerySet[U] = self.none()
            return none
        found: QuerySet[U] = asked.with_perm(perm, is_active=is_active, include_superusers=include_superusers, obj=obj)
        return found
