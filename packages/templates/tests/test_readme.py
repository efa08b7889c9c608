"""The README's examples run."""

import re
from pathlib import Path

import pytest

from partita.templates import Engine

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_readme_s_python_runs(source: str) -> None:
    assert "assert" in source
    exec(compile(source, "README.md", "exec"), {"__name__": "readme"})


def test_the_readme_s_component_works() -> None:
    component, page = re.findall(r"```html\n(.*?)```", README, re.DOTALL)
    engine = Engine(templates={"components/card.html": component, "page.html": page})
    shown = " ".join(
        engine.render("page.html", {"album": {"title": "A&B", "id": 7, "text": "T", "year": 1971}}).split()
    )
    assert (
        '<section class="card wide" data-id="7" data-tone="info"> <h2>A&amp;B</h2> <p>T</p> <footer>1971</footer>'
        in shown
    )
    assert '<section class="card" data-tone="info"> <h2>Empty</h2> Nothing here yet. </section>' in shown
