"""Users who log in with a name of their choice: the columns that people know from Django's users."""

from typing import Any, ClassVar, Self, TypeVar

from partita import bridge
from partita.auth.base_user import AbstractBaseUser
from partita.auth.finding_users import FindsByPermission
from partita.auth.permissions_mixin import PermissionsMixin
from partita.auth.users import utc_now
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import BooleanField, CharField, DateTimeField, EmailField
from partita.validation import RegexValidator

__all__ = ("AbstractUsernameUser", "UsernameManager")

U = TypeVar("U", bound="AbstractUsernameUser")


class UsernameManager(FindsByPermission[U]):
    """Makes users and finds them by name."""

    def create_user(self, username: str, email: str | None = None, password: str | None = None, **values: Any) -> U:
        """Store a new user.

        Args:
            username: What the person logs in with.
            email: An address; it need not be unique.
            password: None makes a user who cannot log in by password.
            values: Other fields.

        Raises:
            ValueError: If ``username`` is empty.
            IntegrityError: If there is such a user.
        """
        return self._create(username, email, password, {"is_staff": False, "is_superuser": False, **values})

    async def acreate_user(
        self, username: str, email: str | None = None, password: str | None = None, **values: Any
    ) -> U:
        """Async twin of `create_user`."""
        return await bridge.run(self.create_user, username, email, password, **values)

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **values: Any
    ) -> U:
        """Store a new user who may do everything; see `create_user`.

        Raises:
            ValueError: If ``values`` say that the user is no superuser, or none of the staff.
        """
        for name in ("is_staff", "is_superuser"):
            if values.setdefault(name, True) is not True:
                raise ValueError(f"Superuser must have {name}=True.")
        return self._create(username, email, password, values)

    async def acreate_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **values: Any
    ) -> U:
        """Async twin of `create_superuser`."""
        return await bridge.run(self.create_superuser, username, email, password, **values)

    def _create(self, username: str, email: str | None, password: str | None, values: dict[str, Any]) -> U:
        if not username:
            raise ValueError("The given username must be set")
        name = self.model.normalize_username(username)
        user: U = self.model(username=name, email=self.normalize_email(email), **values)
        user.set_password(password)
        user.save(using=self._using)
        return user


class AbstractUsernameUser(AbstractBaseUser, PermissionsMixin):
    """Inherit this for a user model whose people log in with a name, and name it in the settings (``[auth] user_model``)."""

    USERNAME_FIELD: ClassVar[str] = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    username = CharField(
        _("username"),
        max_length=150,
        unique=True,
        help_text=_("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
        validators=[RegexValidator(r"^[\w.@+-]+\Z", _("Use letters, digits and @/./+/-/_ only."))],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    first_name = CharField(_("first name"), max_length=150, blank=True)
    last_name = CharField(_("last name"), max_length=150, blank=True)
    email = EmailField(_("email address"), blank=True)
    is_staff = BooleanField(_("staff"), default=False, help_text=_("May enter the administration."))
    is_active = BooleanField(
        _("active"), default=True, help_text=_("May log in. Take this away instead of deleting a user.")
    )
    date_joined = DateTimeField(_("joined"), default=utc_now)

    objects: ClassVar[UsernameManager[Self]] = UsernameManager()  # pyright: ignore[reportIncompatibleVariableOverride] # as Django's

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride] # options, which nobody takes for those of a parent
        abstract = True
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def clean(self) -> None:
        """Bring name and address into the form in which they are stored."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        """Return the first and the last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """Return the first name."""
        return self.first_name
