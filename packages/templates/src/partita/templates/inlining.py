"""Decides which includes are written into the Python of the template that includes, which spares a call and lets loops around
them keep their variables in Python's locals."""

from typing import TYPE_CHECKING

from partita.templates.errors import TemplateError
from partita.templates.nodes import Node

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.tags.inheritance import IncludeNode
    from partita.templates.template import Template

__all__ = ("prepare",)

MAX_NESTED = 5
MAX_NODES = 300
"""Of an included template, with those that it includes."""
MAX_ALL_NODES = 3000
"""Of everything that one template includes."""


def prepare(template: "Template") -> None:
    """Look for includes of templates whose names are constants, and mark those that are to be written in place.

    An engine in debug mode calls them, so that Python's traceback shows the line inside of them.

    Args:
        template: The one that includes; its `dependencies` grow.
    """
    engine = template.engine
    if engine.debug:
        return
    budget = MAX_ALL_NODES
    for node in _includes(template):
        if node.inlined is None and node.may_inline():
            found = _target(node, engine, (template,))
            size = _size(found) if found is not None else 0
            if found is not None and size <= min(MAX_NODES, budget):
                budget -= size
                _mark(node, found, template)


def _includes(template: "Template") -> "list[IncludeNode]":
    found: list[IncludeNode] = template.extra_data.get("include nodes", [])
    return found


def _target(node: "IncludeNode", engine: "Engine", chain: "tuple[Template, ...]") -> "Template | None":
    """Return the template that may stand in place of ``node``, after its own includes are marked."""
    try:
        found = engine.get_template(node.constant_name())
    except (TemplateError, OSError, UnicodeDecodeError):
        return None  # told when it is rendered, if it ever is
    if len(chain) > MAX_NESTED or any(found.loaded is each.loaded for each in chain):
        return None
    if found.extends is not None or found.blocks or found.partials or "props" in found.extra_data:
        return None
    inner = list(found.nodelist.get_nodes_by_type(Node))
    if any(each.stateful for each in inner):
        return None
    for include in _includes(found):
        if include.inlined is None:
            target = _target(include, engine, (*chain, found)) if include.may_inline() else None
            if target is None:
                return None
            _mark(include, target, found)
    return None if found.nodelist.needs_context() else found


def _mark(node: "IncludeNode", found: "Template", template: "Template") -> None:
    found.settle()
    node.inlined = found
    node.uses_context = False
    template.dependencies.extend([found.loaded, *found.dependencies])


def _size(template: "Template") -> int:
    inner = sum(_size(node.inlined) for node in _includes(template) if node.inlined is not None)
    return len(template.nodelist.get_nodes_by_type(Node)) + inner
