"""What engines for other languages than this package's own have in common."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from partita.bridge import run
from partita.templates.context import run_processors
from partita.templates.debugging import debug_information
from partita.templates.errors import TemplateNotFound, TemplateSyntaxError
from partita.templates.loaders import ChainLoader, DictLoader, FileLoader, Loader
from partita.templates.sources import Origin, Source

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor

__all__ = ("ForeignEngine", "ForeignTemplate", "loader_of", "mark_line", "not_found")


class ForeignTemplate(ABC):
    """One template of a `ForeignEngine`.

    Args:
        processors: Called with the request; what they return are names for the template.
    """

    def __init__(self, processors: "Sequence[ContextProcessor]") -> None:
        self._processors = processors

    def render(self, context: Mapping[str, object] | None = None, request: object = None) -> Markup:
        """Return the output.

        Args:
            context: Names for the template; not changed.
            request: If given, the template has it as ``request`` and the context processors run; names in ``context`` go
                before theirs.

        Raises:
            TemplateNotFound: If it names a template that there is not.
            TemplateSyntaxError: If it, or a template that it names, does not follow the language.
        """
        names: dict[str, object] = {}
        if request is not None:
            names["request"] = request
            names.update(run_processors(self._processors, request))
        names.update(context or {})
        return Markup(self.render_names(names))

    async def arender(self, context: Mapping[str, object] | None = None, request: object = None) -> Markup:
        """Async twin of `render`."""
        return await run(self.render, context, request)

    @abstractmethod
    def render_names(self, names: dict[str, object]) -> str:
        """Return the output over all names that the template has."""


class ForeignEngine(ABC):
    """An engine that has templates of another language, found, rendered and refused in the same way as those of `Engine`.

    Args:
        context_processors: Called with the request; what they return are names for the template.
    """

    def __init__(self, context_processors: "Sequence[ContextProcessor]" = ()) -> None:
        self.context_processors = list(context_processors)

    @abstractmethod
    def get_template(self, name: str) -> ForeignTemplate:
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
            TemplateSyntaxError: If it does not follow the language.
        """

    @abstractmethod
    def from_string(self, source: str) -> ForeignTemplate:
        """Return a template made from ``source``.

        Raises:
            TemplateSyntaxError: If it does not follow the language.
        """

    def select_template(self, names: Iterable[str]) -> ForeignTemplate:
        """Return the first of ``names`` that there is.

        Raises:
            TemplateNotFound: If there is none of them.
        """
        tried: list[tuple[Origin, str]] = []
        wanted = list(names)
        for name in wanted:
            try:
                return self.get_template(name)
            except TemplateNotFound as error:
                tried.extend(error.tried)
        raise TemplateNotFound(", ".join(wanted), tried, self)

    def render(
        self, name: str | Sequence[str], context: Mapping[str, object] | None = None, request: object = None
    ) -> Markup:
        """Return the template ``name``, or the first there is of several names, rendered."""
        template = self.get_template(name) if isinstance(name, str) else self.select_template(name)
        return template.render(context, request)

    async def arender(
        self, name: str | Sequence[str], context: Mapping[str, object] | None = None, request: object = None
    ) -> Markup:
        """Async twin of `render`."""
        return await run(self.render, name, context, request)


def loader_of(
    dirs: Sequence[str | os.PathLike[str]], templates: Mapping[str, str] | None, encoding: str = "utf-8"
) -> Loader:
    """Return a loader for sources given by name, which go first, and for folders."""
    files = FileLoader(dirs, encoding)
    return files if templates is None else ChainLoader([DictLoader(templates), files])


def not_found(name: str, loader: Loader, engine: object) -> TemplateNotFound:
    """Return the error that says where ``name`` was looked for."""
    tried = [(Origin(place, name, loader), "there is no such template") for place in loader.places(name)]
    return TemplateNotFound(name, tried, engine)


def mark_line(source: Source, number: int, message: str) -> TemplateSyntaxError:
    """Return an error in this package's shape about a line of a source.

    Args:
        source: The template; empty if its text is not known.
        number: The line at fault, counted from 1; 0 if it is not known.
        message: What is wrong with it.
    """
    text = source.text
    number = min(number, text.count("\n") + 1) if text else number
    line = source.line(number) if text and number else ""
    excerpt = line.strip()
    made = TemplateSyntaxError(message, source.name, number, excerpt)
    start = source.offset(number, len(line) - len(line.lstrip())) if text and number else 0
    told = debug_information(source, start, start + len(excerpt), message)
    told["after"] = told["after"].rstrip("\n")
    if not text:  # the file has gone since it was read
        told.update(line=number, top=0, bottom=0, total=0, source_lines=[])
    made.template_debug = told
    return made
