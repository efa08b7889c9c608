"""Which names a template says it is given: ``{# context: album: Album, page: int #}``, or a class that lists them.

The declaration is a comment, so that it costs nothing where pages are made; the static checker reads it.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints, is_typeddict

from partita.templates.tokens import tokenize

if TYPE_CHECKING:
    from partita.templates.sources import Source

__all__ = ("Declared", "declared_names", "names_of_processors")

_COMMENT = re.compile(r"context\s*(?::|(from)\s)\s*")
_NAME = re.compile(r"\s*([^\W\d]\w*)\??\s*(?=[:,]|$)")
_PLACE = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*")


class Declared(NamedTuple):
    """What the comments of a template say."""

    names: Mapping[str, type | None]
    """The names, each with its type if that is a class whose attributes are all known."""
    problems: tuple[tuple[int, int, str], ...]
    """Comments that cannot be read: line, column, and what is wrong."""


def declared_names(source: "Source") -> Declared | None:
    """Return what a template declares, or None if it declares nothing.

    ``{# context: album, page: int, note?: str #}`` names what there is, each with a type for readers;
    ``{# context from shop.views:AlbumPage #}`` names a TypedDict, dataclass, or other class with annotations. There may be several.
    """
    names: dict[str, type | None] = {}
    problems: list[tuple[int, int, str]] = []
    declares = False
    for token in tokenize(source.text) if "{#" in source.text else ():
        found = _COMMENT.match(token.contents) if token.kind == "comment" else None
        if found is None:
            continue
        declares = True
        rest = token.contents[found.end() :].strip()
        try:
            names.update(_of_class(rest) if found[1] else _listed(rest))
        except ValueError as error:
            problems.append((token.lineno, token.column + 1, str(error)))
    return Declared(names, tuple(problems)) if declares else None


def _listed(text: str) -> dict[str, type | None]:
    names: dict[str, type | None] = {}
    for part in _split(text):
        found = _NAME.match(part)
        if found is None:
            raise ValueError(f"context declares {part.strip()[:60]!r}: expected a name, as in album: Album")
        kind = part[found.end() + 1 :].strip()
        names[found[1]] = _closed(_imported(kind)) if _PLACE.fullmatch(kind) else None
    return names


def _split(text: str) -> list[str]:
    """Split at the commas outside of brackets; one at the end counts for nothing."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]] if text[start:].strip() else parts


def _of_class(place: str) -> dict[str, type | None]:
    if not _PLACE.fullmatch(place):
        raise ValueError(f"context from {place[:60]!r}: expected a module and a class, as in shop.views:AlbumPage")
    kind = _imported(place)
    hints = _hints(kind)
    if not hints:
        raise ValueError(f"context from {place[:60]!r}: it has no annotations that would name anything")
    return {name: _closed(hint) for name, hint in hints.items()}


def _imported(place: str) -> Any:
    from pkgutil import resolve_name

    try:
        return resolve_name(place)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{place[:60]!r} cannot be imported: {error}") from error


def _hints(kind: Any) -> dict[str, Any]:
    try:
        return get_type_hints(kind)
    except (NameError, TypeError, AttributeError):  # what is imported for checkers alone is not there
        return dict.fromkeys(getattr(kind, "__annotations__", {}))


def _closed(kind: Any) -> type | None:
    """Return a class whose instances have nothing but what it says, or None."""
    if not isinstance(kind, type):
        return None
    if is_typeddict(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return kind
    # A dataclass or struct with slots takes no other attributes, unless it makes them up as it is asked.
    slots = hasattr(kind, "__struct_fields__") or "__slots__" in vars(kind)
    has_dict = any("__dict__" in vars(base) for base in kind.__mro__)
    return kind if slots and not has_dict and not hasattr(kind, "__getattr__") else None


def names_of_processors(processors: Iterable[Callable[..., Any]]) -> frozenset[str] | None:
    """Return the names that context processors may give, or None if one of them does not let itself be read.

    A processor may say them in an attribute ``names``; otherwise its source is read, never run: all it returns must be dictionaries
    that are written there, with constant keys.
    """
    names: set[str] = set()
    for processor in processors:
        said = getattr(processor, "names", None)
        found = frozenset(said) if isinstance(said, list | tuple | set | frozenset) else _read(processor)
        if found is None:
            return None
        names |= found
    return frozenset(names)


def _read(processor: Callable[..., Any]) -> frozenset[str] | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(processor))))
    except (OSError, TypeError, SyntaxError):
        return None
    function = tree.body[0] if tree.body else None
    # The source of a lambda is whatever it stands in.
    if not isinstance(function, ast.FunctionDef) or function.name != getattr(processor, "__name__", None):
        return None
    reader = _Reader()
    for statement in function.body:
        reader.visit(statement)
    if not reader.plain or any(name not in reader.dictionaries for name in reader.returned):
        return None
    return frozenset(reader.names)


class _Reader(ast.NodeVisitor):
    """Collects the keys of the dictionaries in a function, leaving out the functions inside of it."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.dictionaries: set[str] = set()
        self.returned: set[str] = set()
        self.plain = True

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Leave it out: what it returns is not what the processor returns."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """See `visit_FunctionDef`."""

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """See `visit_FunctionDef`."""

    def visit_Return(self, node: ast.Return) -> None:
        """Take a dictionary, or the name of one."""
        if node.value is not None:
            self._returned(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Take ``name = {...}`` and ``name["key"] = ...``."""
        for target in node.targets:
            self._assigned(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """See `visit_Assign`."""
        if node.value is not None:
            self._assigned(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Take ``name |= {...}``."""
        if isinstance(node.target, ast.Name) and node.target.id in self.dictionaries and not self._take(node.value):
            self.plain = False

    def visit_Call(self, node: ast.Call) -> None:
        """Take ``name.update(...)``; any other method of a dictionary may do anything."""
        method = node.func
        if isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name):
            if method.value.id in self.dictionaries and method.attr not in {"get", "items", "keys", "values", "pop"}:
                arguments = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg is None)]
                self.names |= {keyword.arg for keyword in node.keywords if keyword.arg is not None}
                taken = [self._take(each) for each in arguments]  # all of them, for the names
                self.plain &= method.attr == "update" and all(taken)
        elif any(isinstance(each, ast.Name) and each.id in self.dictionaries for each in node.args):
            self.plain = False  # given away, to be filled somewhere else
        self.generic_visit(node)

    def _returned(self, value: ast.expr) -> None:
        if isinstance(value, ast.IfExp):
            self._returned(value.body)
            self._returned(value.orelse)
        elif isinstance(value, ast.Name):
            self.returned.add(value.id)
        elif not self._take(value):
            self.plain = False

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and self._take(value):
            self.dictionaries.add(target.id)
        elif isinstance(target, ast.Name):
            self.dictionaries.discard(target.id)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                self.names.add(target.slice.value)
            elif target.value.id in self.dictionaries:
                self.plain = False
        self.visit(value)

    def _take(self, value: ast.expr) -> bool:
        """Take the keys of a dictionary that is written out; tell whether it is one."""
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
            keys: list[str | None] = [keyword.arg for keyword in value.keywords]
            known = not value.args and None not in keys
        elif isinstance(value, ast.Dict):
            keys = [
                key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
                for key in value.keys
            ]
            known = None not in keys
        else:
            return False
        self.names |= {key for key in keys if key is not None}
        return known
