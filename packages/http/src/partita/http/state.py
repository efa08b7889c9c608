"""What middleware adds to a request: declared, typed, lazy if it costs something."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct

from partita.contracts.key import Name
from partita.http.errors import SlotEmpty

__all__ = ("AttributeState", "Lazy", "Slot", "State")

T = TypeVar("T")


class Slot(Name[T], Generic[T]):
    """The name of one value that a request may carry; two slots are the same only if they are one object.

    Args:
        name: Dotted, beginning with the package, such as ``partita.auth.user``.
        varies_on: Names of the request headers that the value comes from, such as ``Cookie``: an answer that somebody made with
            it is kept only for requests in which they are the same. ``*`` keeps such an answer out of every cache.
    """

    __slots__ = ("short", "varies_on")

    def __init__(self, name: str, varies_on: tuple[str, ...] = ()) -> None:
        super().__init__(name)
        self.short = name.rpartition(".")[2]
        self.varies_on = varies_on


class Lazy:
    """A value that nobody has asked for yet.

    Args:
        make: Makes it, once a request.
    """

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


class State(Struct, eq=False, weakref=True):
    """The slots of one request, the only part of it that changes."""

    _values: dict[Name[object], object] = {}

    def declare(self, slots: "Mapping[Slot[Any], Callable[[Any], object]]", request: object) -> None:
        """See `Request.declare`."""
        for slot, make in slots.items():
            self.fill_lazily(slot, partial(make, request))

    def open(self, declared: "Mapping[Slot[Any], Callable[[Any], object]]", request: object) -> None:
        """Take declared slots in, since somebody looks, but for those that are filled already.

        Args:
            declared: See `Request.declare`.
            request: What their values are made from.
        """
        for slot, make in declared.items():
            if slot not in self._values:
                self.fill_lazily(slot, partial(make, request))

    def fill(self, slot: Slot[T], value: T) -> None:
        """Put ``value`` into ``slot``; a value that was there gives way."""
        self._values[slot] = value

    def fill_lazily(self, slot: Slot[T], factory: Callable[[], T] | Lazy) -> None:
        """Let ``factory`` make the value when it is first read.

        Args:
            slot: For the value.
            factory: The same for each request may be wrapped as `Lazy` once.
        """
        self._values[slot] = factory if factory.__class__ is Lazy else Lazy(factory)  # type: ignore[arg-type]  # just seen

    def has_any(self, slots: frozenset[Any]) -> bool:
        """Tell whether any of ``slots`` is filled."""
        return not slots.isdisjoint(self._values)

    def is_made(self, slot: Name[T]) -> bool:
        """Tell whether ``slot`` holds a value that needs no factory any more."""
        return slot in self._values and type(self._values[slot]) is not Lazy

    def get(self, slot: Name[T], default: T | None = None) -> T | None:
        """Return the value in ``slot``, or ``default``."""
        return self[slot] if slot in self._values else default

    def __getitem__(self, slot: Name[T]) -> T:
        try:
            value = self._values[slot]
        except KeyError:
            raise SlotEmpty(
                f"This request has no {slot.name}. Is the middleware that fills it part of the application, "
                "and outside of what asks for it?"
            ) from None
        if type(value) is Lazy:
            value = self._values[slot] = value.make()
        return cast("T", value)

    def slots(self) -> "Iterator[Slot[object]]":
        """Give the slots that are filled."""
        return iter([slot for slot in self._values if isinstance(slot, Slot)])

    def get_by_name(self, short: str) -> object:
        """Return the value of the slot whose name ends with ``short``, or None."""
        return next((self[slot] for slot in self.slots() if slot.short == short), None)

    def __contains__(self, slot: object) -> bool:
        return slot in self._values

    def by_name(self, short: str) -> object:
        """Return the value of the slot whose name ends with ``short``, for templates.

        Raises:
            SlotEmpty: If there is none.
        """
        for slot in self._values:
            if isinstance(slot, Slot) and slot.short == short:
                return self[slot]
        raise SlotEmpty(f"This request has no slot that is called {short[:80]!r}")

    def __repr__(self) -> str:
        return f"<State with {len(self._values)} slots>"  # never their values, which may be secret

    def __getattr__(self, short: str) -> object:
        if short.startswith("_"):
            raise AttributeError(short)  # copy and pickle look for methods before there are any values
        try:
            return self.by_name(short)
        except SlotEmpty as error:
            raise AttributeError(str(error)) from None


class AttributeState(State, eq=False, weakref=True):
    """The state of a request whose draft was given attributes that no slot stood for when they were set.

    A test that calls a view sets ``request.user`` where middleware would fill a slot; whoever asks for that slot gets what was set.
    Most requests have a plain `State`, so they do not pay for this.
    """

    _attributes: dict[str, object] = {}
    _given: dict[str, str] = {}

    def offer(self, short: str, name: str) -> None:
        """Let the attribute ``name`` count for slots whose name ends with ``short``."""
        self._given[short] = name

    def fill(self, slot: Slot[T], value: T) -> None:
        """See `State.fill`; an attribute of the same name gives way."""
        self._take(slot.short)
        super().fill(slot, value)

    def fill_lazily(self, slot: Slot[T], factory: Callable[[], T] | Lazy) -> None:
        """See `State.fill_lazily`; an attribute of the same name gives way."""
        self._take(slot.short)
        super().fill_lazily(slot, factory)

    def is_made(self, slot: Name[T]) -> bool:
        """See `State.is_made`."""
        return slot in self and super().is_made(slot)

    def get(self, slot: Name[T], default: T | None = None) -> T | None:
        """See `State.get`."""
        self._adopt(slot)
        return super().get(slot, default)

    def get_by_name(self, short: str) -> object:
        """See `State.get_by_name`."""
        name = self._given.get(short)
        return super().get_by_name(short) if name is None else self._attributes.get(name)

    def __getitem__(self, slot: Name[T]) -> T:
        self._adopt(slot)
        return super().__getitem__(slot)

    def __contains__(self, slot: object) -> bool:
        self._adopt(slot)
        return super().__contains__(slot)

    def _adopt(self, slot: object) -> None:
        if isinstance(slot, Slot) and slot.short in self._given and slot not in self._values:
            self._values[slot] = self._take(slot.short)

    def _take(self, short: str) -> object:
        return self._attributes.pop(self._given.pop(short, ""), None)
