import re
from pathlib import Path


def test_the_first_example_of_the_readme_runs() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    for source in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(compile(source, "README.md", "exec"), {})
