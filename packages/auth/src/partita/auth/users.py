"""The usual user model: an address to log in with, a password, and what the person may do."""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from partita import bridge
from partita.auth.base_user import AbstractBaseUser
from partita.auth.finding_users import FindsByPermission
from partita.auth.permissions_mixin import PermissionsMixin
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import BooleanField, CharField, DateTimeField, EmailField
from partita.orm.moments import present

__all__ = ("AbstractUser", "UserManager", "normalize_email", "utc_now")

U = TypeVar("U", bound="AbstractUser")

_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def normalize_email(email: str) -> str:
    """Return the form in which an address is stored and looked for.

    Only the letters of ASCII become small: folding all of Unicode makes two mailboxes one (CVE-2019-19844).
    """
    return email.strip().translate(_TO_LOWER)


def utc_now() -> datetime:
    """Return the present moment, naive where the application has no zones; by a name that migrations can keep."""
    return present()


class UserManager(FindsByPermission[U]):
    """Makes users and finds them by address."""

    def create_user(self, email: str, password: str | None = None, **values: Any) -> U:
        """Store a new user.

        Args:
            email: What the person logs in with.
            password: None makes a user who cannot log in by password.
            values: Other fields.

        Raises:
            ValueError: If ``email`` is empty.
            IntegrityError: If there is such a user.
        """
        if not normalize_email(email):
            raise ValueError("a user needs an e-mail address")
        user: U = self.model(email=email, **values)
        user.set_password(password)
        user.save(using=self._using)
        return user

    async def acreate_user(self, email: str, password: str | None = None, **values: Any) -> U:
        """Async twin of `create_user`."""
        return await bridge.run(self.create_user, email, password, **values)

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> U:
        """Store a new user who may do everything; see `create_user`."""
        return self.create_user(email, password, **{**values, "is_staff": True, "is_superuser": True})

    async def acreate_superuser(self, email: str, password: str | None = None, **values: Any) -> U:
        """Async twin of `create_superuser`."""
        return await bridge.run(self.create_superuser, email, password, **values)

    def get_by_natural_key(self, email: str) -> U:
        """Return the user with this address.

        Raises:
            ObjectDoesNotExist: If there is none.
        """
        return self.get(email=normalize_email(email))

    async def aget_by_natural_key(self, email: str) -> U:
        """Async twin of `get_by_natural_key`."""
        return await bridge.run(self.get_by_natural_key, email)


class AbstractUser(AbstractBaseUser, PermissionsMixin):
    """Inherit this for a user model of your own, and name it in the settings (``[auth] user_model``)."""

    USERNAME_FIELD: ClassVar[str] = "email"

    email = EmailField(_("email"), max_length=254, unique=True)
    name = CharField(_("name"), max_length=150, blank=True, default="")
    is_active = BooleanField(
        _("active"), default=True, help_text=_("May log in. Take this away instead of deleting a user.")
    )
    is_staff = BooleanField(_("staff"), default=False, help_text=_("May enter the administration."))
    date_joined = DateTimeField(_("joined"), default=utc_now, editable=False)

    objects: ClassVar[UserManager[Self]] = UserManager()  # pyright: ignore[reportIncompatibleVariableOverride] # as Django's

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride] # options, which nobody takes for those of a parent
        abstract = True
        ordering = ("email",)
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user, the address in the form it is looked for."""
        self.email = normalize_email(self.email)
        super().save(*args, **kwargs)
