"""What stands for a value made later behaves as that value does."""

import copy
import itertools
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from partita.text import LazyObject, SimpleLazyObject, cached_property, classproperty, lazy
from partita.text.lazy_values import empty


def late(value: Any) -> Any:
    """Return what stands for ``value``, made at each look."""
    return lazy(lambda: value, type(value))()


def once(value: Any) -> Any:
    """Return what stands for ``value``, made at the first look."""
    return SimpleLazyObject(lambda: value)


class Money:
    """Something with numbers and text in it."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __int__(self) -> int:
        return self.cents // 100

    def __float__(self) -> float:
        return self.cents / 100

    def __index__(self) -> int:
        return self.cents

    def __bytes__(self) -> bytes:
        return str(self.cents).encode()

    def __format__(self, spec: str) -> str:
        return f"{spec}{self.cents}"

    def __str__(self) -> str:
        return f"{self.cents} cents"

    def __repr__(self) -> str:
        return f"Money({self.cents})"


def test_a_number_made_later_counts_as_one() -> None:
    value = late(Money(250))
    assert (int(value), float(value), hex(value)) == (2, 2.5, "0xfa")
    assert (str(value), repr(value), bytes(value), f"{value:~}") == ("250 cents", "Money(250)", b"250", "~250")
    assert value.cents == 250
    assert "cents" in dir(value)


@pytest.mark.parametrize(
    ("operate", "result"),
    [
        (lambda value: (value + 2, 2 + value), (9, 9)),
        (lambda value: (value - 2, 2 - value), (5, -5)),
        (lambda value: (value * 2, 2 * value), (14, 14)),
        (lambda value: (value / 2, 14 / value), (3.5, 2.0)),
        (lambda value: (value // 2, 15 // value), (3, 2)),
        (lambda value: (value % 2, 15 % value), (1, 1)),
        (lambda value: (value < 8, value > 8, value <= 7, value >= 8), (True, False, True, False)),
        (lambda value: (value == 7, value != 7, value == late(7), value < late(8)), (True, False, True, True)),
        (lambda value: (hash(value), bool(value)), (hash(7), True)),
    ],
)
def test_a_number_made_later_is_computed_with(operate: Callable[[Any], Any], result: tuple[object, ...]) -> None:
    assert operate(late(7)) == result


def test_a_list_made_later_is_walked_and_looked_into() -> None:
    value = late([1, 2, 3])
    assert (len(value), list(value), value[1], value[late(0)], 3 in value, 4 in value) == (
        3,
        [1, 2, 3],
        2,
        1,
        True,
        False,
    )
    assert not late([])


def test_text_made_later_becomes_bytes() -> None:
    assert bytes(late("ü")) == "ü".encode()


@pytest.mark.parametrize("value", [late(7), late("ü"), once([7])])
def test_what_was_pickled_is_the_value_itself(value: Any) -> None:
    arrived = pickle.loads(pickle.dumps(value))
    assert type(arrived) in {int, str, list}
    assert arrived == value


def test_a_copy_of_a_value_made_later_is_made_later() -> None:
    value: Any = lazy(itertools.count().__next__, int)()
    for copied in (copy.copy(value), copy.deepcopy([value])[0]):
        assert copied + 0 < copied + 0  # each look makes it anew


def test_an_object_made_once_is_compared_and_added_to_as_itself() -> None:
    three = once(3)
    assert (three == 3, three != 3, three < 4, three > 4, hash(three)) == (True, False, True, False, hash(3))
    assert (three + 1, 1 + three) == (4, 4)
    assert "real" in dir(three)
    assert bytes(once(b"ab")) == b"ab"


def test_an_object_made_once_is_changed_in_place() -> None:
    kept = {"a": 1}
    stand_in = once(kept)
    stand_in["b"] = 2
    del stand_in["a"]
    assert kept == {"b": 2}
    assert (len(stand_in), list(stand_in), "b" in stand_in, stand_in["b"]) == (1, ["b"], True, 2)


def test_the_class_of_the_other_object_can_be_changed() -> None:
    class Other(Money):
        """Another."""

    kept = Money(1)
    stand_in = once(kept)
    stand_in.__class__ = Other
    assert type(kept) is Other
    assert isinstance(stand_in, Other)


class Made(LazyObject):
    """Makes its object itself."""

    def _setup(self) -> None:
        self._wrapped = [1]


def test_a_subclass_says_what_is_made() -> None:
    stand_in: Any = Made()
    assert repr(stand_in) == "<Made: <empty>>"
    fresh, deep = copy.copy(stand_in), copy.deepcopy(stand_in)
    assert (fresh._wrapped is empty, deep._wrapped is empty) == (True, True)
    assert stand_in == [1]
    assert repr(stand_in) == "<Made: [1]>"
    assert (copy.copy(stand_in), copy.deepcopy(stand_in)) == ([1], [1])
    assert copy.copy(stand_in) is not stand_in._wrapped


def test_a_subclass_that_does_not_say_it_is_a_mistake() -> None:
    with pytest.raises(TypeError, match=r"has to define _setup\(\)"):
        str(LazyObject())
    with pytest.raises(TypeError, match="can't delete _wrapped"):
        del Made()._wrapped
    assert repr(empty) == "<empty>"


def test_a_property_of_a_class_is_read_from_class_and_instance() -> None:
    class Shop:
        name = "main"

        @classproperty
        def title(cls) -> str:
            return f"the {cls.name} shop"

        late = classproperty[str]()

    class Branch(Shop):
        name = "branch"

    assert (Shop.title, Branch().title) == ("the main shop", "the branch shop")
    with pytest.raises(AttributeError, match="no getter yet"):
        Shop.late
    Shop.__dict__["late"].getter(lambda cls: cls.name * 2)
    assert Branch.late == "branchbranch"


def test_a_cached_property_is_computed_once_for_each_instance() -> None:
    class Shelf:
        def __init__(self) -> None:
            self.counted = 0

        def count(self) -> int:
            """How often."""
            self.counted += 1
            return self.counted

        first = cached_property(count)

    shelf = Shelf()
    assert (shelf.first, shelf.first, Shelf().first) == (1, 1, 1)
    assert isinstance(Shelf.first, cached_property)
    assert Shelf.first.__doc__ == "How often."
    del shelf.first
    assert shelf.first == 2
    with pytest.raises(TypeError, match="__set_name__"):
        cached_property(lambda self: 1).__get__(shelf)
