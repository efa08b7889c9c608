"""Finds mistakes in templates before anybody asks for a page.

Errors: ``E001`` the language is not followed (unknown tags and filters among it), ``E002`` a template is not there, ``E003`` a
partial is not there, ``E004`` a component is not there, ``E005`` a component is used wrongly,
``E006`` a tag says so itself (`Node.problems`), as ``{% url %}`` does about names of routes, ``E007`` a variable is not among those that
the template declares (see `declared_context`). Warnings: ``W001`` a block that no
parent shows, ``W002`` a name that is nearly that of a prop, ``W003`` elements of HTML that are not closed, ``W004`` an attribute
without quotes, ``W005`` a variable in JavaScript, ``W006`` a variable in a ``javascript:`` URL, ``W007`` a variable in CSS.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from partita.templates.errors import TemplateError, TemplateNotFound, TemplateSyntaxError

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.expressions import FilterExpression
    from partita.templates.nodes import Node
    from partita.templates.tags.components import ComponentNode
    from partita.templates.template import Template

__all__ = ("Problem", "check_source", "check_template", "check_templates")

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
    return _check_made(lambda: engine.get_template(name), name)


def check_source(engine: "Engine", source: str, name: str = "") -> Iterator[Problem]:
    """Check a template that is being written, in an editor for example; see `check_template`.

    Args:
        engine: Where its parents and includes come from.
        source: Its text.
        name: Under which it will be found.
    """
    return _check_made(lambda: engine.from_string(source, name), name)


def _check_made(make: "Callable[[], Template]", name: str) -> Iterator[Problem]:
    try:
        template = make()
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
    try:
        template.settle()
    except TemplateSyntaxError as error:
        yield Problem("templates.E001", "error", error.name or name, error.line, 1, error.message)
    yield from _check(template)


def _check(template: "Template") -> Iterator[Problem]:
    from partita.templates.nodes import Node
    from partita.templates.tags.components import ComponentNode
    from partita.templates.tags.inheritance import IncludeNode, PartialDefNode, PartialNode
    from partita.templates.variable_checks import check_variables

    chain, complete = known_parents(template)
    if not complete and template.extends is not None and template.extends.parent.var.constant:
        name = _constant(template.extends.parent)
        if len(chain) == 1 and name is not None:
            meant = _similar(name, template.engine.names())
            yield _at(template, template.extends, "templates.E002", f"extends {name!r}, which there is not{meant}")
    partials = {name for member in chain for name in member.partials}
    nodes = [
        node for nodes in (template.nodelist, *template.partials.values()) for node in nodes.get_nodes_by_type(Node)
    ]
    for node in nodes:
        for text in node.problems():
            yield _at(template, node, "templates.E006", text)
        if isinstance(node, IncludeNode):
            yield from _check_include(template, node)
        elif isinstance(node, ComponentNode):
            yield from _check_component(template, node)
        elif isinstance(node, PartialNode | PartialDefNode) and complete and node.name not in partials:
            known = ", ".join(sorted(partials)) or "none"
            yield _at(
                template,
                node,
                "templates.E003",
                f"no partial {node.name!r} is defined{_similar(node.name, partials)}; defined: {known}",
            )
    if complete and len(chain) > 1:
        yield from _check_blocks(template, chain)
    for found in check_variables(template, chain[1:], complete, _similar):
        yield Problem(
            "templates.E007", "error", template.loaded.filename, found.line, found.column, found.text, found.hint
        )
    if _is_html(template.name):
        yield from _check_html(template)


def _check_include(template: "Template", node: "Node") -> Iterator[Problem]:
    from partita.templates.tags.inheritance import IncludeNode, resolve_name

    name = _constant(node.template) if isinstance(node, IncludeNode) else None
    if name is None:
        return
    try:
        template.engine.get_template(resolve_name(name, template.name))
    except TemplateNotFound as error:
        meant = _similar(name, template.engine.names())
        yield _at(template, node, "templates.E002", f"includes {name!r}{meant}: {error}")
    except TemplateSyntaxError as error:
        if not error.line:  # otherwise the mistake is in the other template, and told there
            yield _at(template, node, "templates.E002", f"includes {name!r}: {error}")


def _check_component(template: "Template", node: "ComponentNode") -> Iterator[Problem]:
    from partita.templates.definitions import template_name

    try:
        definition = template.engine.component(node.name, node.kind)
    except TemplateNotFound as error:
        names = [name for name in template.engine.names() if name.startswith("components/")]
        meant = _similar(template_name(node.name), names)
        yield _at(template, node, "templates.E004", f"no component {node.name!r}{meant}; {error}")
        return
    except TemplateSyntaxError as error:
        if not error.line:  # otherwise the mistake is in the component's template, and told there
            yield _at(template, node, "templates.E005", error.message)
        return
    for mistake in definition.mistakes(node.given, node.fills):
        yield _at(template, node, "templates.E005", mistake.text, mistake.hint)
    rest = {name: value for name, value in node.given.items() if name not in definition.props}
    if definition.takes_attributes:
        for doubt in definition.doubts(rest):
            yield _at(template, node, "templates.W002", doubt.text)


def _check_html(template: "Template") -> Iterator[Problem]:
    from partita.templates.html_checks import check_html

    parts = [] if template.extends is not None else [template.nodelist]
    if template.extends is not None:
        # Blocks inside of others are looked at with those.
        inner = {
            id(each) for block in template.blocks.values() for each in block.nodelist.get_nodes_by_type(type(block))
        }
        parts += [block.nodelist for block in template.blocks.values() if id(block) not in inner]
    parts += template.partials.values()
    for nodes in parts:
        for found in check_html(nodes):
            yield Problem(
                found.id, "warning", template.loaded.filename, found.line, found.column, found.text, found.hint
            )


def _is_html(name: str) -> bool:
    return name.endswith((".html", ".htm"))


def _similar(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name[:80], list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


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
            text = f"block {name!r} is in no parent, so it is never shown{_similar(name, known)}"
            yield _at(template, block, "templates.W001", text, hint)


def known_parents(template: "Template") -> "tuple[list[Template], bool]":
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
                chain.append(engine.get_template(wanted, {member.loaded.filename for member in chain}))
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
    return Problem(code, level, template.loaded.filename, line, column, text, hint)
