"""Objects that say how they were made."""

import copy
import pickle
from importlib import import_module
from typing import Any

import pytest

from partita.text import DeconstructionError, deconstructible


@deconstructible
class Limit:
    """Compares by what it was made with."""

    def __init__(self, value: int, message: str = "") -> None:
        self.value, self.message = value, message

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limit) and (self.value, self.message) == (other.value, other.message)

    def __hash__(self) -> int:
        return hash((self.value, self.message))


class Narrow(Limit):
    """A class of its own."""


@deconstructible(path="collections.OrderedDict")
class Elsewhere:
    """Says that it is somewhere else."""


@deconstructible(path="collections.NotThere")
class Nowhere:
    """Says that it is where nothing is."""


class Made:
    """Makes its objects itself."""

    made_of: tuple[object, ...] = ()

    def __new__(cls, *args: object) -> "Made":
        made = super().__new__(cls)
        made.made_of = args
        return made


@deconstructible
class Counted(Made):
    """Inherits how objects are made."""


def rebuilt(value: Any) -> Any:
    path, args, kwargs = value.deconstruct()
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)(*args, **kwargs)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this module be found under its name, as those of projects are."""
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or import_module(__name__))


@pytest.mark.parametrize("value", [Limit(3), Limit(3, message="no"), Limit(value=4), Narrow(1, "x")])
def test_what_it_was_made_with_makes_an_equal_object(value: Limit) -> None:
    again = rebuilt(value)
    assert again == value
    assert type(again) is type(value)


def test_path_arguments_and_keywords_are_told() -> None:
    assert Limit(3, message="no").deconstruct() == (f"{__name__}.Limit", (3,), {"message": "no"})  # type: ignore[attr-defined]
    assert Narrow(3).deconstruct()[0] == f"{__name__}.Narrow"  # type: ignore[attr-defined]


def test_another_path_may_be_given_and_must_lead_somewhere() -> None:
    assert Elsewhere().deconstruct() == ("collections.OrderedDict", (), {})  # type: ignore[attr-defined]
    with pytest.raises(DeconstructionError, match="Could not find object NotThere in collections"):
        Nowhere().deconstruct()  # type: ignore[attr-defined]


def test_a_class_inside_of_a_function_cannot_be_made_elsewhere() -> None:
    @deconstructible
    class Inner:
        pass

    with pytest.raises(DeconstructionError, match="move the class there"):
        Inner().deconstruct()  # type: ignore[attr-defined]


def test_a_class_that_makes_its_objects_itself_gets_the_arguments() -> None:
    assert Counted(1, 2).made_of == (1, 2)
    assert Counted(1, 2).deconstruct()[1] == (1, 2)  # type: ignore[attr-defined]


def test_copies_know_it_too() -> None:
    value = Limit(3, message="no")
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert again.deconstruct() == value.deconstruct()  # type: ignore[attr-defined,union-attr]
