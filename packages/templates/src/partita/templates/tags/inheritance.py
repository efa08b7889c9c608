"""Tags that build a page from several templates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from partita.templates.context import Context
from partita.templates.errors import TemplateError, TemplateNotFound, TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.library import Library
from partita.templates.nodes import Node, NodeList
from partita.templates.parser import Parser
from partita.templates.tags.flow import assignments
from partita.templates.template import Family, Template, include, include_stream
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("BlockNode", "ExtendsNode", "IncludeNode", "register")

register = Library()


class Block:
    """``block`` inside ``{% block %}``."""

    __slots__ = ("_at", "_context", "_family", "name")

    def __init__(self, name: str, context: Context, family: Family, at: int) -> None:
        self.name, self._context, self._family, self._at = name, context, family, at

    @property
    def super(self) -> Markup:
        """What the block of this name shows in the parent."""
        family = self._family.variant(self._context.autoescape, False)
        functions = family.blocks[self.name]
        output: list[str] = []
        if self._at + 1 < len(functions):
            functions[self._at + 1](self._context, output, family, self._at + 1)
        return Markup("".join(output))


class BlockNode(Node):
    """``{% block %}``."""

    # Children may fill it with anything, so what is around it keeps its variables where all can see them.
    uses_context = True

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def compile(self, generator: "Generator") -> None:
        family = generator.family
        generator.call(f"{family}.blocks[{self.name!r}][0]", f"{family}, 0")

    def compile_function(self, generator: "Generator", function: str) -> None:
        """Write the function that shows this block."""
        before, generator.block = generator.block, self.name
        with generator.function(function, "c, o, F, i"):
            made = f"{generator.constant(Block)}({self.name!r}, c, F, i)"
            if self.nodelist.needs_context():
                generator.line(f"c.enter(('block',)); V['block'] = {made}")
                generator.nodes(self.nodelist)
                generator.line("c.leave()")
            else:
                with generator.local({"block": made}):
                    generator.nodes(self.nodelist)
        generator.block = before


@register.tag
def block(parser: Parser, token: Token) -> Node:
    """``{% block name %} ... {% endblock name %}``."""
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("'block' takes exactly one name")
    name = words[1]
    known: set[str] = parser.extra_data.setdefault("blocks", set())
    if name in known:
        raise TemplateSyntaxError(f"block {name!r} appears more than once in this template")
    known.add(name)
    nodelist = parser.parse(("endblock",))
    closing = parser.next_token()
    if closing.contents not in {"endblock", f"endblock {name}"}:
        raise TemplateSyntaxError(f"{closing.contents[:80]!r} closes block {name!r}: expected endblock {name}")
    node = BlockNode(name, nodelist)
    parser.extra_data.setdefault("block nodes", []).append(node)
    return node


class ExtendsNode(Node):
    """``{% extends %}``: what stands after it is only looked through for blocks."""

    must_be_first = True
    uses_context = True

    def __init__(self, nodelist: NodeList, parent: FilterExpression, name: str) -> None:
        self.nodelist, self.parent, self.name = nodelist, parent, name

    def compile(self, generator: "Generator") -> None:
        generator.call(f"{generator.family}.roots[i + 1]", f"{generator.family}, i + 1")

    def find_parent(self, context: Context, chain: Sequence[Template]) -> Template:
        """Return the template that is extended.

        Args:
            context: Where the name is looked up, if it is a variable.
            chain: The templates that lead here; a template may extend another of its own name, further down the folders.
        """
        parent = self.parent.resolve(context)
        if isinstance(parent, Template):
            return parent
        engine = chain[-1].engine
        name = resolve_name(str(parent), chain[-1].name)
        if not name:
            raise TemplateError(f"{chain[-1].name!r} extends an empty name: got {self.parent.token!r}")
        if any(template.name == name for template in chain):
            return engine.get_template(name, {template.loaded.filename for template in chain})
        return engine.get_template(name)


@register.tag
def extends(parser: Parser, token: Token) -> Node:
    """``{% extends 'base.html' %}``."""
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("'extends' takes exactly one argument: a template or its name")
    parent = parser.compile_filter(words[1])
    if parser.extra_data.get("extends"):
        raise TemplateSyntaxError("'extends' cannot appear more than once in a template")
    parser.extra_data["extends"] = True
    return ExtendsNode(parser.parse(), parent, parser.source.name if parser.source is not None else "")


class IncludeNode(Node):
    """``{% include %}``."""

    uses_context = True

    def __init__(
        self, template: FilterExpression, values: dict[str, FilterExpression], only: bool, origin: str
    ) -> None:
        self.template, self.values, self.only, self.base = template, values, only, origin
        self.inlined: Template | None = None
        """The template that is written in place, see `inlining`."""

    def may_inline(self) -> bool:
        """Whether the name is known and the names of the template around are seen."""
        return (
            not self.only
            and self.template.var.constant
            and isinstance(self.template.var.literal, str)
            and not self.template.filters
        )

    def constant_name(self) -> str:
        """Return the name of the template, if it is a constant."""
        return resolve_name(str.__str__(self.template.var.literal), self.base)

    def compile(self, generator: "Generator") -> None:
        if self.inlined is not None:
            number = generator.number()
            names = {name: f"l{number}_{at}" for at, name in enumerate(self.values)}
            generator.flush()
            for name, value in self.values.items():
                generator.line(f"{names[name]} = {value.code(generator)}")
            with generator.local({**names}), generator.included(self.inlined):
                generator.nodes(self.inlined.nodelist)
            return
        values = ", ".join(f"{name!r}: {value.code(generator)}" for name, value in self.values.items())
        found = f"{generator.constant(self.find)}(c, {self.template.code(generator)})"
        context = f"d{generator.number()}"
        template, site = f"e{generator.number()}", generator.constant(self)
        generator.line(f"{template} = {found}")
        if self.only:
            generator.line(f"{context} = c.new({{{values}}})")
        else:
            generator.line(f"{context} = c; c.push({{{values}}})" if values else f"{context} = c; c.push()")
        if generator.streaming:
            generator.line(f"yield from {generator.constant(include_stream)}({template}, {context}, {site})")
        else:
            generator.line(f"{generator.constant(include)}({template}, {context}, {generator.output}, {site})")
        if not self.only:
            generator.line("c.leave()")

    def find(self, context: Context, name: Any) -> Template:
        """Return the template that ``name`` means: a name, several of which the first there is counts, or a template."""
        if isinstance(name, Template):
            return name
        engine = context.engine
        if engine is None:
            raise TemplateError("'include' needs an engine: render the template through Engine")
        if isinstance(name, str):
            return engine.get_template(resolve_name(name, self.base))
        if isinstance(name, Sequence):
            return engine.select_template([resolve_name(str(each), self.base) for each in name])
        raise TemplateNotFound(str(name))


@register.tag("include")
def compile_include(parser: Parser, token: Token) -> Node:
    """``{% include 'row.html' with a=1 only %}``."""
    words = token.split_contents()
    if len(words) < 2:
        raise TemplateSyntaxError("'include' needs the name of a template")
    rest = words[2:]
    only = "only" in rest
    if rest.count("only") > 1 or rest.count("with") > 1:
        raise TemplateSyntaxError("'include' got 'with' or 'only' twice")
    rest = [word for word in rest if word != "only"]
    values: dict[str, FilterExpression] = {}
    if rest:
        if rest[0] != "with":
            raise TemplateSyntaxError(f"'include' got {rest[0][:80]!r}: expected 'with' or 'only'")
        values = assignments(parser, rest[1:], "include")
    origin = parser.source.name if parser.source is not None else ""
    node = IncludeNode(parser.compile_filter(words[1]), values, only, origin)
    parser.extra_data.setdefault("include nodes", []).append(node)
    return node


def resolve_name(name: str, origin: str) -> str:
    """Work out ``./x.html`` and ``../x.html`` from the template they stand in.

    Raises:
        TemplateSyntaxError: If the name leads out of the template folders.
    """
    if not name.startswith(("./", "../")):
        return name
    folder = origin.split("/")[:-1]
    for part in name.split("/"):
        if part == "..":
            if not folder:
                raise TemplateSyntaxError(f"{name[:80]!r} in {origin[:80]!r} leads out of the template folders")
            folder.pop()
        elif part != ".":
            folder.append(part)
    return "/".join(folder)


class PartialNode(Node):
    """``{% partial %}``: a named part shown."""

    uses_context = True

    def __init__(self, name: str) -> None:
        self.name = name

    def compile(self, generator: "Generator") -> None:
        generator.call(f"{generator.family}.partial({self.name!r})", f"{generator.family}, 0")


class PartialDefNode(Node):
    """``{% partialdef %}``: the part's own place; its function is written by the template."""

    uses_context = True

    def __init__(self, name: str, inline: bool) -> None:
        self.name, self.inline = name, inline

    def compile(self, generator: "Generator") -> None:
        if self.inline:
            generator.call(f"{generator.family}.partial({self.name!r})", f"{generator.family}, 0")


