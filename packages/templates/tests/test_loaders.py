"""Where templates come from: functions, packages, chains, caches."""

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from partita.templates import (
    CachedLoader,
    ChainLoader,
    DictLoader,
    Engine,
    FileLoader,
    FunctionLoader,
    PackageLoader,
    TemplateNotFound,
)


def test_a_function_may_fetch_templates_from_anywhere() -> None:
    rows = {"a.html": "one {{ x }}"}
    engine = Engine(loaders=[FunctionLoader(rows.get, "table pages")], debug=True)
    assert engine.render("a.html", {"x": 1}) == "one 1"
    rows["a.html"] = "two {{ x }}"
    assert engine.render("a.html", {"x": 1}) == "two 1"
    with pytest.raises(TemplateNotFound, match=r"table pages:b\.html"):
        engine.get_template("b.html")


@pytest.mark.parametrize("packed", [False, True])
def test_a_package_brings_its_templates_even_in_a_zip_file(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"shop_{'packed' if packed else 'open'}"
    files = {f"{name}/__init__.py": "", f"{name}/templates/shop/cart.html": "cart {{ n }}", f"{name}/secret.html": "no"}
    if packed:
        with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        monkeypatch.syspath_prepend(str(tmp_path / "shop.zip"))
    else:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
    loader = PackageLoader(name)
    engine = Engine(loaders=[loader])
    assert engine.render("shop/cart.html", {"n": 2}) == "cart 2"
    assert list(loader.names()) == ["shop/cart.html"]
    for bad in ("../secret.html", "shop/../../secret.html", "shop", "absent.html"):
        assert loader.load(bad) is None
    sys.modules.pop(name, None)


def test_loaders_are_asked_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("file", encoding="utf-8")
    (tmp_path / "b.html").write_text("file", encoding="utf-8")
    chain = ChainLoader([DictLoader({"a.html": "mapping"}), FileLoader([tmp_path])])
    engine = Engine(loaders=[chain])
    assert (engine.render("a.html"), engine.render("b.html")) == ("mapping", "file")
    assert sorted(set(chain.names())) == ["a.html", "b.html"]
    assert len(chain.places("c.html")) == 2


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def counting(rows: dict[str, str]) -> tuple[Callable[[str], str | None], list[str]]:
    asked: list[str] = []

    def find(name: str) -> str | None:
        asked.append(name)
        return rows.get(name)

    return find, asked


def test_a_cached_loader_asks_again_after_its_time_or_a_reset() -> None:
    rows, clock = {"a.html": "one"}, Clock()
    find, asked = counting(rows)
    loader = CachedLoader(FunctionLoader(find), seconds=10, clock=clock)
    engine = Engine(loaders=[loader], debug=True)
    for _ in range(3):
        assert engine.render("a.html") == "one"
        assert loader.load("absent.html") is None
    assert asked == ["a.html", "absent.html"]
    rows["a.html"] = "two"
    assert engine.render("a.html") == "one"
    clock.now = 11
    assert engine.render("a.html") == "two"
    rows["a.html"] = "three"
    engine.reset()
    assert engine.render("a.html") == "three"


def test_a_cached_loader_keeps_a_bounded_number_of_names() -> None:
    find, asked = counting({})
    loader = CachedLoader(FunctionLoader(find), most=5)
    for number in range(50):
        loader.load(f"{number}.html")
    assert len(loader._kept) <= 5
    assert len(asked) == 50


def test_files_have_the_encoding_that_the_engine_says(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes("größer".encode("latin-1"))
    assert Engine([tmp_path], file_charset="latin-1").render("a.html") == "größer"
