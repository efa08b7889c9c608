"""The ten lines that the README begins with work."""

import re
from pathlib import Path


def test_the_first_example_runs() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    exec(compile(example[1], "README.md", "exec"), {"__name__": "readme"})
