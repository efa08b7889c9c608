"""The registry, against the contract that every registrar keeps."""

import threading

import pytest

from partita.contracts.key import ExtensionPoint, Key
from partita.contracts.testing.app import RegistrarContract
from partita.web import DuplicateProvider, FrozenAppError, MissingProvider, ProviderCycle, Registry, Settings

NUMBER = Key[int]("test.number")
TEXT = Key[str]("test.text")


class TestRegistry(RegistrarContract):
    """The contract."""

    def make(self) -> Registry:
        """Return a new registry."""
        return Registry(Settings("key"))


def test_the_error_for_a_second_provider_names_both_callers() -> None:
    registry = Registry(Settings("key"))
    registry.provide(NUMBER, lambda: 1)
    with pytest.raises(DuplicateProvider) as caught:
        registry.provide(NUMBER, lambda: 2)
    assert caught.value.first.partition(":")[0] == caught.value.second.partition(":")[0] == __name__
    assert caught.value.first != caught.value.second


def test_the_error_for_a_missing_provider_says_what_to_install() -> None:
    with pytest.raises(MissingProvider, match=r"Install partita-cache and list 'partita\.cache' in apps"):
        Registry(Settings("key")).require(Key[int]("partita.cache.default"))


def test_factories_may_need_each_other_in_any_order_but_not_in_a_circle() -> None:
    registry = Registry(Settings("key"))
    registry.provide(TEXT, lambda: str(registry.require(NUMBER)))
    registry.provide(NUMBER, lambda: 7)
    assert registry.require(TEXT) == "7"
    circular = Registry(Settings("key"))
    circular.provide(TEXT, lambda: str(circular.require(NUMBER)))
    circular.provide(NUMBER, lambda: len(circular.require(TEXT)))
    with pytest.raises(ProviderCycle, match=r"test\.text → test\.number → test\.text"):
        circular.require(TEXT)


def test_threads_that_ask_at_once_get_one_value() -> None:
    registry = Registry(Settings("key"))
    made: list[object] = []
    started = threading.Barrier(8)
    key = Key[object]("test.object")

    def make() -> object:
        made.append(object())
        return made[-1]

    registry.provide(key, make)
    got: list[object] = []

    def ask() -> None:
        started.wait()
        got.append(registry.require(key))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert got == made * 8


def test_nothing_is_registered_once_the_application_stands() -> None:
    registry = Registry(Settings("key"))
    registry.freeze()
    with pytest.raises(FrozenAppError, match=r"test\.number"):
        registry.provide(NUMBER, lambda: 1)
    with pytest.raises(FrozenAppError, match=r"test\.point"):
        registry.add(ExtensionPoint[int]("test.point"), 1)
