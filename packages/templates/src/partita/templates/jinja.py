"""Jinja2 as an engine beside this package's own; needs the extra ``jinja2``."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jinja2
import jinja2.sandbox

from partita.templates.errors import TemplateNotFound, TemplateSyntaxError
from partita.templates.foreign import ForeignEngine, ForeignTemplate, mark_line
from partita.templates.runtime import settle_result
from partita.templates.sources import Origin, Source

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor

__all__ = ("JinjaEngine", "JinjaTemplate")


class JinjaEngine(ForeignEngine):
    """Templates in Jinja2's language, found, rendered and refused in the same way as those of `Engine`.

    Awaitables that a template shows are awaited (beneath the bridge, as in async views).

    Args:
        dirs: Folders with templates, first come first served.
        templates: Sources by name, looked at before the folders.
        loader: Used in place of one for ``dirs``.
        context_processors: Called with the request; what they return are names for the template.
        autoescape: Whether variables are escaped.
        debug: Look at each rendering whether files have changed.
        sandboxed: Keep templates from reaching into Python: for templates that foreign people write.
        environment: Makes the environment, by default Jinja2's own class; takes its keyword arguments.
        **options: More arguments for the environment, such as ``extensions`` or ``undefined``.
    """

    def __init__(
        self,
        dirs: Sequence[str | os.PathLike[str]] = (),
        templates: Mapping[str, str] | None = None,
        loader: jinja2.BaseLoader | None = None,
        context_processors: "Sequence[ContextProcessor]" = (),
        autoescape: bool = True,
        debug: bool = False,
        sandboxed: bool = False,
        environment: Callable[..., jinja2.Environment] | None = None,
        **options: Any,
    ) -> None:
        loaders: list[jinja2.BaseLoader] = [jinja2.DictLoader(templates)] if templates is not None else []
        loaders.append(loader if loader is not None else jinja2.FileSystemLoader([os.fspath(each) for each in dirs]))
        make = environment or (jinja2.sandbox.ImmutableSandboxedEnvironment if sandboxed else jinja2.Environment)
        settings: dict[str, Any] = {
            "loader": jinja2.ChoiceLoader(loaders),
            "autoescape": autoescape,
            "auto_reload": debug,
            "undefined": jinja2.DebugUndefined if debug else jinja2.Undefined,
            "finalize": settle_result,
            **options,
        }
        super().__init__(context_processors)
        self.env = make(**settings)

    def get_template(self, name: str) -> "JinjaTemplate":
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
            TemplateSyntaxError: If it does not follow Jinja2's language.
        """
        try:
            return JinjaTemplate(self.env.get_template(name), self)
        except jinja2.TemplateNotFound as error:
            raise self._not_found(error) from error
        except jinja2.TemplateSyntaxError as error:
            raise _syntax_error(error) from error

    def from_string(self, source: str) -> "JinjaTemplate":
        """Return a template made from ``source``.

        Raises:
            TemplateSyntaxError: If it does not follow Jinja2's language.
        """
        try:
            return JinjaTemplate(self.env.from_string(source), self)
        except jinja2.TemplateSyntaxError as error:
            raise _syntax_error(error) from error

    def _not_found(self, error: jinja2.TemplateNotFound) -> TemplateNotFound:
        name = str(error.name or error)
        tried = [(Origin(place, name, self), "there is no such template") for place in _places(self.env.loader, name)]
        return TemplateNotFound(name, tried, self)


class JinjaTemplate(ForeignTemplate):
    """One template of a `JinjaEngine`.

    Args:
        template: Jinja2's own.
        engine: Whose context processors run.
    """

    def __init__(self, template: jinja2.Template, engine: JinjaEngine) -> None:
        super().__init__(engine.context_processors)
        self.template, self.engine = template, engine

    @property
    def name(self) -> str:
        """The name it was asked for by; empty for one made from a string."""
        return self.template.name or ""

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return Origin(self.template.filename or "<template>", self.template.name, self.engine)

    def render_names(self, names: dict[str, object]) -> str:
        """See `ForeignTemplate.render_names`."""
        try:
            return self.template.render(names)
        except jinja2.TemplateNotFound as error:
            raise self.engine._not_found(error) from error
        except jinja2.TemplateSyntaxError as error:
            raise _syntax_error(error) from error


def _places(loader: object, name: str) -> list[str]:
    if isinstance(loader, jinja2.ChoiceLoader):
        return [place for each in loader.loaders for place in _places(each, name)]
    if isinstance(loader, jinja2.FileSystemLoader):
        return [os.path.join(folder, *name.split("/")) for folder in loader.searchpath]
    if isinstance(loader, jinja2.DictLoader):
        return ["templates given as a mapping"]
    return [f"{type(loader).__module__}.{type(loader).__qualname__}"]


def _syntax_error(error: jinja2.TemplateSyntaxError) -> TemplateSyntaxError:
    """Return the error in this package's shape, with the line at fault."""
    name = error.name or error.filename or ""
    source = Source((error.source or "").rstrip("\n"), name, error.filename or "<template>")
    return mark_line(source, error.lineno, error.message or "it does not follow Jinja2's language")
