"""The small registrar for tests keeps the contract that it tests."""

from dataclasses import dataclass

from partita.contracts.testing.app import RegistrarContract, SimpleRegistrar


class TestSimpleRegistrar(RegistrarContract):
    def make(self) -> SimpleRegistrar:
        return SimpleRegistrar()


@dataclass(frozen=True)
class Shelf:
    width: int = 3


def test_a_section_takes_its_values_from_the_constructor_and_defaults() -> None:
    assert SimpleRegistrar(shelf={"width": 5}).section("shelf", Shelf) == Shelf(5)
    assert SimpleRegistrar().section("shelf", Shelf) == Shelf(3)
