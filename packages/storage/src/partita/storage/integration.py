"""Gives an application its storages."""

from partita.contracts.app import Registrar
from partita.contracts.storage import STORAGES
from partita.storage.registry import Storages, StorageSettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide the storages named in the settings' section ``storages``: an alias, its ``backend`` and ``options`` each.

    Without a ``default`` there is one, in the folder ``media`` with addresses below ``/media/``.
    """

    def storages() -> Storages:
        given: dict[str, StorageSettings] = app.section("storages", dict[str, StorageSettings])
        return Storages({"default": StorageSettings(), **given})

    app.provide(STORAGES, storages)
