"""What `import partita.orm` brings along, and what comes when somebody asks for it."""

import subprocess
import sys
from typing import Any

import pytest

import partita.orm
from partita.orm import Manager, ManyManager, QuerySet, RelatedManager, fields, functions

LATER = (
    "partita.contracts.checks",
    "partita.orm.advice",
    "partita.orm.choices",
    "partita.orm.ctes",
    "partita.orm.fields.files",
    "partita.orm.fields.images",
    "partita.orm.functions.math",
    "partita.orm.functions.text",
    "partita.orm.manual",
    "partita.orm.raw",
    "partita.orm.replicas",
    "partita.orm.windows",
    "sqlite3",
    "zoneinfo",
)


def test_what_many_programs_do_without_is_not_imported_at_once() -> None:
    code = f"import partita.orm, sys; print(*[name for name in {LATER!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", [partita.orm, fields, functions])
def test_every_public_name_is_there_when_it_is_asked_for(package: Any) -> None:
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_a_function_is_the_same_wherever_it_comes_from() -> None:
    assert partita.orm.Lower is functions.Lower
    assert partita.orm.Rank is functions.Rank
    assert partita.orm.FileField is fields.FileField


def test_a_manager_inherits_what_it_hands_on_to_a_queryset() -> None:
    class Plain(Manager[Any]):
        pass

    for kind in (Plain, ManyManager, RelatedManager):
        assert kind.filter is Manager.filter
        assert "filter" not in vars(kind)


class Rows(QuerySet[Any]):
    def old(self) -> Any:
        return self

    def _hidden(self) -> Any:
        return self

    def _shown(self) -> Any:
        return self

    def kept(self) -> Any:
        return self

    _shown.queryset_only = False  # type: ignore[attr-defined]  # functions may have attributes
    kept.queryset_only = True  # type: ignore[attr-defined]  # functions may have attributes


class MoreRows(Rows):
    def kept(self) -> Any:  # what it overrides says that managers do not have it
        return self


@pytest.mark.parametrize("rows", [Rows, MoreRows])
def test_a_manager_has_the_methods_that_a_queryset_class_shares(rows: Any) -> None:
    kind = Manager.from_queryset(rows)

    class Inherited(kind):  # type: ignore[misc, valid-type]  # a class made at run time
        pass

    for each in (kind, Inherited):
        assert hasattr(each, "old")
        assert hasattr(each, "_shown")
        assert not hasattr(each, "_hidden")
        assert not hasattr(each, "kept")
        assert not hasattr(each, "delete")


def test_what_a_manager_defines_itself_stays_whatever_it_inherits() -> None:
    class Own(Manager[Any]):
        def filter(self, *conditions: Any, **lookups: Any) -> Any:
            return "own"

    class Both(Own, Manager.from_queryset(Rows)):  # type: ignore[misc]  # a class made at run time
        pass

    assert Both().filter() == "own"
    assert hasattr(Both, "old")
