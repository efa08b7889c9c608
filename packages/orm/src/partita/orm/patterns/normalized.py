"""Texts that are brought into one form before they are stored, checked or looked for."""

from collections.abc import Callable, Iterable
from typing import Any

from partita.orm.fields import CharField, EmailField

__all__ = ("NormalizedCharField", "NormalizedEmailField")

Normalize = Callable[[str], str]


class NormalizedCharField(CharField[Any]):
    """A text in one form: ``NormalizedCharField(normalize=[str.strip, str.upper], max_length=10)``.

    It is normalised when it is saved, checked and compared in look-ups, so that both sides are alike; by `QuerySet.update`
    and `QuerySet.bulk_create`, too. Expressions are taken as they are.

    Args:
        normalize: A function from text to text, or several that run in order; without it, white space at both ends goes.
            Functions that migrations can import.
        options: As for `CharField`.
    """

    usual: tuple[Normalize, ...] = (str.strip,)

    def __init__(
        self, verbose_name: Any = None, *, normalize: Normalize | Iterable[Normalize] | None = None, **options: Any
    ) -> None:
        super().__init__(verbose_name, **options)
        given = self.usual if normalize is None else (normalize,) if callable(normalize) else tuple(normalize)
        self.normalize: tuple[Normalize, ...] = tuple(given)

    def get_internal_type(self) -> str:
        """It is stored as text."""
        return "CharField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the functions."""
        name, _, args, kwargs = super().deconstruct()
        given = {"normalize": self.normalize} if self.normalize != self.usual else {}
        return name, f"partita.orm.patterns.normalized.{type(self).__name__}", args, {**kwargs, **given}

    def normalized(self, value: Any) -> Any:
        """Return a text in its one form; anything else as it is."""
        if isinstance(value, str):
            for function in self.normalize:
                value = function(value)
        return value

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as text in its one form."""
        return self.normalized(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as it is stored and looked for."""
        return self.normalized(super().get_prep_value(value))

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the text, which the instance has in its one form from now on."""
        value = self.normalized(super().pre_save(instance, add))
        if isinstance(value, str):
            setattr(instance, self.attname, value)
        return value


class NormalizedEmailField(NormalizedCharField):
    """An e-mail address in small letters, without white space around it."""

    usual = (str.strip, str.lower)
    default_validators = EmailField.default_validators

    def __init__(
        self, verbose_name: Any = None, *, normalize: Normalize | Iterable[Normalize] | None = None, **options: Any
    ) -> None:
        options.setdefault("max_length", 254)
        super().__init__(verbose_name, normalize=normalize, **options)

    def get_internal_type(self) -> str:
        """It is stored as every address."""
        return "EmailField"
