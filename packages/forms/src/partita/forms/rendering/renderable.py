"""What renders itself by a template: forms, sets of forms, fields with their state, lists of errors."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from partita.forms.renderers import BaseRenderer, default_renderer

__all__ = ("Renderable", "RenderableForm")


class Renderable(ABC):
    """Renders ``template_name`` with what `get_context` returns, when it is shown."""

    template_name: str = ""
    renderer: BaseRenderer | None = None
    """None for that of the current application."""

    @abstractmethod
    def get_context(self) -> dict[str, Any]:
        """Return the names that the template gets."""

    def render(
        self,
        template_name: str | None = None,
        context: Mapping[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Markup:
        """Return the HTML.

        Args:
            template_name: Instead of its own.
            context: Instead of `get_context`.
            renderer: Instead of its own.
        """
        used = renderer or self.renderer or default_renderer()
        names = self.get_context() if context is None else context
        return Markup(used.write(template_name or self.template_name, names))

    def __html__(self) -> str:
        return self.render()

    def __str__(self) -> str:
        return self.render()


class RenderableForm(Renderable):
    """A form or a set of forms, in one of four layouts."""

    template_name_div: str = ""
    template_name_p: str = ""
    template_name_table: str = ""
    template_name_ul: str = ""

    def as_div(self) -> Markup:
        """Return a ``<div>`` for each field."""
        return self.render(self.template_name_div)

    def as_p(self) -> Markup:
        """Return a paragraph for each field."""
        return self.render(self.template_name_p)

    def as_table(self) -> Markup:
        """Return a table row for each field, without the ``<table>``."""
        return self.render(self.template_name_table)

    def as_ul(self) -> Markup:
        """Return a list item for each field, without the ``<ul>``."""
        return self.render(self.template_name_ul)
