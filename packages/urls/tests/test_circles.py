"""Modules of routes that include each other."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from partita.urls import PatternError, Router, include


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for modules."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("circle_")]:
        del sys.modules[name]


HEAD = """from partita.urls import include, path
def view(request, **kwargs): ...
"""


def test_a_module_that_includes_itself_is_followed_three_times(modules: Path) -> None:
    (modules / "circle_one.py").write_text(
        f"{HEAD}app_name = 'rooms'\n"
        "urlpatterns = [path('wall/', view, name='wall'), path('<int:a>/', include('circle_one', namespace='in'))]\n"
    )
    router = Router(include("circle_one").patterns)
    assert [info.route for info in router.routes()] == [
        "wall/", "<int:a>/wall/", "<int:a>/<int:a>/wall/", "<int:a>/<int:a>/<int:a>/wall/",
    ]  # fmt: skip
    assert router.match("/1/wall/").view_name == "in:wall"
    assert router.match("/1/2/3/wall/").kwargs == {"a": 3}
    assert router.reverse("in:in:wall", args=(4, 5)) == "/4/5/wall/"
    assert not router.is_valid_path("/1/2/3/4/wall/")


def test_modules_may_include_each_other_whichever_is_imported_first(modules: Path) -> None:
    (modules / "circle_hen.py").write_text(
        f"{HEAD}urlpatterns = [path('hen/', view, name='hen'), path('h/', include('circle_egg'))]\n"
    )
    (modules / "circle_egg.py").write_text(
        f"{HEAD}urlpatterns = [path('egg/', view, name='egg'), path('e/', include('circle_hen'))]\n"
    )
    for first, second in (("hen", "egg"), ("egg", "hen")):
        router = Router(include(f"circle_{first}").patterns)
        assert router.match(f"/{first[0]}/{second}/").name == second
        assert router.match(f"/{first[0]}/{second[0]}/{first}/").name == first
        for name in ("circle_hen", "circle_egg"):
            del sys.modules[name]


def test_a_module_of_a_circle_that_has_no_routes_in_the_end_is_named(modules: Path) -> None:
    (modules / "circle_none.py").write_text(f"{HEAD}urls = [path('x/', include('circle_none'))]\n")
    with pytest.raises(PatternError, match="'circle_none': the module has no `urlpatterns`"):
        include("circle_none")
    (modules / "circle_late.py").write_text(f"{HEAD}import circle_later\nurlpatterns = []\ndel urlpatterns\n")
    (modules / "circle_later.py").write_text(f"{HEAD}urlpatterns = [path('x/', include('circle_late'))]\n")
    import_module("circle_late")
    with pytest.raises(PatternError, match="'circle_late': the module has no `urlpatterns`"):
        Router(include("circle_later").patterns)


def test_what_include_gives_is_a_triple() -> None:
    routes = [*Router(()).routes()]
    assert include(routes) == (routes, None, None)
    target, app_name, namespace = include(([], "shop"), namespace="cds")
    assert (target, app_name, namespace) == ([], "shop", "cds")


def test_a_circle_of_many_routes_is_followed_less_often(modules: Path) -> None:
    (modules / "circle_many.py").write_text(
        f"{HEAD}urlpatterns = [path(f'{{n}}/', view, name=f'n{{n}}') for n in range(70)]\n"
        "urlpatterns += [path(f'in{n}/', include('circle_many')) for n in range(10)]\n"
    )
    router = Router(include("circle_many").patterns)
    assert router.is_valid_path("/in9/69/")
    assert not router.is_valid_path("/in9/in9/69/")
    assert len(list(router.routes())) == 70 * 11
