"""The storages of an application by alias."""

import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, cast

import msgspec

from partita.contracts import current
from partita.contracts.storage import STORAGES, Storage
from partita.storage.errors import InvalidStorageError

__all__ = ("StorageSettings", "Storages", "create_storage", "default_storage", "storages")

_KINDS: Final = {
    "filesystem": "partita.storage.filesystem.FileSystemStorage",
    "memory": "partita.storage.memory.InMemoryStorage",
    "fsspec": "partita.storage.remote.FsspecStorage",
}


class StorageSettings(msgspec.Struct, frozen=True):
    """One storage in the settings' section ``storages``.

    Args:
        backend: ``filesystem``, ``memory``, ``fsspec``, or the dotted path of a class.
        options: What the class takes.
    """

    backend: str = "filesystem"
    options: dict[str, Any] = {}


class Storages(Mapping[str, Storage]):
    """Storages by alias, each made when it is first asked for.

    Args:
        backends: A storage, its settings, or a function that makes it, by alias.
    """

    def __init__(self, backends: Mapping[str, "Storage | StorageSettings | Callable[[], Storage]"]) -> None:
        self.backends = dict(backends)
        self._made: dict[str, Storage] = {}
        self._making = threading.Lock()

    def __getitem__(self, alias: str) -> Storage:
        found = self._made.get(alias)
        if found is None:
            with self._making:
                found = self._made.get(alias)
                if found is None:
                    found = self._made[alias] = self._make(alias)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.backends)

    def __len__(self) -> int:
        return len(self.backends)

    def _make(self, alias: str) -> Storage:
        try:
            given: Any = self.backends[alias]
        except KeyError:
            known = ", ".join(self.backends) or "none"
            raise InvalidStorageError(
                f"There is no storage {alias!r}; known are: {known}. Add [storages.{alias}] to the settings."
            ) from None
        if isinstance(given, StorageSettings):
            return create_storage(given)
        made: Any = given() if callable(given) else given
        return cast("Storage", made)


def create_storage(settings: StorageSettings) -> Storage:
    """Make the storage that the settings describe.

    Raises:
        InvalidStorageError: If there is no such class, or it does not take the options.
    """
    path = _KINDS.get(settings.backend, settings.backend)
    module, _, name = path.rpartition(".")
    try:
        kind: Any = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidStorageError(f"Could not find backend {settings.backend!r}: {error}") from error
    try:
        made: Storage = kind(**settings.options)
    except TypeError as error:
        raise InvalidStorageError(f"{path} does not take these options: {error}") from error
    return made


class _CurrentStorages(Mapping[str, Storage]):
    """The storages of the current application."""

    def __getitem__(self, alias: str) -> Storage:
        return current.require(STORAGES)[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(current.require(STORAGES))

    def __len__(self) -> int:
        return len(current.require(STORAGES))


class _DefaultStorage:
    """The storage ``default`` of the current application, whichever that is when it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(current.require(STORAGES)["default"], name)

    def __repr__(self) -> str:
        return "<default_storage>"


storages: Mapping[str, Storage] = _CurrentStorages()
"""The storages of the current application, by alias."""
_DEFAULT: Any = _DefaultStorage()
default_storage: Storage = _DEFAULT
"""The current application's storage ``default``."""
