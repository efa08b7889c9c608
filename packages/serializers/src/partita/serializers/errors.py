"""Every error this package raises."""

from partita.orm import DatabaseError, IntegrityError

__all__ = (
    "CircularDependency",
    "ConflictError",
    "DanglingReference",
    "DeserializationError",
    "FixtureError",
    "FormatSyntaxError",
    "SaveError",
    "SerializersError",
    "UnknownFormat",
    "UnserializableContent",
)


class SerializersError(Exception):
    """Base of every error this package raises."""


class UnknownFormat(SerializersError, KeyError):
    """No format has that name, or what it needs is not installed."""

    def __str__(self) -> str:
        return str(self.args[0])  # which KeyError would put into quotes


class FixtureError(SerializersError, LookupError):
    """A fixture is missing, cannot be read, or there are several of one name."""


class CircularDependency(SerializersError, RuntimeError):
    """The natural keys of models need one another, so no order of writing them would do.

    Args:
        labels: The models, in the order in which each needs the next; the last needs the first.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__(labels)
        self.labels = labels

    def __str__(self) -> str:
        known = ", ".join(sorted(self.labels))
        circle = " needs ".join((*self.labels, self.labels[0]))
        return (
            f"Can't resolve dependencies for {known} in serialized app list. {circle}: take away natural_key() of one of "
            "them, or write them without natural keys."
        )


class UnserializableContent(SerializersError, ValueError):
    """A value cannot be said in the format.

    Args:
        place: Model, field and key.
        reason: What is wrong with the value, as the rest of a sentence that begins with the place.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place, self.reason = place, reason

    def __str__(self) -> str:
        return f"{self.place} {self.reason}"


class FormatSyntaxError(SerializersError, ValueError):
    """A text does not follow the grammar of its format, or is larger or deeper than is allowed.

    Args:
        place: Line or number of the object.
        reason: What is wrong, and what was expected.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place, self.reason = place, reason

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class _Placed(Exception):
    """What is known about the place of an error: see `DeserializationError`."""

    def __init__(
        self, reason: str, *, source: str = "", number: int = 0, model: str = "", pk: object = None, field: str = ""
    ) -> None:
        super().__init__(reason, source, number, model, pk, field)
        self.reason, self.source, self.number = reason, source, number
        self.model, self.pk, self.field = model, pk, field

    def __reduce__(self) -> "tuple[object, ...]":
        return _made, (type(self), self.reason, self.source, self.number, self.model, self.pk, self.field)

    def __str__(self) -> str:
        row = f"object {self.number}" if self.number else ""
        if self.model:
            known = f"{self.model}:pk={str(self.pk)[:80]}"
            row = f"{row} ({known})" if row else known
        places = [self.source, row, f"field {self.field}" if self.field else ""]
        place = ", ".join(part for part in places if part)
        return f"{place}: {self.reason}" if place else self.reason


class DeserializationError(_Placed, SerializersError, ValueError):
    """An object cannot be made a row.

    Args:
        reason: What is wrong.
        source: The file, if there is one.
        number: Which object of the file, counted from 1.
        model: Its model, as the file says.
        pk: Its key, as the file says.
        field: The field whose value is wrong.
    """


class SaveError(_Placed, SerializersError, DatabaseError):
    """The database did not take a row; the arguments are those of `DeserializationError`."""


class ConflictError(SaveError, IntegrityError):
    """A row breaks a constraint; the arguments are those of `DeserializationError`."""


class DanglingReference(ConflictError):
    """A row points to one that is not there after all have been loaded; the arguments are those of `DeserializationError`."""


def _made(kind: type[_Placed], reason: str, source: str, number: int, model: str, pk: object, field: str) -> _Placed:
    return kind(reason, source=source, number=number, model=model, pk=pk, field=field)
