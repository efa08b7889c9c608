"""``partita check`` tells what is wrong with routes: each mistake by its id, those that leave no application as an error."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAD = (
    "from partita.http import Response\n"
    "from partita.urls import path, re_path, include\n"
    "async def view(request, **kwargs): return Response.text('')\n"
    "class View:\n"
    "    @classmethod\n"
    "    def as_view(cls): return view\n"
)


def check(folder: Path, routes: str, *options: str) -> tuple[int, str]:
    (folder / "pyproject.toml").write_text('[tool.partita]\napp = "site_app:app"\n')
    (folder / "site_urls.py").write_text(f"{HEAD}{routes}\n")
    (folder / "site_app.py").write_text(
        "from partita.web import App, Settings\n"
        "app = App(Settings('key'), urls='site_urls', default_apps=['partita.http', 'partita.urls'])\n"
    )
    line = [sys.executable, "-m", "partita.cli", "check", *options]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_doubtful_routes_are_found_by_the_check_command(tmp_path: Path) -> None:
    status, shown = check(
        tmp_path,
        "shop = ([path('a/', view)], 'shop')\n"
        "other = ([path('a/', view)], 'other')\n"
        "urlpatterns = [\n"
        "    path('^old/$', view),\n"
        "    path('/slash/', view),\n"
        "    path('named/', view, name='a:b'),\n"
        "    path('one/', include(shop, 'x')),\n"
        "    path('two/', include(other, 'x')),\n"
        "    path('lazy/', 'site_urls.missing'),\n"
        "    path('named/', view),\n"
        "    path('<slug:any>/', view),\n"
        "    path('last/', view),\n"
        "]\n"
        "handler404 = 'site_urls.missing'\n"
        "def handler500(request, error): ...\n",
        "--fail-level",
        "warning",
    )
    assert status == 1
    for name in ("W001", "W002", "W003", "W005", "W006", "W101", "W102", "E007", "E008"):
        assert f"urls.{name}" in shown, name


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        ("urlpatterns = [path('a/', View)]", "pass View.as_view(), not the class"),
        ("urlpatterns = [path('a/', 7)]", "the view must be a callable or include(...), got int"),
        ("urlpatterns = [('a/', view)]", "include() needs a list of path() and re_path()"),
        ("urlpatterns = [path('<nothing:pk>/', view)]", "no converter 'nothing'"),
        ("urlpatterns = [path('<int:pk>/<int:pk>/', view)]", "the parameter 'pk' stands twice"),
        ("urlpatterns = [re_path('(', view)]", "not a regular expression"),
    ],
)
def test_routes_that_cannot_be_put_together_fail_the_check_command(tmp_path: Path, routes: str, told: str) -> None:
    status, shown = check(tmp_path, routes)
    assert status != 0
    assert told in shown


def test_a_tidy_list_passes(tmp_path: Path) -> None:
    status, shown = check(tmp_path, "urlpatterns = [path('a/', view, name='a')]", "--fail-level", "info")
    assert (status, shown) == (0, "Nothing found.\n")
