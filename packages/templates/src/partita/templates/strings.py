"""``string.Template`` as an engine: ``$name`` and nothing else, for templates that must not be able to do anything."""

import os
from collections.abc import Mapping, Sequence
from string import Template as PythonTemplate
from typing import TYPE_CHECKING

from partita.templates.errors import TemplateSyntaxError
from partita.templates.foreign import ForeignEngine, ForeignTemplate, loader_of, not_found
from partita.templates.sources import Origin, Source
from partita.text.html import conditional_escape

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor

__all__ = ("StringEngine", "StringTemplate")


class StringEngine(ForeignEngine):
    """Templates in the language of Python's ``string.Template``.

    Args:
        dirs: Folders with templates, first come first served.
        templates: Sources by name, looked at before the folders.
        context_processors: Called with the request; what they return are names for the template.
        encoding: Of the files.
    """

    def __init__(
        self,
        dirs: Sequence[str | os.PathLike[str]] = (),
        templates: Mapping[str, str] | None = None,
        context_processors: "Sequence[ContextProcessor]" = (),
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(context_processors)
        self.loader = loader_of(dirs, templates, encoding)

    def get_template(self, name: str) -> "StringTemplate":
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
        """
        source = self.loader.load(name)
        if source is None:
            raise not_found(name, self.loader, self)
        return StringTemplate(source, self)

    def from_string(self, source: str) -> "StringTemplate":
        """Return a template made from ``source``."""
        return StringTemplate(Source(source), self)


class StringTemplate(ForeignTemplate):
    """One template of a `StringEngine`.

    Args:
        source: Its text, and where it is from.
        engine: Whose context processors run.
    """

    def __init__(self, source: Source, engine: StringEngine) -> None:
        super().__init__(engine.context_processors)
        self.loaded, self.engine = source, engine

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return self.loaded.origin

    def render_names(self, names: dict[str, object]) -> str:
        """Return the output: values are escaped, names that are not there stay as they are written.

        Raises:
            TemplateSyntaxError: If a dollar sign is followed by something else than a name, ``{name}`` or another one.
        """
        shown = {name: conditional_escape(value) for name, value in names.items()}
        template = PythonTemplate(self.loaded.text)
        if not template.is_valid():
            raise TemplateSyntaxError(
                "a dollar sign stands alone: expected $name, ${name} or $$", self.loaded.name, *self._place(template)
            )
        return template.safe_substitute(shown)

    def _place(self, template: PythonTemplate) -> tuple[int, str]:
        for found in template.pattern.finditer(template.template):
            if found["invalid"] is not None:
                line = template.template.count("\n", 0, found.start()) + 1
                return line, self.loaded.line(line).strip()
        return 1, self.loaded.line(1)
