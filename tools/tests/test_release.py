"""Releasing one package."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import release
from repository import Repository

Run = Callable[..., "subprocess.CompletedProcess[str]"]
TODAY = datetime.date(2030, 1, 2)


def test_version_changelog_and_pins_move_together(tree: Path) -> None:
    news = tree / "packages" / "beta" / "news"
    (news / "7.fix.md").write_text("Long names\nwork.\n", "utf-8")
    (news / "5.feature.md").write_text("Short names work.\n", "utf-8")
    release.prepare(Repository(tree), "beta", "0.2.0", TODAY)
    after = Repository(tree)
    assert after.package("beta").version == "0.2.0"
    assert "partita-beta==0.2.0" in after.meta.dependencies
    assert (tree / "packages" / "beta" / "CHANGELOG.md").read_text("utf-8") == (
        "# Changes in partita-beta\n\n## 0.2.0 (2030-01-02)\n\n- First version.\n\n"
        "### Added\n\n- Short names work.\n\n### Fixed\n\n- Long names work.\n"
    )
    assert [path.name for path in news.iterdir()] == [".gitkeep"]


def test_a_second_release_stands_above_the_first() -> None:
    once = release.with_news("# T\n\n## Unreleased\n\n- First.\n", "1 (d)", [])
    twice = release.with_news(once, "2 (e)", [("feature", "More.")])
    assert twice == "# T\n\n## 2 (e)\n\n### Added\n\n- More.\n\n## 1 (d)\n\n- First.\n"


def test_news_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SystemExit, match="bugfix"):
        release.with_news("# T\n", "1", [("bugfix", "x")])


def test_a_version_that_does_not_go_up_is_refused(tree: Path) -> None:
    release.prepare(Repository(tree), "beta", "0.2.0", TODAY)
    for version in ("0.2.0", "0.1.9"):
        with pytest.raises(SystemExit, match="is not after it"):
            release.prepare(Repository(tree), "beta", version, TODAY)


def test_a_version_that_a_sibling_refuses_is_refused(tree: Path) -> None:
    pyproject = tree / "packages" / "beta" / "pyproject.toml"
    needs = pyproject.read_text("utf-8").replace("dependencies = []", 'dependencies = ["partita-alpha>=0.1,<0.2"]')
    pyproject.write_text(needs, "utf-8")
    with pytest.raises(SystemExit, match=r"packages/beta/pyproject.toml: partita-alpha"):
        release.prepare(Repository(tree), "alpha", "0.2.0", TODAY)
    release.prepare(Repository(tree), "alpha", "0.1.5", TODAY)


@pytest.mark.parametrize("name", ["beta", "partita"])
def test_a_dry_run_builds_and_changes_nothing(tree: Path, run: Run, name: str) -> None:
    def state() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in tree.rglob("*") if p.is_file() and "__pycache__" not in p.parts}

    before = state()
    done = run("release", name, "0.2.0", "--dry-run")
    assert done.returncode == 0, done.stderr
    stem = "partita" if name == "partita" else "partita_beta"
    assert f"Built {stem}-0.2.0-py3-none-any.whl" in done.stdout
    assert f"Built {stem}-0.2.0.tar.gz" in done.stdout
    assert f"Would commit and tag {name}-v0.2.0" in done.stdout
    assert state() == before


def test_a_tag_builds_only_the_version_it_names(tree: Path, run: Run) -> None:
    assert "The tag says 0.3.0" in run("release", "--tag", "beta-v0.3.0").stderr
    assert run("release", "--tag", "beta-v0.1.0").returncode == 0
    assert sorted(path.name for path in (tree / "dist").iterdir()) == [
        "partita_beta-0.1.0-py3-none-any.whl",
        "partita_beta-0.1.0.tar.gz",
    ]


def test_a_wheel_that_takes_the_namespace_for_itself_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "packages" / "beta" / "src" / "partita" / "__init__.py").write_text("", "utf-8")
    with pytest.raises(SystemExit, match="namespace"):
        release.build(Repository(tree).package("beta"), tmp_path / "dist")
