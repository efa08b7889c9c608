"""Gives each request its user, looked up when somebody asks."""

from collections.abc import Mapping

from partita.auth.anonymous import AnonymousUser
from partita.auth.login import USER, get_user
from partita.auth.template_permissions import Permissions
from partita.auth.users import AbstractUser
from partita.http import Handler, Request, Response

__all__ = ("user_context", "with_user")


def with_user(handler: Handler) -> Handler:
    """Return ``handler`` with the user in the slot `USER`, that is ``request.state.user``."""

    async def handle(request: Request) -> Response:
        request.state.fill_lazily(USER, lambda: get_user(request))
        return await handler(request)

    return handle


def user_context(request: object) -> Mapping[str, object]:
    """Give templates ``user``, a function, which they call only if they show it, and ``perms``, what the user may do."""
    if not isinstance(request, Request) or USER not in request.state:
        return {"user": AnonymousUser(), "perms": Permissions(AnonymousUser)}

    def user() -> AbstractUser | AnonymousUser:
        return request[USER]

    return {"user": user, "perms": Permissions(user)}
