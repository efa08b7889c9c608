"""The public API as text."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import api
from repository import Repository

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SOURCE = """
from partita.beta.errors import BetaError as Trouble

__all__ = ("LIMIT", "Trouble", "Thing", "work")

LIMIT: int = 3

def work(a: int, /, *, b: str = "x") -> list[str]: ...

class Thing(dict[str, int], metaclass=type):
    size: int = 3
    def __init__(self, size: int) -> None: ...
    @property
    def name(self) -> str: ...
    async def aload(self) -> bytes: ...
    def _hidden(self) -> None: ...

def private() -> None: ...
"""


def test_public_names_stand_there_with_their_signatures(tree: Path) -> None:
    source = tree / "packages" / "beta" / "src" / "partita" / "beta"
    (source / "things.py").write_text(SOURCE, "utf-8")
    (source / "_inner.py").write_text('__all__ = ("x",)\nx = 1\n', "utf-8")
    text = api.describe(Repository(tree).package("beta"))
    assert text == (
        "# Public API of partita-beta; written by tools/api.py\n\n"
        "partita.beta\n    BetaError from partita.beta.errors\n\n"
        "partita.beta.errors\n    class BetaError(Exception)\n\n"
        "partita.beta.things\n"
        "    LIMIT: int\n"
        "    class Thing(dict[str, int], metaclass=type)\n"
        "        size: int = 3\n"
        "        def __init__(self, size: int) -> None\n"
        "        @property def name(self) -> str\n"
        "        async def aload(self) -> bytes\n"
        "    Trouble from partita.beta.errors\n"
        "    def work(a: int, /, *, b: str='x') -> list[str]\n"
    )


def test_a_change_fails_until_it_is_written_down(tree: Path, run: Run) -> None:
    assert run("api").returncode == 0
    errors = tree / "packages" / "beta" / "src" / "partita" / "beta" / "errors.py"
    errors.write_text(errors.read_text("utf-8") + "    code: int = 1\n", "utf-8")
    done = run("api")
    assert done.returncode == 1
    assert "+        code: int = 1" in done.stdout
    assert run("api", "--update").returncode == 0
    assert run("api").returncode == 0


def test_the_text_of_a_package_that_is_gone_fails(tree: Path, run: Run) -> None:
    (tree / "docs" / "api" / "gone.txt").write_text("x", "utf-8")
    assert "gone.txt" in run("api").stdout
