"""A session of an editor with the language server, over standard input and output."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")

SERVER = """
import argparse, sys
from partita.contracts.testing.app import SimpleRegistrar
from partita.contracts.templates import TEMPLATES
from partita.templates import Engine
from partita.templates.language_server import LanguageServerCommand

app = SimpleRegistrar()
app.provide(TEMPLATES, lambda: Engine([sys.argv[1]], debug=True))
sys.exit(LanguageServerCommand().run(app, argparse.Namespace()))
"""


class Editor:
    """The side of the protocol that editors play."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._number = 0
        self.diagnostics: list[Any] = []

    def tell(self, method: str, params: Any, **more: Any) -> None:
        text = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(text), text))
        self.process.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self.tell(method, params, id=self._number)
        while True:
            message = self.read()
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def read(self) -> Any:
        assert self.process.stdout is not None
        size = 0
        while (line := self.process.stdout.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        assert size, self.process.stderr.read() if self.process.stderr is not None else ""
        message = json.loads(self.process.stdout.read(size))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics.append(message["params"])
        return message

    def problems(self) -> list[tuple[int, str, str]]:
        """The next diagnostics."""
        count = len(self.diagnostics)
        while len(self.diagnostics) == count:
            self.read()
        found = self.diagnostics[-1]["diagnostics"]
        return [(each["range"]["start"]["line"], each["code"], each["message"]) for each in found]


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "base.html").write_text("{% block title %}{% endblock %}")
    (tmp_path / "page.html").write_text("")
    editor = Editor(tmp_path)
    editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    editor.tell("initialized", {})
    yield editor
    editor.ask("shutdown", None)
    editor.tell("exit", None)
    assert editor.process.wait(20) == 0
    for stream in (editor.process.stdin, editor.process.stdout, editor.process.stderr):
        assert stream is not None
        stream.close()


def test_a_page_is_written_with_its_help(editor: Editor, tmp_path: Path) -> None:
    uri = (tmp_path / "page.html").as_uri()
    text = "{% extends 'base.html' %}\n{% block titel %}{% endblock %}\n{{ name|uper }}"
    document = {"uri": uri, "languageId": "html", "version": 1, "text": text}
    editor.tell("textDocument/didOpen", {"textDocument": document})
    ((line, code, message),) = editor.problems()
    assert (line, code) == (2, "templates.E001")
    assert "uper" in message

    def change(version: int, text: str) -> list[tuple[int, str, str]]:
        editor.tell(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]},
        )
        return editor.problems()

    ((line, code, message),) = change(2, text.replace("uper", "upper"))
    assert (line, code) == (1, "templates.W001")
    assert "did you mean 'title'?" in message
    assert change(3, text.replace("uper", "upper").replace("titel", "title")) == []

    def labels(line: int, character: int) -> list[str]:
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        return [item["label"] for item in editor.ask("textDocument/completion", place)["items"]]

    change(4, "{% extends 'b' %}\n{{ name|upp }}\n{% i %}")
    assert labels(0, 13) == ["base.html"]
    assert labels(1, 11) == ["upper"]
    assert {"if", "include"} <= set(labels(2, 4))
    hover = editor.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 9}})
    assert hover is None  # there is no filter "upp"
    change(5, "{{ name|upper }}")
    hover = editor.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 9}})
    assert hover["contents"]["value"]
    editor.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert editor.problems() == []
