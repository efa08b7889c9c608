"""Finds mistakes in templates before anybody asks for a page: unknown tags, filters, templates, partials, blocks."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from partita.templates.errors import TemplateError, TemplateNotFound, TemplateSyntaxError

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.expressions import FilterExpression
    from partita.templates.nodes import Node
    from partita.templates.template import Template

__all__ = ("Problem", "check_template", "check_templates")

MAX_PARENTS = 50


class Problem(NamedTuple):
    """One mistake in a template."""

    id: str
    level: Literal["error", "warning"]
    file: str
    """The path, or a made up name for a template that is in no file."""
    line: int
    column: int
    """Counted from 1, as editors do."""
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


def check_templates(engine: "Engine", names: Iterable[str] | None = None) -> Iterator[Problem]:
    """Check templates.

    Args:
        engine: Where they come from.
        names: Which; by default all that the engine's loaders can list and whose source has tags or variables.
    """
    for name in engine.names() if names is None else names:
        yield from check_template(engine, name)


def check_template(engine: "Engine", name: str) -> Iterator[Problem]:
    """Check one template, and what it names as a constant: its parents, includes and partials."""
    try:
        template = engine.get_template(name)
    except TemplateSyntaxError as error:
        yield Problem("templates.E001", "error", error.name or name, error.line, 1, error.message)
        return
    except UnicodeDecodeError:
        return  # a picture beside the templates, for example
    except TemplateNotFound as error:
        yield Problem("templates.E002", "error", name, 1, 1, str(error))
        return
    except TemplateError as error:  # a library that is none
        yield Problem("templates.E001", "error", name, 1, 1, str(error))
        return
    yield from _check(template)


def _check(template: "Template") -> Iterator[Problem]:
    from partita.templates.nodes import Node
    from partita.templates.tags.inheritance import IncludeNode, PartialDefNode, PartialNode

    chain, complete = _parents(template)
    if not complete and template.extends is not None and template.extends.parent.var.constant:
        name = _constant(template.extends.parent)
        if len(chain) == 1 and name is not None:
            yield _at(template, template.extends, "templates.E002", f"extends {name!r}, which there is not")
    partials = {name for member in chain for name in member.partials}
    nodes = [
        node for nodes in (template.nodelist, *template.partials.values()) for node in nodes.get_nodes_by_type(Node)
    ]
    for node in nodes:
        if isinstance(node, IncludeNode):
            yield from _check_include(template, node)
        elif isinstance(node, PartialNode | PartialDefNode) and complete and node.name not in partials:
            known = ", ".join(sorted(partials)) or "none"
            yield _at(template, node, "templates.E003", f"no partial {node.name!r} is defined; defined: {known}")
    if complete and len(chain) > 1:
        yield from _check_blocks(template, chain)


def _check_include(template: "Template", node: "Node") -> Iterator[Problem]:
    from partita.templates.tags.inheritance import IncludeNode, resolve_name

    name = _constant(node.template) if isinstance(node, IncludeNode) else None
    if name is None:
        return
    try:
        template.engine.get_template(resolve_name(name, template.name))
    except TemplateNotFound as error:
        yield _at(template, node, "templates.E002", f"includes {name!r}: {error}")
    except TemplateSyntaxError as error:
        if not error.line:  # otherwise the mistake is in the other template, and told there
            yield _at(template, node, "templates.E002", f"includes {name!r}: {error}")


def _check_blocks(template: "Template", chain: "list[Template]") -> Iterator[Problem]:
    known = {name for parent in chain[1:] for name in parent.blocks}
    inner = {
        name
        for block in template.blocks.values()
        for name in (each.name for each in block.nodelist.get_nodes_by_type(type(block)))
    }
    for name, block in template.blocks.items():
        if name not in known and name not in inner:
            hint = f"Blocks of the parents: {', '.join(sorted(known)) or 'none'}."
            yield _at(template, block, "templates.W001", f"block {name!r} is in no parent, so it is never shown", hint)


def _parents(template: "Template") -> "tuple[list[Template], bool]":
    """Return the template with its parents, and whether all of them are known."""
    from partita.templates.tags.inheritance import resolve_name

    chain = [template]
    while (extends := chain[-1].extends) is not None:
        name = _constant(extends.parent)
        if name is None or len(chain) > MAX_PARENTS:
            return chain, False
        engine, wanted = template.engine, resolve_name(name, chain[-1].name)
        try:
            if any(member.name == wanted for member in chain):
                chain.append(engine.get_template(wanted, {member.source.filename for member in chain}))
            else:
                chain.append(engine.get_template(wanted))
        except TemplateError:
            return chain, False
    return chain, True


def _constant(expression: "FilterExpression") -> str | None:
    variable = expression.var
    if variable.constant and not expression.filters and isinstance(variable.literal, str):
        return str.__str__(variable.literal)
    return None


def _at(template: "Template", node: "Node", code: str, text: str, hint: str = "") -> Problem:
    token = node.token
    line, column = (token.lineno, token.column + 1) if token is not None else (1, 1)
    level: Literal["error", "warning"] = "warning" if ".W" in code else "error"
    return Problem(code, level, template.source.filename, line, column, text, hint)
