"""``partita check --templates``: what is wrong with templates, before anybody asks for a page."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from partita.cli import main

PROJECT = {
    "pyproject.toml": '[tool.partita]\napp = "paper_site.app:app"\n',
    "paper_site/__init__.py": "",
    "paper_site/app.py": (
        "from partita.web import App, Settings\n"
        "app = App(Settings('key', sections={'stray': {}}), apps=['paper_site'], urls='paper_site.urls',\n"
        "          default_apps=['partita.http', 'partita.urls', 'partita.templates', 'partita.static'])\n"
    ),
    "paper_site/urls.py": (
        "from partita.http import Response\n"
        "from partita.urls import path\n"
        "async def index(request): return Response.text('')\n"
        "urlpatterns = [path('', index, name='index')]\n"
    ),
    "paper_site/static/site.css": "",
    "paper_site/templates/page.html": (
        "{# context: album: str #}\n{{ album }}<a href=\"{% url 'index' %}\">{% static 'site.css' %}</a>\n"
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a template in which nothing is wrong."""
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before, modules = list(sys.path), set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    yield tmp_path
    sys.path[:] = before
    for name in set(sys.modules) - modules:
        if name.startswith("paper_site"):
            del sys.modules[name]


def test_a_project_without_mistakes_passes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--templates"]) == 0
    assert capsys.readouterr().out == "Nothing found.\n"  # 'stray' in the settings is none of the templates' business


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{# context: album #}\n{{ albun }}", "nothing gives this template a variable 'albun'; did you mean 'album'?"),
        ("\n{% url 'idnex' %}", "idnex"),
        ("\n{% include 'paeg.html' %}", "includes 'paeg.html'; did you mean 'page.html'?"),
        ("\n{% static 'sit.css' %}", "there is no static file 'sit.css'; did you mean 'site.css'?"),
        ("\n{% fro x in y %}", "fro"),
        ("\n{{ x|uper }}", "uper"),
    ],
)
def test_a_mistake_ends_with_status_1_and_tells_file_and_line(
    project: Path, capsys: pytest.CaptureFixture[str], source: str, text: str
) -> None:
    path = project / "paper_site" / "templates" / "other.html"
    path.write_text(source)
    assert main(["check", "--templates"]) == 1
    shown = capsys.readouterr().out
    assert "other.html:2:" in shown
    assert text in shown
