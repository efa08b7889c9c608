"""Type checkers understand models without a plugin."""

import json
import os
import shutil
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


def test_pyright_accepts_users_models(tmp_path: Path) -> None:
    pytest.importorskip("pyright")
    samples = [shutil.copy(sample, tmp_path) for sample in Path(__file__).with_name("typing").glob("*.py")]
    (tmp_path / "wrong.py").write_text("import shop\n\nshop.Song.objects.nonsense()\n")
    places = [p for p in sys.path if Path(p, "partita").is_dir() and "site-packages" not in p]
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"extraPaths": places, "pythonVersion": "3.11"}))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == len(samples) + 1
    assert [Path(each["file"]).name for each in found["generalDiagnostics"]] == ["wrong.py"], done.stdout
