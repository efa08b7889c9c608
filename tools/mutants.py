"""Mutants of a module: copies of its syntax tree in which one small thing is wrong.

A test suite that tells a mutant from the module sees this mistake; one that does not would also let a person make it. What no
test should hold on to is left alone: docstrings, annotations, `__all__`, and the words of error messages.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType

__all__ = ("Mutant", "compiled", "mutants")

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
# What a pattern of `re` says how often; an escaped character, and what stands in a class, says nothing of the kind.
_PART_OF_PATTERN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?<!\()[*+?]|\{\d+(?:,\d*)?\}", re.DOTALL)
_ONCE_MORE_OR_LESS = {"*": "+", "+": "*", "?": ""}
_NOT_MUTATED = frozenset({"annotation", "returns", "decorator_list", "type_params", "msg", "cause"})
Change = tuple[str, ast.AST | None]


@dataclass(frozen=True)
class Mutant:
    """One change: its number in the module, the line of the innermost statement that it stands in, and its line."""

    number: int
    statement: int
    line: int
    change: str
    apply: Callable[[], None]
    """Make the change, for good, in the tree that was given to `mutants`."""


def mutants(tree: ast.Module) -> list[Mutant]:
    """Return every mutant of ``tree``, in the order of the source and always with the same numbers."""
    found: list[Mutant] = []
    for statement, node, replace in _places(tree, 1, in_message=False, in_pattern=False):
        for change, new in _changes(node):
            found.append(_mutant(len(found), statement, node, change, replace, new))
    return found


def _mutant(number: int, statement: int, node: ast.AST, change: str, replace: Replace, new: ast.AST | None) -> Mutant:
    return Mutant(number, statement, getattr(node, "lineno", statement), change, lambda: replace(new))


Replace = Callable[["ast.AST | None"], None]
Place = tuple[int, ast.AST, Replace]


def _places(parent: ast.AST, statement: int, *, in_message: bool, in_pattern: bool) -> Iterator[Place]:
    """Walk over all nodes that may change, each with the line of its statement and with what puts another in its place."""
    for field, value in ast.iter_fields(parent):
        if field in _NOT_MUTATED:
            continue
        several = isinstance(value, list)
        for index, node in enumerate(value if several else [value]):
            if not isinstance(node, ast.AST) or _says_nothing(parent, field, index, node):
                continue
            line = node.lineno if isinstance(node, ast.stmt) else statement
            message = in_message or isinstance(node, ast.Raise)
            pattern = in_pattern or _is_pattern(node)
            text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
            if text and pattern:
                node.kind = "pattern"  # type: ignore[attr-defined]  # a note to `_changes`; compile() reads no other kind than "u"
            if not (message and (text or isinstance(node, ast.JoinedStr))):
                yield line, node, _replacer(parent, field, index if several else None)
                yield from _places(node, line, in_message=message, in_pattern=pattern)


def _replacer(parent: ast.AST, field: str, index: int | None) -> Replace:
    def replace(new: ast.AST | None) -> None:
        if index is None:
            setattr(parent, field, new)
        elif new is None:
            del getattr(parent, field)[index]
        else:
            getattr(parent, field)[index] = new

    return replace


def _says_nothing(parent: ast.AST, field: str, index: int, node: ast.AST) -> bool:
    """Whether ``node`` is a docstring, a list of public names, a type, or an import."""
    match node:
        case ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.expr_context():
            return True
        case ast.Assign([ast.Name(id=name)], value):
            return name in {"__all__", "__slots__", "__match_args__"} or _is_type(value)
        case ast.If(ast.Name(id="TYPE_CHECKING")):
            return True
        case _:
            return (
                isinstance(parent, ast.Call)
                and field == "args"
                and index == 0
                and _is_named(parent.func, "cast", "TypeVar")
            )


def _is_type(value: ast.expr) -> bool:
    names = ("Literal", "Callable", "Mapping", "Iterable", "Sequence", "Awaitable", "dict", "tuple", "list", "type")
    return (isinstance(value, ast.Subscript) and _is_named(value.value, *names)) or (
        isinstance(value, ast.Call) and _is_named(value.func, "TypeVar", "ParamSpec", "NewType")
    )


def _is_named(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_pattern(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_named(node.func.value, "re")


def _changes(node: ast.AST) -> Iterator[Change]:
    """Return what may go wrong at ``node``: in words, and what stands there then; None leaves it out."""
    match node:
        case ast.Constant():
            yield from _other_constants(node)
        case ast.stmt():
            yield from _other_statements(node)
        case ast.IfExp() | ast.comprehension() | ast.ExceptHandler() | ast.keyword() | ast.Slice():
            yield from _other_parts(node)
        case ast.expr():
            yield from _other_expressions(node)


def _other_constants(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield f"{not value} for {value}", ast.Constant(not value)
    elif isinstance(value, int):
        yield f"{value + 1} for {value}", ast.Constant(value + 1)
        if value > 1:
            yield f"{value - 1} for {value}", ast.Constant(value - 1)
    elif isinstance(value, (str, bytes)):
        texts = _other_patterns(value) if node.kind == "pattern" else iter(_other_text(value))
        for text in texts:
            yield f"{text!r} for {value!r}", ast.Constant(text)


def _other_text(text: str | bytes) -> list[str | bytes]:
    if len(text) > 1:
        return [text[:-1]]
    return [b"X"] if isinstance(text, bytes) else ["X"]


def _other_patterns(pattern: str | bytes) -> Iterator[str | bytes]:
    text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
    for part in _PART_OF_PATTERN.finditer(text):
        other = _other_part(part[0])
        if other is None:
            continue
        changed = text[: part.start()] + other + text[part.end() :]
        yield changed if isinstance(pattern, str) else changed.encode("latin-1")


def _other_part(part: str) -> str | None:
    if part in _ONCE_MORE_OR_LESS:
        return _ONCE_MORE_OR_LESS[part]
    if part.startswith("{"):
        least, comma, most = part[1:-1].partition(",")
        return f"{{{least},{int(most) + 1}}}" if most else f"{{{int(least) + 1}{comma}}}"
    if part.startswith("["):
        return f"[{part[2:]}" if part.startswith("[^") else f"[^{part[1:]}"
    return None


def _other_statements(node: ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Expr(ast.Call() | ast.Await() | ast.Yield()) | ast.Raise() | ast.AugAssign() | ast.Delete():
            yield "left out", ast.Pass()
        case ast.Assign([ast.Attribute() | ast.Subscript()]):
            yield "left out", ast.Pass()
        case ast.Return(value) if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            yield "nothing returned", ast.Return(None)
        case ast.If(test, body, orelse):
            yield "as if it were so", ast.If(ast.Constant(True), body, orelse)
            yield "as if it were not so", ast.If(ast.Constant(False), body, orelse)
        case ast.While(test, body, orelse) if not isinstance(test, ast.Constant):
            yield "never", ast.While(ast.Constant(False), body, orelse)
        case ast.Break():
            yield "continue for break", ast.Continue()
        case ast.Continue():
            yield "break for continue", ast.Break()
        case _:
            return


def _other_parts(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.IfExp(_, body, orelse):
            yield "as if it were so", body
            yield "as if it were not so", orelse
        case ast.comprehension(target, iterated, ifs, is_async):
            for index in range(len(ifs)):
                yield (
                    "without its condition",
                    ast.comprehension(target, iterated, ifs[:index] + ifs[index + 1 :], is_async),
                )
        case ast.ExceptHandler(kind, name, body):
            if not (len(body) == 1 and isinstance(body[0], ast.Raise) and body[0].exc is None):
                yield "raised on", ast.ExceptHandler(kind, name, [ast.Raise()])
        case ast.keyword(name, _) if name is not None:
            yield f"without {name}=", None
        case ast.Slice(lower, upper, step):
            if lower is not None:
                yield "from the first", ast.Slice(None, upper, step)
            if upper is not None:
                yield "to the last", ast.Slice(lower, None, step)


def _other_expressions(node: ast.expr) -> Iterator[Change]:
    match node:
        case ast.Compare(left, [operator, *others], right):
            compared = _COMPARISONS[type(operator)]
            yield f"{compared.__name__} for {type(operator).__name__}", ast.Compare(left, [compared(), *others], right)
        case ast.BoolOp(operator, values):
            joined = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield f"{type(joined).__name__} for {type(operator).__name__}", ast.BoolOp(joined, values)
            for index in range(len(values)):
                rest = values[:index] + values[index + 1 :]
                yield f"without its {index + 1}. part", rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
        case ast.BinOp(left, operator, right) if type(operator) in _ARITHMETIC:
            arithmetic = _ARITHMETIC[type(operator)]
            yield f"{arithmetic.__name__} for {type(operator).__name__}", ast.BinOp(left, arithmetic(), right)
        case ast.UnaryOp(ast.Not() | ast.USub() | ast.Invert(), operand):
            yield f"without {type(node.op).__name__}", operand
        case ast.Set(elts) | ast.List(elts) | ast.Tuple(elts) if len(elts) > 1 and all(
            isinstance(e, ast.Constant) for e in elts
        ):
            for index in range(len(elts)):
                rest = elts[:index] + elts[index + 1 :]
                new = ast.Set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load())
                yield f"without {ast.unparse(elts[index])}", new
        case _:
            return


def compiled(tree: ast.Module, path: str) -> CodeType:
    """Return the code of a changed tree."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # a mutant may well write `is` beside a literal
        code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
        return code
