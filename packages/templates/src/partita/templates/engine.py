"""The root of everything: where templates, tags, filters and settings of rendering meet."""

import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from partita.bridge import run
from partita.templates.context import Context
from partita.templates.errors import TemplateError, TemplateNotFound
from partita.templates.fragments import FragmentStore, MemoryFragments
from partita.templates.library import Library
from partita.templates.loaders import DictLoader, FileLoader, Listing, Loader
from partita.templates.runtime import quick_lookups
from partita.templates.template import Source, Template

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor
    from partita.templates.bytecode import BytecodeCache

__all__ = ("BUILTINS", "Engine")

BUILTINS = (
    "partita.templates.tags.caching",
    "partita.templates.tags.flow",
    "partita.templates.tags.inheritance",
    "partita.templates.tags.output",
    "partita.templates.filters.strings",
    "partita.templates.filters.html",
    "partita.templates.filters.lists",
    "partita.templates.filters.values",
)


class Engine:
    """Finds, compiles and renders templates.

    Args:
        dirs: Folders with templates, first come first served.
        loaders: Used in place of one for ``dirs``, for templates from elsewhere.
        templates: Sources by name, looked at before the folders.
        libraries: What ``{% load name %}`` may name: a dotted module with ``register``, or a `Library`.
        builtins: Modules or libraries that need no ``{% load %}``, after those of this package.
        context_processors: Called with the request; what they return are names for the template.
        autoescape: Whether variables are escaped.
        debug: Look at each rendering whether files have changed.
        string_if_invalid: Shown for a missing variable; ``%s`` in it becomes the variable's name.
        fragments: Where the tag ``cache`` keeps its texts, by the name that ``using`` gives; the one named ``default`` is used
            without it. By default they stay in memory.
        bytecode: Keeps compiled templates for later processes.
        strict: A missing variable that is shown, looped over or handed on raises `VariableDoesNotExist`; conditions and the
            filter ``default`` may still ask for one.
    """

    def __init__(
        self,
        dirs: Sequence[str | os.PathLike[str]] = (),
        loaders: Sequence[Loader] | None = None,
        templates: Mapping[str, str] | None = None,
        libraries: Mapping[str, str | Library] | None = None,
        builtins: Sequence[str | Library] = (),
        context_processors: "Sequence[ContextProcessor]" = (),
        autoescape: bool = True,
        debug: bool = False,
        string_if_invalid: str = "",
        strict: bool = False,
        fragments: "Mapping[str, FragmentStore] | None" = None,
        bytecode: "BytecodeCache | None" = None,
    ) -> None:
        self.loaders: list[Loader] = list(loaders) if loaders is not None else [FileLoader(dirs)]
        if templates is not None:
            self.loaders.insert(0, DictLoader(templates))
        self.context_processors = list(context_processors)
        self.autoescape = autoescape
        self.debug = debug
        self.string_if_invalid = string_if_invalid
        self.strict = strict
        self.bytecode = bytecode
        self.fragments: dict[str, FragmentStore] = {"default": MemoryFragments(), **(fragments or {})}
        self.builtins = [_library(library) for library in (*BUILTINS, *builtins)]
        self.libraries: dict[str, Callable[[], Library]] = {
            name: (lambda library=library: _library(library))  # type: ignore[misc] # mypy cannot infer defaults of a lambda
            for name, library in (libraries or {}).items()
        }
        self.lookups = quick_lookups()
        self._cache: dict[str, Template] = {}

    def get_template(self, name: str, skip: Collection[str] = ()) -> Template:
        """Return a template, compiled at most once while its source stays the same.

        Args:
            name: Slash separated, relative to a template folder; ``page.html#part`` is a partial of it.
            skip: Filenames of sources to pass over.

        Raises:
            TemplateNotFound: If there is none; the message lists the places tried.
            TemplateSyntaxError: If its source does not follow the language.
        """
        if not skip:
            template = self._cache.get(name)
            if template is not None and (not self.debug or _is_fresh(template.source)):
                return template
        whole, _, part = name.partition("#")
        if part:
            return self.get_template(whole, skip).partial(part)
        for loader in self.loaders:
            source = loader.load(name, skip)
            if source is not None:
                template = Template(source, self)
                if not skip:
                    self._cache[name] = template
                return template
        raise TemplateNotFound(name, [place for loader in self.loaders for place in loader.places(name)])

    def select_template(self, names: Sequence[str]) -> Template:
        """Return the first of ``names`` that there is.

        Raises:
            TemplateNotFound: If there is none of them.
        """
        tried: list[str] = []
        for name in names:
            try:
                return self.get_template(name)
            except TemplateNotFound as error:
                if error.name != name:
                    raise
                tried.extend(error.tried)
        raise TemplateNotFound(", ".join(names), tried)

    def from_string(self, source: str, name: str = "") -> Template:
        """Return a template made from ``source``."""
        return Template(Source(source, name), self)

    def render(
        self,
        name: str | Sequence[str],
        context: Mapping[str, object] | None = None,
        request: object = None,
    ) -> Markup:
        """Return the template ``name``, or the first there is of several names, rendered.

        Args:
            name: Slash separated, relative to a template folder.
            context: Names for the template; not changed.
            request: If given, the template has it as ``request`` and the context processors run.
        """
        template = self.get_template(name) if isinstance(name, str) else self.select_template(name)
        return template.render(context, request)

    async def arender(
        self,
        name: str | Sequence[str],
        context: Mapping[str, object] | None = None,
        request: object = None,
    ) -> Markup:
        """Async twin of `render`: awaitables that the template meets are awaited."""
        return await run(self.render, name, context, request)

    def stream(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> Iterator[str]:
        """Return the output piece by piece."""
        return self.get_template(name).stream(context, request)

    def astream(
        self, name: str, context: Mapping[str, object] | None = None, request: object = None
    ) -> AsyncIterator[str]:
        """Async twin of `stream`."""
        return self.get_template(name).astream(context, request)

    def make_context(self, values: Mapping[str, object] | None = None, request: object = None) -> Context:
        """Return a context with ``values``, and with what the context processors give if there is a request."""
        context = Context(None, self.autoescape, request, self)
        if request is not None:
            for processor in self.context_processors:
                context.vars.update(processor(request))
        if values:
            context.vars.update(values)
        return context

    def names(self) -> list[str]:
        """Return the names of all templates that the loaders can list."""
        found = (loader.names() for loader in self.loaders if isinstance(loader, Listing))
        return sorted({name for names in found for name in names})

    def forget(self) -> None:
        """Drop every compiled template."""
        self._cache.clear()


def _is_fresh(source: Source) -> bool:
    try:
        return source.is_fresh()
    except OSError:
        return False


def _library(library: "str | Library") -> Library:
    if isinstance(library, Library):
        return library
    import importlib

    module = importlib.import_module(library)
    register = getattr(module, "register", None)
    if not isinstance(register, Library):
        raise TemplateError(f"module {library!r} has no tag library: expected `register = Library()` in it")
    return register
