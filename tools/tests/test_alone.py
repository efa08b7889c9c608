"""A package that leans on something it does not name cannot stand alone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_what_is_not_declared_is_missing_when_the_package_is_alone(tree: Path, run: Run) -> None:
    test = tree / "packages" / "beta" / "tests" / "test_more.py"
    test.write_text("import partita.alpha\n\n\ndef test_it() -> None:\n    assert partita.alpha\n", "utf-8")
    done = run("alone", "alpha", "beta")
    assert done.returncode == 1
    assert "ok     alpha" in done.stdout
    assert "FAILED beta" in done.stdout
    assert "No module named 'partita.alpha'" in done.stdout
