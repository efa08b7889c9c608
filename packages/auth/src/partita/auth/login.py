"""Log a person in and out of a session, and say who is logged in."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeAlias

from partita import bridge
from partita.auth.anonymous import AnonymousUser
from partita.auth.authentication import get_user_model
from partita.auth.signals import user_logged_in, user_logged_out
from partita.auth.users import AbstractUser
from partita.http import Request, Slot, SlotEmpty
from partita.security import rotate_token
from partita.sessions import SESSION
from partita.signing import BadSignature, Signer

__all__ = (
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
USER = Slot[AnyUser]("partita.auth.user")

_ID = "_auth_user_id"
_HASH = "_auth_user_hash"
_SALT = "partita.auth.session"


def login(request: Request, user: AbstractUser) -> None:
    """Log ``user`` in on the session of ``request``.

    The session gets a new key, so that one known beforehand is worth nothing; what an anonymous visitor has put into it
    stays, what another user has put into it goes.
    """
    session = request[SESSION]
    if session.get(_ID, str(user.pk)) != str(user.pk):
        session.flush()
    session.cycle_key()
    session[_ID] = str(user.pk)
    session[_HASH] = session_auth_hash(user)
    with suppress(SlotEmpty):  # an application may go without the tokens of partita.security
        rotate_token(request)
    request.state.fill(USER, user)
    user.last_login = datetime.now(UTC)
    type(user)._default_manager.filter(pk=user.pk).update(last_login=user.last_login)
    user_logged_in.send(type(user), request=request, user=user)


async def alogin(request: Request, user: AbstractUser) -> None:
    """Async twin of `login`."""
    await bridge.run(login, request, user)


def logout(request: Request) -> None:
    """Forget who is logged in, with everything in the session."""
    user = request.state.get(USER)
    request[SESSION].flush()
    request.state.fill(USER, AnonymousUser())
    if isinstance(user, AbstractUser):
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
    user = _find(get_user_model(), key)
    if user is None or not user.is_active:
        return AnonymousUser()
    if not _is_current(user, session.get(_HASH)):
        session.flush()  # the password was changed elsewhere: this session ends
        return AnonymousUser()
    newest = session_auth_hash(user)
    if session[_HASH] != newest:
        session[_HASH] = newest  # signed with a retired key: renewed before that one goes
    return user


async def aget_user(request: Request) -> AnyUser:
    """Return who is logged in, as ``request.state.user`` does, in code that no bridge drives."""
    return await bridge.run(lambda: request[USER])


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


def _find(model: type[AbstractUser], key: str) -> AbstractUser | None:
    try:
        value = model._meta.pk.to_python(key)
    except (ValueError, TypeError):  # ValidationError is a ValueError: the model once had another kind of key
        return None
    if isinstance(value, int) and abs(value) >= 2**63:  # no database has such a number
        return None
    return model._default_manager.filter(pk=value).first()


def _is_current(user: AbstractUser, stored: object) -> bool:
    if not isinstance(stored, str) or ":" in stored:
        return False
    try:
        Signer(salt=_SALT).unsign(f"{user.password}:{stored}")
    except BadSignature:
        return False
    return True
