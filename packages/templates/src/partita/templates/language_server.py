"""A language server for templates: completion, documentation and mistakes while they are written; needs the extra ``editor``."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from partita.contracts.current import CURRENT, Resolver
from partita.contracts.templates import TEMPLATES
from partita.templates.checking import Problem, check_source
from partita.templates.completing import complete, describe
from partita.templates.engine import Engine
from partita.templates.engines import Engines

if TYPE_CHECKING:
    from lsprotocol.types import Diagnostic
    from pygls.lsp.server import LanguageServer

__all__ = ("LanguageServerCommand", "make_server")

_TRIGGERS = ("%", "|", "{", '"', "'", ".", " ")


class LanguageServerCommand:
    """The command ``partita template-language-server``, which editors start."""

    name = "template-language-server"
    help = "help editors with templates (Language Server Protocol, on standard input and output)"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `partita.contracts.commands.Command`."""

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `partita.contracts.commands.Command`."""
        found: object = app.require(TEMPLATES)
        engines = found.all() if isinstance(found, Engines) else [found]
        engine = next((each for each in engines if isinstance(each, Engine)), None)
        if engine is None:
            raise SystemExit(f"{self.name}: this application has no templates of partita's own language.")
        try:
            server = make_server(engine, app)
        except ImportError as error:
            raise SystemExit(f'{self.name}: {error}. Install it: pip install "partita-templates[editor]"') from error
        server.start_io()
        return 0


def make_server(engine: Engine, app: Resolver | None = None) -> "LanguageServer":
    """Return a server that knows one engine.

    Args:
        engine: Whose templates are edited; its ``debug`` should be on, so that files that change are read anew.
        app: Made current for tags that ask for its routes and the like.

    Raises:
        ImportError: If pygls is not installed.
    """
    from lsprotocol import types
    from pygls.lsp.server import LanguageServer

    server = LanguageServer("partita-templates", "1")
    kinds = {
        "tag": types.CompletionItemKind.Keyword,
        "filter": types.CompletionItemKind.Function,
        "variable": types.CompletionItemKind.Variable,
        "template": types.CompletionItemKind.File,
        "block": types.CompletionItemKind.Struct,
        "partial": types.CompletionItemKind.Snippet,
        "library": types.CompletionItemKind.Module,
        "value": types.CompletionItemKind.Value,
    }

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[*_TRIGGERS]))
    def completion(asked: types.CompletionParams) -> types.CompletionList:
        document = server.workspace.get_text_document(asked.text_document.uri)
        name = _name(engine, document.uri)
        offset = document.offset_at_position(asked.position)
        found = _within(app, lambda: complete(engine, document.source, offset, name))
        items = [
            types.CompletionItem(
                each.label, kind=kinds[each.kind], documentation=each.detail or None, sort_text=f"{at:04}"
            )
            for at, each in enumerate(found)
        ]
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(asked: types.HoverParams) -> types.Hover | None:
        document = server.workspace.get_text_document(asked.text_document.uri)
        text = describe(engine, document.source, document.offset_at_position(asked.position))
        return types.Hover(types.MarkupContent(types.MarkupKind.PlainText, text)) if text else None

    def check(uri: str) -> None:
        document = server.workspace.get_text_document(uri)
        name = _name(engine, uri)
        problems = _within(app, lambda: [*check_source(engine, document.source, name)])
        found = [_diagnostic(problem, document.lines) for problem in problems]
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, document.version))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(told: types.DidOpenTextDocumentParams) -> None:
        check(told.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(told: types.DidChangeTextDocumentParams) -> None:
        check(told.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(told: types.DidCloseTextDocumentParams) -> None:
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(told.text_document.uri, []))

    return server


def _within(app: Resolver | None, call: Callable[[], Any]) -> Any:
    token = CURRENT.set(app)
    try:
        return call()
    finally:
        CURRENT.reset(token)


def _name(engine: Engine, uri: str) -> str:
    """The name under which the engine knows a file, or that of the file."""
    path = Path(unquote(urlsplit(uri).path)).as_posix()
    known = [name for name in engine.names() if path.endswith(f"/{name}")]
    return max(known, key=len, default=path.rpartition("/")[2])


def _diagnostic(problem: Problem, lines: Sequence[str]) -> "Diagnostic":
    from lsprotocol import types

    line = min(max(problem.line - 1, 0), max(len(lines) - 1, 0))
    text = lines[line].rstrip("\r\n") if lines else ""
    begin = min(problem.column - 1, len(text)) if problem.column > 1 else len(text) - len(text.lstrip())
    error = problem.level == "error"
    return types.Diagnostic(
        range=types.Range(types.Position(line, begin), types.Position(line, len(text))),
        message=f"{problem.text}\n{problem.hint}".rstrip(),
        severity=types.DiagnosticSeverity.Error if error else types.DiagnosticSeverity.Warning,
        code=problem.id,
        source="partita",
    )
