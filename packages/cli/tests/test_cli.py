"""The command line, called as a user calls it."""

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from partita.cli import (
    LanguageRefused,
    NameRefused,
    NoProject,
    TargetNotEmpty,
    create_project,
    find_location,
    load_application,
    main,
)
from partita.cli.completion import candidates
from partita.cli.styling import Style

PROJECT = {
    "pyproject.toml": '[tool.partita]\napp = "tiny_site.app:app"\n',
    "tiny_site/__init__.py": "",
    "tiny_site/app.py": (
        "from partita.web import App, Settings\n"
        "app = App(Settings('key', sections={'stray': {}}), apps=['tiny_site'], urls='tiny_site.urls',\n"
        "          default_apps=['partita.http', 'partita.urls'])\n"
    ),
    "tiny_site/urls.py": (
        "from partita.http import Response\n"
        "from partita.urls import path\n"
        "async def index(request): return Response.text('')\n"
        "urlpatterns = [path('', index, name='index'), path('x/<int:n>/', index, methods=['GET'])]\n"
    ),
    "tiny_site/models.py": "class Thing:\n    _meta = None\n",
    "tiny_site/integration.py": (
        "import sys\n"
        "from partita.contracts.commands import COMMANDS\n"
        "from partita.contracts.current import CURRENT\n"
        "class Greet:\n"
        "    name, help = 'greet', 'say hello'\n"
        "    def add_arguments(self, parser): parser.add_argument('who')\n"
        "    async def run(self, app, options):\n"
        "        if options.who == 'nobody': raise SystemExit('nobody is there')\n"
        "        sys.stdout.write(f'hello {options.who} {CURRENT.get() is app}\\n')\n"
        "        return 3\n"
        "def setup(app): app.add(COMMANDS, Greet())\n"
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small project, with the working folder inside of it."""
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before, modules = list(sys.path), set(sys.modules)
    monkeypatch.chdir(tmp_path / "tiny_site")
    monkeypatch.setenv("NO_COLOR", "1")
    yield tmp_path
    sys.path[:] = before
    for name in set(sys.modules) - modules:
        if name.startswith("tiny_site"):
            del sys.modules[name]


def test_the_application_is_found_from_any_folder_below(project: Path) -> None:
    location = find_location(Path.cwd())
    assert location == (project, "tiny_site.app:app")
    assert repr(load_application(location)) == "<App tiny_site>"


def test_without_a_project_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoProject, match=r"\[tool.partita\]"):
        find_location(tmp_path)


@pytest.mark.parametrize("target", ["shop", "shop:", ":app", "shop.app:app()", "os;x:y", "../x:app"])
def test_a_target_that_is_none_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(NoProject, match="expected module:attribute"):
        find_location(tmp_path, target)


def test_an_attribute_that_is_no_application_is_refused(project: Path) -> None:
    with pytest.raises(NoProject, match="has no 'nothing'"):
        load_application(find_location(project, "tiny_site.app:nothing"))
    with pytest.raises(NoProject, match="is a type, not an application"):
        load_application(find_location(project, "tiny_site.app:Settings"))


def test_commands_of_packages_run_with_the_application_current(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["greet", "you"]) == 3
    assert capsys.readouterr().out == "hello you True\n"
    assert Path.cwd() == project  # so that relative paths in settings mean the same everywhere
    assert main(["greet", "nobody"]) == 1
    assert capsys.readouterr().err == "partita: nobody is there\n"


def test_help_lists_the_commands_of_the_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"greet +say hello", shown)
    assert re.search(r"new +make a new project", shown)
    assert main(["greet", "--help"]) == 0


def test_a_wrong_command_ends_with_two_and_a_proposal(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gret"]) == 2
    assert "there is no command 'gret'. Did you mean greet?" in capsys.readouterr().err
    assert main(["greet"]) == 2
    assert "required: who" in capsys.readouterr().err


def test_a_project_that_cannot_be_imported_shows_where(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tiny_site" / "models.py").write_text("import not_there_at_all\n")
    assert main(["greet", "you"]) == 1
    shown = capsys.readouterr().err
    assert "models.py" in shown
    assert "not_there_at_all" in shown
    assert re.findall(r'File ".*[/\\](\w+\.py)"', shown) == ["app.py", "models.py"]  # and nothing of what lies between
    assert main(["--help"]) == 0
    assert "cannot be imported" in capsys.readouterr().out


def test_a_mistake_that_partita_finds_shows_the_project_s_line_and_the_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "tiny_site" / "integration.py").write_text("def setup(app):\n    app.provide(3, 4, 5)\n")
    assert main(["greet", "you"]) == 1
    shown = capsys.readouterr().err
    assert "app.provide(3, 4, 5)" in shown
    assert "takes 3 positional arguments" in shown
    assert "app.py" in shown
    assert "/partita/web/" not in shown


def test_causes_are_shown_in_the_same_way(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tiny_site" / "models.py").write_text(
        "try:\n    import not_there_at_all\nexcept ImportError as error:\n    raise RuntimeError('no models') from error\n"
    )
    assert main(["greet", "you"]) == 1
    shown = capsys.readouterr().err
    assert ("not_there_at_all" in shown, "no models" in shown, "direct cause" in shown) == (True, True, True)
    assert "importlib" not in shown


def test_check_tells_of_routes_that_cannot_be_imported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tiny_site" / "urls.py").write_text("from tiny_site.models import Nothing\n")
    assert main(["check"]) == 1
    shown = capsys.readouterr().err
    assert "urls.py" in shown
    assert "cannot import name 'Nothing'" in shown
    assert "The application cannot be put together; see above." in shown
    assert shown.count('File "') == 1


@pytest.mark.parametrize(
    ("wrong", "proposal"),
    [
        ("runserver", "Did you mean run --reload?"),
        ("serve", "Did you mean run?"),
        ("startproject", "Did you mean new?"),
        ("test", "Tests run with `python -m pytest`."),
    ],
)
def test_names_that_commands_have_elsewhere_are_understood(
    project: Path, wrong: str, proposal: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([wrong]) == 2
    assert proposal in capsys.readouterr().err


def test_routes_are_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "/            index  any        tiny_site.urls.index",
        "/x/<int:n>/         GET, HEAD  tiny_site.urls.index",
    ]
    assert main(["routes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[1]["methods"] == "GET, HEAD"


def test_check_tells_what_is_wrong_and_fails_where_it_is_told_to(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    assert "warning web.W001 Nobody reads 'stray'" in capsys.readouterr().out
    assert main(["check", "--fail-level", "warning"]) == 1
    capsys.readouterr()
    assert main(["check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "web.W001"


def test_the_shell_runs_code_with_application_and_models(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shell", "-c", "import sys; sys.stdout.write(f'{Thing.__name__} {app}')"]) == 0
    assert capsys.readouterr().out == "Thing <App tiny_site>"


@pytest.mark.parametrize(
    "name", ["1shop", "shop-x", "class", "json", "pytest", "partita", "_x", "", "ünder", "a/b", ".."]
)
def test_a_name_that_cannot_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameRefused):
        create_project(name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_project_is_not_written_over_something(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetNotEmpty):
        create_project("my_shop", tmp_path)
    with pytest.raises(TargetNotEmpty):
        create_project("my_shop", tmp_path / "file")


def test_a_project_has_a_key_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    for name in ("one", "two"):
        create_project("my_shop", tmp_path / name)
    keys = [(tmp_path / name / ".env").read_text().rpartition("=")[2].strip() for name in ("one", "two")]
    assert keys[0] != keys[1]
    assert len(keys[0]) == 64
    assert (tmp_path / "one" / ".env").stat().st_mode & 0o077 == 0
    assert ".env" in (tmp_path / "one" / ".gitignore").read_text().splitlines()
    for path in (tmp_path / "one").rglob("*"):
        assert path.is_dir() or not re.search("PROJECT_|NEW_KEY", path.read_text() + path.name)


LOG_IN = """
import re
from partita.testing import Client

def token(page):
    return {"csrfmiddlewaretoken": re.search('csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]}

client = Client(app, host="localhost", headers={"accept": "text/html"})
form = client.get("/admin/", follow=True)
who = {"email": "ann@example.com", "password": "correct-horse-battery-9", "next": "/admin/"}
assert client.post(form.request.path, {**who, **token(form)}, follow=True).request.path == "/admin/"
form = client.get("/admin/my_shop/note/add/")
added = client.post("/admin/my_shop/note/add/", {"title": "Written <here>", "text": "", **token(form)}, follow=True)
assert added.status == 200, added.text
page = client.get("/").text
assert "Written &lt;here&gt;" in page
assert re.search('rel="icon" href="([^"]+)"', page), page
assert client.get(re.search('rel="icon" href="([^"]+)"', page)[1]).status == 200
assert [note.title for note in Note.objects.all()] == ["Written <here>"]
"""


def test_a_new_project_runs_from_an_empty_folder_to_its_administration(tmp_path: Path) -> None:
    """Everything the last lines of `partita new` propose, in processes of their own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PARTITA_")}
    folder = tmp_path / "my_shop"

    def run(*arguments: str, cwd: Path = folder, stdin: str = "") -> None:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=cwd,
            env=environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"

    run("partita.cli", "new", "my_shop", cwd=tmp_path)
    run("partita.cli", "check")
    run("partita.cli", "makemigrations")
    run("partita.cli", "migrate", cwd=folder / "my_shop")
    run("partita.cli", "createsuperuser", "--email", "ann@example.com", "--name", "Ann", "--password-stdin",
        stdin="correct-horse-battery-9\n")  # fmt: skip
    run("partita.cli", "shell", stdin=LOG_IN)
    run("pytest", "-q", "-p", "no:cacheprovider")
    assert (folder / "my_shop.sqlite3").exists()
    assert (folder / "my_shop" / "migrations" / "0001_initial.py").exists()


IN_ARABIC = """
from partita.i18n import override
from partita.templates import Engine
from partita.testing import Client

client = Client(app, host="localhost", headers={"accept": "text/html"})
page = client.get("/")
assert page.headers["content-language"] == "ar"
assert '<html lang="ar" dir="rtl">' in page.text, page.text
assert "لا توجد ملاحظات بعد." in page.text
assert '<html lang="ar" dir="rtl">' in client.get("/notes/999/").text
assert "العودة إلى الصفحة الأولى" in client.get("/notes/999/").text
with override("ar"):
    shown = Engine(libraries={"l10n": "partita.i18n.localization_tags"}).from_string("{% load l10n %}{{ 1234.5|currency }}").render({})
assert shown.endswith("ر.س.\u200f"), ascii(shown)
"""


def test_a_new_project_in_arabic_reads_from_right_to_left_with_its_currency(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PARTITA_")}
    folder = tmp_path / "my_shop"

    def run(*arguments: str, cwd: Path = folder, stdin: str = "") -> None:
        done = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=cwd, env=environ, input=stdin, capture_output=True, text=True,
            encoding="utf-8", timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"

    run("partita.cli", "new", "my_shop", "--lang", "ar", cwd=tmp_path)
    settings = (folder / "partita.toml").read_text("utf-8")
    assert ('language = "ar"' in settings, 'currency = "SAR"' in settings) == (True, True)
    run("partita.cli", "makemigrations")
    run("partita.cli", "migrate")
    run("partita.cli", "shell", stdin=IN_ARABIC)
    run("pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.parametrize(("language", "currency"), [("de-at", "EUR"), ("pt_BR", "BRL"), ("sw", "")])
def test_a_project_may_be_in_any_language(tmp_path: Path, language: str, currency: str) -> None:
    create_project("my_shop", tmp_path / "my_shop", language)
    settings = tomllib.loads((tmp_path / "my_shop" / "partita.toml").read_text("utf-8"))
    assert (settings["language"], settings["i18n"]["currency"]) == (language.replace("_", "-").lower(), currency)
    assert (tmp_path / "my_shop/my_shop/locale/de/LC_MESSAGES/messages.po").exists() == language.startswith("de")


@pytest.mark.parametrize("language", ["", "x", "de de", 'de"\n', "a" * 50, "../de"])
def test_what_is_no_language_is_refused(tmp_path: Path, language: str) -> None:
    with pytest.raises(LanguageRefused, match="no tag of a language"):
        create_project("my_shop", tmp_path / "my_shop", language)
    assert not (tmp_path / "my_shop").exists()


def test_every_text_of_a_new_project_is_translated(tmp_path: Path) -> None:
    for language in ("ar", "de", "es", "fr"):
        folder = tmp_path / language
        create_project("my_shop", folder, language)
        said = {
            text
            for path in folder.rglob("*.html")
            for text in re.findall(r'translate "([^"]+)"', path.read_text("utf-8"))
        }
        catalogue = (folder / f"my_shop/locale/{language}/LC_MESSAGES/messages.po").read_text("utf-8")
        there = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', catalogue, re.MULTILINE))
        assert said == there.keys()


def test_colours_are_for_terminals_only() -> None:
    assert Style(sys.stdout, {"NO_COLOR": "1", "FORCE_COLOR": "1"})("x", "red") == "x"
    assert Style(sys.stdout, {"FORCE_COLOR": "1"})("x", "red") == "\x1b[31mx\x1b[0m"
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        assert Style(stream, {})("x", "red") == "x"


def test_settings_are_explained_with_secrets_masked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["debug"] == {"name": "debug", "value": "False", "source": "Settings(...)"}
    assert rows["secret_key"]["source"] == "Settings(...)"
    assert "key" not in rows["secret_key"]["value"]
    assert rows["web.append_slash"]["value"] == "True"
    assert main(["settings", "--changed"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("secret_key") for line in lines)
    assert not any(line.startswith("web.") for line in lines)
    assert main(["settings", "web."]) == 0
    assert all(line.startswith("web.") for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ch"], ["check"]),
        (["gr"], ["greet"]),
        (["--v"], ["--version"]),
        (["check", "--f"], ["--fail-level"]),
        (["check", "--fail-level", ""], ["error", "info", "warning"]),
        (["completion", "b"], ["bash"]),
        (["nonsense", ""], []),
        (["greet", ""], []),
    ],
)
def test_what_may_come_next_is_told_to_the_shell(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str], found: list[str]
) -> None:
    assert main(["--complete", *words]) == 0
    assert capsys.readouterr().out.splitlines() == found


def test_without_a_project_what_there_is_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--complete", ""]) == 0
    assert capsys.readouterr().out.splitlines() == ["check", "completion", "new", "settings", "shell"]


def test_labels_of_packages_complete_where_a_command_takes_them() -> None:
    parser = argparse.ArgumentParser()
    below = parser.add_subparsers()
    below.add_parser("migrate").add_argument("app", nargs="?")
    assert candidates(parser, ["migrate", "s"], ["shop", "blog"]) == ["shop"]
    assert candidates(parser, ["migrate", "--h"], ["shop"]) == ["--help"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_one(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "partita --complete" in text
    program = shutil.which(shell)
    if program is not None:
        assert subprocess.run([program, "-n"], input=text, text=True, check=False).returncode == 0


def test_bash_completes_with_the_script(project: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    (project / "partita").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m partita.cli "$@"\n')
    (project / "partita").chmod(0o755)
    steps = 'eval "$(partita completion bash)"; COMP_WORDS=(partita ro); COMP_CWORD=1; _partita; echo "${COMPREPLY[@]}"'
    environ = {**os.environ, "PATH": f"{project}:{os.environ['PATH']}"}
    done = subprocess.run([bash, "-c", steps], cwd=project, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["routes"], done.stderr


def test_a_new_project_is_followed_by_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    assert main(["new", "my_shop"]) == 0
    steps = [line.split("#")[0].split() for line in written.getvalue().splitlines() if line.startswith("    ")]
    assert steps == [
        ["cd", "my_shop"],
        ["partita", "makemigrations"],
        ["partita", "migrate"],
        ["partita", "createsuperuser"],
        ["partita", "run", "--reload"],
        ["python", "-m", "pytest"],
    ]
    found = {path.relative_to(tmp_path / "my_shop").as_posix() for path in (tmp_path / "my_shop").rglob("*.*")}
    assert {"partita.toml", "my_shop/app.py", "my_shop/templates/404.html", "tests/test_my_shop.py"} <= found
