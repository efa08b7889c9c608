"""What names mean where Python is written: the variables of loops, and what a component sees and does not see."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partita.templates.codegen import Generator
    from partita.templates.definitions import Definition
    from partita.templates.nodes import NodeList

__all__ = ("Frame", "Loop")


class Loop:
    """A loop whose variables are Python's locals: ``forloop`` is worked out where it is used."""

    _CODE = {
        "counter": "({i} + 1)",
        "counter0": "{i}",
        "revcounter": "({n} - {i})",
        "revcounter0": "({n} - {i} - 1)",
        "first": "({i} == 0)",
        "last": "({i} == {n} - 1)",
        "length": "{n}",
    }

    def __init__(self, number: int, parent: "Loop | None") -> None:
        self.index, self.length, self.parent = f"i{number}", f"n{number}", parent
        self.uses_index = False

    def code(self, path: tuple[str, ...], outside: str) -> tuple[str, tuple[str, ...]]:
        """Return Python for the first steps of ``path``, and the steps that are left.

        Args:
            path: The steps after ``forloop``.
            outside: Python for ``forloop`` of the context, which is the parent of the outermost local loop.
        """
        if path and path[0] in self._CODE:
            self.uses_index = True
            return self._CODE[path[0]].format(i=self.index, n=self.length), path[1:]
        if path and path[0] == "parentloop" and self.parent is not None:
            return self.parent.code(path[1:], outside)
        if path and path[0] == "parentloop":
            return outside, path[1:]
        return self.whole(outside), path

    def whole(self, outside: str) -> str:
        """Return Python for the object itself."""
        self.uses_index = True
        parent = outside if self.parent is None else self.parent.whole(outside)
        return f"ForLoop({self.length}, {parent} or None, {self.index})"


class Frame:
    """A component being written into the Python of the template that uses it, and what is to be found outside of it.

    Args:
        definition: The component.
        names: What its template sees, as Python.
        fills: Content for its slots, which sees what is outside.
        generator: As it stands at the use.
    """

    __slots__ = ("definition", "fills", "names", "outer", "place", "scope", "sealed", "source")

    def __init__(
        self,
        definition: "Definition",
        names: "Mapping[str, str]",
        fills: "Mapping[str, NodeList]",
        generator: "Generator",
    ) -> None:
        self.definition, self.names, self.fills = definition, names, fills
        self.outer, self.scope, self.sealed = generator.frame, generator.scope, generator.sealed
        self.source, self.place = generator.inlined, generator.position
