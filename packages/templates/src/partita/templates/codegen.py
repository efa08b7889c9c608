"""The compiler's back end: nodes write Python through it, and every line of that Python knows its place in the template."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any

from partita.templates import runtime
from partita.templates.expressions import FilterExpression
from partita.templates.tokens import Token
from partita.text.html import conditional_escape

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.nodes import Node, NodeList
    from partita.templates.template import Source

__all__ = ("Generator", "Loop", "compile_nodes")

Position = tuple[int, int, int]  # line, first and last column
START: Position = (1, 0, 0)
HOIST_DEPTH = 6  # Python compiles at most 20 loops inside each other in one function


class Loop:
    """A loop whose variables are Python's locals: ``forloop`` is worked out where it is used."""

    _CODE = {
        "counter": "({i} + 1)",
        "counter0": "{i}",
        "revcounter": "({n} - {i})",
        "revcounter0": "({n} - {i} - 1)",
        "first": "({i} == 0)",
        "last": "({i} == {n} - 1)",
        "length": "{n}",
    }

    def __init__(self, number: int, parent: "Loop | None") -> None:
        self.index, self.length, self.parent = f"i{number}", f"n{number}", parent
        self.uses_index = False

    def code(self, path: tuple[str, ...], outside: str) -> tuple[str, tuple[str, ...]]:
        """Return Python for the first steps of ``path``, and the steps that are left.

        Args:
            path: The steps after ``forloop``.
            outside: Python for ``forloop`` of the context, which is the parent of the outermost local loop.
        """
        if path and path[0] in self._CODE:
            self.uses_index = True
            return self._CODE[path[0]].format(i=self.index, n=self.length), path[1:]
        if path and path[0] == "parentloop" and self.parent is not None:
            return self.parent.code(path[1:], outside)
        if path and path[0] == "parentloop":
            return outside, path[1:]
        return self.whole(outside), path

    def whole(self, outside: str) -> str:
        """Return Python for the object itself."""
        self.uses_index = True
        parent = outside if self.parent is None else self.parent.whole(outside)
        return f"ForLoop({self.length}, {parent} or None, {self.index})"


