"""Which templates were rendered for a request, for tests and debug tools that ask."""

from collections.abc import Mapping

import msgspec

from partita.http.state import Slot, State

__all__ = ("RENDERED", "Rendered", "note_rendered")


class Rendered(msgspec.Struct, frozen=True):
    """One template that was rendered for a request.

    Args:
        name: Of the template.
        context: The names that the view gave it.
    """

    name: str
    context: Mapping[str, object]


RENDERED = Slot[list[Rendered]]("partita.http.rendered")
"""Filled with an empty list by whoever wants to know; what renders adds to it."""


def note_rendered(request: object, name: str, context: Mapping[str, object] | None) -> None:
    """Add to the request's list, if it has one."""
    state = getattr(request, "state", None)
    if isinstance(state, State) and RENDERED in state:
        state[RENDERED].append(Rendered(name, dict(context or {})))
