"""Names of routes in source code, held against the routes before anything runs."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from partita.urls.errors import NoReverseMatch
from partita.urls.router import Problem, Router

__all__ = ("verify_files", "verify_source")

_SPECIAL = frozenset({"args", "kwargs", "current_app", "query", "fragment", "urlconf", "viewname", "name"})
_REVERSE = frozenset({"reverse", "reverse_lazy"})
_REDIRECT = frozenset({"redirect", "resolve_url"})
_OPTIONS = frozenset({"permanent", "preserve_request", "max_length"})


def verify_files(router: Router, paths: Iterable[str | Path]) -> list[Problem]:
    """Return the calls of ``reverse``, ``reverse_lazy``, ``redirect`` and ``resolve_url`` that cannot work.

    Only names and arguments that stand there as constants can be looked at; templates are checked by `partita.templates`.

    Args:
        router: Has the routes.
        paths: Files, or folders with Python files.
    """
    problems: list[Problem] = []
    for each in map(Path, paths):
        for file in [each] if each.is_file() else sorted(each.rglob("*.py")):
            problems += verify_source(router, file.read_text(encoding="utf-8"), str(file))
    return problems


def verify_source(router: Router, source: str, file: str = "<source>") -> list[Problem]:
    """Return what is wrong in one file, in the order of its lines; see `verify_files`."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [Problem("urls.E011", f"{file}:{error.lineno}: this is no Python: {error.msg}", "Mend the file.")]
    calls = sorted(_calls(tree), key=lambda call: (call.lineno, call.col_offset))
    return [problem for call in calls for problem in _verify(router, call, file)]


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _called(node) in _REVERSE | _REDIRECT:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _verify(router: Router, call: ast.Call, file: str) -> Iterator[Problem]:
    first = call.args[0]
    assert isinstance(first, ast.Constant)
    name, redirects = str(first.value), _called(call) in _REDIRECT
    if redirects and ("/" in name or "." in name or not name):
        return  # a path or an address, not a name
    if any(keyword.arg == "urlconf" for keyword in call.keywords):
        return  # other routes than these
    place = f"{file}:{call.lineno}"
    try:
        signatures = router.signatures(name)
    except NoReverseMatch as error:
        yield Problem("urls.E012", f"{place}: {error}", "Mend the name, or declare the route.")
        return
    arguments = _arguments(call, redirects=redirects)
    if arguments is None or any(_fits(names, defaults, *arguments) for names, defaults in signatures):
        return
    count, given = arguments
    shown = f"the names {', '.join(sorted(given))}" if given else f"{count} values" if count else "no values"
    wanted = " or ".join("(" + ", ".join(names) + ")" for names, _ in signatures)
    yield Problem("urls.E013", f"{place}: {name!r} takes {wanted}, and is given {shown}", "Mend the arguments.")


def _fits(names: tuple[str, ...], defaults: frozenset[str], count: int, given: frozenset[str]) -> bool:
    if count:
        return count == len(names) and not given
    return set(names) - defaults <= given <= set(names) | defaults


def _arguments(call: ast.Call, *, redirects: bool) -> tuple[int, frozenset[str]] | None:
    """Return the number of positional values and the names of the others; None if that shows only at run time."""
    if any(isinstance(each, ast.Starred) for each in call.args):
        return None
    count, names = len(call.args) - 1, set[str]()
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg is None:
            return None
        if keyword.arg == "args" and not redirects:
            if not isinstance(value, ast.List | ast.Tuple) or any(isinstance(each, ast.Starred) for each in value.elts):
                return None
            count += len(value.elts)
        elif keyword.arg == "kwargs" and not redirects:
            if not isinstance(value, ast.Dict):
                return None
            for key in value.keys:
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    return None
                names.add(key.value)
        elif keyword.arg not in (_OPTIONS if redirects else _SPECIAL):
            names.add(keyword.arg)
    return count, frozenset(names)
