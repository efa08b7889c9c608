"""Tests that every `Registrar` must pass, and a small one to try ``setup(app)`` functions with."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar, cast

from partita.contracts.key import ExtensionPoint, Key, Name

__all__ = ("RegistrarContract", "SimpleRegistrar")

T = TypeVar("T")


class SimpleRegistrar:
    """A registrar without an application: settings come from the constructor.

    Args:
        sections: Values of settings by section and field.
    """

    def __init__(self, **sections: dict[str, object]) -> None:
        self._sections = sections
        self._factories: dict[object, Callable[[], object]] = {}
        self._values: dict[object, object] = {}
        self._points: dict[object, list[object]] = {}

    def provide(self, key: Key[T], factory: Callable[[], T]) -> None:
        """See `Registrar.provide`."""
        if key in self._factories:
            raise LookupError(f"{key.name} is provided twice")
        self._factories[key] = factory

    def require(self, key: Name[T]) -> T:
        """See `Registrar.require`."""
        if key not in self._values:
            if key not in self._factories:
                raise LookupError(f"nothing provides {key.name}")
            self._values[key] = self._factories[key]()
        return cast("T", self._values[key])

    def find(self, key: Name[T]) -> T | None:
        """See `Registrar.find`."""
        return self.require(key) if key in self._factories else None

    def add(self, point: ExtensionPoint[T], value: T) -> None:
        """See `Registrar.add`."""
        self._points.setdefault(point, []).append(value)

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """See `Registrar.all`."""
        return tuple(cast("list[T]", self._points.get(point, [])))

    def section(self, name: str, kind: type[T]) -> T:
        """See `Registrar.section`."""
        return kind(**self._sections.get(name, {}))


class RegistrarContract:
    """Inherit this and define `make`."""

    @abstractmethod
    def make(self) -> Any:
        """Return a new registrar."""
        raise NotImplementedError

    def test_a_value_is_made_once_and_at_the_first_look_up(self) -> None:
        made: list[int] = []
        key = Key[list[int]]("test.value")
        app = self.make()

        def factory() -> list[int]:
            made.append(1)
            return made

        app.provide(key, factory)
        assert made == []
        assert app.require(key) is app.require(key)
        assert made == [1]

    def test_a_missing_value_is_an_error_that_names_the_key(self) -> None:
        app = self.make()
        key = Key[int]("test.missing")
        assert app.find(key) is None
        try:
            app.require(key)
        except LookupError as error:
            assert "test.missing" in str(error)  # noqa: PT017 - the kit must not need pytest
        else:
            raise AssertionError("require() returned a value that nobody provided")

    def test_a_second_provider_is_refused(self) -> None:
        app = self.make()
        key = Key[int]("test.twice")
        app.provide(key, lambda: 1)
        try:
            app.provide(key, lambda: 2)
        except LookupError as error:
            assert "test.twice" in str(error)  # noqa: PT017
        else:
            raise AssertionError("a second provider was accepted")

    def test_an_extension_point_keeps_the_order(self) -> None:
        app = self.make()
        point = ExtensionPoint[str]("test.point")
        assert app.all(point) == ()
        app.add(point, "a")
        app.add(point, "b")
        assert app.all(point) == ("a", "b")
