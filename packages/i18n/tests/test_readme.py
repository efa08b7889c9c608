"""The README's example runs."""

import re
from pathlib import Path


def test_the_ten_lines_of_the_readme_run() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found
    exec(compile(found[1], "README.md", "exec"), {"__name__": "readme"})
