"""Fixtures for pytest: the project's application, and a client that asks it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from partita.testing.client import Client

__all__ = ("client", "partita_app", "pytest_addoption")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting ``partita_app``."""
    parser.addini("partita_app", "the application, as module:name; by default what [tool.partita] app says", default="")


@pytest.fixture(scope="session")
def partita_app(request: pytest.FixtureRequest) -> Any:
    """The project's application, which ``pyproject.toml`` names in ``[tool.partita]``; override it to test another."""
    import pkgutil
    import sys
    import tomllib

    target = request.config.getini("partita_app")
    root = Path(request.config.rootpath)
    if not target:
        path = root / "pyproject.toml"
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        target = table.get("tool", {}).get("partita", {}).get("app", "")
    if not target:
        pytest.fail(
            "No application to test: write [tool.partita] app = 'shop.app:app' into pyproject.toml, "
            "or make a fixture partita_app.",
            pytrace=False,
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return pkgutil.resolve_name(target)


@pytest.fixture
def client(partita_app: Any) -> "Iterator[Client]":
    """A client of `partita_app`, which is current meanwhile."""
    from partita.contracts.settings import ALLOWED_HOSTS
    from partita.testing.client import Client

    named = [name for name in partita_app.find(ALLOWED_HOSTS) or () if not name.startswith((".", "*", "["))]
    with partita_app:
        visitor = Client(partita_app, host=named[0] if named else "localhost")
        yield visitor
        visitor.close()
