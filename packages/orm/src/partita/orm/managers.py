"""Managers: where the queries of a model begin."""

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from partita.orm.queryset import QuerySet

if TYPE_CHECKING:
    from partita.contracts.checks import Finding
    from partita.orm.database import Database
    from partita.orm.models import Model

    M = TypeVar("M", bound="Model")

    class _Queries(QuerySet[M]):
        """To type checkers a manager has the methods of its QuerySet."""
else:
    M = TypeVar("M")

    class _Queries(Generic[M]):
        """At run time a manager hands its methods on to a new QuerySet."""


__all__ = ("Manager",)

_NOT_SHARED = {"as_manager", "from_queryset", "database", "db", "ordered"}


class Manager(_Queries[M]):
    """The beginning of queries: ``Album.objects``. Subclass it to add methods or to narrow `get_queryset`."""

    queryset_class: ClassVar[Any] = QuerySet
    model: Any = None
    name: str = ""
    use_in_migrations: bool = False
    _made_with: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
    _of_queryset = False

    if not TYPE_CHECKING:  # type checkers read what __init__ takes

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            made = super().__new__(cls)
            made._made_with = (args, kwargs)
            return made

    def __init__(self) -> None:
        self._using: str | Database | None = None

    @property
    def _db(self) -> "str | Database | None":
        """What `db_manager` was given, for a `get_queryset` that makes QuerySets itself: ``Rows(self.model, using=self._db)``."""
        return self._using

    @property
    def db(self) -> str:
        """The alias of the database that rows are read from."""
        return self.get_queryset().db

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "queryset_class" in vars(
            cls
        ):  # else it inherits these methods: they look for rows by name, in whatever has them
            _share(cls, cls.queryset_class)

    def __set_name__(self, owner: Any, name: str) -> None:
        self.name = name

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the manager ``name`` of ``model``."""
        self.model, self.name = model, name

    def for_model(self, model: Any) -> Self:
        """Return a copy for a class that inherits this manager."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.model = model
        return copy

    def __get__(self, instance: Any, owner: object = None) -> Self:  # type: ignore[override]  # not the plain one
        if instance is not None:
            raise AttributeError(f"Manager isn't accessible via {type(instance).__name__} instances")
        return self

    def get_queryset(self) -> QuerySet[M]:
        """Return the rows that every query of this manager begins with."""
        return self.queryset_class(model=self.model, using=self._using)  # type: ignore[no-any-return]  # a QuerySet class

    if not TYPE_CHECKING:

        def all(self) -> Any:
            """Return all rows; those that were prefetched, where they were."""
            return self.get_queryset()

    def check(self, **options: Any) -> "list[Finding]":
        """Return what is wrong with the manager: nothing; override it for checks of your own."""
        return []

    def db_manager(self, using: "str | Database | None" = None) -> Self:
        """Return a manager for another database."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._using = using
        return copy

    @classmethod
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        """Return a manager class that offers the methods of ``queryset_class``."""
        name = class_name or f"{cls.__name__}From{queryset_class.__name__}"
        return type(name, (cls,), {"queryset_class": queryset_class})

    def deconstruct(
        self,
    ) -> tuple[bool, str | None, str | None, tuple[Any, ...] | None, dict[str, Any] | None]:
        """Return what makes an equal manager.

        Returns:
            Whether ``as_manager()`` of a QuerySet class made it; then the path of that class as the third, else the path of the
            manager's class as the second, and its positional and keyword arguments.

        Raises:
            ValueError: If the class has no name that can be imported.
        """
        if self._of_queryset:
            rows: Any = self.queryset_class
            return True, None, f"{rows.__module__}.{rows.__name__}", None, None
        kind = type(self)
        module, name = kind.__module__, kind.__name__
        if getattr(sys.modules.get(module), name, None) is not kind:
            raise ValueError(
                f"Could not find manager {name} in {module}.\nPlease note that you need to inherit from "
                "managers you dynamically generated with 'from_queryset()'."
            )
        args, kwargs = self._made_with
        return False, f"{module}.{name}", None, args, kwargs

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.model is self.model and other.name == self.name

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.model.__name__ if self.model else 'no model'}>"


def _share(cls: Any, queryset_class: Any) -> None:
    """Give a manager the public methods of a QuerySet class."""
    own = {
        name
        for kind in cls.__mro__
        if kind not in (object, Generic)
        for name, value in vars(kind).items()
        if not hasattr(value, "_shared")
    }
    kept = _queryset_only(queryset_class)
    for name in dir(queryset_class):
        if name in own or name in _NOT_SHARED or kept.get(name, name.startswith("_")):
            continue
        method = getattr(queryset_class, name, None)
        if callable(method):
            setattr(cls, name, _handed_on(name, method))


def _queryset_only(queryset_class: Any) -> dict[str, bool]:
    """Return which methods say whether managers have them, themselves or else by what they override."""
    said = {}
    for kind in reversed(queryset_class.__mro__):
        for name, value in vars(kind).items():
            if (only := getattr(value, "queryset_only", None)) is not None:
                said[name] = bool(only)
    return said


def _handed_on(name: str, method: Any) -> Any:
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.get_queryset(), name)(*args, **kwargs)

    call._shared = True  # type: ignore[attr-defined]  # a mark for _share
    return call


_share(Manager, QuerySet)
