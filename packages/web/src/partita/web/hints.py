"""What may have been meant, and how to mend it: hints for the page about an error."""

import builtins
import re
import sys
from collections.abc import Iterator
from contextlib import suppress

from partita.http.errors import DisallowedHost
from partita.urls import NoMatch

__all__ = ("EDITORS", "editor_link", "hints_for")

EDITORS = {
    "cursor": "cursor://file{file}:{line}",
    "emacs": "emacs://open?url=file://{file}&line={line}",
    "idea": "idea://open?file={file}&line={line}",
    "pycharm": "pycharm://open?file={file}&line={line}",
    "sublime": "subl://open?url=file://{file}&line={line}",
    "vscode": "vscode://file{file}:{line}",
    "zed": "zed://file{file}:{line}",
}
"""Addresses that open a file in an editor; ``{file}`` and ``{line}`` are filled in."""

_TABLE = re.compile(r'no such table|relation "[^"]*" does not exist|Table \'[^\']*\' doesn\'t exist')
_COLUMN = re.compile(r'no such column|column "?[^ ]*"? does not exist|Unknown column')
_CHAIN = 10


def hints_for(error: BaseException, path: str = "") -> list[str]:
    """Return hints about an error and its causes, without repeating what its message says already.

    Args:
        error: What was raised.
        path: Of the request.
    """
    found: dict[str, None] = {}
    each: BaseException | None = error
    for _ in range(_CHAIN):
        if each is None:
            break
        message = str(each)
        for hint in _hints(each, path):
            if hint not in message:
                found[hint] = None
        each = each.__cause__ or each.__context__
    return list(found)


def editor_link(editor: str, file: str, line: int | None) -> str:
    """Return the address that opens a line in an editor; empty if there is none.

    Args:
        editor: A name of `EDITORS`, a text with ``{file}`` and ``{line}``, or empty for none.
        file: Absolute path.
        line: Counted from one.
    """
    from urllib.parse import quote

    form = EDITORS.get(editor, editor)
    if not form or line is None or file.startswith("<"):
        return ""
    rooted = file if file.startswith("/") or "://file{" not in form else f"/{file}"  # C:/... has no slash of its own
    return form.replace("{file}", quote(rooted)).replace("{line}", str(line))


def _hints(error: BaseException, path: str) -> Iterator[str]:
    if isinstance(error, NameError | AttributeError) and error.name:
        yield from _near(error.name, _known(error))
    if isinstance(error, ModuleNotFoundError) and error.name:
        yield from _near(error.name.partition(".")[0], sorted({*sys.stdlib_module_names, *sys.modules}))
        yield f"Is {error.name.partition('.')[0]} installed in the environment of this process ({sys.prefix})?"
    if isinstance(error, NoMatch):
        yield from _near_routes(error, path)
    if isinstance(error, DisallowedHost):
        yield 'Name the host in the settings: allowed_hosts = ["..."].'
    if _TABLE.search(str(error)):
        yield "A table is missing: have all migrations run? `partita migrate` runs them, `partita makemigrations` writes them."
    elif _COLUMN.search(str(error)):
        yield "A column is missing: does a change of a model lack its migration? See `partita makemigrations`."
    if isinstance(error, RecursionError):
        yield "Something calls itself without an end; the frames that repeat in the traceback tell what."
    if isinstance(error, UnicodeDecodeError):
        yield f"The bytes are not {error.encoding}; from position {error.start} on they are {error.object[error.start : error.start + 8]!r}."


def _near_routes(error: NoMatch, path: str) -> Iterator[str]:
    import difflib

    routes = {
        re.sub(r"<[^>]*>", "", route).strip("/"): route for route in error.tried[:2000] if not route.startswith("^")
    }
    near = difflib.get_close_matches(path.strip("/")[:200], routes, n=3, cutoff=0.6)
    if near:
        yield f"Did you mean {' or '.join(repr(routes[each]) for each in near)}?"


def _known(error: NameError | AttributeError) -> list[str]:
    """Return the names that there are where one is missing; nothing of theirs is run, as ``dir()`` would."""
    names: set[str] = set()
    if isinstance(error, AttributeError):
        own = getattr(type(error.obj), "__mro__", ())
        for each in (*own, error.obj):
            with suppress(AttributeError):
                names |= object.__getattribute__(each, "__dict__").keys()
    else:
        trace = error.__traceback__
        while trace is not None:
            names = {*trace.tb_frame.f_locals, *trace.tb_frame.f_globals, *vars(builtins)}
            trace = trace.tb_next
    return sorted(name for name in names if isinstance(name, str))


def _near(name: str, names: list[str]) -> Iterator[str]:
    import difflib

    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    if near and near[0] != name:
        yield f"Did you mean: {near[0]!r}?"
