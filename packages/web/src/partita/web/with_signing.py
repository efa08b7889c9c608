"""Gives `partita.signing` the application's keys; loaded only where it is installed."""

from partita.contracts.app import Registrar
from partita.signing import SIGNING_KEYS
from partita.web.keys import SETTINGS

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide `SIGNING_KEYS` from ``secret_key`` and its fallbacks."""
    app.provide(SIGNING_KEYS, lambda: _keys(app))


def _keys(app: Registrar) -> tuple[str, ...]:
    settings = app.require(SETTINGS)
    return tuple(key.reveal() for key in (settings.secret_key, *settings.secret_key_fallbacks))
