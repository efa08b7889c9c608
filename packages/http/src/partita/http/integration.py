"""Gives an application its limits."""

from partita.contracts.app import Registrar
from partita.http.limits import LIMITS, Limits

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide `LIMITS` from the settings' section ``http``."""
    app.provide(LIMITS, lambda: app.section("http", Limits))
