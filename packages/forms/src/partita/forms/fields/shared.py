"""The fields of one form, shared with its class until somebody looks at them."""

from collections.abc import Callable, ItemsView, Iterator, ValuesView
from typing import Any

from partita.forms.fields.base import Field

__all__ = ("FieldDict",)


class FieldDict(dict[str, Field]):
    """Fields by name. Whoever takes one out gets a copy that belongs to the form alone and may be changed.

    Most forms are only validated, which changes no field: copying all of them took longer than validating them.

    Args:
        fields: Those of the class.
    """

    __slots__ = ("_shared",)

    def __init__(self, fields: dict[str, Field]) -> None:
        super().__init__(fields)
        self._shared = set(fields)

    @property
    def peek(self) -> Callable[[str], Field]:
        """What returns a field that may belong to other forms too, and must not be changed."""
        return super().__getitem__

    def share(self, name: str, field: Field) -> None:
        """Put in a field that belongs to other forms too; who takes it out gets a copy."""
        super().__setitem__(name, field)
        self._shared.add(name)

    def __getitem__(self, name: str) -> Field:
        field = super().__getitem__(name)
        if name in self._shared:
            self._shared.discard(name)
            field = field.clone()
            super().__setitem__(name, field)
        return field

    def __setitem__(self, name: str, field: Field) -> None:
        self._shared.discard(name)
        super().__setitem__(name, field)

    def __delitem__(self, name: str) -> None:
        self._shared.discard(name)
        super().__delitem__(name)

    # dict(fields) and {**fields} take the values out directly unless iteration is not that of a dict.
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        """Return the field, or ``default``."""
        return self[name] if name in self else default  # noqa: SIM401 - the method that it names is this one

    def values(self) -> ValuesView[Field]:  # type: ignore[override]  # a view, as that of dict is
        """Return all fields."""
        self._own()
        return super().values()

    def items(self) -> ItemsView[str, Field]:  # type: ignore[override]  # a view, as that of dict is
        """Return names and fields."""
        self._own()
        return super().items()

    def pop(self, name: str, *default: Any) -> Any:
        """Take a field out and return it, or ``default``."""
        if name in self._shared:
            self[name]
        return super().pop(name, *default)

    def popitem(self) -> tuple[str, Field]:
        """Take the last field out."""
        self._own()
        return super().popitem()

    def setdefault(self, name: str, field: Field) -> Field:
        """Return the field, after putting it in if there is none."""
        if name not in self:
            self[name] = field
        return self[name]

    def update(self, *others: Any, **more: Field) -> None:
        """Put fields in."""
        for name, field in dict(*others, **more).items():
            self[name] = field

    def clear(self) -> None:
        """Take all fields out."""
        self._shared.clear()
        super().clear()

    def copy(self) -> dict[str, Field]:
        """Return the form's own fields in a plain dictionary."""
        return dict(self.items())

    def __or__(self, other: Any) -> dict[str, Field]:  # type: ignore[override]  # fields only
        return self.copy() | dict(other)

    def __ror__(self, other: Any) -> dict[str, Field]:  # type: ignore[override]  # fields only
        return dict(other) | self.copy()

    def __ior__(self, other: Any) -> "FieldDict":  # type: ignore[override]  # fields only
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (dict, (self.copy(),))

    def arrange(self, names: list[str]) -> None:
        """Put the fields ``names`` first, in this order; the others follow."""
        before = {name: super(FieldDict, self).__getitem__(name) for name in super().__iter__()}
        super().clear()
        for name in dict.fromkeys([*names, *before]):
            super().__setitem__(name, before[name])

    def _own(self) -> None:
        for name in tuple(self._shared):
            self[name]
