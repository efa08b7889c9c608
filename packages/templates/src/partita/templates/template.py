"""One template, and the family it makes up with those it extends."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from partita.bridge import run
from partita.contracts.templates import RENDERING
from partita.templates.codegen import Generator
from partita.templates.context import Context
from partita.templates.debugging import annotate, mark_place
from partita.templates.errors import TemplateNotFound, TemplateRecursionError, TemplateSyntaxError
from partita.templates.inlining import prepare
from partita.templates.parser import Parser
from partita.templates.sources import Origin, Source
from partita.templates.tokens import tokenize

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.nodes import NodeList
    from partita.templates.tags.inheritance import BlockNode

__all__ = ("Family", "Source", "Template")

MAX_INCLUDES = 100
MAX_PARENTS = 50
_END = object()


class Unit:
    """The compiled functions of one template."""

    __slots__ = ("blocks", "partials", "root")

    def __init__(self, root: Any, blocks: dict[str, Any], partials: dict[str, Any]) -> None:
        self.root, self.blocks, self.partials = root, blocks, partials


class Family:
    """A template, its parent, and so on, with the functions of each block: the most derived first."""

    __slots__ = ("_key", "_variants", "blocks", "chain", "partials", "roots")

    def __init__(
        self,
        chain: "tuple[Template, ...]",
        autoescape: bool,
        stream: bool,
        variants: "dict[tuple[bool, bool], Family] | None" = None,
    ) -> None:
        self.chain = chain
        units = [template.unit(autoescape, stream) for template in chain]
        self.roots = tuple(unit.root for unit in units)
        self.blocks: dict[str, list[Any]] = {}
        self.partials: dict[str, Any] = {}
        for unit in units:
            for name, function in unit.blocks.items():
                self.blocks.setdefault(name, []).append(function)
            for name, function in unit.partials.items():
                self.partials.setdefault(name, function)
        self._key = (autoescape, stream)
        self._variants = {} if variants is None else variants
        self._variants[self._key] = self

    def variant(self, autoescape: bool, stream: bool) -> "Family":
        """Return the same family compiled with other options."""
        key = (autoescape, stream)
        return self._variants.get(key) or Family(self.chain, autoescape, stream, self._variants)

    def partial(self, name: str) -> Any:
        """Return the function of a named part.

        Raises:
            TemplateSyntaxError: If no template of the family defines it.
        """
        function = self.partials.get(name)
        if function is None:
            known = ", ".join(sorted(self.partials)) or "none"
            raise TemplateSyntaxError(f"no partial {name!r} is defined; defined: {known}", self.chain[0].name)
        return function


def _tell(family: Family, context: Context) -> Callable[[], object] | None:
    watcher = RENDERING.get()
    return None if watcher is None else watcher([template.name for template in family.chain], context.flatten())


class Template:
    """A parsed template; it is compiled when it is first rendered.

    Args:
        source: The text, or a `Source`.
        engine: Where tags, filters and other templates come from.

    Raises:
        TemplateSyntaxError: If the source does not follow the language.
    """

    __slots__ = (
        "_families", "_part", "_units", "blocks", "dependencies", "engine", "extends", "extra_data", "loaded", "nodelist",
        "partials",
    )  # fmt: skip

    def __init__(self, source: "str | Source", engine: "Engine") -> None:
        from partita.templates.tags.inheritance import ExtendsNode

        self.loaded = Source(source) if isinstance(source, str) else source
        self.engine = engine
        parser = Parser(tokenize(self.loaded.text), engine.libraries, engine.builtins, self.loaded)
        try:
            self.nodelist: NodeList = parser.parse()
        except Exception as error:
            if engine.debug and parser.failed is not None:
                start = self.loaded.offset(parser.failed.lineno, parser.failed.column)
                mark_place(error, self.loaded, start, start + len(parser.failed.source))
            raise
        self.extra_data = parser.extra_data
        self.dependencies: list[Source] = []
        self._part: tuple[int, int] | None = None
        self.partials: dict[str, NodeList] = parser.extra_data.get("partial nodes", {})
        blocks: list[BlockNode] = parser.extra_data.get("block nodes", [])
        self.blocks = {block.name: block for block in blocks}
        self.extends = next((node for node in self.nodelist if isinstance(node, ExtendsNode)), None)
        self._units: dict[tuple[bool, bool], Unit] = {}
        self._families: dict[tuple[bool, bool], Family] = {}
        if self.partials:
            self.extra_data["partials"] = {name: self.partial(name) for name in self.partials}

    @property
    def name(self) -> str:
        """The name it was asked for by."""
        return self.loaded.name

    @property
    def source(self) -> str:
        """The text; of a partial, its part of it."""
        if self._part is None:
            return self.loaded.text
        start, end = self._part
        return self.loaded.text[start:end]

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return self.loaded.origin

    def render(self, context: Mapping[str, object] | Context | None = None, request: object = None) -> Markup:
        """Return the output.

        Args:
            context: Names for the template; a mapping is not changed.
            request: If given, the template has it as ``request`` and the engine's context processors run.
        """
        return Markup(self.render_text(context, request))

    def render_text(self, context: Mapping[str, object] | Context | None = None, request: object = None) -> str:
        """Return the output of `render` as plain text: to mark it as safe takes a copy, which what is sent needs not."""
        made = self._context(context, request)
        if made.__class__ is not Context:
            with made.bind_template(self):
                return self._output(made)
        return self._output(made)

    def _output(self, made: Context) -> str:
        output: list[str] = []
        mark = made.mark()
        done: Callable[[], object] | None = None
        try:
            family = made.family = self.family(made, made.autoescape, False)
            done = _tell(family, made)
            made.render_state = {}
            family.roots[0](made, output, family, 0)
        except Exception as error:
            annotate(error, self.engine.debug)
            raise
        finally:
            made.rewind(mark)
            if done is not None:
                done()
        return "".join(output)

    async def arender(self, context: Mapping[str, object] | Context | None = None, request: object = None) -> Markup:
        """Async twin of `render`: what is awaitable is awaited, and sync code that waits beneath the bridge may do so."""
        return await run(self.render, context, request)

    def stream(self, context: Mapping[str, object] | Context | None = None, request: object = None) -> Iterator[str]:
        """Return the output piece by piece, each as soon as it is known."""
        made = self._context(context, request)
        if made.__class__ is not Context:
            return self._bound_stream(made)
        family = made.family = self.family(made, made.autoescape, True)
        _tell(family, made)
        pieces: Iterator[str] = family.roots[0](made, None, family, 0)
        return pieces

    def _bound_stream(self, made: Context) -> Iterator[str]:
        with made.bind_template(self):
            family = made.family = self.family(made, made.autoescape, True)
            _tell(family, made)
            yield from family.roots[0](made, None, family, 0)

    async def astream(
        self, context: Mapping[str, object] | Context | None = None, request: object = None
    ) -> AsyncIterator[str]:
        """Async twin of `stream`."""
        pieces = await run(self.stream, context, request)
        while (piece := await run(next, pieces, _END)) is not _END:
            yield piece  # type: ignore[misc] # the sentinel has just been ruled out

    def _context(self, context: Mapping[str, object] | Context | None, request: object) -> Context:
        if isinstance(context, Context):
            if context.engine is None:
                context.engine = self.engine
            return context
        return self.engine.make_context(context, request)

    def family(self, context: Context, autoescape: bool, stream: bool) -> Family:
        """Return this template with its parents, as they are for ``context``."""
        key = (autoescape, stream)
        family = self._families.get(key)
        if family is not None:
            return family
        chain, constant = self._parents(context)
        family = Family(chain, autoescape, stream)
        if constant and (not self.engine.debug or len(chain) == 1):
            self._families[key] = family
        return family

    def _parents(self, context: Context) -> "tuple[tuple[Template, ...], bool]":
        chain: list[Template] = [self]
        constant = True
        while (extends := chain[-1].extends) is not None:
            constant = constant and extends.parent.var.constant and not extends.parent.filters
            chain.append(extends.find_parent(context, chain))
            if len(chain) > MAX_PARENTS:
                raise TemplateRecursionError(self.name, len(chain))
        return tuple(chain), constant

    def partial(self, name: str) -> "Template":
        """Return the part that ``{% partialdef name %}`` defines, as a template of its own.

        Raises:
            TemplateNotFound: If there is no such part.
        """
        if name not in self.partials:
            known = ", ".join(self.partials) or "none"
            place = Origin(
                f"{self.loaded.filename}, whose partials are: {known}", f"{self.name}#{name}", self.loaded.loader
            )
            raise TemplateNotFound(f"{self.name}#{name}", [(place, "there is no such partial")])
        made = copy(self)
        made._part = self.extra_data.get("partial places", {}).get(name)
        made.nodelist, made.extends = self.partials[name], None
        made._units, made._families = {}, {}
        return made

    def settle(self) -> None:
        """Find out how each variable is escaped, if the engine does so by the place it stands in; a second time does nothing.

        Raises:
            TemplateSyntaxError: If that cannot be told.
        """
        if self.engine.contextual and (not self.name or self.name.endswith((".html", ".htm"))):
            from partita.templates.contextual import settle_places

            settle_places(self)

    def unit(self, autoescape: bool, stream: bool) -> Unit:
        """Return the compiled functions."""
        key = (autoescape, stream)
        unit = self._units.get(key)
        if unit is None:
            unit = self._units[key] = self._compile(self._generate(autoescape, stream))
        return unit

    def python(self, autoescape: bool = True, stream: bool = False) -> str:
        """Return the Python this template is compiled to, for the curious."""
        generator = self._generate(autoescape, stream)
        generator.flush()
        return generator.code()

    def _generate(self, autoescape: bool, stream: bool) -> Generator:
        self.settle()
        prepare(self)
        generator = Generator(self.loaded, autoescape, stream, self.engine)
        with generator.function("root", "c, o, F, i"):
            generator.nodes(self.nodelist)
        for number, block in enumerate(self.blocks.values()):
            block.compile_function(generator, f"block{number}")
        for number, nodes in enumerate(self.partials.values()):
            with generator.function(f"partial{number}", "c, o, F, i"):
                generator.nodes(nodes)
        return generator

    def _compile(self, generator: Generator) -> Unit:
        names = generator.build()
        self.dependencies.extend(generator.dependencies.values())
        return Unit(
            names["root"],
            {name: names[f"block{number}"] for number, name in enumerate(self.blocks)},
            {name: names[f"partial{number}"] for number, name in enumerate(self.partials)},
        )

    def __repr__(self) -> str:
        return f"<Template {self.name or self.loaded.filename!r}>"


def include(template: Template, context: Context, output: list[str], site: object = None) -> None:
    """Render ``template`` into ``output`` with the names of ``context``; ``site`` is what includes it."""
    before = _enter(template, context, site)
    family = context.family = template.family(context, context.autoescape, False)
    family.roots[0](context, output, family, 0)
    _leave(context, before)


def include_stream(template: Template, context: Context, site: object = None) -> Iterator[str]:
    """`include` that yields."""
    before = _enter(template, context, site)
    family = context.family = template.family(context, context.autoescape, True)
    yield from family.roots[0](context, None, family, 0)
    _leave(context, before)


def _enter(template: Template, context: Context, site: object) -> tuple[Family | None, dict[object, Any], object]:
    context.depth += 1
    if context.depth > MAX_INCLUDES:
        raise TemplateRecursionError(template.name, context.depth)
    before = context.family, context.render_state, context.site
    context.render_state = {}
    context.site = site
    return before


def _leave(context: Context, before: tuple[Family | None, dict[object, Any], object]) -> None:
    context.family, context.render_state, context.site = before
    context.depth -= 1
