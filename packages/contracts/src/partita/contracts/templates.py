"""What renders templates by name."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

from partita.contracts.key import ExtensionPoint, Key

__all__ = (
    "CONTEXT_PROCESSORS",
    "RENDERING",
    "TEMPLATES",
    "TEMPLATE_DIRS",
    "TEMPLATE_LIBRARIES",
    "ContextProcessor",
    "RenderWatcher",
    "TemplateEngine",
)

ContextProcessor = Callable[[object], Mapping[str, object]]
"""Takes the request, returns names for the template."""


class TemplateEngine(Protocol):
    """Renders templates found by name."""

    def render(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        """Return the template ``name`` rendered with ``context``.

        Args:
            name: Slash separated, relative to a template folder.
            context: Names for the template; not changed.
            request: If given, the template has it as ``request`` and the context processors run.

        Raises:
            LookupError: If there is no such template; the message lists the places tried.
        """
        ...

    async def arender(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        """Async twin of `render`."""
        ...


TEMPLATES = Key[TemplateEngine]("partita.templates")
TEMPLATE_DIRS = ExtensionPoint[Path]("partita.templates.dirs")
"""Folders to look in, first come first served; the project's own folder stands before those of packages."""
TEMPLATE_LIBRARIES = ExtensionPoint[tuple[str, str]]("partita.templates.libraries")
"""Pairs of the name used in ``{% load name %}`` and the dotted module that has ``register``; an empty name means built in."""
CONTEXT_PROCESSORS = ExtensionPoint[ContextProcessor]("partita.templates.context_processors")

RenderWatcher = Callable[[Sequence[str], Mapping[str, object]], Callable[[], object] | None]
"""Gets the name of a template that is about to be rendered, those of the templates that it extends, and the names it is given.

It may return what is called when the template has been rendered, or has failed; templates that are streamed have no such moment.
"""
RENDERING: ContextVar[RenderWatcher | None] = ContextVar("partita.templates.rendering", default=None)
"""Set by whoever wants to know what is rendered, however it is: engines call it. It calls the one that was set before it."""
