"""Every error this package raises."""

from collections.abc import Iterable

__all__ = (
    "DataError",
    "DatabaseError",
    "FieldDoesNotExist",
    "FieldError",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "ModelError",
    "MultipleObjectsReturned",
    "NoDatabaseError",
    "NotSupportedError",
    "NotUpdated",
    "ObjectDoesNotExist",
    "OperationalError",
    "OrmError",
    "PoolTimeout",
    "ProgrammingError",
    "ProtectedError",
    "RestrictedError",
    "TransactionManagementError",
)


class OrmError(Exception):
    """Base of every error this package raises."""


class ModelError(OrmError, TypeError):
    """A model class is declared in a way that cannot work."""


class FieldError(OrmError, ValueError):
    """A query names a field, look-up or alias that does not exist or is not allowed."""


class FieldDoesNotExist(OrmError, LookupError):
    """A model has no field of that name."""


class ObjectDoesNotExist(OrmError, LookupError):
    """No row matches; each model has a subclass of its own, ``Model.DoesNotExist``."""


class MultipleObjectsReturned(OrmError, LookupError):
    """More than one row matches; each model has a subclass of its own, ``Model.MultipleObjectsReturned``."""


class NoDatabaseError(OrmError, LookupError):
    """No database is current, or none has that alias."""


class InterfaceError(OrmError):
    """The driver was used wrongly (PEP 249)."""


class DatabaseError(OrmError):
    """The database refused or failed (PEP 249); the driver's own error is its ``__cause__``."""


class DataError(DatabaseError):
    """A value does not fit its column."""


class OperationalError(DatabaseError):
    """The database could not do its work: connection lost, lock not given, disk full."""


class PoolTimeout(OperationalError):
    """No connection came free in time."""

    def __init__(self, database: str, size: int, seconds: float) -> None:
        super().__init__(database, size, seconds)
        self.database, self.size, self.seconds = database, size, seconds

    def __str__(self) -> str:
        return (
            f"{self.database}: all {self.size} connections stayed in use for {self.seconds:g} s. "
            "Keep transactions short, or raise pool_size."
        )


class IntegrityError(DatabaseError):
    """A constraint does not hold."""


class InternalError(DatabaseError):
    """The database met a fault of its own."""


class ProgrammingError(DatabaseError):
    """The SQL is wrong, or names a table that does not exist."""


class NotSupportedError(DatabaseError):
    """This database cannot do that."""


class NotUpdated(ObjectDoesNotExist, DatabaseError):
    """A forced update changed no row; each model has a subclass of its own, ``Model.NotUpdated``."""


class TransactionManagementError(DatabaseError, RuntimeError):
    """A transaction is used in a way that would break it, such as a durable block within another."""


class ProtectedError(IntegrityError):
    """Rows cannot be deleted because others point to them with ``on_delete=PROTECT``."""

    def __init__(self, message: str, protected_objects: Iterable[object] = ()) -> None:
        self.protected_objects = set(protected_objects)
        super().__init__(message, self.protected_objects)

    def __str__(self) -> str:
        return str(self.args[0])


class RestrictedError(IntegrityError):
    """Rows cannot be deleted because others point to them with ``on_delete=RESTRICT``."""

    def __init__(self, message: str, restricted_objects: Iterable[object] = ()) -> None:
        self.restricted_objects = set(restricted_objects)
        super().__init__(message, self.restricted_objects)

    def __str__(self) -> str:
        return str(self.args[0])
