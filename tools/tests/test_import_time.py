"""A package that takes too long to import is found."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_an_import_over_its_budget_fails_and_what_it_stands_on_does_not_count(tree: Path, run: Run) -> None:
    package = tree / "packages" / "beta"
    (tree / "tools" / "slow_library.py").write_text(
        "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n", "utf-8"
    )
    errors = package / "src" / "partita" / "beta" / "errors.py"
    errors.write_text("import slow_library\n" + errors.read_text("utf-8"), "utf-8")
    path = str(tree / "tools")
    sources = f"{path}:{package / 'src'}"
    done = run("import_time", "beta", PYTHONPATH=sources)
    assert done.returncode == 1
    assert "OVER" in done.stdout
    pyproject = package / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8") + 'import_beyond = ["slow_library"]\n', "utf-8")
    done = run("import_time", "beta", PYTHONPATH=sources)
    assert done.returncode == 0, done.stdout