class Generator:
    """Collects the lines of one Python module.

    Args:
        source: The template.
        autoescape: Whether variables are escaped where no tag says otherwise.
        stream: Write generator functions that yield text, not functions that append it to a list.
        engine: Its settings hold, and its look-ups are used.
    """

    def __init__(
        self, source: "Source | None", autoescape: bool, stream: bool = False, engine: "Engine | None" = None
    ) -> None:
        self.source = source
        self.autoescape = autoescape
        self.stream = stream
        self.string_if_invalid = engine.string_if_invalid if engine is not None else ""
        self.bytecode = engine.bytecode if engine is not None else None
        self.strict = engine is not None and engine.strict
        self.namespace: dict[str, Any] = runtime.names()
        self.namespace.update(engine.lookups if engine is not None else runtime.quick_lookups())
        self.position = START
        self.scope: dict[str, str | Loop] = {}
        self.block = ""
        self.output = "o"
        self.family = "F"
        self.streaming = stream
        self._lines: list[tuple[int, str, Position]] = []
        self._indent = 0
        self._depth = 0
        self._pending: list[tuple[str | None, str, Position]] = []
        self._constants: dict[int, str] = {}
        self._count = 0

    # Names

    def number(self) -> int:
        """Return a number that no other name in this module has."""
        self._count += 1
        return self._count

    def temporary(self) -> str:
        """Return a new local name."""
        return f"t{self.number()}"

    def constant(self, value: object) -> str:
        """Return the name under which compiled code finds ``value``."""
        name = self._constants.get(id(value))
        if name is None:
            name = self._constants[id(value)] = f"K{len(self._constants)}"
            self.namespace[name] = value
        return name

    def filter_name(self, name: str, function: Callable[..., Any]) -> str:
        """Return the name of a filter's function."""
        return self.constant(function)

    def lookup(self, path: tuple[str, ...]) -> str:
        """Return Python for a dotted path; it yields ``M`` if a step is missing."""
        entry = self.scope.get(path[0])
        rest = path[1:]
        first = "0"
        if isinstance(entry, Loop):
            code, rest = entry.code(rest, "g('forloop')")
            first = ""
        else:
            code = entry if entry is not None else f"g({path[0]!r}, M)"
        for key in rest:
            if key.isdecimal():
                code = f"index{first}({code}, {int(key)}, {key!r})"
            else:
                code = f"look{first}({code}, {key!r})"
            first = ""
        return code

    # Lines

    def line(self, code: str) -> None:
        """Write a statement, after the output that is due before it."""
        self.flush()
        self._write(code)

    def _write(self, code: str, position: Position | None = None) -> None:
        self._lines.append((self._indent, code, position or self.position))

    def mark(self) -> int:
        """Return where the next line will stand, for `rewrite`."""
        return len(self._lines)

    def rewrite(self, at: int, code: str) -> None:
        """Replace the line at ``at``, once it is known what the lines after it need."""
        indent, _, position = self._lines[at]
        self._lines[at] = (indent, code, position)

    @contextmanager
    def indented(self, header: str) -> Iterator[None]:
        """Write a compound statement; its body is what is written inside ``with``."""
        self.line(header)
        self._indent += 1
        start = len(self._lines)
        yield
        self.flush()
        if len(self._lines) == start:
            self._write("pass")
        self._indent -= 1

    @contextmanager
    def function(self, name: str, parameters: str) -> Iterator[None]:
        """Write a function of the module."""
        with self.indented(f"def {name}({parameters}):"):
            self.line("V = c.vars; g = V.get")
            if self.stream:
                self.line("if 0: yield")
            else:
                self.line("w = o.append; x = o.extend")
            yield

    # Output

    def text(self, text: str) -> None:
        """Put out text as it is."""
        if not text:
            return
        if self._pending and self._pending[-1][0] is not None:
            self._pending[-1] = (self._pending[-1][0] + text, "", self._pending[-1][2])
        else:
            self._pending.append((text, "", self.position))

    def put(self, code: str) -> None:
        """Put out the value of a Python expression, which has to be text."""
        self._pending.append((None, code, self.position))

    def show(self, expression: FilterExpression) -> None:
        """Put out a variable, escaped if that is on."""
        code = expression.code(self, "''" if self.string_if_invalid else "M")
        value = self.namespace.get(code)
        if code.startswith("K") and isinstance(value, str):
            self.text(str.__str__(conditional_escape(value) if self.autoescape else value))
        else:
            self.put(f"{'show' if self.autoescape else 'raw'}({code})")

    def flush(self) -> None:
        """Write the statement that puts out what has gathered."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        if len(pending) == 1:
            text, code, position = pending[0]
            piece = repr(text) if text is not None else code
            if self.streaming:
                self._write(f"yield {piece}", position)
            else:
                self._write(f"{self._method('w')}({piece})", position)
            return
        self._write("yield joined((" if self.streaming else f"{self._method('x')}((", pending[0][2])
        for text, code, position in pending:
            self._write(f"{text!r}," if text is not None else f"{code},", position)
        self._write("))", pending[-1][2])

    def _method(self, short: str) -> str:
        return short if self.output == "o" else f"{short}{self.output[1:]}"

    # Nodes

    def nodes(self, nodes: "Iterable[Node]") -> None:
        """Write nodes one after the other."""
        for node in nodes:
            before = self.position
            if node.token is not None:
                self.position = self._place(node.token)
            node.compile(self)
            self.position = before

    def body(self, nodes: "NodeList") -> None:
        """Write the nodes inside a compound statement, in a function of their own if the nesting is deep."""
        self._depth += 1
        if self._depth % HOIST_DEPTH:
            self.nodes(nodes)
        else:
            name = f"h{self.number()}"
            with self.indented(f"def {name}():"):
                if self.streaming:
                    self.line("if 0: yield")
                self.nodes(nodes)
            self.line(f"yield from {name}()" if self.streaming else f"{name}()")
        self._depth -= 1

    @contextmanager
    def local(self, names: dict[str, str | Loop]) -> Iterator[None]:
        """Let template names be Python's locals inside ``with``."""
        before = self.scope
        self.scope = {**before, **names}
        yield
        self.flush()
        self.scope = before

    @contextmanager
    def hidden(self, names: Iterable[str]) -> Iterator[None]:
        """Let template names be looked up in the context inside ``with``, even if they are locals outside."""
        before = self.scope
        self.scope = {name: code for name, code in before.items() if name not in set(names)}
        yield
        self.flush()
        self.scope = before

    @contextmanager
    def captured(self) -> Iterator[str]:
        """Gather the output written inside ``with``; gives the name of the list it is in."""
        self.flush()
        before = self.output, self.streaming, self.family
        number = self.number()
        self.output = f"o{number}"
        self.line(f"{self.output} = []; w{number} = {self.output}.append; x{number} = {self.output}.extend")
        if self.streaming:
            family = f"F{number}"
            self.line(f"{family} = {self.family}.variant({self.autoescape}, False)")
            self.family, self.streaming = family, False
        name = self.output
        yield name
        self.flush()
        self.output, self.streaming, self.family = before

    def call(self, function: str, arguments: str) -> None:
        """Write the call of a function like ``root``, which puts out by itself.

        Args:
            function: Python for the function.
            arguments: What follows the context and the output.
        """
        if self.streaming:
            self.line(f"yield from {function}(c, None, {arguments})")
        else:
            self.line(f"{function}(c, {self.output}, {arguments})")

    def call_node(self, node: "Node") -> None:
        """Put out what the `render` of a custom tag returns."""
        self.put(f"await_({self.constant(node)}.render(c))")

    def call_super(self) -> None:
        """Put out the block of the same name in the parent."""
        with self.indented(f"if i + 1 < len({self.family}.blocks[{self.block!r}]):"):
            self.call(f"{self.family}.blocks[{self.block!r}][i + 1]", f"{self.family}, i + 1")

    def _place(self, token: Token) -> Position:
        first, last = token.column, token.column + len(token.source)
        source = self.source
        if token.kind == "text":
            return (token.lineno, first, first)
        if source is not None and not source.text.isascii():
            line = source.line(token.lineno)
            first, last = len(line[:first].encode()), len(line[:last].encode())
        return (token.lineno, first, last)

    # The end

    def code(self) -> str:
        """Return the module's source."""
        return "\n".join(f"{' ' * indent}{code}" for indent, code, _ in self._lines) + "\n"

    def build(self) -> dict[str, Any]:
        """Compile the module and return its names."""
        self.flush()
        source = self.source
        filename = source.filename if source is not None else "template"
        positions = [position for _, _, position in self._lines]
        code, key = None, ""
        if self.bytecode is not None:
            from partita.templates.bytecode import bytecode_key

            key = bytecode_key(filename, self.code(), positions)
            code = self.bytecode.load(key)
        if code is None:
            code = self._compiled(filename, positions)
            if self.bytecode is not None:
                self.bytecode.store(key, code)
        self.namespace["__name__"] = "partita.templates.compiled"
        self.namespace["__loader__"] = source  # tracebacks ask it for the source
        exec(code, self.namespace)
        return self.namespace

    def _compiled(self, filename: str, positions: list[Position]) -> CodeType:
        import ast

        tree = ast.parse(self.code())
        for node in ast.walk(tree):
            if isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword):
                line, first, last = positions[node.lineno - 1]
                node.lineno = node.end_lineno = line
                node.col_offset, node.end_col_offset = first, last
        code: CodeType = compile(tree, filename, "exec")
        return code


def compile_nodes(nodes: "NodeList", autoescape: bool, engine: "Engine | None") -> Callable[..., None]:
    """Return a function for nodes inside a custom tag."""
    generator = Generator(nodes.source, autoescape, engine=engine)
    with generator.function("root", "c, o, F, i"):
        generator.nodes(nodes)
    function: Callable[..., None] = generator.build()["root"]
    return function
