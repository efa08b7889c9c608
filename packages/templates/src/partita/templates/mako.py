"""Mako as an engine beside this package's own; needs the extra ``mako``."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mako.exceptions import CompileException, NameConflictError, SyntaxException, TemplateLookupException
from mako.lookup import TemplateCollection
from mako.template import Template

from partita.templates.foreign import ForeignEngine, ForeignTemplate, loader_of, mark_line, not_found
from partita.templates.sources import Origin, Source

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor

__all__ = ("MakoEngine", "MakoTemplate")


class MakoEngine(ForeignEngine):
    """Templates in Mako's language, found, rendered and refused in the same way as those of `Engine`.

    A Mako template is Python and may do whatever Python may: never render one that a visitor wrote. Values are escaped unless a
    template says ``| n``; awaitables that a template shows are awaited (beneath the bridge, as in async views). A name that is not
    in the context and is shown is a ``NameError``.

    Args:
        dirs: Folders with templates, first come first served.
        templates: Sources by name, looked at before the folders.
        context_processors: Called with the request; what they return are names for the template.
        autoescape: Whether variables are escaped.
        debug: Look at each rendering whether files have changed.
        encoding: Of the files.
        **options: More arguments for Mako's ``Template``, such as ``strict_undefined`` or ``imports``.
    """

    def __init__(
        self,
        dirs: Sequence[str | os.PathLike[str]] = (),
        templates: Mapping[str, str] | None = None,
        context_processors: "Sequence[ContextProcessor]" = (),
        autoescape: bool = True,
        debug: bool = False,
        encoding: str = "utf-8",
        **options: Any,
    ) -> None:
        super().__init__(context_processors)
        self.loader = loader_of(dirs, templates, encoding)
        imports = ["from partita.templates.runtime import settle_result", *options.pop("imports", ())]
        filters = ["settle_result", "h" if autoescape else "str"]
        self._options: dict[str, Any] = {"imports": imports, "default_filters": filters, **options}
        self._collection = _Collection(self, debug)

    def get_template(self, name: str) -> "MakoTemplate":
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
            TemplateSyntaxError: If it does not follow Mako's language.
        """
        try:
            return MakoTemplate(self._collection.get_template(name), self)
        except _Missing as error:
            raise not_found(error.name, self.loader, self) from None

    def from_string(self, source: str) -> "MakoTemplate":
        """Return a template made from ``source``.

        Raises:
            TemplateSyntaxError: If it does not follow Mako's language.
        """
        return MakoTemplate(self._compile(Source(source)), self)

    def _compile(self, source: Source) -> Template:
        try:
            return Template(
                text=source.text,
                uri=source.name or None,
                filename=source.filename if source.name else None,
                lookup=self._collection,
                **self._options,
            )
        except (SyntaxException, CompileException) as error:
            # Mako adds the place to what is wrong; the place is told in this package's way.
            message = str(error).partition(" in file ")[0].partition(" at line: ")[0]
            raise mark_line(source, error.lineno, message) from error
        except NameConflictError as error:
            raise mark_line(source, 0, str(error)) from error


class MakoTemplate(ForeignTemplate):
    """One template of a `MakoEngine`.

    Args:
        template: Mako's own.
        engine: Whose context processors run.
    """

    def __init__(self, template: Template, engine: MakoEngine) -> None:
        super().__init__(engine.context_processors)
        self.template, self.engine = template, engine

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return Origin(self.template.filename or "<template>", self.template.uri, self.engine.loader)

    def render_names(self, names: dict[str, object]) -> str:
        """See `ForeignTemplate.render_names`."""
        try:
            return str(self.template.render_unicode(**names))
        except _Missing as error:
            raise not_found(error.name, self.engine.loader, self.engine) from error


class _Missing(TemplateLookupException):  # type: ignore[misc] # Mako brings no types
    """No template of this name: of a kind that Mako lets through, and that says the name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Collection(TemplateCollection):  # type: ignore[misc] # Mako brings no types
    """Where Mako finds the templates that others inherit from, include and import.

    Mako's own ``TemplateLookup`` joins names to folders in a way that has let names lead out of them; this one asks a loader.
    """

    def __init__(self, engine: MakoEngine, debug: bool) -> None:
        self._engine, self._debug = engine, debug
        self._kept: dict[str, tuple[Template, Source]] = {}

    def get_template(self, uri: str, relativeto: str | None = None) -> Template:
        kept = self._kept.get(uri)
        if kept is not None and (not self._debug or kept[1].is_fresh()):
            return kept[0]
        source = self._engine.loader.load(uri)
        if source is None:
            raise _Missing(uri)
        made = self._engine._compile(source)
        self._kept[uri] = made, source  # only names that there are: no visitor can fill it
        return made
