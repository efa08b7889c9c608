"""What all validators share: they compare by what they check, and tell how they were made."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self, TypeAlias

from partita.validation.errors import Message

__all__ = ("EMPTY_VALUES", "Validate", "Validator")

Validate: TypeAlias = Callable[[object], None]
"""Any function of one value that raises `ValidationError` if it refuses the value."""

EMPTY_VALUES: tuple[object, ...] = (None, "", [], (), {})
"""Values that count as nothing given; forms and models do not run validators on them."""


class Validator(ABC):
    """Base of the validators here: a callable that raises `ValidationError` for a value it refuses.

    Subclasses set ``message`` and ``code`` and define ``__call__``. Migrations write a validator down with
    `deconstruct` and make it again from that.
    """

    message: Message = ""
    code: str = "invalid"
    import_path: ClassVar[str] = ""

    _made_with: tuple[tuple[object, ...], dict[str, object]]

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        self = super().__new__(cls)
        self._made_with = (args, kwargs)
        return self

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        package = "partita.validation"
        module = package if cls.__module__.startswith(f"{package}.") else cls.__module__
        cls.import_path = f"{module}.{cls.__qualname__}"

    @abstractmethod
    def __call__(self, value: object) -> None:
        """Raise `ValidationError` unless ``value`` is acceptable."""

    def deconstruct(self) -> tuple[str, tuple[object, ...], dict[str, object]]:
        """Return the import path of the class and the arguments that make an equal validator."""
        args, kwargs = self._made_with
        return (self.import_path, args, dict(kwargs))

    def identity(self) -> tuple[object, ...]:
        """Return what two equal validators have in common, beside their class."""
        return (str(self.message), self.code)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return isinstance(other, Validator) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash((type(self), self.code))

    def __repr__(self) -> str:
        args, kwargs = self._made_with
        shown = [*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())]
        return f"{type(self).__name__}({', '.join(shown)})"
