"""What any user model needs to log in: a name that is unique, and a password."""

import secrets
import unicodedata
from typing import Any, ClassVar, Literal, TypeVar

from partita import bridge
from partita.auth.passwords import check_password, is_password_usable, make_password
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import CharField, DateTimeField, Manager, Model

__all__ = ("AbstractBaseUser", "BaseUserManager")

U = TypeVar("U", bound="AbstractBaseUser")

_LONGEST_NAME = 1000
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another


class BaseUserManager(Manager[U]):
    """Finds users by what they log in with; inherit it and add ``create_user`` and ``create_superuser``."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return an address with its domain in small letters; the part before it is its host's business."""
        name, at, domain = (email or "").strip().rpartition("@")
        return f"{name}@{domain.lower()}" if at and name else (email or "")

    def make_random_password(self, length: int = 14, allowed_chars: str = _LETTERS) -> str:
        """Return a password of ``length`` random characters, to be handed over and changed."""
        return "".join(secrets.choice(allowed_chars) for _ in range(length))

    def get_by_natural_key(self, username: Any, /) -> U:
        """Return the user who logs in as ``username``.

        Raises:
            ObjectDoesNotExist: If there is none.
        """
        return self.get(**{self.model.USERNAME_FIELD: username})

    async def aget_by_natural_key(self, username: Any, /) -> U:
        """Async twin of `get_by_natural_key`."""
        return await bridge.run(self.get_by_natural_key, username)


class AbstractBaseUser(Model):
    """Inherit this for a user model whose every field is your choice; `AbstractUser` has the usual ones.

    Your model names the unique field that people log in with in ``USERNAME_FIELD``, and in ``REQUIRED_FIELDS`` what
    ``createsuperuser`` asks for besides.
    """

    USERNAME_FIELD: ClassVar[str]
    EMAIL_FIELD: ClassVar[str] = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    password = CharField(_("password"), max_length=255, editable=False)
    last_login = DateTimeField(_("last login"), null=True, blank=True, editable=False)

    is_active: Any = True  # a field where users can be shut out

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.get_username())

    @property
    def is_authenticated(self) -> Literal[True]:
        """Always True; an `AnonymousUser` says False."""
        return True

    @property
    def is_anonymous(self) -> Literal[False]:
        """Always False."""
        return False

    @classmethod
    def get_email_field_name(cls) -> str:
        """Return the name of the field with the address."""
        return cls.EMAIL_FIELD

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        """Return a name in the form in which it is stored: what looks the same is the same (NFKC).

        A name of more than 1000 characters, which no column takes, comes back as it is: to normalise it could take long
        (CVE-2023-46695).
        """
        if not isinstance(username, str) or len(username) > _LONGEST_NAME:
            return username
        return unicodedata.normalize("NFKC", username)

    def get_username(self) -> Any:
        """Return what the user logs in with."""
        return getattr(self, self.USERNAME_FIELD)

    def natural_key(self) -> tuple[Any]:
        """Return what names the user in every database."""
        return (self.get_username(),)

    def clean(self) -> None:
        """Bring the name into the form in which it is stored."""
        super().clean()
        setattr(self, self.USERNAME_FIELD, self.normalize_username(self.get_username()))

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

    def _store_anew(self, password: str) -> None:
        old, self.password = self.password, make_password(password)
        # Only if nobody changed the password meanwhile: a change must not be undone by a login.
        type(self)._default_manager.filter(pk=self.pk, password=old).update(password=self.password)
