"""Release one package: version, changelog from news fragments, pins, build, commit, tag (`orm-v0.2.0`)."""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pins
from packaging.requirements import Requirement
from packaging.version import Version
from repository import ROOT, Package, Repository, canonical, distribution

__all__ = ("KINDS", "build", "main", "prepare", "with_news")

KINDS = {
    "security": "Security",
    "removal": "Removed",
    "change": "Changed",
    "feature": "Added",
    "fix": "Fixed",
}
COPIED = shutil.ignore_patterns(".git", ".venv*", ".nox", "dist", "__pycache__", ".*_cache", ".artefacts", ".demo")


def main(arguments: list[str] | None = None) -> int:
    """Release, rehearse with ``--dry-run``, or build what a tag names with ``--tag``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="?")
    parser.add_argument("version", nargs="?")
    parser.add_argument("--dry-run", action="store_true", help="do it all in a copy, and change nothing here")
    parser.add_argument("--tag", help="only build what this tag names, into dist/ (the release workflow)")
    options = parser.parse_args(arguments)
    if options.tag:
        name, _, version = options.tag.rpartition("-v")
        package = Repository().package(name)
        if package.version != version:
            raise SystemExit(f"The tag says {version}, but {package.distribution} is at {package.version}.")
        _say(build(package, ROOT / "dist"))
        return 0
    if not (options.package and options.version):
        parser.error("name a package and its next version")
    today = datetime.datetime.now(datetime.UTC).date()
    if options.dry_run:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy")
            shutil.copytree(ROOT, copy, ignore=COPIED)
            _say(prepare(Repository(copy), options.package, options.version, today))
            _say(build(Repository(copy).package(options.package), Path(folder, "dist")))
        _say([f"Would commit and tag {options.package}-v{options.version}. Nothing was changed here."])
        return 0
    _git("diff", "--quiet", "HEAD", why="There are changes that are not committed: commit them first.")
    _say(prepare(Repository(), options.package, options.version, today))
    _say(build(Repository().package(options.package), ROOT / "dist"))
    _git("add", "--all", "packages", "CHANGELOG.md")
    _git("commit", "-m", f"{options.package}: release {options.version}")
    _git("tag", "-a", f"{options.package}-v{options.version}", "-m", f"{options.package} {options.version}")
    _say(["Committed and tagged. To publish: git push --follow-tags"])
    return 0


def prepare(repository: Repository, name: str, version: str, today: datetime.date) -> list[str]:
    """Write the version, the changelog and the pins; returns what was done, as sentences.

    Raises:
        SystemExit: If the version does not go up, or a sibling's range refuses it.
    """
    package = repository.package(name)
    if Version(version) <= Version(package.version) and not _first(package):
        raise SystemExit(f"{package.distribution} is at {package.version}: {version} is not after it.")
    refusing = _refusing(repository, package, version)
    if refusing:
        listed = "\n".join(f"  {line}" for line in refusing)
        raise SystemExit(f"These ranges refuse {package.distribution} {version}; widen and test them first:\n{listed}")
    text = package.pyproject_path.read_text("utf-8")
    text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', text, count=1)
    package.pyproject_path.write_text(text, "utf-8")
    fragments = sorted(package.path.joinpath("news").glob("*.*.md"))
    changelog = package.path / "CHANGELOG.md"
    news = [(fragment.name.split(".")[-2], fragment.read_text("utf-8").strip()) for fragment in fragments]
    changelog.write_text(with_news(changelog.read_text("utf-8"), f"{version} ({today})", news), "utf-8")
    for fragment in fragments:
        fragment.unlink()
    after = Repository(repository.root)
    pins.update(after)
    done = [f"{package.distribution}: {package.version} becomes {version}, with {len(fragments)} pieces of news"]
    if package.is_meta:
        pinned = [("feature", line.replace("==", " ")) for line in after.meta.dependencies]
        suite = repository.root / "CHANGELOG.md"
        suite.write_text(with_news(suite.read_text("utf-8"), f"{version} ({today})", pinned), "utf-8")
        done.append("CHANGELOG.md names the versions that belong together")
    return done


def with_news(changelog: str, title: str, news: list[tuple[str, str]]) -> str:
    """A changelog with a new section made of `news` and of what stood under "Unreleased".

    Args:
        changelog: The text so far: a title, then sections that begin with ``##``.
        title: The new section's.
        news: Pairs of kind (a key of `KINDS`) and sentence.

    Raises:
        SystemExit: If a kind is unknown.
    """
    unknown = {kind for kind, _ in news} - set(KINDS)
    if unknown:
        raise SystemExit(f"News of an unknown kind {sorted(unknown)}; the kinds are {', '.join(KINDS)}.")
    head, *sections = re.split(r"(?m)^## ", changelog)
    waiting = ""
    if sections and sections[0].startswith("Unreleased"):
        waiting = sections.pop(0).removeprefix("Unreleased").strip()
    parts = [waiting] if waiting else []
    for kind, heading in KINDS.items():
        lines = ["- " + " ".join(text.split()) for each, text in news if each == kind]
        if lines:
            parts.append(f"### {heading}\n\n" + "\n".join(lines))
    new = f"{title}\n\n" + "\n\n".join(parts or ["- No change that users notice."]) + "\n"
    return head.rstrip() + "\n\n" + "\n".join(f"## {section.rstrip()}\n" for section in [new, *sections])


def build(package: Package, folder: Path) -> list[str]:
    """Build sdist and wheel into `folder` and look into the wheel; returns the files' names.

    Raises:
        SystemExit: If the wheel is not as it must be.
    """
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=package.path, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    version = Repository(package.path.parents[1]).package(package.name).version
    stem = package.distribution.replace("-", "_")
    wheel = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    missing = [] if package.is_meta else [f"partita/{package.name}/py.typed"]
    missing = [name for name in missing if name not in names]
    missing += [] if any(name.endswith("LICENSE") for name in names) else ["LICENSE"]
    if missing or "partita/__init__.py" in names:
        raise SystemExit(f"{wheel.name}: lacks {missing}, or takes the namespace partita/__init__.py for itself")
    return [f"Built {path.name}" for path in sorted(folder.glob(f"{stem}-{version}*"))]


def _first(package: Package) -> bool:
    """Whether the package was never released: its changelog has only the section "Unreleased"."""
    text = package.path.joinpath("CHANGELOG.md").read_text("utf-8")
    return re.findall(r"(?m)^## (\w+)", text) == ["Unreleased"]


def _refusing(repository: Repository, package: Package, version: str) -> list[str]:
    found = []
    for other in repository.packages:
        wanted = [*other.dependencies, *(line for lines in other.extras.values() for line in lines)]
        for line in wanted:
            ours = distribution(line) == canonical(package.distribution)
            if ours and not Requirement(line).specifier.contains(version, prereleases=True):
                found.append(f"packages/{other.name}/pyproject.toml: {line}")
    return sorted(set(found))


def _git(*arguments: str, why: str = "") -> None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(why or f"git {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


def _say(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