@register.tag
def partialdef(parser: Parser, token: Token) -> Node:
    """``{% partialdef name inline %} ... {% endpartialdef name %}``."""
    words = token.split_contents()
    if len(words) not in {2, 3} or words[2:] not in ([], ["inline"]):
        raise TemplateSyntaxError("'partialdef' takes a name, and 'inline' if it is shown where it is defined")
    name = words[1]
    partials: dict[str, NodeList] = parser.extra_data.setdefault("partial nodes", {})
    if name in partials:
        where = parser.source.filename if parser.source is not None else ""
        raise TemplateSyntaxError(f"Partial {name!r} is already defined in the {where!r} template.")
    partials[name] = NodeList()
    nodelist = parser.parse(("endpartialdef",))
    closing = parser.next_token()
    if closing.contents not in {"endpartialdef", f"endpartialdef {name}"}:
        raise TemplateSyntaxError(f"{closing.contents[:80]!r} closes {name!r}: expected endpartialdef {name}")
    partials[name] = nodelist
    if parser.source is not None:
        start = parser.source.offset(token.lineno, token.column)
        end = parser.source.offset(closing.lineno, closing.column) + len(closing.source)
        parser.extra_data.setdefault("partial places", {})[name] = (start, end)
    return PartialDefNode(name, len(words) == 3)


@register.tag
def partial(parser: Parser, token: Token) -> Node:
    """``{% partial name %}``."""
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("'partial' takes exactly one name")
    return PartialNode(words[1])
