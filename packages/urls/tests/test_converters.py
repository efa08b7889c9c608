"""Converters of one's own, known to every router or to one."""

import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from partita.urls import PatternError, Router, converters, get_converters, path, register_converter
from partita.urls.converters import IntConverter


class YearMonth:
    """``2026-11``."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, text: str) -> date:
        return date.fromisoformat(f"{text}-01")

    def to_url(self, value: Any) -> str:
        return f"{value:%Y-%m}"


def view(request: object, month: date) -> None: ...


@pytest.fixture(autouse=True)
def _own_register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converters, "_registered", {})


def test_a_registered_converter_goes_there_and_back() -> None:
    register_converter(YearMonth, "yyyymm")
    register_converter(YearMonth, "yyyymm")  # a module that is imported under two names
    router = Router([path("archive/<yyyymm:month>/", view, name="archive")])
    match = router.match("/archive/2026-11/")
    assert match.kwargs == {"month": date(2026, 11, 1)}
    assert router.reverse("archive", kwargs=match.kwargs) == "/archive/2026-11/"
    assert not router.is_valid_path("/archive/2026-13/")
    assert isinstance(get_converters()["yyyymm"], YearMonth)


def test_a_router_may_have_converters_of_its_own_under_the_same_name() -> None:
    register_converter(YearMonth, "month_of_all")
    router = Router([path("<month_of_all:month>/", view)], {"month_of_all": IntConverter})
    assert router.match("/11/").kwargs == {"month": 11}


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (YearMonth, "int", "'int' is already registered, as IntConverter"),
        (YearMonth, "a:b", "neither colons"),
        (YearMonth, "", "neither colons"),
        (object, "thing", "lacks regex, to_python, to_url"),
    ],
)
def test_what_cannot_be_registered_says_why(kind: Any, name: str, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        register_converter(kind, name)


def test_importing_the_package_registers_nothing() -> None:
    code = "import partita.urls.converters as c; print(dict(c.registered_converters()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "{}\n"


def test_a_module_that_is_loaded_anew_registers_its_converter_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded() -> type[Any]:
        class Even:
            regex = "[0-9]*[02468]"

            def to_python(self, text: str) -> int:
                return int(text)

            def to_url(self, value: object) -> str:
                return str(value)

        return Even

    monkeypatch.setattr(converters, "_registered", {})
    first, second = loaded(), loaded()
    register_converter(first, "even")
    register_converter(second, "even")
    assert type(get_converters()["even"]) is second
    second.__qualname__ = "Other"
    with pytest.raises(PatternError, match="already registered, as Other"):
        register_converter(first, "even")
