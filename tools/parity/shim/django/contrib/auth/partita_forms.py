"""Django's order of arguments of the forms for log-in."""

from __future__ import annotations

from typing import Any

from partita.auth.forms import LoginForm

__all__ = ("AuthenticationForm",)


class AuthenticationForm(LoginForm):
    """Takes the request first."""

    def __init__(self, request: Any = None, data: Any = None, **options: Any) -> None:
        super().__init__(data, request=request, **options)

    def get_user(self) -> Any:
        """Return who has logged in."""
        return self.user

    def get_invalid_login_error(self) -> Any:
        """Return the error for whoever has not."""
        return self.invalid_login()
