"""The registry behind an application: values under keys, and lists that packages add to."""

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar, cast

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS, Command
from partita.contracts.key import ExtensionPoint, Key, Name
from partita.web.errors import DuplicateProvider, FrozenAppError, MissingProvider, ProviderCycle
from partita.web.settings import Settings

__all__ = ("Registry",)

T = TypeVar("T")


class Registry:
    """Implements `partita.contracts.app.Registrar`.

    Args:
        settings: What `section` reads.
    """

    __slots__ = ("_factories", "_frozen", "_later", "_lock", "_making", "_points", "_settings", "_values")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._factories: dict[Key[object], tuple[Callable[[], object], str]] = {}
        self._values: dict[Key[object], object] = {}
        self._points: dict[ExtensionPoint[object], tuple[object, ...]] = {}
        self._making: list[Key[object]] = []
        self._lock = threading.RLock()
        self._frozen = False
        self._later: dict[str, tuple[Callable[[], None], Collection[ExtensionPoint[Any]]]] = {}

    def provide(self, key: Key[T], factory: Callable[[], T]) -> None:
        """See `Registrar.provide`."""
        self._refuse_if_frozen(key.name)
        caller = _caller()
        anonymous = cast("Key[object]", key)
        if anonymous in self._factories:
            raise DuplicateProvider(key.name, self._factories[anonymous][1], caller)
        self._factories[anonymous] = (factory, caller)

    def require(self, key: Name[T]) -> T:
        """See `Registrar.require`."""
        try:
            return cast("T", self._values[cast("Key[object]", key)])
        except KeyError:
            return cast("T", self._make(cast("Key[object]", key)))

    def find(self, key: Name[T]) -> T | None:
        """See `Registrar.find`."""
        try:  # most are there already; texts and numbers ask for their language so
            return self._values[key]  # type: ignore[index,return-value]  # what is under a key is of its type
        except KeyError:
            pass
        if key not in self._factories:
            self._set_up(key.name)
        return self.require(key) if key in self._factories else None

    def add(self, point: ExtensionPoint[T], value: T) -> None:
        """See `Registrar.add`."""
        self._refuse_if_frozen(point.name)
        anonymous = cast("ExtensionPoint[object]", point)
        self._points[anonymous] = (*self._points.get(anonymous, ()), value)

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """See `Registrar.all`."""
        if self._later and self._frozen:
            self._set_up(point.name)
            for package, (_, lists) in tuple(self._later.items()):
                if point in lists:
                    self._set_up(package)
        return cast("tuple[T, ...]", self._points.get(cast("ExtensionPoint[object]", point), ()))

    def set_up_later(
        self, package: str, setup: Callable[[], None], lists: Collection[ExtensionPoint[Any]] = (COMMANDS, CHECKS)
    ) -> None:
        """Register a package when something asks for what it gives: a key or a list whose name begins with its own, or other lists.

        Args:
            package: Dotted, such as ``partita.orm``.
            setup: Registers all of it.
            lists: Those of others that it adds to.
        """
        self._later[package] = setup, lists

    def command(self, name: str) -> Command | None:
        """Return a command; sets packages up only if those that are set up have none of that name."""
        for _ in range(2):
            for command in cast("tuple[Command, ...]", self._points.get(cast("ExtensionPoint[object]", COMMANDS), ())):
                if command.name == name:
                    return command
            self._set_up_all()
        return None

    def section(self, name: str, kind: type[T]) -> T:
        """See `Registrar.section`."""
        return self._settings.section(name, kind)

    def renew(self, key: Key[T]) -> Callable[[], None]:
        """Make the value under a key again; return what puts the former one back.

        Who has asked for it already keeps what it has got.
        """
        anonymous = cast("Key[object]", key)
        with self._lock:
            before = self.require(key)
            self._values[anonymous] = self._factories[anonymous][0]()
        return lambda: self._values.update({anonymous: before})

    def failures(self) -> Iterator[tuple[str, Exception]]:
        """Make everything that is provided; yield the names of keys for which that fails, with the reason."""
        self._set_up_all()
        for key in tuple(self._factories):
            try:
                self.require(key)
            except Exception as error:  # noqa: BLE001 - a factory may fail in any way; the check tells all of them
                yield key.name, error

    def freeze(self) -> None:
        """Refuse registrations from now on."""
        self._frozen = True

    def _make(self, key: Key[object]) -> object:
        # One thread makes, others wait for what it made; the lock is taken at first look-ups only.
        with self._lock:
            if key in self._values:
                return self._values[key]
            if key not in self._factories:
                self._set_up(key.name)
            if key not in self._factories:
                hint = "" if self._frozen else " (Set-up is still going on: ask inside of a factory, not in setup().)"
                raise MissingProvider(key.name, hint)
            if key in self._making:
                raise ProviderCycle(tuple(each.name for each in (*self._making[self._making.index(key) :], key)))
            self._making.append(key)
            try:
                value = self._values[key] = self._factories[key][0]()
            finally:
                self._making.pop()
            return value

    def _set_up_all(self) -> None:
        for package in tuple(self._later):
            self._set_up(package)

    def _set_up(self, name: str) -> None:
        """Set up the package that a key or list of this name belongs to, if it has been put off.

        A package whose name only begins alike may be set up for another's key, which costs an import at worst.
        """
        if not any(name.startswith(package) for package in tuple(self._later)):
            return
        with self._lock:
            package = next((package for package in self._later if name.startswith(package)), None)
            if package is None:  # another thread has done it meanwhile
                return
            put_off, frozen = self._later.pop(package), self._frozen
            self._frozen = False
            try:
                put_off[0]()
            except BaseException:
                self._later[package] = put_off  # so that the next look-up says the same, not that there is nothing
                raise
            finally:
                self._frozen = frozen

    def _refuse_if_frozen(self, name: str) -> None:
        if self._frozen:
            raise FrozenAppError(
                f"{name} was registered after the application had been put together. Register it in the setup() of an app."
            )


def _caller() -> str:
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith("partita.web.") and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_globals.get('__name__', '?')}:{frame.f_lineno}"
