"""MiniJinja as an engine beside this package's own; needs the extra ``minijinja``."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import minijinja

from partita.templates.errors import TemplateNotFound
from partita.templates.foreign import ForeignEngine, ForeignTemplate, loader_of, mark_line, not_found
from partita.templates.runtime import settle_result
from partita.templates.sources import Origin, Source

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor

__all__ = ("MiniJinjaEngine", "MiniJinjaTemplate")

_QUOTED = re.compile(r"""(["'])(.*)\1""", re.DOTALL)


class MiniJinjaEngine(ForeignEngine):
    """Templates in MiniJinja's language, a part of Jinja2's, found, rendered and refused in the same way as those of `Engine`.

    Templates cannot reach into Python: names with underscores in front are not there for them. For templates that foreign people write,
    give ``fuel`` as well, which bounds how many steps a rendering may take. Awaitables that a template shows are awaited (beneath the
    bridge, as in async views). What is None, and what is not there, shows nothing.

    Args:
        dirs: Folders with templates, first come first served.
        templates: Sources by name, looked at before the folders.
        context_processors: Called with the request; what they return are names for the template.
        autoescape: Whether variables are escaped as in HTML, whatever the template is called.
        debug: Look at each rendering whether files have changed.
        encoding: Of the files.
        **options: More arguments for MiniJinja's ``Environment``, such as ``filters``, ``fuel`` or ``undefined_behavior``.
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
        settings: dict[str, Any] = {
            "loader": self._load,
            "auto_escape_callback": lambda name: autoescape,
            "finalizer": _settle,
            "reload_before_render": debug,
            **options,
        }
        self.env = minijinja.Environment(**settings)
        self._debug = debug
        self._known: dict[str, MiniJinjaTemplate] = {}

    def get_template(self, name: str) -> "MiniJinjaTemplate":
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
            TemplateSyntaxError: If it does not follow MiniJinja's language.
        """
        known = self._known.get(name)
        if known is not None and not self._debug:
            return known
        source = self.loader.load(name)
        if source is None:
            raise not_found(name, self.loader, self)
        made = self._known[name] = self._checked(source)  # only names that there are: no visitor can fill it
        return made

    def from_string(self, source: str) -> "MiniJinjaTemplate":
        """Return a template made from ``source``.

        Raises:
            TemplateSyntaxError: If it does not follow MiniJinja's language.
        """
        return self._checked(Source(source))

    def _load(self, name: str) -> str | None:
        source = self.loader.load(name)
        return None if source is None else source.text

    def _checked(self, source: Source) -> "MiniJinjaTemplate":
        try:
            self.env.undeclared_variables_in_str(source.text)  # asked for the mistakes it finds
        except minijinja.TemplateError as error:
            raise mark_line(source, error.line or 0, error.detail or error.message) from error
        return MiniJinjaTemplate(source, self)


class MiniJinjaTemplate(ForeignTemplate):
    """One template of a `MiniJinjaEngine`.

    Args:
        source: Its text, and where it is from.
        engine: Whose context processors run.
    """

    def __init__(self, source: Source, engine: MiniJinjaEngine) -> None:
        super().__init__(engine.context_processors)
        self.loaded, self.engine = source, engine

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return self.loaded.origin

    def render_names(self, names: dict[str, object]) -> str:
        """See `ForeignTemplate.render_names`."""
        env = self.engine.env
        try:
            if self.loaded.name:
                return env.render_template(self.loaded.name, **names)
            return env.render_str(self.loaded.text, None, **names)
        except minijinja.TemplateError as error:
            raise _translated(error, self) from error


def _translated(error: minijinja.TemplateError, template: MiniJinjaTemplate) -> Exception:
    """Return the error in this package's shape if it is about a template; what goes wrong in an expression stays as it is."""
    if error.kind == "TemplateNotFound":
        return _not_found(error, template.engine)
    if error.kind != "SyntaxError":
        return error
    name = error.name or template.loaded.name
    source = template.engine.loader.load(name) or Source(error.template_source or "", name)
    return mark_line(source, error.line or 0, error.detail or error.message)


def _not_found(error: minijinja.TemplateError, engine: MiniJinjaEngine) -> TemplateNotFound:
    told = error.detail or error.message
    named = _QUOTED.search(told)  # the only place where it says the name
    return not_found(named[2] if named else told, engine.loader, engine)


def _settle(value: object) -> object:
    shown: object = settle_result(value)
    return "" if shown is None else shown
