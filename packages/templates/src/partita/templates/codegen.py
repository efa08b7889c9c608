"""The compiler's back end: nodes write Python through it, and every line of that Python knows its place in the template."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any

from partita.templates import runtime
from partita.templates.debugging import INLINED, Place
from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.scopes import Frame, Loop
from partita.templates.tokens import Token
from partita.text.html import conditional_escape

if TYPE_CHECKING:
    from partita.templates.definitions import Definition
    from partita.templates.engine import Engine
    from partita.templates.nodes import Node, NodeList
    from partita.templates.sources import Source
    from partita.templates.template import Template

__all__ = ("Generator", "compile_nodes")

Position = tuple[int, int, int]  # line, first and last column
START: Position = (1, 0, 0)
MAX_INLINE_LINES = 5000
MAX_INLINE_INDENT = 40
_ATTRIBUTES = "partita.templates.attributes"
HOIST_DEPTH = 6  # Python compiles at most 20 loops inside each other in one function


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
        if engine is not None and engine.sandboxed:
            from partita.templates import sandbox

            self.namespace.update(sandbox.names())
        self.engine = engine
        self.position = START
        self.scope: dict[str, str | Loop] = {}
        self.frame: Frame | None = None
        self.sealed = False
        """Whether names that are not in `scope` are those of the request only."""
        self.inlined: Source | None = None
        """The component's source that positions are in, if they are in one."""
        self.site: Position = START
        self.places: list[Place] = []
        self.dependencies: dict[str, Source] = {}
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
            code, rest = entry.code(rest, "None" if self.sealed else "g('forloop')")
            first = ""
        elif entry is not None:
            code = entry
        else:
            code = f"c.shared.get({path[0]!r}, M)" if self.sealed else f"g({path[0]!r}, M)"
        for key in rest:
            if key.isdecimal():
                code = f"index{first}({code}, {int(key)}, {key!r})"
            else:
                code = f"look{first}({code}, {key!r})"
            first = ""
        return code

    @property
    def where(self) -> tuple[str, int]:
        """The template's name and the line that is being written, for errors that tell it by themselves."""
        if self.inlined is not None and self.position[2] >= INLINED:
            source, line, _, _ = self.places[self.position[2] - INLINED]
            return source.name, line
        return self.source.name if self.source is not None else "", self.position[0]

    def known(self, expression: FilterExpression) -> tuple[Any] | None:
        """Return the value of a variable that is a constant inside of a component, or None."""
        path = expression.var.path
        entry = self.scope.get(path[0]) if path and self.sealed and not expression.filters else None
        if not isinstance(entry, str):
            return None
        if entry.startswith("(") and len(path) == 1:
            from ast import literal_eval

            return (literal_eval(entry),)
        value = self.namespace.get(entry)
        if isinstance(value, str) and len(path) == 1:
            return (value,)
        if path[0] == "slots" and isinstance(value, dict) and len(path) == 2:
            return (value.get(path[1]),)
        return None

    # Lines

    def line(self, code: str) -> None:
        """Write a statement, after the output that is due before it."""
        if self._pending:
            self.flush()
        self._lines.append((self._indent, code, self.position))

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

    def show(self, expression: FilterExpression, escaper: Callable[[Any], str] | None = None) -> None:
        """Put out a variable, escaped if that is on, by ``escaper`` if there is one."""
        code = expression.code(self, "''" if self.string_if_invalid else "M")
        if escaper is not None and self.autoescape:
            self.put(f"{self.constant(escaper)}({code})")
            return
        value = self.namespace.get(code)
        html = getattr(value, "__html__", None)
        if code.startswith("K") and html is not None and type(value).__module__ == _ATTRIBUTES:
            self.text(str(html()))
        elif code.startswith("K") and isinstance(value, str):
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
        before = self.position
        for node in nodes:
            if node.token is not None:
                self.position = self._place(node.token)
            try:
                node.compile(self)
            except TemplateSyntaxError as error:
                source = self.inlined or self.source
                if node.token is not None and source is not None:
                    error.locate(source.name, node.token.lineno, node.token.source)
                raise
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

    # Components

    def component(self, name: str, kind: Any) -> "Definition":
        """Return a component, and note that what is written here depends on its source."""
        if self.engine is None:
            raise TemplateSyntaxError(f"component {name!r} needs an engine: render the template through Engine")
        definition = self.engine.component(name, kind)
        definition.template.settle()
        loaded = definition.template.loaded
        self.dependencies.setdefault(loaded.filename, loaded)
        return definition

    def may_inline(self, definition: "Definition") -> bool:
        """Whether a component may be written here: not inside itself, and not if the Python has grown long or deep."""
        frame = self.frame
        while frame is not None:
            if frame.definition.template.loaded is definition.template.loaded:
                return False
            frame = frame.outer
        if self.source is definition.template.loaded:
            return False
        return len(self._lines) < MAX_INLINE_LINES and self._indent < MAX_INLINE_INDENT

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """Write the nodes of a component inside ``with``."""
        self.flush()
        before = self.scope, self.sealed, self.frame, self.inlined, self.site, self.position
        names: dict[str, str | Loop] = {**frame.names}
        self.scope, self.sealed, self.frame = names, True, frame
        if self.inlined is None:
            self.site = self.position
        self.inlined = frame.definition.template.loaded
        yield
        self.flush()
        self.scope, self.sealed, self.frame, self.inlined, self.site, self.position = before

    @contextmanager
    def included(self, template: "Template") -> Iterator[None]:
        """Write the nodes of an included template inside ``with``."""
        before = self.inlined, self.site, self.position
        if self.inlined is None:
            self.site = self.position
        self.inlined = template.loaded
        yield
        self.flush()
        self.inlined, self.site, self.position = before

    @contextmanager
    def outside(self, frame: Frame) -> Iterator[None]:
        """Write content that a component is given: it sees what is outside of the component."""
        self.flush()
        before = self.scope, self.sealed, self.frame, self.inlined, self.position
        self.scope, self.sealed, self.frame, self.inlined = frame.scope, frame.sealed, frame.outer, frame.source
        self.position = frame.place
        yield
        self.flush()
        self.scope, self.sealed, self.frame, self.inlined, self.position = before

    @contextmanager
    def closure(self, name: str) -> Iterator[None]:
        """Write a local function ``name`` that appends to the list it is given."""
        self.flush()
        before = self.output, self.streaming, self.family
        number = self.number()
        self.output = f"o{number}"
        with self.indented(f"def {name}({self.output}):"):
            self.line(f"w{number} = {self.output}.append; x{number} = {self.output}.extend")
            if self.streaming:
                self.family = f"F{number}"
                self.line(f"{self.family} = {before[2]}.variant({self.autoescape}, False)")
                self.streaming = False
            yield
        self.output, self.streaming, self.family = before

    def call_node(self, node: "Node") -> None:
        """Put out what the `render` of a custom tag returns."""
        self.put(f"await_({self.constant(node)}.render(c))")

    def call_super(self) -> None:
        """Put out the block of the same name in the parent."""
        with self.indented(f"if i + 1 < len({self.family}.blocks[{self.block!r}]):"):
            self.call(f"{self.family}.blocks[{self.block!r}][i + 1]", f"{self.family}, i + 1")

    def _place(self, token: Token) -> Position:
        if self.inlined is not None:
            # Python's own traceback shows where the component is used; the number beyond the end of the line leads to
            # the place inside of it.
            line, first, last = self._columns(token, self.inlined)
            self.places.append((self.inlined, line, first, last))
            return self.site[0], self.site[1], INLINED + len(self.places) - 1
        return self._columns(token, self.source)

    def _columns(self, token: Token, source: "Source | None") -> Position:
        first, last = token.column, token.column + len(token.source)
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
        self.namespace["__places__"] = self.places
        exec(code, self.namespace)
        return self.namespace

    def _compiled(self, filename: str, positions: list[Position]) -> CodeType:
        import ast

        try:
            tree = ast.parse(self.code())
        except (SyntaxError, RecursionError, MemoryError) as error:  # it has limits of its own
            name = self.source.name if self.source is not None else ""
            raise TemplateSyntaxError(f"tags and components are nested too deep for Python: {error}", name) from None
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
