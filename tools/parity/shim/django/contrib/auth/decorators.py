"""Django's arguments of the decorators that ask for a login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import auth

__all__ = ("login_required", "permission_required", "user_passes_test")


def login_required(
    function: Callable[..., Any] | None = None, redirect_field_name: str = "next", login_url: str | None = None
) -> Any:
    """Let only users see a view who have logged in."""
    decorate = auth.login_required(login_url=login_url, field=redirect_field_name)
    return decorate if function is None else decorate(function)


def user_passes_test(
    test_func: Callable[[Any], bool], login_url: str | None = None, redirect_field_name: str = "next"
) -> Any:
    """Let only users see a view for whom the test is true."""
    return auth.user_passes_test(test_func, login_url=login_url, field=redirect_field_name)


def permission_required(
    perm: str | tuple[str, ...], login_url: str | None = None, raise_exception: bool = False
) -> Any:
    """Let only users see a view who may do ``perm``."""
    return auth.permission_required(perm, login_url=login_url, raise_exception=raise_exception)


__getattr__ = fallback("django.contrib.auth.decorators")
