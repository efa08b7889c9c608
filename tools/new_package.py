"""Make a new package that passes every check: `python3 tools/new_package.py NAME --floor N --description …`."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

import pins
from api import describe
from repository import ROOT, Repository

__all__ = ("create", "main")

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.25"]
build-backend = "hatchling.build"

[project]
name = "partita-{name}"
version = "0.1.0"
description = {quoted}
readme = "README.md"
license = "BSD-3-Clause"
requires-python = ">=3.11"
dependencies = []

[tool.hatch.build.targets.wheel]
packages = ["src/partita"]

[tool.partita]
floor = {floor}
import_ms = 30
"""
README = """\
# partita-{name}

```python
from partita.{name} import {class_name}

try:
    raise {class_name}("shown")
except {class_name} as error:
    assert str(error) == "shown"
```

{description}
"""
CHANGELOG = """\
# Changes in partita-{name}

## Unreleased

- First version.
"""
INIT = '''\
"""{description}."""

from partita.{name}.errors import {class_name}

__all__ = ("{class_name}",)
'''
ERRORS = '''\
"""Errors of partita.{name}."""

__all__ = ("{class_name}",)


class {class_name}(Exception):
    """Base of every error this package raises."""
'''
README_TEST = '''\
"""The example in the README."""

import re
from pathlib import Path


def test_the_example_in_the_readme_runs() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    found = re.search(r"```python\\n(.*?)```", text, re.DOTALL)
    assert found is not None
    exec(compile(found[1], "README.md", "exec"), {{"__name__": "readme"}})
'''


def main(arguments: list[str] | None = None) -> int:
    """Make the package and pin it in the meta-package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="short name, such as `feeds` for partita-feeds")
    parser.add_argument("--floor", type=int, required=True, help="it may import packages of lower floors only")
    parser.add_argument("--description", required=True, help="one line, without a full stop")
    options = parser.parse_args(arguments)
    path = create(ROOT, options.name, options.floor, options.description)
    sys.stdout.write(f"Made {path.relative_to(ROOT)} and pinned it. Next: python3 tools/dev.py lint\n")
    return 0


def create(root: Path, name: str, floor: int, description: str) -> Path:
    """Write the package's files below `root` and pin it in the meta-package; returns its folder.

    Raises:
        SystemExit: If the name cannot be a package's, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise SystemExit(f"{name!r} cannot be a package's name: use lower-case letters and digits, one word.")
    path = root / "packages" / name
    if path.exists():
        raise SystemExit(f"packages/{name} is there already.")
    if floor < 1:
        raise SystemExit("Floor 0 is for contracts alone: take 1 or higher.")
    description = description.strip().rstrip(".")
    values = {
        "name": name,
        "floor": floor,
        "description": description,
        "quoted": json.dumps(description, ensure_ascii=False),
        "class_name": f"{name.capitalize()}Error",
    }
    source = path / "src" / "partita" / name
    files = {
        path / "pyproject.toml": PYPROJECT,
        path / "README.md": README,
        path / "CHANGELOG.md": CHANGELOG,
        path / "news" / ".gitkeep": "",
        path / "tests" / "test_readme.py": README_TEST,
        source / "__init__.py": INIT,
        source / "errors.py": ERRORS,
        source / "py.typed": "",
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(**values), "utf-8")
    shutil.copy(root / "LICENSE", path / "LICENSE")
    repository = Repository(root)
    pins.update(repository)
    api = root / "docs" / "api"
    api.mkdir(parents=True, exist_ok=True)
    api.joinpath(f"{name}.txt").write_text(describe(repository.package(name)), "utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
