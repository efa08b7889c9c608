"""Adds the command ``run`` to an application, and a check of its certificate."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.http.limits import LIMITS
from partita.server.certificates import expiry_warning
from partita.server.commands import RunCommand
from partita.server.errors import ServerError
from partita.server.settings import ServerSettings

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("setup",)


class _Configured(RunCommand):
    """Reads the application's settings when it runs, not when it is registered."""

    def __init__(self, app: Registrar) -> None:
        super().__init__()
        self._app = app

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        settings = self._app.section("server", ServerSettings)
        limits = self._app.find(LIMITS)
        self._settings = settings if limits is None else msgspec.structs.replace(settings, limits=limits)
        return super().run(app, options)


def setup(app: Registrar) -> None:
    """Register the command ``run`` and the check, which read the settings' section ``server``."""
    app.add(COMMANDS, _Configured(app))
    app.add(CHECKS, lambda resolver: _check(app.section("server", ServerSettings)))


def _check(settings: ServerSettings) -> Iterable[Finding]:
    if not settings.certificate:
        return
    try:
        warning = expiry_warning(settings.certificate, datetime.now(UTC))
    except (OSError, ServerError) as error:
        hint = "Name a file with a certificate in PEM, or leave [server] certificate out."
        yield Finding("server.E001", "error", f"The certificate cannot be read: {error}", hint)
        return
    if warning is not None:
        yield Finding("server.W001", "warning", warning)
