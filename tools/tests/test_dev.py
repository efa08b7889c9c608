"""The command that newcomers run first says clearly what is missing."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import services
import steps
from repository import Repository

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("arguments", [("--help",), ("demo", "--help"), ("test", "--help")])
def test_help_is_there(run: Run, arguments: tuple[str, ...]) -> None:
    done = run("dev", *arguments)
    assert done.returncode == 0
    assert "usage: tools/dev.py" in done.stdout


def test_an_old_python_is_told_so_before_anything_newer_is_imported(tree: Path) -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 8); sys.version = '3.8.1 (x)'; "
        "runpy.run_path('tools/dev.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "partita needs Python 3.11 or newer; this is 3.8.1. Try: python3.11 tools/dev.py"


def test_a_port_in_use_is_named_with_another_to_take(tree: Path, run: Run) -> None:
    shop = tree / "docs" / "examples" / "recordshop" / "demo.py"
    shop.parent.mkdir(parents=True)
    shop.write_text("", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("dev", "demo", "--port", str(port))
    assert done.returncode == 2
    assert f"127.0.0.1:{port} cannot be used" in done.stderr
    assert f"--port {port + 1}" in done.stderr


def test_an_unknown_step_is_answered_with_the_steps(run: Run) -> None:
    done = run("dev", "test", "--only", "spelling")
    assert done.returncode == 2
    assert "The steps are: format, lint, graph" in done.stderr


def test_without_a_network_it_says_so(run: Run) -> None:
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "1"}
    done = run("dev", "lint", **unreachable, PIP_FIND_LINKS="", PIP_NO_CACHE_DIR="1")
    assert done.returncode == 2
    assert "pip could not reach its package index" in done.stderr


def test_steps_go_on_past_a_failure_and_the_table_tells(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "python", lambda root: Path(sys.executable))
    (tree / "tools" / "bad.py").write_text("import sys; sys.exit('no good')", "utf-8")
    (tree / "tools" / "good.py").write_text("", "utf-8")
    chosen = [steps.Step(name, name, (f"tools/{name}.py",), "lint") for name in ("bad", "good")]
    assert steps.run(Repository(tree), chosen) == 1
    told = capsys.readouterr().out
    assert "FAILED bad" in told
    assert "| no good" in told
    assert "ok     good" in told
    assert "1 of 2 failed" in told
    assert steps.run(Repository(tree), chosen[1:]) == 0


def test_a_service_runs_when_something_listens_on_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        service = services.Service("x", "x", ("no-such-program",), listening.getsockname()[1])
        assert service.runs()
    assert not service.runs()
    assert not service.installed()


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed"), ("", "1 skipped"), ("platform", "1 skipped")])
def test_a_skip_is_a_failure_in_ci_alone(tree: Path, run: Run, ci: str, outcome: str) -> None:
    reason = "platform: none such" if ci == "platform" else "no database here"
    test = tree / "test_it.py"
    test.write_text(f"import pytest\n\ndef test_it():\n    pytest.skip({reason!r})\n", "utf-8")
    done = run("pytest", "-q", "test_it.py", CI="true" if ci else "")
    assert outcome in done.stdout
    assert reason in run("pytest", "-q", "-rs", "test_it.py", CI="true" if ci else "").stdout
