"""Django's classes for log-in and log-out, around partita's functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from partita.auth.views import login_view, logout_view

__all__ = ("LoginView", "LogoutView")


class LoginView:
    """Shows the form, and logs in."""

    @classmethod
    def as_view(cls, **options: Any) -> Any:
        """Return the view."""
        template = options.get("template_name")
        return partial(login_view, template=template) if template else login_view


class LogoutView:
    """Logs out."""

    @classmethod
    def as_view(cls, **options: Any) -> Any:
        """Return the view."""
        return logout_view
