"""Finds variables that a template shows and that nobody gives it.

Only templates that say what they are given are looked at: components by their props, others by `declared_context`. Whatever may be
named by a tag, a parent or a context processor counts as given, so that what is reported is a mistake.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, is_typeddict

from partita.templates.conditions import Condition
from partita.templates.declared_context import declared_names, names_of_processors
from partita.templates.expressions import FilterExpression, Variable
from partita.templates.library import InclusionNode, SimpleNode
from partita.templates.nodes import Node, NodeList

if TYPE_CHECKING:
    from partita.templates.template import Template

__all__ = ("Unknown", "check_variables")

# What the language itself gives.
_ALWAYS = frozenset({"request", "forloop", "block", "csrf_token", "True", "False", "None"})
_OF_COMPONENTS = frozenset({"attrs", "slots", "component"})
_MAX_DEPTH = 50


class Unknown(NamedTuple):
    """A variable that nobody gives, or a declaration that cannot be read."""

    line: int
    column: int
    text: str
    hint: str = ""


def check_variables(
    template: "Template", parents: "Sequence[Template]", complete: bool, similar: Callable[[str, Iterable[str]], str]
) -> Iterator[Unknown]:
    """Check a template.

    Args:
        template: Which.
        parents: The templates it extends.
        complete: Whether these are all.
        similar: Says ``; did you mean ...?``, or nothing.
    """
    declared = declared_names(template.loaded)
    types: Mapping[str, type | None] = {}
    if declared is not None:
        yield from (Unknown(*problem) for problem in declared.problems)
        types = declared.names
    props = template.extra_data.get("props")
    if (declared is None or declared.problems) and props is None:
        return
    processors = names_of_processors(template.engine.context_processors)
    nodes = list(_all_nodes(template))
    inherited = [node for parent in parents for node in _all_nodes(parent)]
    if processors is None or not complete or not all(_is_known(node) for node in (*nodes, *inherited)):
        return  # somebody may give anything
    given = {*types, *(prop.name for prop in props or ())}
    named = {name for node in (*nodes, *inherited) for name in _names(node)}
    known = given | named | processors | _ALWAYS | (_OF_COMPONENTS if props is not None else frozenset())
    for node in nodes:
        line, column = (node.token.lineno, node.token.column + 1) if node.token is not None else (1, 1)
        for variable in _variables(node):
            name, *rest = variable.path
            if name in node.own_names:
                continue
            if name not in known:
                text = f"nothing gives this template a variable {name!r}{similar(name, given | named)}"
                yield Unknown(line, column, text, f"Declared: {', '.join(sorted(given)) or 'none'}.")
            elif rest and name not in named and (kind := types.get(name)) is not None and not _has(kind, rest[0]):
                known_here = _attributes(kind)
                text = f"{name!r} is a {kind.__name__}, which has no {rest[0]!r}{similar(rest[0], known_here)}"
                yield Unknown(line, column, text, f"It has: {', '.join(known_here)}.")


def _all_nodes(template: "Template") -> Iterator[Node]:
    for nodes in (template.nodelist, *template.partials.values()):
        yield from nodes.get_nodes_by_type(Node)


def _is_known(node: Node) -> bool:
    """Tell whether a tag names only what its own attributes say."""
    if isinstance(node, SimpleNode):
        return not node.takes_context or _is_ours(node.function)
    # What an inclusion tag shows has a context of its own, but its function may change the one around it.
    if isinstance(node, InclusionNode):
        return not node.takes_context or _is_ours(node.function)
    return _is_ours(type(node))


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("partita.")


def _names(node: Node) -> Iterator[str]:
    """Give every word in a node's attributes that may be a name it gives: too many rather than too few."""
    for value in vars(node).values():
        yield from _words(value, 0)


def _words(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if value.isidentifier():
            yield value
    elif isinstance(value, Mapping) and depth < _MAX_DEPTH:
        for key, inner in value.items():
            yield from _words(key, depth + 1)
            yield from _words(inner, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset) and not isinstance(value, NodeList) and depth < _MAX_DEPTH:
        for inner in value:
            yield from _words(inner, depth + 1)


def _variables(node: Node) -> Iterator[Variable]:
    for value in vars(node).values():
        yield from _paths(value, 0)


def _paths(value: object, depth: int) -> Iterator[Variable]:
    """Give the variables in a node's attributes, apart from those of the nodes inside of it."""
    if depth > _MAX_DEPTH or isinstance(value, NodeList | Node):
        return
    if isinstance(value, Variable):
        if value.path:
            yield value
    elif isinstance(value, FilterExpression):
        yield from _paths(value.var, depth + 1)
        for _, _, arguments in value.filters:
            yield from _paths(arguments, depth + 1)
    elif isinstance(value, Condition):
        yield from _paths((value.first, value.second), depth + 1)
    elif isinstance(value, Mapping):
        yield from _paths(list(value.values()), depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _paths(inner, depth + 1)


def _has(kind: type, name: str) -> bool:
    # A key, an attribute, or a method: what templates look for, in that order. Numbers are places in a tuple.
    return name in _attributes(kind) or hasattr(dict if is_typeddict(kind) else kind, name) or name.isdigit()


def _attributes(kind: Any) -> list[str]:
    fields = getattr(kind, "__struct_fields__", None) or getattr(kind, "_fields", None)
    if fields is None:
        fields = {name for base in getattr(kind, "__mro__", (kind,)) for name in getattr(base, "__annotations__", ())}
        fields |= set(getattr(kind, "__annotations__", ()))
    return sorted(fields)
