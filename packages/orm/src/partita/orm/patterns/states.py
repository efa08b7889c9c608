"""A field for the state of a row, which changes only along declared ways."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from partita.orm.errors import FieldError, ModelError, OrmError
from partita.orm.fields import CharField

if TYPE_CHECKING:
    from partita.orm.database import Database
    from partita.orm.models import Model

__all__ = ("IllegalTransition", "StateField", "atransition", "transition")

S = TypeVar("S", bound="Model")


class IllegalTransition(OrmError, ValueError):
    """A row cannot go from the state it is in to the one that is asked for."""

    def __init__(self, field: str, before: str, after: str, allowed: Collection[str]) -> None:
        super().__init__(field, before, after, tuple(allowed))
        self.field, self.before, self.after, self.allowed = field, before, after, tuple(allowed)

    def __str__(self) -> str:
        ways = ", ".join(map(repr, self.allowed)) or "nowhere"
        return f"{self.field} cannot go from {self.before!r:.40} to {self.after!r:.40}; from there it may go to {ways}."


class StateField(CharField[str]):
    """One of a few states, such as draft, confirmed, cancelled and done.

    Assigning a state that cannot follow the present one raises at once. A new row may begin in any state.
    `QuerySet.update` sets what it is told; `transition` changes a row only if it is still in the state it is thought to be.

    Args:
        transitions: For each state those that may follow; one with none is final. Members of a `TextChoices` will do.
        default: The state that rows begin in; the first of ``transitions`` unless given.
        options: As for `CharField`; ``max_length`` is 40 unless given.

    Raises:
        ModelError: If a state that may follow is not declared itself.
    """

    def __init__(self, verbose_name: Any = None, *, transitions: Mapping[str, Collection[str]], **options: Any) -> None:
        ways = {_plain(state): tuple(sorted(map(_plain, following))) for state, following in transitions.items()}
        if not ways:
            raise ModelError("A StateField needs at least one state in transitions.")
        for state, following in ways.items():
            for name in following:
                if name not in ways:
                    raise ModelError(f"{state!r:.40} may become {name!r:.40}, which is no key of transitions itself.")
        self.transitions: Mapping[str, tuple[str, ...]] = ways
        options.setdefault("default", next(iter(ways)))
        options.setdefault("max_length", max(40, *map(len, ways)))
        super().__init__(verbose_name, **options)

    def get_internal_type(self) -> str:
        """It is stored as text."""
        return "CharField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the transitions."""
        name, _, args, kwargs = super().deconstruct()
        return name, "partita.orm.patterns.states.StateField", args, {**kwargs, "transitions": dict(self.transitions)}

    def allowed(self, state: str) -> tuple[str, ...]:
        """Return the states that may follow ``state``."""
        return self.transitions.get(state, ())

    def check_step(self, before: str, after: str) -> None:
        """Check one step; staying is always allowed.

        Raises:
            IllegalTransition: If it is not allowed.
        """
        if after not in self.transitions or (before != after and after not in self.allowed(before)):
            raise IllegalTransition(f"{self.model.__name__}.{self.name}", before, after, self.allowed(before))

    if not TYPE_CHECKING:

        def __get__(self, instance, owner=None):
            if instance is not None and self.attname in (values := getattr(instance, "__dict__", {})):
                return values[self.attname]
            return super().__get__(instance, owner)

        def __set__(self, instance, value):
            if not hasattr(value, "resolve"):
                value = _plain(value)
                if not instance._state.adding:
                    self.check_step(self.__get__(instance, type(instance)), value)
            instance.__dict__[self.attname] = value

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Refuse what is no state at all."""
        value = super().pre_save(instance, add)
        if isinstance(value, str) and value not in self.transitions:
            raise FieldError(
                f"{self.model.__name__}.{self.name}: {value!r:.40} is none of the states {', '.join(self.transitions)}."
            )
        return value


def transition(instance: "Model", using: "str | Database | None" = None, **states: str) -> None:
    """Bring a saved row into another state, unless somebody else has changed its state meanwhile.

    Args:
        instance: The row.
        using: A database or its alias.
        states: The new state by the name of its field.

    Raises:
        IllegalTransition: If the row cannot go there, or is not in the state that ``instance`` tells any more.
    """
    database = instance._write_database(using)
    database.perform(_transition, instance, database, states)


async def atransition(instance: "Model", using: "str | Database | None" = None, **states: str) -> None:
    """Async twin of `transition`."""
    await instance._write_database(using).arun(lambda: transition(instance, using, **states))


def _transition(instance: Any, database: "Database", states: Mapping[str, str]) -> None:
    meta = instance._meta
    wanted: dict[str, str] = {}
    known: dict[str, str] = {}
    for name, state in states.items():
        field = meta.get_field(name)
        if not isinstance(field, StateField):
            raise FieldError(f"{meta.object_name}.{name:.80} is no StateField.")
        known[name], wanted[name] = getattr(instance, name), _plain(state)
        field.check_step(known[name], wanted[name])
    rows = type(instance)._base_manager.using(database).filter(pk=instance.pk)
    if not rows.filter(**known).update(**wanted):
        present = rows.values(*states).first()
        if present is None:
            raise instance.DoesNotExist(f"{meta.object_name} matching query does not exist.")
        name = next((name for name in states if present[name] != known[name]), next(iter(states)))
        raise IllegalTransition(
            f"{meta.object_name}.{name}", present[name], wanted[name], meta.get_field(name).allowed(present[name])
        )
    instance.__dict__.update(wanted)


def _plain(state: Any) -> str:
    return str.__str__(state) if isinstance(state, str) else str(state)
