"""A declared dependency is imported, and an imported one is declared."""

from __future__ import annotations

from pathlib import Path

import new_package
import pytest
from dependencies import problems
from repository import Repository


def write(tree: Path, file: str, text: str) -> None:
    path = tree / "packages" / "beta" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def declare(tree: Path, dependencies: str, extras: str = "") -> None:
    path = tree / "packages" / "beta" / "pyproject.toml"
    text = path.read_text("utf-8").replace("dependencies = []", f"dependencies = [{dependencies}]")
    if extras:
        text = text.replace("[tool.hatch", f"[project.optional-dependencies]\n{extras}\n\n[tool.hatch", 1)
    path.write_text(text, "utf-8")


def found(tree: Path) -> list[str]:
    repository = Repository(tree)
    return problems(repository.package("beta"), repository)


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("import pytest", "pytest"),
        ("from partita.alpha import AlphaError", "partita-alpha"),
        ("from partita import alpha", "partita-alpha"),
        ("def f() -> None:\n    import pytest", "pytest"),
        ("import no_such_library", "no_such_library"),
    ],
)
def test_an_import_that_is_not_declared_is_named(tree: Path, line: str, owner: str) -> None:
    write(tree, "src/partita/beta/more.py", f"{line}\n")
    assert len(found(tree)) == 1
    assert owner in found(tree)[0]


def test_a_declaration_that_nothing_imports_is_named(tree: Path) -> None:
    declare(tree, '"partita-alpha>=0.1,<0.2"')
    assert found(tree) == ["packages/beta/pyproject.toml: partita-alpha is declared, but nothing imports it"]
    write(tree, "src/partita/beta/more.py", "import partita.alpha.errors\n")
    assert found(tree) == []


def test_a_declaration_may_be_for_templates_if_that_is_said(tree: Path) -> None:
    declare(tree, '"partita-alpha>=0.1,<0.2"')
    path = tree / "packages" / "beta" / "pyproject.toml"
    path.write_text(path.read_text("utf-8") + 'not_imported = ["partita-alpha"]\n', "utf-8")
    assert found(tree) == []


def test_a_migration_may_import_what_loads_it(tree: Path) -> None:
    new_package.create(tree, "migrations", 2, "Migrations")
    write(tree, "src/partita/beta/migrations/0001_initial.py", "import partita.migrations\n")
    assert found(tree) == []
    write(tree, "src/partita/beta/other.py", "import partita.migrations\n")
    assert len(found(tree)) == 1


def test_an_extra_will_do_where_the_package_can_be_imported_without_it(tree: Path) -> None:
    declare(tree, "", 'joint = ["partita-alpha>=0.1,<0.2"]')
    write(tree, "src/partita/beta/joint.py", "import partita.alpha\n")
    write(tree, "src/partita/beta/lazy.py", "def f() -> None:\n    import partita.alpha\n")
    assert found(tree) == []


def test_an_extra_will_not_do_for_what_the_package_itself_imports(tree: Path) -> None:
    declare(tree, "", 'joint = ["partita-alpha>=0.1,<0.2"]')
    write(tree, "src/partita/beta/errors.py", "import partita.beta.deep\n\nclass BetaError(Exception): ...\n")
    write(tree, "src/partita/beta/deep.py", "import partita.alpha\n")
    assert [line for line in found(tree) if "deep.py:1" in line and "will not do" in line]


def test_tests_may_import_what_the_test_extra_names(tree: Path) -> None:
    write(tree, "tests/test_more.py", "import pytest\nimport partita.alpha\n")
    assert found(tree) == ["packages/beta/tests/test_more.py:2: partita.alpha needs partita-alpha in the extra `test`"]
    declare(tree, "", 'test = ["partita-alpha>=0.1,<0.2"]')
    assert found(tree) == []


def test_floor_0_stands_on_the_standard_library_alone(tree: Path) -> None:
    declare(tree, '"partita-alpha>=0.1,<0.2"')
    path = tree / "packages" / "beta" / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("floor = 2", "floor = 0"), "utf-8")
    write(tree, "src/partita/beta/more.py", "import partita.alpha\n")
    assert found(tree) == ["packages/beta/pyproject.toml: floor 0 stands on the standard library alone"]
