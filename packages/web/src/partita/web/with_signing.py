"""Gives `partita.signing` the application's keys; loaded only where it is installed."""

from collections.abc import Sequence

from partita.contracts.app import Registrar
from partita.http.drafts import PROTECTED_COOKIES
from partita.http.protected_cookies import ProtectedCookies
from partita.signing import SIGNING_KEYS, TimestampSigner
from partita.web.keys import SETTINGS

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide `SIGNING_KEYS` from ``secret_key`` and its fallbacks, and the signed cookies that are made with them."""
    app.provide(SIGNING_KEYS, lambda: _keys(app))
    app.provide(PROTECTED_COOKIES, lambda: _cookies(app.require(SIGNING_KEYS)))


def _cookies(keys: Sequence[str]) -> ProtectedCookies:
    return ProtectedCookies(lambda salt: TimestampSigner(keys, salt))


def _keys(app: Registrar) -> tuple[str, ...]:
    settings = app.require(SETTINGS)
    return tuple(key.reveal() for key in (settings.secret_key, *settings.secret_key_fallbacks))
