"""Every example in a docstring of the packages runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    ".".join(file.relative_to(source).with_suffix("").parts): file
    for source in sorted(ROOT.glob("packages/*/src"))
    for file in sorted(source.rglob("*.py"))
    if ">>> " in file.read_text("utf-8")
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name.removesuffix(".__init__"))
    outcome = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert outcome.attempted, f"{name} has >>> outside of any docstring that doctest finds"
    assert outcome.failed == 0, f"{outcome.failed} examples of {name} give something else; see the output above"
