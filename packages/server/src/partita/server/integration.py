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
from partita.server.settings import SERVER_SETTINGS, ServerSettings

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("setup",)


class _Configured(RunCommand):
    """Reads the application's settings when it runs, not when it is registered."""

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        try:
            settings, limits = app.require(SERVER_SETTINGS), app.find(LIMITS)
        except ValueError as error:
            raise SystemExit(str(error)) from error
        self._settings = settings if limits is None else msgspec.structs.replace(settings, limits=limits)
        return super().run(app, options)


def setup(app: Registrar) -> None:
    """Provide the settings' section ``server``, and register the command ``run`` and the check, which read it."""
    app.provide(SERVER_SETTINGS, lambda: app.section("server", ServerSettings))
    app.add(COMMANDS, _Configured())
    app.add(CHECKS, _check)


def _check(app: Resolver) -> Iterable[Finding]:
    try:
        settings = app.require(SERVER_SETTINGS)
    except ValueError:
        return  # the application's own check tells what cannot be made, and why
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
