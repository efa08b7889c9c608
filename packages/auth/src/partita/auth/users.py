"""What every user model has: an address to log in with, a password, and what the person may do."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Self, TypeVar

from partita import bridge
from partita.auth.passwords import check_password, is_password_usable, make_password
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import BooleanField, CharField, DateTimeField, EmailField, Manager, Model

__all__ = ("AbstractUser", "UserManager", "normalize_email", "utc_now")

U = TypeVar("U", bound="AbstractUser")

_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def normalize_email(email: str) -> str:
    """Return the form in which an address is stored and looked for.

    Only the letters of ASCII become small: folding all of Unicode makes two mailboxes one (CVE-2019-19844).
    """
    return email.strip().translate(_TO_LOWER)


def utc_now() -> datetime:
    """Return the present moment; by a name that migrations can keep."""
    return datetime.now(UTC)


class UserManager(Manager[U]):
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
        user.save()
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


class AbstractUser(Model):
    """Inherit this for a user model of your own, and name it in the settings (``[auth] user_model``)."""

    email = EmailField(_("email"), max_length=254, unique=True)
    name = CharField(_("name"), max_length=150, blank=True, default="")
    password = CharField(_("password"), max_length=255, editable=False)
    is_active = BooleanField(
        _("active"), default=True, help_text=_("May log in. Take this away instead of deleting a user.")
    )
    is_staff = BooleanField(_("staff"), default=False, help_text=_("May enter the administration."))
    is_superuser = BooleanField(_("superuser"), default=False, help_text=_("May do everything."))
    last_login = DateTimeField(_("last login"), null=True, blank=True, editable=False)
    date_joined = DateTimeField(_("joined"), default=utc_now, editable=False)

    objects: ClassVar[UserManager[Self]] = UserManager()  # pyright: ignore[reportIncompatibleVariableOverride] # as Django's

    class Meta:
        abstract = True
        ordering = ("email",)
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.email

    @property
    def is_authenticated(self) -> Literal[True]:
        """Always True; an `AnonymousUser` says False."""
        return True

    @property
    def is_anonymous(self) -> Literal[False]:
        """Always False."""
        return False

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user, the address in the form it is looked for."""
        self.email = normalize_email(self.email)
        super().save(*args, **kwargs)

    def set_password(self, password: str | None) -> None:
        """Set a new password, to be stored by `save`; None makes one that nothing matches."""
        self.password = make_password(password)

    async def aset_password(self, password: str | None) -> None:
        """Async twin of `set_password`."""
        await bridge.run(self.set_password, password)

    def set_unusable_password(self) -> None:
        """Set a password that nothing matches, to be stored by `save`."""
        self.set_password(None)

    def has_usable_password(self) -> bool:
        """Tell whether any password can match."""
        return is_password_usable(self.password)

    def check_password(self, password: str | None) -> bool:
        """Tell whether ``password`` is right; a right one stored in an old way is stored anew."""
        return check_password(password, self.password, self._store_anew)

    async def acheck_password(self, password: str | None) -> bool:
        """Async twin of `check_password`."""
        return await bridge.run(self.check_password, password)

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """Tell whether the user may do ``permission``: superusers who are active may do everything."""
        return self.is_active and self.is_superuser

    def has_perms(self, permissions: tuple[str, ...], obj: object = None) -> bool:
        """Tell whether the user may do all of ``permissions``."""
        return all(self.has_perm(permission, obj) for permission in permissions)

    def natural_key(self) -> tuple[str]:
        """Return what names the user in every database."""
        return (self.email,)

    def _store_anew(self, password: str) -> None:
        old, self.password = self.password, make_password(password)
        # Only if nobody changed the password meanwhile: a change must not be undone by a login.
        type(self)._default_manager.filter(pk=self.pk, password=old).update(password=self.password)
