"""Names of packages that are imported when they are asked for."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from partita.contracts.on_first_use import on_first_use

OPENING = """
from partita.contracts.on_first_use import on_first_use
from tea.cups import cup
__getattr__, __dir__ = on_first_use(__name__, {"kettles": ("kettle", "lid"), "spoons": ("spoon",)})
__all__ = ("cup", "kettle", "lid", "spoon")
"""


@pytest.fixture
def tea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return a package some of whose modules wait."""
    folder = tmp_path / "tea"
    folder.mkdir()
    folder.joinpath("__init__.py").write_text(OPENING)
    folder.joinpath("cups.py").write_text("cup = 'a cup'")
    folder.joinpath("kettles.py").write_text("kettle, lid = object(), object()")
    folder.joinpath("spoons.py").write_text("import there_is_no_such_module")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("tea")
    for name in [name for name in sys.modules if name.partition(".")[0] == "tea"]:
        del sys.modules[name]


def test_a_module_is_imported_when_one_of_its_names_is_first_asked_for(tea: ModuleType) -> None:
    assert tea.cup == "a cup"
    assert "tea.kettles" not in sys.modules
    found = tea.kettle
    assert found is sys.modules["tea.kettles"].kettle
    assert vars(tea)["kettle"] is found  # so that it is found without the detour from now on
    assert "tea.spoons" not in sys.modules


def test_all_ways_of_importing_find_them(tea: ModuleType) -> None:
    names: dict[str, object] = {}
    exec("from tea import kettle, lid\nimport tea as whole", names)
    assert (names["kettle"], names["lid"]) == (tea.kettle, tea.lid)


def test_names_that_wait_are_listed_without_being_imported(tea: ModuleType) -> None:
    assert {"cup", "kettle", "lid", "spoon"} <= set(dir(tea))
    assert "tea.kettles" not in sys.modules


def test_other_names_are_missed_as_everywhere(tea: ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"^module 'tea' has no attribute 'saucer'$"):
        _ = tea.saucer
    with pytest.raises(ImportError, match="saucer"):
        exec("from tea import saucer", {})


def test_a_module_that_cannot_be_imported_says_why_each_time(tea: ModuleType) -> None:
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
            _ = tea.spoon


def test_a_name_that_a_module_has_as_well_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tea has modules of the names \['kettle'\]"):
        on_first_use("tea", {"kettle": ("kettle",)})
