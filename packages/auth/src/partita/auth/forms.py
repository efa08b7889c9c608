"""Forms by which people log in and make an account."""

from collections.abc import Mapping
from typing import Any

from partita.auth.authentication import authenticate, get_user_manager, get_user_model
from partita.auth.errors import TooManyAttempts
from partita.auth.password_rules import password_help_texts, validate_password
from partita.auth.passwords import MAX_PASSWORD_LENGTH
from partita.auth.users import AbstractUser, normalize_email
from partita.contracts.i18n import gettext
from partita.contracts.i18n import gettext_lazy as _
from partita.forms import CharField, EmailField, Form, PasswordInput, TextInput
from partita.forms.widgets import EmailInput
from partita.http import MultiDict, Request
from partita.orm import IntegrityError
from partita.validation import ValidationError

__all__ = ("LoginForm", "PasswordChangeForm", "SignUpForm")

Data = MultiDict[str] | Mapping[str, object] | None


def _password_field(label: object, autocomplete: str, **options: Any) -> CharField:
    widget = PasswordInput(attrs={"autocomplete": autocomplete, "autocapitalize": "none"})
    # Blanks at the ends are part of a password; a length beyond the bound would cost time.
    return CharField(label=label, widget=widget, strip=False, max_length=MAX_PASSWORD_LENGTH, **options)


def _username_field(field: Any) -> CharField:
    label = str(field.verbose_name)
    widget = TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True})
    return CharField(label=label[:1].upper() + label[1:], max_length=field.max_length or 254, widget=widget)


class LoginForm(Form):
    """Address and password; once valid, `user` is who they belong to.

    Where users log in with something else than an address, the line for it has the name of that field.

    Args:
        data: What was sent, or None.
        request: Where it came from, for the throttle and for signals.
    """

    email = CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = _password_field(_("Password"), "current-password")

    def __init__(self, data: Data = None, *, request: Request | None = None, **options: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **options})
        self.request = request
        self.user: AbstractUser | None = None
        self.username_field = get_user_model().USERNAME_FIELD
        if self.username_field != "email":
            own = _username_field(get_user_model()._meta.get_field(self.username_field))
            self.fields = {
                self.username_field: own,
                **{name: self.fields[name] for name in self.fields if name != "email"},
            }

    def invalid_login(self) -> ValidationError:
        """Return the error for every reason: it tells nobody who has an account."""
        if self.username_field == "email":
            text = gettext("The e-mail address and the password do not belong together.")
        else:
            text = gettext("This name and the password do not belong together.")
        return ValidationError(text, code="invalid_login")

    def clean(self) -> None:
        """Find the user.

        Raises:
            ValidationError: If there is none; with one message for every reason.
        """
        values: dict[str, Any] = self.cleaned_data
        name = self.username_field
        if name in values and "password" in values:
            try:
                self.user = authenticate(values[name], values["password"], self.request)
            except TooManyAttempts as error:
                minutes = max(1, round(error.retry_after / 60))
                message = gettext("Too many failed attempts. Please try again in %(minutes)d minutes.")
                raise ValidationError(message, code="throttled", params={"minutes": minutes}) from error
            if self.user is None:
                raise self.invalid_login()


class SignUpForm(Form):
    """A new account: address, name and a password typed twice."""

    email = EmailField(label=_("E-mail address"), max_length=254, widget=EmailInput(attrs={"autocomplete": "username"}))
    name = CharField(label=_("Name"), max_length=150, required=False)
    password = _password_field(_("Password"), "new-password")
    password_again = _password_field(_("Password again"), "new-password")

    def __init__(self, data: Data = None, **options: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **options})

    def clean_email(self) -> str:
        """Return the address in the form in which it is stored.

        Raises:
            ValidationError: If somebody has it.
        """
        email = normalize_email(str(self.cleaned_data["email"]))
        if get_user_model()._default_manager.filter(email=email).exists():
            raise ValidationError(_TAKEN, code="taken")
        return email

    def clean(self) -> None:
        """Compare the two passwords and hold them to the rules."""
        super().clean()
        values: dict[str, Any] = self.cleaned_data
        _check_new_password(self, get_user_model()(email=values.get("email", ""), name=values.get("name", "")))

    def save(self) -> AbstractUser:
        """Store the new user.

        Raises:
            ValidationError: If somebody took the address meanwhile.
        """
        values: dict[str, Any] = self.cleaned_data
        try:
            return get_user_manager().create_user(values["email"], values["password"], name=values["name"])
        except IntegrityError as error:
            raise ValidationError(_TAKEN, code="taken") from error

    @property
    def password_rules(self) -> list[str]:
        """The rules for passwords in words."""
        return password_help_texts()


class PasswordChangeForm(Form):
    """The present password, and a new one typed twice.

    Args:
        user: Whose password it is.
        data: What was sent, or None.
    """

    old_password = _password_field(_("Present password"), "current-password")
    password = _password_field(_("New password"), "new-password")
    password_again = _password_field(_("New password again"), "new-password")

    def __init__(self, user: AbstractUser, data: Data = None, **options: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **options})
        self.user = user

    def clean_old_password(self) -> str:
        """Check the present password, so that a borrowed device is not enough to take an account over."""
        password = str(self.cleaned_data["old_password"])
        if not self.user.check_password(password):
            raise ValidationError(gettext("This is not your present password."), code="password_incorrect")
        return password

    def clean(self) -> None:
        """Compare the two new passwords and hold them to the rules."""
        super().clean()
        _check_new_password(self, self.user)

    def save(self) -> AbstractUser:
        """Store the new password."""
        self.user.set_password(str(self.cleaned_data["password"]))
        self.user.save(update_fields=["password"])
        return self.user

    @property
    def password_rules(self) -> list[str]:
        """The rules for passwords in words."""
        return password_help_texts()


def _check_new_password(form: Form, person: AbstractUser) -> None:
    values: dict[str, Any] = form.cleaned_data
    password, again = values.get("password"), values.get("password_again")
    if password is None or again is None:
        return
    if password != again:
        form.add_error("password_again", ValidationError(gettext("This is not the same password."), code="mismatch"))
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        form.add_error("password", error)


_TAKEN = _("There is an account with this e-mail address.")
