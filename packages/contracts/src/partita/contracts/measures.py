"""What packages do for the safety of an application, by layer, so that one report can tell what is in force."""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from partita.contracts.current import Resolver
from partita.contracts.key import ExtensionPoint

__all__ = ("LAYERS", "MEASURES", "Measure", "MeasureSource", "SafetyLayer")

SafetyLayer = Literal["transport", "content", "authentication", "validation", "database", "audit"]
LAYERS: tuple[SafetyLayer, ...] = ("transport", "content", "authentication", "validation", "database", "audit")
"""From the wire to the record of what has happened."""


class Measure(NamedTuple):
    """One thing that protects, or would.

    Attributes:
        layer: Where it stands.
        name: What it is, in a few words for people.
        in_force: Whether this application has it.
        hint: How to get it, where it is not.
    """

    layer: SafetyLayer
    name: str
    in_force: bool
    hint: str = ""


MeasureSource = Callable[[Resolver], Iterable[Measure]]
MEASURES = ExtensionPoint[MeasureSource]("partita.measures")
