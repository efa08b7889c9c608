"""What several test modules use."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.templates import Engine


@pytest.fixture
def show() -> Callable[..., str]:
    """Return a function that renders a source with names, and templates beside it."""

    def render(source: str, templates: dict[str, str] | None = None, **names: Any) -> str:
        return str(Engine(templates=templates or {}).from_string(source).render(names))

    return render
