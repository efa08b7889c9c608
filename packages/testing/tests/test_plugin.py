"""The pytest plugin, in a run of its own over a small project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = """
from partita.http import Response
from partita.urls import path
from partita.web import App, Settings

async def hello(request):
    return Response.text(f"hello {request.host}")

app = App(
    Settings("key", allowed_hosts=[".all.example", "shop.example"]),
    urls=[path("", hello)],
    default_apps=("partita.http", "partita.urls"),
)
"""
TEST = """
from partita.contracts.current import CURRENT

def test_hello(client, partita_app):
    assert client.get("/").text == "hello shop.example"
    assert CURRENT.get() is partita_app
"""


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest there."""
    # Where the package is installed, its entry point loads the plugin; here it may lie on the path only.
    code = (
        "import sys, importlib.metadata as m, pytest\n"
        "named = any(e.value == 'partita.testing.plugin' for e in m.entry_points(group='pytest11'))\n"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *([] if named else ['-p', 'partita.testing.plugin'])]))\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "settings", ['[tool.partita]\napp = "small_site:app"', '[tool.pytest.ini_options]\npartita_app = "small_site:app"']
)
def test_the_client_asks_the_application_that_the_project_names(tmp_path: Path, settings: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"{settings}\n")
    (tmp_path / "pytest.ini").write_text("") if "pytest" not in settings else None
    (tmp_path / "small_site.py").write_text(APP)
    (tmp_path / "test_small.py").write_text(TEST)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_without_an_application_it_says_where_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_small.py").write_text(TEST)
    done = run(tmp_path)
    assert done.returncode == 1
    assert "[tool.partita] app" in done.stdout
