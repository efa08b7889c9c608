"""Every package has the files that users and checks expect."""

from __future__ import annotations

import pytest
from repository import ROOT, Package, Repository

EVERYTHING = {package.name: package for package in Repository().everything}
WITH_CODE = {name: package for name, package in EVERYTHING.items() if not package.is_meta}


@pytest.mark.parametrize("package", EVERYTHING.values(), ids=EVERYTHING)
def test_a_package_says_what_it_is_and_under_which_licence(package: Package) -> None:
    assert (package.path / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (package.path / "README.md").read_text("utf-8").startswith(f"# {package.distribution}\n")
    assert (package.path / "CHANGELOG.md").read_text("utf-8").startswith(f"# Changes in {package.distribution}\n")
    assert (package.path / "news").is_dir()
    project = package.pyproject["project"]
    assert project["license"] == "BSD-3-Clause"
    assert project["requires-python"] == ">=3.11"
    assert project["description"].strip()


@pytest.mark.parametrize("package", WITH_CODE.values(), ids=WITH_CODE)
def test_a_package_is_typed_and_the_example_in_its_readme_is_tested(package: Package) -> None:
    assert (package.source / "py.typed").exists()
    assert "```python\n" in (package.path / "README.md").read_text("utf-8")
    assert (package.path / "tests" / "test_readme.py").exists()


@pytest.mark.parametrize("package", WITH_CODE.values(), ids=WITH_CODE)
def test_ranges_between_siblings_are_ranges(package: Package) -> None:
    # Only the meta-package pins exactly.
    wanted = [*package.dependencies, *(line for lines in package.extras.values() for line in lines)]
    assert not [line for line in wanted if "==" in line]


def test_the_meta_package_has_no_code() -> None:
    assert not list(EVERYTHING["partita"].path.rglob("*.py"))
