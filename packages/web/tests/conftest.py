"""Packages for applications, made in a folder of the test."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MakePackage = Callable[[str, dict[str, str]], Path]


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakePackage]:
    """Return a function that writes a package: name, and text by file name."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name: str, files: dict[str, str]) -> Path:
        folder = tmp_path / name
        for file, text in {"__init__.py": "", **files}.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    yield make
    for module in set(sys.modules) - before:
        del sys.modules[module]
