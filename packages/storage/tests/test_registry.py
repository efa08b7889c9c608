from pathlib import Path

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.storage import (
    STORAGES,
    FileSystemStorage,
    InMemoryStorage,
    InvalidStorageError,
    Storages,
    StorageSettings,
    create_storage,
    default_storage,
    storages,
)
from partita.storage.integration import setup


def test_storages_are_made_at_their_first_use(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> InMemoryStorage:
        made.append("once")
        return InMemoryStorage()

    options = {"location": str(tmp_path), "base_url": "/files/"}
    known = Storages({"lazy": make, "disk": StorageSettings("filesystem", options), "own": InMemoryStorage()})
    assert made == []
    assert known["lazy"] is known["lazy"]
    assert made == ["once"]
    assert known["disk"] == FileSystemStorage(location=str(tmp_path), base_url="/files/")
    assert (list(known), len(known)) == (["lazy", "disk", "own"], 3)


def test_a_storage_that_is_not_there_or_cannot_be_made_is_named() -> None:
    with pytest.raises(InvalidStorageError, match=r"no storage 'other'; known are: default\. Add \[storages\.other\]"):
        Storages({"default": InMemoryStorage()})["other"]
    with pytest.raises(InvalidStorageError, match=r"Could not find backend 'shop\.Missing'"):
        create_storage(StorageSettings("shop.Missing"))
    with pytest.raises(InvalidStorageError, match="does not take these options"):
        create_storage(StorageSettings("memory", {"colour": "red"}))


def test_an_application_has_storages_of_its_own() -> None:
    one, other = SimpleRegistrar(), SimpleRegistrar()
    for app in (one, other):
        setup(app)
    assert one.require(STORAGES)["default"] == FileSystemStorage()
    with pytest.raises(LookupError, match="outside an application"):
        default_storage.exists("a.txt")

    memory = SimpleRegistrar()
    memory.provide(STORAGES, lambda: Storages({"default": InMemoryStorage()}))
    token = CURRENT.set(memory)
    try:
        assert default_storage.save("a.txt", b"x") == "a.txt"  # type: ignore[arg-type]  # bytes are content for ours
        assert storages["default"].exists("a.txt")
        assert list(storages) == ["default"]
    finally:
        CURRENT.reset(token)
    assert one.require(STORAGES)["default"] is not other.require(STORAGES)["default"]
