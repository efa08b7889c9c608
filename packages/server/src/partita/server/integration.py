"""Adds the command ``run`` to an application."""

import argparse

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.http.limits import LIMITS
from partita.server.commands import RunCommand
from partita.server.options import Options

__all__ = ("setup",)


class _Configured(RunCommand):
    """Reads the application's settings when it runs, not when it is registered."""

    def __init__(self, app: Registrar) -> None:
        super().__init__()
        self._app = app

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        settings = self._app.section("server", Options)
        limits = self._app.find(LIMITS)
        self._options = settings if limits is None else msgspec.structs.replace(settings, limits=limits)
        return super().run(app, options)


def setup(app: Registrar) -> None:
    """Register the command ``run``, which reads the settings' section ``server``."""
    app.add(COMMANDS, _Configured(app))
