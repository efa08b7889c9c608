"""Look-ups and transforms that users register on classes of fields, on single fields, and on transforms."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

__all__ = ("RegisterLookups",)


class _OnClassOrInstance:
    """A method that knows whether it was called on a class or on one of its instances."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: type) -> Callable[..., Any]:
        target = owner if instance is None else instance
        function = self.function

        def bound(*args: Any, **kwargs: Any) -> Any:
            return function(target, *args, **kwargs)

        bound.__doc__ = self.__doc__
        return bound


class RegisterLookups:
    """Something that look-ups and transforms can be registered on: its class, with what inherits from it, or one of it."""

    version: ClassVar[object] = object()
    """Changes with every registration, so that what was resolved before is resolved anew."""

    @staticmethod
    def _changed() -> None:
        RegisterLookups.version = object()

    def _register(target: Any, lookup: Any, lookup_name: str | None = None) -> Any:
        """Offer a look-up or a transform under its ``lookup_name``, or under another name; usable as a decorator.

        Raises:
            ValueError: If it has no name.
        """
        name = lookup_name or lookup.lookup_name
        if not name:
            raise ValueError(f"{lookup.__name__} has no lookup_name; give it one, or register it with a name.")
        _own(target)[name] = lookup
        RegisterLookups._changed()
        return lookup

    def _unregister(target: Any, lookup: Any, lookup_name: str | None = None) -> None:
        """Take a registration back."""
        del _own(target)[lookup_name or lookup.lookup_name]
        RegisterLookups._changed()

    register_lookup = _OnClassOrInstance(_register)
    _unregister_lookup = _OnClassOrInstance(_unregister)

    @classmethod
    def get_class_lookups(cls) -> dict[str, Any]:
        """Return what is registered for this class and those that it inherits from, by name."""
        found: dict[str, Any] = {}
        for kind in reversed(cls.__mro__):
            found.update(kind.__dict__.get("_registered_lookups", ()))
        return found

    def get_instance_lookups(self) -> dict[str, Any]:
        """Return what is registered for this one, or for its class; what is registered for this one alone comes first."""
        return {**self.get_class_lookups(), **self.__dict__.get("_registered_lookups", {})}

    def _lookups(target: Any) -> Mapping[str, Any]:
        """Return what is registered, by name."""
        found: Mapping[str, Any] = (
            target.get_instance_lookups() if isinstance(target, RegisterLookups) else target.get_class_lookups()
        )
        return found

    get_lookups = _OnClassOrInstance(_lookups)

    def _registered(self, name: str) -> Any:
        own = self.__dict__.get("_registered_lookups")
        if own is not None and name in own:
            return own[name]
        for kind in type(self).__mro__:
            known = kind.__dict__.get("_registered_lookups")
            if known is not None and name in known:
                return known[name]
        return None

    def registered_lookup(self, name: str) -> Any:
        """Return the class of look-ups registered as ``name``, or None."""
        found = self._registered(name)
        return None if found is None or _is_transform(found) else found

    def registered_transform(self, name: str) -> Any:
        """Return the transform registered as ``name``, or None."""
        found = self._registered(name)
        return found if _is_transform(found) else None

    def get_lookup(self, name: str) -> Any:
        """Return the class of the look-up ``name``, registered or built in, or None."""
        from partita.orm.lookups import builtin_lookup

        found = self._registered(name)
        if found is not None:  # a transform stands before a look-up of ours with the same name
            return None if _is_transform(found) else found
        return builtin_lookup(self, name)

    def get_transform(self, name: str) -> Any:
        """Return the transform ``name``, registered or built in, or None."""
        from partita.orm.lookups import builtin_transform

        found = self.registered_transform(name)
        return builtin_transform(self, name) if found is None else found


def _own(target: Any) -> dict[str, Any]:
    known: dict[str, Any] | None = target.__dict__.get("_registered_lookups")
    if known is None:
        known = {}
        target._registered_lookups = known
    return known


def _is_transform(found: Any) -> bool:
    return isinstance(found, type) and hasattr(found, "bilateral") and not hasattr(found, "prepare_rhs")
