"""``string.Template`` as an engine: ``$name`` and nothing else, for templates that must not be able to do anything."""

import os
from collections.abc import Mapping, Sequence
from string import Template as PythonTemplate
from typing import TYPE_CHECKING

from markupsafe import Markup

from partita.bridge import run
from partita.templates.context import run_processors
from partita.templates.errors import TemplateNotFound, TemplateSyntaxError
from partita.templates.loaders import DictLoader, FileLoader, Loader
from partita.templates.sources import Origin, Source
from partita.text.html import conditional_escape

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor

__all__ = ("StringEngine", "StringTemplate")


class StringEngine:
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
        self.loaders: list[Loader] = [DictLoader(templates)] if templates is not None else []
        self.loaders.append(FileLoader(dirs, encoding))
        self.context_processors = list(context_processors)

    def get_template(self, name: str) -> "StringTemplate":
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
        """
        for loader in self.loaders:
            source = loader.load(name)
            if source is not None:
                return StringTemplate(source, self)
        tried = [
            (Origin(place, name, loader), "there is no such template")
            for loader in self.loaders
            for place in loader.places(name)
        ]
        raise TemplateNotFound(name, tried, self)

    def from_string(self, source: str) -> "StringTemplate":
        """Return a template made from ``source``."""
        return StringTemplate(Source(source), self)

    def render(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> Markup:
        """Return the template ``name`` rendered."""
        return self.get_template(name).render(context, request)

    async def arender(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> Markup:
        """Async twin of `render`."""
        return await run(self.render, name, context, request)


class StringTemplate:
    """One template of a `StringEngine`.

    Args:
        source: Its text, and where it is from.
        engine: Whose context processors run.
    """

    def __init__(self, source: Source, engine: StringEngine) -> None:
        self.loaded, self.engine = source, engine

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return self.loaded.origin

    def render(self, context: Mapping[str, object] | None = None, request: object = None) -> Markup:
        """Return the output: values are escaped, names that are not there stay as they are written.

        Raises:
            TemplateSyntaxError: If a dollar sign is followed by something else than a name, ``{name}`` or another one.
        """
        names: dict[str, object] = {}
        if request is not None:
            names["request"] = request
            names.update(run_processors(self.engine.context_processors, request))
        names.update(context or {})
        shown = {name: conditional_escape(value) for name, value in names.items()}
        template = PythonTemplate(self.loaded.text)
        if not template.is_valid():
            raise TemplateSyntaxError(
                "a dollar sign stands alone: expected $name, ${name} or $$", self.loaded.name, *self._place(template)
            )
        return Markup(template.safe_substitute(shown))

    def _place(self, template: PythonTemplate) -> tuple[int, str]:
        for found in template.pattern.finditer(template.template):
            if found["invalid"] is not None:
                line = template.template.count("\n", 0, found.start()) + 1
                return line, self.loaded.line(line).strip()
        return 1, self.loaded.line(1)
