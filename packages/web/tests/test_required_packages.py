"""Packages that come along with others, because these cannot do without them."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from partita.web import App, Settings


def test_a_package_is_set_up_after_those_that_it_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    order: list[str] = []
    for name, requires in (
        ("upper_floor", ("middle_floor",)),
        ("middle_floor", ("ground_floor",)),
        ("ground_floor", ()),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "integration.py").touch()
        integration = ModuleType(f"{name}.integration")
        integration.REQUIRES = requires  # type: ignore[attr-defined]  # a module made by hand
        integration.setup = lambda app, name=name: order.append(name)  # type: ignore[attr-defined]  # same
        monkeypatch.setitem(sys.modules, integration.__name__, integration)
    monkeypatch.syspath_prepend(str(tmp_path))
    app = App(Settings("x" * 50), apps=["upper_floor", "middle_floor"], default_apps=())
    assert order == ["ground_floor", "middle_floor", "upper_floor"]
    assert [package.name for package in app.packages] == order
    for name in order:
        sys.modules.pop(name, None)
