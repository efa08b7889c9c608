"""Views that only some users may see."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast, overload

from partita.auth.login import USER, AnyUser, aget_user
from partita.auth.redirects import with_next
from partita.auth.settings import auth_settings, resolve_url
from partita.http import Forbidden, Request, Response

__all__ = (
    "login_not_required",
    "login_required",
    "login_required_guard",
    "redirect_to_login",
    "staff_required",
    "user_passes_test",
)

V = TypeVar("V", bound=Callable[..., Any])
UserTest = Callable[[AnyUser], bool]


def redirect_to_login(request: Request, login_url: str | None = None, field: str = "next") -> Response:
    """Return a redirect to the login that leads back here; after a POST, to the page's GET.

    Args:
        request: Where the way back begins.
        login_url: Path or name of the URL, if not that of the settings.
        field: The name in the query.
    """
    target = request.full_path
    url = with_next(resolve_url(login_url or auth_settings().login_url), target, field)
    return Response.redirect(url).with_header("cache-control", "no-store")


def user_passes_test(
    test: UserTest, *, login_url: str | None = None, field: str = "next", message: str = ""
) -> Callable[[V], V]:
    """Let only users see a view for whom ``test`` is true.

    Others are sent to the login if they have not logged in, and are refused (403) if they have.

    Args:
        test: Called with the user, who may be anonymous.
        login_url: Path or name of the URL, if not that of the settings.
        field: The name in the query that holds the way back.
        message: For those who are refused.
    """

    def decide(request: Request, user: AnyUser) -> Response | None:
        if test(user):
            return None
        if user.is_authenticated:
            raise Forbidden(message)
        return redirect_to_login(request, login_url, field)

    def decorate(view: V) -> V:
        if inspect.iscoroutinefunction(view):

            @wraps(view)
            async def guarded(request: Request, *args: Any, **kwargs: Any) -> Response:
                refusal = decide(request, await aget_user(request))
                if refusal is not None:
                    return refusal
                return await cast("Callable[..., Awaitable[Response]]", view)(request, *args, **kwargs)

            return cast("V", guarded)

        @wraps(view)
        def guarded_sync(request: Request, *args: Any, **kwargs: Any) -> Any:
            refusal = decide(request, request[USER])
            return view(request, *args, **kwargs) if refusal is None else refusal

        return cast("V", guarded_sync)

    return decorate


@overload
def login_required(view: V) -> V: ...
@overload
def login_required(view: None = None, *, login_url: str | None = None, field: str = "next") -> Callable[[V], V]: ...
def login_required(view: V | None = None, *, login_url: str | None = None, field: str = "next") -> V | Callable[[V], V]:
    """Let only users see a view who have logged in; use it with or without arguments."""
    decorate = user_passes_test(_is_known, login_url=login_url, field=field)
    return decorate if view is None else decorate(view)


@overload
def staff_required(view: V) -> V: ...
@overload
def staff_required(view: None = None, *, login_url: str | None = None, field: str = "next") -> Callable[[V], V]: ...
def staff_required(view: V | None = None, *, login_url: str | None = None, field: str = "next") -> V | Callable[[V], V]:
    """Let only active staff see a view; use it with or without arguments."""
    decorate = user_passes_test(_is_staff, login_url=login_url, field=field)
    return decorate if view is None else decorate(view)


def login_not_required(view: V) -> V:
    """Open a view to everybody in an application whose settings ask for a login everywhere."""
    view.login_not_required = True  # type: ignore[attr-defined] # a mark on a function
    return view


async def login_required_guard(request: Request, view: object) -> Response | None:
    """Send whoever has not logged in to the login, except from views marked by `login_not_required`."""
    if getattr(view, "login_not_required", False) or (await aget_user(request)).is_authenticated:
        return None
    return redirect_to_login(request)


def _is_known(user: AnyUser) -> bool:
    return user.is_authenticated


def _is_staff(user: AnyUser) -> bool:
    return user.is_active and user.is_staff
