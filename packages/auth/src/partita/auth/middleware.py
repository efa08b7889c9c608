"""Gives each request its user, looked up when somebody asks, and lets browsers forget who has left."""

from collections.abc import Mapping, Sequence

from partita.auth.anonymous import AnonymousUser
from partita.auth.login import LEFT, USER, get_user
from partita.auth.template_permissions import Permissions
from partita.auth.users import AbstractUser
from partita.http import Handler, Request, Response
from partita.http.inline import Inline
from partita.security.clear_site_data import DataKind, clear_site_data

__all__ = ("forgetting", "user_context", "with_user")


def with_user(handler: Handler) -> Handler:
    """Return ``handler`` with the user in the slot `USER`, that is ``request.state.user``."""

    async def handle(request: Request) -> Response:
        request.state.fill_lazily(USER, lambda: get_user(request))
        return await handler(request)

    return handle


def forgetting(kinds: Sequence[DataKind]) -> Inline:
    """Return the middleware that puts ``Clear-Site-Data`` on the answer to a log-out; a view that sends its own keeps that.

    Args:
        kinds: What browsers shall forget.
    """

    def after(request: Request, response: Response) -> Response:
        if not request.state.is_made(LEFT) or "clear-site-data" in response.headers:
            return response
        return clear_site_data(response, kinds)

    return Inline(after=after, if_looked_into=True)


def user_context(request: object) -> Mapping[str, object]:
    """Give templates ``user``, a function, which they call only if they show it, and ``perms``, what the user may do."""
    if not isinstance(request, Request) or USER not in request.state:
        return {"user": AnonymousUser(), "perms": Permissions(AnonymousUser)}

    def user() -> AbstractUser | AnonymousUser:
        return request[USER]

    return {"user": user, "perms": Permissions(user)}
