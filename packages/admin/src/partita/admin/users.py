"""How users are administered: their password is set, never shown."""

from collections.abc import Sequence
from typing import Any

from partita.admin.decorators import display
from partita.admin.options import Fieldset, ModelAdmin
from partita.auth import USER, AbstractUser, get_user_model, validate_password
from partita.contracts.i18n import gettext_lazy as _
from partita.forms import CharField, PasswordInput
from partita.forms.models import ModelForm
from partita.http import Request
from partita.orm import Model

__all__ = ("GroupAdmin", "UserAdmin", "UserForm")


class UserForm(ModelForm[Any]):
    """A user, with a line for a new password."""

    new_password = CharField(
        label=_("New password"),
        required=False,
        strip=False,
        max_length=4096,
        widget=PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave this empty to keep the password. A new user without one cannot log in by password."),
    )

    def clean_new_password(self) -> str:
        """Hold the password to the rules."""
        password = str(self.cleaned_data["new_password"])
        if password:
            validate_password(password, self.instance)
        return password


class GroupAdmin(ModelAdmin):
    """Groups and what they may do; only superusers change that, or staff could give to themselves what they may not."""

    list_display = ("name",)
    search_fields = ("name",)
    fields = ("name", "permissions")

    def get_readonly_fields(self, request: Request, obj: Model | None = None) -> Sequence[str]:
        """Return what only superusers may change."""
        return self.readonly_fields if request[USER].is_superuser else (*self.readonly_fields, "permissions")


class UserAdmin(ModelAdmin):
    """Register this for a user model of your own, too."""

    form = UserForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    fieldsets = (
        Fieldset("", ("email", "name", "new_password", "password_state")),
        Fieldset(str(_("Permissions")), ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")),
        Fieldset(str(_("Dates")), ("last_login", "date_joined")),
    )
    readonly_fields = ("password_state", "last_login", "date_joined")

    @display(description=_("Password"))
    def password_state(self, user: AbstractUser) -> str:
        """Return whether there is a password; nothing of its hash is for anybody's eyes (CVE-2018-16984)."""
        return str(_("Set") if user.has_usable_password() else _("None: cannot log in by password"))

    def get_readonly_fields(self, request: Request, obj: Model | None = None) -> Sequence[str]:
        """Return what only superusers may change: who is what."""
        if request[USER].is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "is_staff", "is_superuser", "groups", "user_permissions")

    def has_module_permission(self, request: Request) -> bool:
        """Hide the model of this package in an application that has users of its own."""
        return self.model is get_user_model() and super().has_module_permission(request)

    def has_change_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may; a superuser's password is for superusers to set."""
        return self._is_equal(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may; superusers are for superusers to delete."""
        return self._is_equal(request, obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: Request, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Store the user with the new password, if one is given."""
        password = form.cleaned_data.get("new_password")
        if password or not change:
            obj.set_password(password or None)
        super().save_model(request, obj, form, change)

    def _is_equal(self, request: Request, obj: Model | None) -> bool:
        return request[USER].is_superuser or not getattr(obj, "is_superuser", False)
