"""Gives `partita.signing` the application's keys; loaded only where it is installed."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.key import Key
from partita.http.protected_cookies import PROTECTED_COOKIES, ProtectedCookies
from partita.signing import SIGNING_KEYS, TimestampSigner
from partita.web.errors import UnusableBackend
from partita.web.keys import SETTINGS

__all__ = ("SIGNING_BACKEND", "SignerFactory", "SigningSettings", "setup")

SignerFactory = Callable[[Sequence[str], str], TimestampSigner]
"""Makes a signer of keys, the newest first, and a salt."""
SIGNING_BACKEND = Key[SignerFactory]("partita.web.signing_backend")
"""What signs an application's cookies."""


class SigningSettings(msgspec.Struct, frozen=True):
    """The section ``[signing]``.

    Args:
        backend: Module and name of what makes the signers of cookies, such as ``shop.signing:HardwareSigner``: a subclass of
            `TimestampSigner`, or a function of keys and salt.
    """

    backend: str = ""


def setup(app: Registrar) -> None:
    """Provide `SIGNING_KEYS` from ``secret_key`` and its fallbacks, and the signed cookies that are made with them."""
    settings = app.section("signing", SigningSettings)
    app.provide(SIGNING_KEYS, lambda: _keys(app))
    app.provide(SIGNING_BACKEND, lambda: _backend(settings.backend) if settings.backend else TimestampSigner)
    app.provide(PROTECTED_COOKIES, lambda: _cookies(app.require(SIGNING_KEYS), app.require(SIGNING_BACKEND)))


def _cookies(keys: Sequence[str], make: SignerFactory) -> ProtectedCookies:
    return ProtectedCookies(lambda salt: make(keys, salt))


def _backend(name: str) -> SignerFactory:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnusableBackend(name, str(error)) from error
    if not callable(found):
        raise UnusableBackend(name, "it cannot be called")
    return cast("SignerFactory", found)


def _keys(app: Registrar) -> tuple[str, ...]:
    settings = app.require(SETTINGS)
    return tuple(key.reveal() for key in (settings.secret_key, *settings.secret_key_fallbacks))
