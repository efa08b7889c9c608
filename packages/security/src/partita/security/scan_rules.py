"""What the scanner takes for a fault: how values of visitors move through one module, and where they must not arrive."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

__all__ = ("RULES", "Found", "Rule", "faults")


class Rule(NamedTuple):
    """One kind of fault.

    Args:
        code: For people who look it up, and for ``# scan: ignore[CODE]``.
        name: In a few words.
        text: What may happen.
        hint: What to write instead.
    """

    code: str
    name: str
    text: str
    hint: str


RULES = {
    rule.name: rule
    for rule in (
        Rule("S101", "sql-made-of-text", "Text put into SQL can be any statement.", "Pass values as parameters: raw(sql, [value])."),
        Rule("S102", "markup-made-of-values", "What is marked as safe is not escaped, so a value may hold a script.", 'Write format_html("<b>{}</b>", value).'),
        Rule("S103", "open-redirect", "A link to this site can lead visitors to any other.", "Ask is_safe_redirect(target, {request.host}) before."),
        Rule("S104", "mass-assignment", "Visitors choose which fields are set, those they may not change among them.", "Take what a form with a list of fields has validated."),
        Rule("S105", "lookups-by-visitors", "Visitors choose what is looked up, so they can ask about fields they never see.", "Name each lookup: filter(title=value); or ask before: if sort in (\"title\", \"date\")."),
        Rule("S106", "code-by-visitors", "What visitors send becomes code, or objects of any class.", "Read JSON, and validate it."),
        Rule("S107", "shell-by-visitors", "What visitors send becomes a command line.", "Pass a list of arguments, without shell=True."),
        Rule("S108", "path-by-visitors", "A path such as ../../etc/passwd leaves the folder.", "Use safe_place(folder, name), or the storage."),
        Rule("S109", "request-by-visitors", "The server can be sent to addresses inside of its own network.", "Use partita.security.outgoing.fetch."),
        Rule("S110", "template-by-visitors", "Whoever writes a template reads what its context reaches.", "Load templates by name, and pass values to them."),
        Rule("S111", "all-fields", "A field that is added to the model later can be changed by visitors at once.", "List the fields of the form."),
        Rule("S112", "key-in-the-code", "Whoever reads the code can forge sessions.", "Put the key into the environment: PARTITA_SECRET_KEY."),
    )
}  # fmt: skip

_REQUEST = frozenset({"request", "req"})
_SOURCES = frozenset({
    "GET", "POST", "FILES", "COOKIES", "META", "body", "query", "cookies", "headers", "query_params", "data",
    "form", "aform", "json", "ajson", "read", "aread",
})  # fmt: skip
_CLEANING = frozenset({
    "is_safe_redirect", "safe_target", "url_has_allowed_host_and_scheme", "safe_place", "safe_filename", "escape",
    "format_html", "conditional_escape", "quote_name", "int", "float", "bool", "len", "UUID", "Decimal", "slugify",
    "reverse", "resolve_url", "validated_data", "model_validate", "convert",
})  # fmt: skip
_PASSING = frozenset(
    {"str", "dict", "list", "tuple", "set", "sorted", "reversed", "unquote", "Path", "PurePath", "join", "format"}
)
_TELLING = frozenset({"isdigit", "startswith", "endswith", "isidentifier", "isalnum", "count", "index", "__contains__"})
_QUOTING = frozenset({"quote_name", "quote", "quote_identifier", "quote_ident", "Identifier"})
_SQL = frozenset({"raw", "execute", "aexecute", "executemany", "aexecutemany", "executescript", "RawSQL", "araw"})
_MARKUP = frozenset({"Markup", "mark_safe", "SafeString", "SafeText"})
_REDIRECTS = frozenset({"redirect", "HttpResponseRedirect", "HttpResponsePermanentRedirect", "RedirectResponse"})
_MAKING = frozenset(
    {
        "create",
        "acreate",
        "update",
        "aupdate",
        "get_or_create",
        "aget_or_create",
        "update_or_create",
        "aupdate_or_create",
    }
)
_LOOKING = frozenset({"filter", "exclude", "get", "aget"})
_NAMING = frozenset(
    {"values", "values_list", "order_by", "only", "defer", "distinct", "earliest", "latest", "aearliest", "alatest"}
)
_EVALUATING = frozenset({"eval", "exec", "compile", "__import__", "import_module"})
_LOADING = frozenset({"loads", "load", "unsafe_load", "full_load"})
_LOADERS = frozenset({"pickle", "marshal", "dill", "cloudpickle", "shelve", "yaml"})
_SHELLS = frozenset(
    {"run", "call", "check_call", "check_output", "Popen", "system", "popen", "getoutput", "create_subprocess_shell"}
)
_ALWAYS_SHELL = frozenset({"system", "popen", "getoutput", "create_subprocess_shell"})
_OPENING = frozenset({"open", "FileResponse", "sendfile", "send_file"})
_READING = frozenset({"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "open"})
_FETCHERS = frozenset({"requests", "httpx", "urllib", "aiohttp"})
_FETCHING = frozenset({"urlopen", "urlretrieve"})
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "request", "stream"})
_FIRST = frozenset({
    "args", "cmd", "code", "command", "data", "file", "filename", "location", "path", "query", "raw_query", "redirect_to", "source", "sql",
    "template_code", "template_string", "text", "to", "url",
})  # fmt: skip
"""What the first argument is called where it is given by name."""
_TEMPLATES = frozenset({"Template", "from_string"})


_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Found(NamedTuple):
    """One fault, and where it is."""

    line: int
    column: int
    rule: Rule


def faults(tree: ast.Module) -> list[Found]:
    """Return what is wrong in a module, from its beginning to its end."""
    visitor = _Module()
    visitor.visit(tree)
    return sorted(set(visitor.found))


class _Scope:
    """Names of one function: which hold what visitors sent, which hold text with values in it, which a condition has cleared."""

    def __init__(self, outer: "_Scope | None" = None) -> None:
        self.tainted: set[str] = set() if outer is None else set(outer.tainted)
        self.built: set[str] = set() if outer is None else set(outer.built)
        self.cleared: set[str] = set() if outer is None else set(outer.cleared)


class _Module(ast.NodeVisitor):
    """Walks through a module in the order in which it runs, as far as that can be told without running it."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._scope = _Scope()

    # -- scopes and names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Walk through a function with names of its own."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Walk through an async function with names of its own."""
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, self._scope = self._scope, _Scope(self._scope)
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        for argument in arguments:
            self._bind(argument.arg, tainted=False, built=False)
        self.generic_visit(node)
        self._scope = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        """See what names hold from here on."""
        self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)
        if any(isinstance(target, ast.Name) and target.id == "SECRET_KEY" for target in node.targets):
            self._key(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """See what a name holds from here on."""
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """See what is added to a name."""
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            name, scope = node.target.id, self._scope
            if self._is_tainted(node.value):
                scope.tainted.add(name)
            if not isinstance(node.value, ast.Constant):
                scope.built.add(name)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """See what a name holds from here on."""
        self.visit(node.value)
        self._assign(node.target, node.value)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """See what the names of a loop hold."""
        self.visit(node.iter)
        self._assign(node.target, node.iter)
        for each in (*node.body, *node.orelse):
            self.visit(each)

    def visit_Match(self, node: ast.Match) -> None:
        """See what the names of patterns hold: parts of what is matched."""
        self.visit(node.subject)
        tainted = self._is_tainted(node.subject)
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                name = pattern.rest if isinstance(pattern, ast.MatchMapping) else getattr(pattern, "name", None)
                if isinstance(name, str):
                    self._bind(name, tainted=tainted, built=False)
            if case.guard is not None:
                self.visit(case.guard)
            for each in case.body:
                self.visit(each)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        """See what the names of a loop hold."""
        self.visit_For(node)

    def visit_ListComp(self, node: _Comprehension) -> None:
        """See what the names of a comprehension hold, before what is made with them."""
        outer, self._scope = self._scope, _Scope(self._scope)
        for generator in node.generators:
            self.visit(generator.iter)
            self._assign(generator.target, generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        for part in _made(node):
            self.visit(part)
        self._scope = outer

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp

    def visit_If(self, node: ast.If) -> None:
        """See whom a condition has cleared."""
        self.visit(node.test)
        for call in ast.walk(node.test):
            # `if is_safe_redirect(target): ...` and `if not is_safe_redirect(target): return ...` both decide about it.
            if isinstance(call, ast.Call) and _last(call.func) in _CLEANING:
                self._scope.tainted -= {each.id for each in call.args if isinstance(each, ast.Name)}
            # `if sort in ("title", "date")` leaves nothing to choose.
            if (
                isinstance(call, ast.Compare)
                and isinstance(call.left, ast.Name)
                and all(isinstance(operator, ast.In | ast.NotIn | ast.Eq | ast.NotEq) for operator in call.ops)
            ):
                self._bind(call.left.id, tainted=False, built=False)
                self._scope.cleared.add(call.left.id)
        for each in (*node.body, *node.orelse):
            self.visit(each)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, tainted=self._is_tainted(value), built=self._is_built(value))
        elif isinstance(target, ast.Tuple | ast.List):
            same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            parts: Sequence[ast.expr] = value.elts if same else [value] * len(target.elts)  # type: ignore[attr-defined]
            for each, part in zip(target.elts, parts, strict=True):
                self._assign(each, part)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, value)

    def _bind(self, name: str, *, tainted: bool, built: bool) -> None:
        self._scope.cleared.discard(name)
        (self._scope.tainted.add if tainted else self._scope.tainted.discard)(name)
        (self._scope.built.add if built else self._scope.built.discard)(name)

    # -- values

    def _is_tainted(self, node: ast.expr) -> bool:
        """Tell whether visitors decide about a value, or a part of it."""
        if isinstance(node, ast.Name):
            return node.id in self._scope.tainted
        if isinstance(node, ast.Attribute):
            return _is_source(node) or (self._is_tainted(node.value) and node.attr not in _TELLING)
        if isinstance(node, ast.Call):
            return self._gives_tainted(node)
        if isinstance(node, ast.Compare | ast.Constant | ast.Lambda):
            return False
        if isinstance(node, ast.IfExp):
            return self._is_tainted(node.body) or self._is_tainted(node.orelse)
        if isinstance(node, _Comprehension):
            outer, self._scope = self._scope, _Scope(self._scope)
            for generator in node.generators:
                self._assign(generator.target, generator.iter)
            found = any(self._is_tainted(part) for part in _made(node))
            self._scope = outer
            return found
        if isinstance(node, ast.Subscript):
            return self._is_tainted(node.value)
        return any(self._is_tainted(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))

    def _gives_tainted(self, node: ast.Call) -> bool:
        name = _last(node.func)
        if name in _CLEANING:
            return False
        if isinstance(node.func, ast.Attribute):
            if _is_source(node.func) or (name not in _TELLING and self._is_tainted(node.func.value)):
                return True
        elif name not in _PASSING:
            return False  # what a function of the project makes of it cannot be seen from here
        return name in _PASSING and any(self._is_tainted(each) for each in _arguments(node))

    def _is_built(self, node: ast.expr) -> bool:
        """Tell whether a text has values put into it."""
        if isinstance(node, ast.Name):
            return node.id in self._scope.built
        if isinstance(node, ast.JoinedStr):
            return any(isinstance(part, ast.FormattedValue) and not self._is_fixed(part.value) for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            sides = (node.left, node.right)
            texts = any(_is_text(side) or self._is_built(side) for side in sides)
            return texts and not all(self._is_fixed(side) for side in sides)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return _is_text(node.func.value) and not all(self._is_fixed(each) for each in _arguments(node))
        if isinstance(node, ast.IfExp):
            return self._is_built(node.body) or self._is_built(node.orelse)
        return False

    def _is_fixed(self, node: ast.expr) -> bool:
        """Tell whether a part of a text is the same always, or has been quoted for where it goes."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id.isupper() or node.id in self._scope.cleared
        if isinstance(node, ast.Attribute):
            return node.attr.isupper() or node.attr == "db_table"
        if isinstance(node, ast.Call):
            return _last(node.func) in _QUOTING
        if isinstance(node, ast.Tuple | ast.List):
            return all(self._is_fixed(each) for each in node.elts)
        return isinstance(node, ast.JoinedStr | ast.BinOp) and not self._is_built(node)

    # -- places

    def visit_Call(self, node: ast.Call) -> None:
        """See whether something arrives where it must not."""
        name = _last(node.func)
        for rule in self._broken(node, name):
            self.found.append(Found(node.lineno, node.col_offset + 1, RULES[rule]))
        self.generic_visit(node)

    def _broken(self, node: ast.Call, name: str) -> Iterator[str]:
        named = [each.value for each in node.keywords if each.arg in _FIRST]
        first = next(iter((*node.args[:1], *named)), None)
        of = _first(node.func)
        bad = self._is_tainted
        if first is not None:
            unsafe = self._is_built(first) or bad(first)
            if name in _SQL and unsafe:
                yield "sql-made-of-text"
            if name in _MARKUP and unsafe:
                yield "markup-made-of-values"
            if name in _REDIRECTS and bad(first):
                yield "open-redirect"
            if name in _EVALUATING and not isinstance(node.func, ast.Attribute) and bad(first):
                yield "code-by-visitors"
            if name in _LOADING and of in _LOADERS and bad(first):
                yield "code-by-visitors"
            if name in _OPENING and bad(first):
                yield "path-by-visitors"
            if (name in _FETCHING or (name in _VERBS and of in _FETCHERS)) and any(map(bad, [first, *node.args])):
                yield "request-by-visitors"
            if name in _TEMPLATES and bad(first):
                yield "template-by-visitors"
            if (
                name in _SHELLS
                and (name in _ALWAYS_SHELL or _is_true(node, "shell"))
                and (bad(first) or self._is_built(first))
            ):
                yield "shell-by-visitors"
        if name == "extra" and any(
            each.arg in {"where", "select", "tables"} and self._has_text(each.value) for each in node.keywords
        ):
            yield "sql-made-of-text"
        if (
            isinstance(node.func, ast.Attribute)
            and name in _READING
            and bad(node.func.value)
            and not _is_source(node.func)
        ) and _makes_path(node.func.value):
            yield "path-by-visitors"
        if name in _NAMING and isinstance(node.func, ast.Attribute) and any(map(bad, node.args)):
            yield "lookups-by-visitors"
        yield from self._spread(node, name)
        if name == "setattr" and len(node.args) == 3 and bad(node.args[1]):
            yield "mass-assignment"
        if name == "Settings":
            given = [each.value for each in node.keywords if each.arg == "secret_key"] or node.args[:1]
            for each in given:
                self._key(each)

    def _spread(self, node: ast.Call, name: str) -> Iterator[str]:
        for each in node.keywords:
            if each.arg is None and self._is_tainted(each.value):
                if name in _LOOKING:
                    yield "lookups-by-visitors"
                elif name in _MAKING or name[:1].isupper():
                    yield "mass-assignment"

    def _has_text(self, node: ast.expr) -> bool:
        return any(
            self._is_built(part) or self._is_tainted(part) for part in ast.walk(node) if isinstance(part, ast.expr)
        )

    def _key(self, node: ast.expr) -> None:
        # Short ones are those of tests and examples, which no deploy check lets through.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= 32:
            self.found.append(Found(node.lineno, node.col_offset + 1, RULES["key-in-the-code"]))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """See whether a form takes all fields of its model."""
        form = any("Form" in _last(base) for base in node.bases)
        for each in node.body:
            if form and isinstance(each, ast.ClassDef) and each.name == "Meta":
                for statement in each.body:
                    if isinstance(statement, ast.Assign) and _takes_all(statement):
                        self.found.append(Found(statement.lineno, statement.col_offset + 1, RULES["all-fields"]))
        self.generic_visit(node)


def _made(node: _Comprehension) -> tuple[ast.expr, ...]:
    return (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)


def _takes_all(statement: ast.Assign) -> bool:
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    value = statement.value
    return "fields" in names and isinstance(value, ast.Constant) and value.value == "__all__"


def _is_source(node: ast.Attribute) -> bool:
    if node.attr not in _SOURCES:
        return False
    root = node.value
    if isinstance(root, ast.Name):
        return root.id in _REQUEST
    return isinstance(root, ast.Attribute) and root.attr in _REQUEST


def _makes_path(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.BinOp)
        or (isinstance(node, ast.Call) and _last(node.func) in {"Path", "joinpath"})
        or isinstance(node, ast.Name)
    )


def _is_text(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and isinstance(node.value, str)) or isinstance(node, ast.JoinedStr)


def _is_true(node: ast.Call, name: str) -> bool:
    return any(
        each.arg == name and isinstance(each.value, ast.Constant) and bool(each.value.value) for each in node.keywords
    )


def _arguments(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *[each.value for each in node.keywords]]


def _last(node: ast.expr) -> str:
    """Return the last part of a dotted name, empty if it is none."""
    return node.attr if isinstance(node, ast.Attribute) else _first(node)


def _first(node: ast.expr) -> str:
    """Return the first part of a dotted name, empty if it is none."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
