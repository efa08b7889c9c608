"""Log a person in and out of a session, and say who is logged in."""

from contextlib import suppress
from typing import Any, TypeAlias

from partita import bridge
from partita.auth.anonymous import AnonymousUser
from partita.auth.backends import backend_path, get_backends
from partita.auth.base_user import AbstractBaseUser
from partita.auth.errors import SetupError
from partita.auth.signals import user_logged_in, user_logged_out
from partita.auth.users import AbstractUser
from partita.http import Request, Slot, SlotEmpty
from partita.orm.moments import present
from partita.security import rotate_token
from partita.sessions import SESSION
from partita.signing import BadSignature, Signer

__all__ = (
    "LEFT",
    "USER",
    "AnyUser",
    "aget_user",
    "alogin",
    "alogout",
    "aupdate_session_auth_hash",
    "get_user",
    "login",
    "logout",
    "session_auth_hash",
    "update_session_auth_hash",
)

AnyUser: TypeAlias = AbstractUser | AnonymousUser
USER = Slot[AnyUser]("partita.auth.user", varies_on=("Cookie", "Authorization"))
LEFT = Slot[bool]("partita.auth.left")
"""Filled when somebody has logged out at this request, so that browsers are told to forget, whichever view it was."""

_ID = "_auth_user_id"
_HASH = "_auth_user_hash"
_BACKEND = "_auth_user_backend"
_SALT = "partita.auth.session"


def login(request: Request, user: AbstractUser, backend: str | None = None) -> None:
    """Log ``user`` in on the session of ``request``.

    The session gets a new key, so that one known beforehand is worth nothing; what an anonymous visitor has put into it
    stays, what another user has put into it goes.

    Args:
        request: Whose session it is.
        user: Who has logged in.
        backend: Module and class of the backend that finds the user again; the one that has authenticated the user unless
            given, else the first.

    Raises:
        SetupError: If the settings name no such backend.
    """
    known = _backend(backend or getattr(user, "backend", None))
    if known is None:
        raise SetupError(f"[auth] backends does not name {backend!r}, so nobody can be logged in with it.")
    session = request[SESSION]
    if session.get(_ID, str(user.pk)) != str(user.pk):
        session.flush()
    session.cycle_key()
    session[_ID] = str(user.pk)
    session[_HASH] = session_auth_hash(user)
    session[_BACKEND] = backend_path(known)
    with suppress(SlotEmpty):  # an application may go without the tokens of partita.security
        rotate_token(request)
    request.state.fill(USER, user)
    if _has_last_login(user):
        user.last_login = present()
        type(user)._default_manager.filter(pk=user.pk).update(last_login=user.last_login)
    user_logged_in.send(type(user), request=request, user=user)


async def alogin(request: Request, user: AbstractUser, backend: str | None = None) -> None:
    """Async twin of `login`."""
    await bridge.run(login, request, user, backend)


def logout(request: Request) -> None:
    """Forget who is logged in, with everything in the session."""
    user = request.state.get(USER)
    request[SESSION].flush()
    request.state.fill(USER, AnonymousUser())
    request.state.fill(LEFT, True)
    if isinstance(user, AbstractBaseUser):
        user_logged_out.send(type(user), request=request, user=user)


async def alogout(request: Request) -> None:
    """Async twin of `logout`."""
    await bridge.run(logout, request)


def get_user(request: Request) -> AnyUser:
    """Return who is logged in on the session of ``request``, read from the database."""
    session = request[SESSION]
    key = session.get(_ID)
    if not isinstance(key, str):
        return AnonymousUser()
    backend = _backend(session.get(_BACKEND))
    user: AbstractUser | None = None if backend is None else backend.get_user(key)
    if user is None:
        return AnonymousUser()
    if not _is_current(user, session.get(_HASH)):
        session.flush()  # the password was changed elsewhere: this session ends
        return AnonymousUser()
    newest = session_auth_hash(user)
    if session[_HASH] != newest:
        session[_HASH] = newest  # signed with a retired key: renewed before that one goes
    return user


async def aget_user(request: Request) -> AnyUser:
    """Return who visits, as ``request.state.user`` does, in code that no bridge drives; asked again, it says the same.

    That is who is logged in on the session, unless a layer or a test has put somebody else there, such as the owner of a token: to read
    the session instead would let decorators overlook these, and would cost a query each time. Where no layer keeps a user, the session
    is read, as by `get_user`.
    """
    return await bridge.run(_visitor, request)


def _visitor(request: Request) -> AnyUser:
    return request[USER] if USER in request.state else get_user(request)


def update_session_auth_hash(request: Request, user: AbstractUser) -> None:
    """Keep this session after ``user`` changed the password; all others of the user end."""
    session = request[SESSION]
    session.cycle_key()
    session[_HASH] = session_auth_hash(user)


async def aupdate_session_auth_hash(request: Request, user: AbstractUser) -> None:
    """Async twin of `update_session_auth_hash`."""
    await bridge.run(update_session_auth_hash, request, user)


def session_auth_hash(user: AbstractUser) -> str:
    """Return a keyed hash of the stored password: it changes when the password does, and tells nothing about it."""
    return Signer(salt=_SALT).sign(user.password).rpartition(":")[2]


def _backend(path: object) -> Any | None:
    """Return the backend with this path; the first one for sessions from before they named one; None if it is there no more."""
    backends = get_backends()
    if path is None:
        return next(iter(backends), None)
    wanted = str(path).replace(":", ".")
    return next((backend for backend in backends if backend_path(backend) == wanted), None)


def _has_last_login(user: AbstractUser) -> bool:
    return any(field.name == "last_login" for field in user._meta.fields)


def _is_current(user: AbstractUser, stored: object) -> bool:
    if not isinstance(stored, str) or ":" in stored:
        return False
    try:
        Signer(salt=_SALT).unsign(f"{user.password}:{stored}")
    except BadSignature:
        return False
    return True
