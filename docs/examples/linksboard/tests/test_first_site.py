"""The site of docs/guides/first-site.md, made from the page: its files, its commands, its tests, its types."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "guides" / "first-site.md").read_text("utf-8")
FILES = dict(re.findall(r"(?ms)^```\w+ (\S+)\n(.*?)^```", PAGE))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, with its database."""
    around = tmp_path_factory.mktemp("first_site")
    partita(around, "new", "linksboard")
    folder = around / "linksboard"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    partita(folder, "makemigrations")
    partita(folder, "migrate")
    return folder


def run(folder: Path, *command: str, **environment: str) -> str:
    around = {name: value for name, value in os.environ.items() if not name.startswith("PARTITA_")}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=around | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def partita(folder: Path, *command: str, **environment: str) -> str:
    return run(folder, "partita.cli", *command, **environment)


def test_the_page_holds_the_whole_project() -> None:
    assert len(FILES) == 15
    assert re.findall(r"^```(?!\w+ \S+$).+", PAGE, re.MULTILINE) == []  # no block that nothing runs


def test_its_tests_pass(site: Path) -> None:
    assert "8 passed" in run(site, "pytest", "-q", "-p", "no:cacheprovider")
    assert not (site / "media").exists()  # what tests upload stays in memory


def test_nothing_is_found_wrong_with_it(site: Path) -> None:
    assert "Nothing found." in partita(site, "check")
    partita(site, "makemigrations", "--check")
    key = {"PARTITA_SETTINGS": "production.toml", "PARTITA_SECRET_KEY": secrets.token_urlsafe(48)}
    partita(site, "check", "--deploy", **key)


def test_its_command_runs(site: Path) -> None:
    assert partita(site, "prune", "--days", "90") == "0 deleted\n"


def test_all_its_texts_can_be_translated(site: Path) -> None:
    partita(site, "makemessages", "-l", "de")
    catalogue = (site / "locale/de/LC_MESSAGES/messages.po").read_text("utf-8")
    for text in ("Your link is there.", "Add a link", "Picture", "That comment was empty or too long."):
        assert f'msgid "{text}"' in catalogue


def test_its_types_are_known_without_a_plugin(site: Path) -> None:
    run(site, "mypy", "--strict", "--cache-dir", os.devnull, "linksboard", "tests")
