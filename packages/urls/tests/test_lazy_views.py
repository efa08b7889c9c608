"""Views by their dotted names."""

import sys
from pathlib import Path

import pytest

from partita.urls import LazyView, PatternError, Router, path


@pytest.fixture
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module with views that has not been imported."""
    (tmp_path / "lazy_shop_views.py").write_text(
        "def album(request, pk):\n    return f'album {pk}'\n"
        "class Albums:\n    @classmethod\n    def as_view(cls):\n        return lambda request: 'albums'\n"
        "number = 5\n"
    )
    (tmp_path / "lazy_broken_views.py").write_text("import there_is_no_such_module\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "lazy_shop_views", raising=False)
    return "lazy_shop_views"


def test_a_view_is_imported_by_the_first_match(views: str) -> None:
    router = Router([path("albums/<int:pk>/", f"{views}.album", name="album"), path("albums/", f"{views}.Albums")])
    assert router.reverse("album", 5) == "/albums/5/"
    assert [route.name for route in router.routes()] == ["album", None]
    assert views not in sys.modules
    match = router.match("/albums/5/")
    assert match.view.__name__ == "album"
    assert match.view(None, **match.kwargs) == "album 5"
    assert match.view_name == "album"
    assert router.match("/albums/").view(None) == "albums"
    assert router.match("/albums/").view_name == f"{views}.Albums"


def test_a_lazy_view_can_be_called(views: str) -> None:
    assert LazyView(f"{views}.album")(None, pk=1) == "album 1"


def test_what_cannot_be_imported_is_told_by_the_check_and_at_the_match(views: str) -> None:
    names = ("lazy_missing.view", f"{views}.missing", f"{views}.number", "lazy_broken_views.x", f"{views}.album")
    router = Router([path(f"{number}/", name) for number, name in enumerate(names)])
    found = [problem for problem in router.problems() if problem.id == "urls.W006"]
    assert [problem.text.partition(" cannot")[0] for problem in found] == [f"the view {name!r}" for name in names[:4]]
    for at, told in ((0, "no module"), (1, "has no 'missing'"), (2, "callable")):
        with pytest.raises(PatternError, match=told):
            router.match(f"/{at}/")
    with pytest.raises(
        ModuleNotFoundError, match="there_is_no_such_module"
    ):  # what the module itself lacks stays what it is
        router.match("/3/")


@pytest.mark.parametrize("name", ["view", "shop/views.py", "shop..view", ".view", "shop.view()"])
def test_what_is_no_dotted_name_is_refused(name: str) -> None:
    with pytest.raises(PatternError, match="dotted name"):
        path("a/", name)
