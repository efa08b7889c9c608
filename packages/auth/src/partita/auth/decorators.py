"""Views that only some users may see."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from partita import bridge
from partita.auth.login import USER, AnyUser, aget_user
from partita.auth.redirects import with_next
from partita.auth.settings import auth_settings, resolve_url
from partita.http import Forbidden, Request, Response
from partita.http.around import is_draft_request

if TYPE_CHECKING:
    from partita.http.drafts import HttpRequest

__all__ = (
    "login_not_required",
    "login_required",
    "login_required_guard",
    "permission_required",
    "redirect_to_login",
    "staff_required",
    "user_passes_test",
)

V = TypeVar("V", bound=Callable[..., Any])
UserTest = Callable[[AnyUser], bool]


def redirect_to_login(request: "Request | HttpRequest", login_url: str | None = None, field: str = "next") -> Response:
    """Return a redirect to the login that leads back here; after a POST, to the page's GET.

    Args:
        request: Where the way back begins; if it is a draft, the answer is one, too, for code that sets its fields.
        login_url: Path or name of the URL, if not that of the settings.
        field: The name in the query.
    """
    target = request.full_path
    url = with_next(resolve_url(login_url or auth_settings().login_url), target, field)
    if is_draft_request(request):
        from partita.http.drafts import HttpResponseRedirect  # only who writes in Django's way pays for it

        return HttpResponseRedirect(url, max_length=None, headers={"cache-control": "no-store"})
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

    async def atest(user: AnyUser) -> bool:
        return test(user)

    return _passing(test, atest, login_url, field, message)


def _passing(
    test: UserTest, atest: Callable[[AnyUser], Awaitable[bool]], login_url: str | None, field: str, message: str
) -> Callable[[V], V]:
    """Return a decorator; the test may query, so an async view awaits its twin."""

    def refuse(request: Request, user: AnyUser) -> Response:
        if user.is_authenticated:
            raise Forbidden(message)
        return redirect_to_login(request, login_url, field)

    def decorate(view: V) -> V:
        if inspect.iscoroutinefunction(view):

            @wraps(view)
            async def guarded(request: Request, *args: Any, **kwargs: Any) -> Response:
                user = await aget_user(request)
                if not await atest(user):
                    return refuse(request, user)
                return await cast("Callable[..., Awaitable[Response]]", view)(request, *args, **kwargs)

            return cast("V", guarded)

        @wraps(view)
        def guarded_sync(request: Request, *args: Any, **kwargs: Any) -> Any:
            user = request[USER]
            return view(request, *args, **kwargs) if test(user) else refuse(request, user)

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


def permission_required(
    perm: str | Iterable[str],
    *,
    login_url: str | None = None,
    raise_exception: bool = False,
    field: str = "next",
    message: str = "",
) -> Callable[[V], V]:
    """Let only users see a view who may do ``perm``.

    Others are sent to the login if they have not logged in, and are refused (403) if they have.

    Args:
        perm: Such as ``shop.change_album``; or several, all of which are needed.
        login_url: Path or name of the URL, if not that of the settings.
        raise_exception: Refuse those who have not logged in, too.
        field: The name in the query that holds the way back.
        message: For those who are refused.
    """
    wanted = (perm,) if isinstance(perm, str) else tuple(perm)

    def may(user: AnyUser) -> bool:
        if user.has_perms(wanted):
            return True
        if raise_exception:
            raise Forbidden(message)
        return False

    async def amay(user: AnyUser) -> bool:
        return await bridge.run(may, user)

    return _passing(may, amay, login_url, field, message)


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
