"""Every block marked `python` in the documentation runs, section by section, in an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```")


def programs() -> Iterator[tuple[str, str]]:
    """The page and heading of each section (to the next heading) with such blocks, and its program."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        if not page.exists() or "examples" in page.parts:
            continue
        for section in re.split(r"(?m)^(?=##+ )", page.read_text("utf-8")):
            title = section.splitlines()[0].strip("# ") if section.strip() else ""
            blocks = BLOCK.findall(section)
            if blocks:
                yield f"{page.relative_to(ROOT)}: {title}", "\n".join(blocks)


PROGRAMS = dict(programs())


@pytest.mark.parametrize("where", PROGRAMS)
def test_the_python_blocks_of_a_section_run_as_one_program(where: str, tmp_path: Path) -> None:
    script = tmp_path / "snippet.py"
    script.write_text(PROGRAMS[where], "utf-8")
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{where}\n{done.stdout}\n{done.stderr}"


def test_a_section_is_one_program_and_other_marks_are_not_run() -> None:
    section = "## A\n\n```python\na = 1\n```\n\n```py\nnever\n```\n\n```python\nassert a\n```\n"
    assert BLOCK.findall(section) == ["a = 1\n", "assert a\n"]
