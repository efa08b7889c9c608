"""The root of everything: where templates, tags, filters and settings of rendering meet."""

import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from partita.bridge import run
from partita.templates.context import Context, run_processors
from partita.templates.errors import TemplateError, TemplateNotFound
from partita.templates.fragments import FragmentStore, MemoryFragments
from partita.templates.library import Library
from partita.templates.loaders import DictLoader, FileLoader, Listing, Loader, reset_loader
from partita.templates.runtime import quick_lookups
from partita.templates.sources import Origin, Source
from partita.templates.template import Template

if TYPE_CHECKING:
    from partita.contracts.templates import ContextProcessor
    from partita.templates.bytecode import BytecodeCache
    from partita.templates.components import Component
    from partita.templates.definitions import Definition

__all__ = ("BUILTINS", "Engine")

BUILTINS = (
    "partita.templates.tags.caching",
    "partita.templates.tags.components",
    "partita.templates.tags.flow",
    "partita.templates.tags.inheritance",
    "partita.templates.tags.nonces",
    "partita.templates.tags.output",
    "partita.templates.tags.waiting",
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
        components: Components that are declared in Python, by name; others need only a template.
        bytecode: Keeps compiled templates for later processes.
        sandboxed: Templates call nothing but harmless methods of texts and mappings, and what is marked ``template_safe``: for
            templates that strangers write. Give such an engine only loaders and libraries that they may use.
        file_charset: Encoding of the files below ``dirs``.
        contextual: Escape variables for where they stand in HTML: in scripts, addresses, styles, attributes without quotes. A
            template where that cannot be told is refused. For names that end in ``.html``, and templates without a name.
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
        file_charset: str = "utf-8",
        sandboxed: bool = False,
        contextual: bool = False,
        fragments: "Mapping[str, FragmentStore] | None" = None,
        bytecode: "BytecodeCache | None" = None,
        components: "Mapping[str, type[Component]] | None" = None,
    ) -> None:
        self.loaders: list[Loader] = list(loaders) if loaders is not None else [FileLoader(dirs, file_charset)]
        if templates is not None:
            self.loaders.insert(0, DictLoader(templates))
        self.context_processors = list(context_processors)
        self.autoescape = autoescape
        self.debug = debug
        self.string_if_invalid = string_if_invalid
        self.strict = strict
        self.sandboxed = sandboxed
        self.contextual = contextual
        self.bytecode = bytecode
        self.fragments: dict[str, FragmentStore] = {"default": MemoryFragments(), **(fragments or {})}
        self.builtins = [_library(library) for library in (*BUILTINS, *builtins)]
        self.libraries: dict[str, Callable[[], Library]] = {
            name: (lambda library=library: _library(library))  # type: ignore[misc] # mypy cannot infer defaults of a lambda
            for name, library in (libraries or {}).items()
        }
        self.components: dict[str, type[Component]] = dict(components or {})
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
        if not isinstance(name, str):  # a variable of a template may hold anything
            raise TemplateNotFound(str(name), (), self)
        if not skip:
            template = self._cache.get(name)
            if template is not None and (not self.debug or _is_fresh(template)):
                return template
        whole, mark, part = name.partition("#")
        if mark:
            try:
                return self.get_template(whole, skip).partial(part)
            except TemplateNotFound as error:
                raise TemplateNotFound(name, error.tried, self) from None
        for loader in self.loaders:
            source = loader.load(name, skip)
            if source is not None:
                template = Template(source, self)
                if not skip:
                    self._cache[name] = template
                return template
        tried = [
            (Origin(place, name, loader), "there is no such template")
            for loader in self.loaders
            for place in loader.places(name)
        ]
        raise TemplateNotFound(name, tried, self)

    def select_template(self, names: Sequence[str]) -> Template:
        """Return the first of ``names`` that there is.

        Raises:
            TemplateNotFound: If there is none of them.
            TypeError: If ``names`` is one text, which would be taken letter by letter.
        """
        if isinstance(names, str):
            raise TypeError(
                f"select_template() takes an iterable of template names but got a string: {names!r}. "
                "Use get_template() if you want to load a single template by name."
            )
        tried: list[tuple[Origin, str]] = []
        for name in names:
            try:
                return self.get_template(name)
            except TemplateNotFound as error:
                if error.name != name:
                    raise
                tried.extend(error.tried)
        raise TemplateNotFound(", ".join(names), tried, self)

    def component(self, name: str, kind: "type[Component] | None" = None) -> "Definition":
        """Return what is known about a component.

        Args:
            name: ``card`` means the template ``components/card.html``; a name with a dot is a template's.
            kind: The class that declares its props, if it is not one of `components`.

        Raises:
            TemplateNotFound: If it has no template.
        """
        from partita.templates.definitions import define

        return define(self, name, kind or self.components.get(name))

    def render_component(
        self, name: str, slots: Mapping[str, str] | None = None, request: object = None, **props: object
    ) -> Markup:
        """Return a component rendered alone.

        Args:
            name: See `component`.
            slots: Content by slot; what is not `Markup` is escaped. The unnamed one is ``default``.
            request: See `render`.
            **props: Its props and attributes; ``data_id`` stands for the attribute ``data-id``.

        Raises:
            ComponentError: If a prop is missing or has the wrong type.
        """
        from partita.templates.standalone import render_component

        return render_component(self, self.component(name), props, slots or {}, request)

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

    # Django's name for it.
    render_to_string = render

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
            given = run_processors(self.context_processors, request)
            context.vars.update(given)
            context.shared.update(given)
        if values:
            context.vars.update(values)
        return context

    def names(self) -> list[str]:
        """Return the names of all templates that the loaders can list."""
        found = (loader.names() for loader in self.loaders if isinstance(loader, Listing))
        return sorted({name for names in found for name in names})

    def reset(self) -> None:
        """Drop every compiled template, and what the loaders keep."""
        self._cache.clear()
        for loader in self.loaders:
            reset_loader(loader)


def _is_fresh(template: Template) -> bool:
    try:
        return template.loaded.is_fresh() and all(source.is_fresh() for source in template.dependencies)
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
