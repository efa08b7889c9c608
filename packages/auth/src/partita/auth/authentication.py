"""Find out who somebody is, from what they claim: an address and a password, or whatever a backend takes."""

from typing import Any, cast, overload

from partita import bridge
from partita.auth.asking import DENIALS
from partita.auth.backends import backend_path, get_backends
from partita.auth.signals import user_login_failed
from partita.auth.throttle import LOGIN_THROTTLE, LoginThrottle
from partita.auth.user_model import USER_MODEL, get_user_manager, get_user_model
from partita.auth.users import AbstractUser, normalize_email
from partita.contracts.current import find
from partita.http import Request

__all__ = ("USER_MODEL", "aauthenticate", "authenticate", "get_user_manager", "get_user_model")

_LONGEST_NAME = 254
_SECRET = ("api", "token", "key", "secret", "password", "signature")


@overload
def authenticate(email: str, password: str, request: Request | None = None) -> AbstractUser | None: ...
@overload
def authenticate(request: Request | None = None, /, **credentials: Any) -> AbstractUser | None: ...
def authenticate(*given: Any, **credentials: Any) -> AbstractUser | None:
    """Return the active user with these credentials, or None.

    With `ModelBackend` it takes as long for an unknown user, an inactive one or one without a password as for a wrong
    password, so the time tells nobody who has an account (CVE-2024-39329, CVE-2025-13473).

    Args:
        given: What the user logs in with and the password, as typed, and perhaps the request; or only the request.
        credentials: The same by name, such as ``email`` and ``password``, or others that backends take; and ``request``.
            With a request, failures count for its address; see `LoginThrottle`.

    Raises:
        TooManyAttempts: If this account failed too often from the address of the request.
    """
    claim = _Claim(given, credentials)
    for backend in claim.backends():
        try:
            user = backend.authenticate(claim.request, **claim.credentials)
        except DENIALS:
            break
        if user is not None:
            return claim.right(user, backend)
    claim.wrong()
    return None


@overload
async def aauthenticate(email: str, password: str, request: Request | None = None) -> AbstractUser | None: ...
@overload
async def aauthenticate(request: Request | None = None, /, **credentials: Any) -> AbstractUser | None: ...
async def aauthenticate(*given: Any, **credentials: Any) -> AbstractUser | None:
    """Async twin of `authenticate`."""
    claim = _Claim(given, credentials)
    for backend in claim.backends():
        try:
            user = await backend.aauthenticate(claim.request, **claim.credentials)
        except DENIALS:
            break
        if user is not None:
            return claim.right(user, backend)
    await bridge.run(claim.wrong)
    return None


class _Claim:
    """What somebody claims to be, with what is counted about it."""

    def __init__(self, given: tuple[Any, ...], credentials: dict[str, Any]) -> None:
        self.model = get_user_model()
        self.request: Request | None = credentials.pop("request", None)
        if given and isinstance(given[0], str):
            names = (self.model.USERNAME_FIELD, "password", "request")
            credentials = {**dict(zip(names, given, strict=False)), **credentials}
            self.request = credentials.pop("request", self.request)
        elif given:
            self.request = given[0]
        self.credentials = credentials
        name = credentials.get(self.model.USERNAME_FIELD, credentials.get("username"))
        # Whatever spelling finds the same user must count as the same account.
        self.account = normalize_email(name[: _LONGEST_NAME + 1]) if isinstance(name, str) else ""
        self.throttle: LoginThrottle | None = find(LOGIN_THROTTLE) if self.request is not None else None
        client = getattr(self.request, "client", None)
        self.address: str = client[0] if client else ""

    def backends(self) -> list[Any]:
        """Return the backends that take such credentials."""
        if self.throttle is not None:
            self.throttle.check(self.account, self.address)
        return [backend for backend in get_backends() if _takes(backend, self.credentials)]

    def right(self, user: Any, backend: object) -> AbstractUser:
        """Remember which backend knows ``user``, and return it."""
        if self.throttle is not None:
            self.throttle.succeeded(self.account, self.address)
        user.backend = backend_path(backend)
        return cast("AbstractUser", user)

    def wrong(self) -> None:
        """Count the failure and tell whoever listens."""
        if self.throttle is not None:
            self.throttle.failed(self.account, self.address)
        shown = {
            name: "********************" if any(word in name.lower() for word in _SECRET) else value
            for name, value in self.credentials.items()
        }
        user_login_failed.send(self.model, request=self.request, email=self.account, credentials=shown)


def _takes(backend: Any, credentials: dict[str, Any]) -> bool:
    import inspect  # takes a while, and most processes never log anybody in

    try:
        inspect.signature(backend.authenticate).bind(None, **credentials)
    except TypeError:
        return False
    return True
