"""The example in the README."""

import re
from pathlib import Path


def test_the_example_in_the_readme_runs() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    exec(compile(found[1], "README.md", "exec"), {"__name__": "readme"})
