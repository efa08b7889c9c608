"""Type checkers understand models without a plugin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("sample", sorted(Path(__file__).with_name("typing").glob("*.py")), ids=lambda path: path.stem)
def test_mypy_strict_accepts_users_models(sample: Path, tmp_path: Path) -> None:
    import partita.orm

    # What is installed is found by itself, and mypy refuses to be told of it.
    places = [p for p in sys.path if Path(p, "partita").is_dir() and "site-packages" not in p]
    assert partita.orm.__file__ is not None
    command = [sys.executable, "-m", "mypy", "--strict", "--namespace-packages", "--explicit-package-bases"]
    command += ["--cache-dir", str(tmp_path), "--python-version", "3.11", str(sample)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "MYPYPATH": os.pathsep.join(places)}, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
