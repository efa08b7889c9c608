"""Views by their dotted names."""

import sys
from pathlib import Path
from typing import Any, cast

import pytest

from partita.urls import LazyView, PatternError, Router, ViewDoesNotExist, get_callable, path


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


def test_a_view_is_found_by_its_name(views: str) -> None:
    found = get_callable(f"{views}.album")
    assert found(None, 3) == "album 3"
    assert get_callable(found) is found
    assert get_callable(f"{views}.Albums")(None) == "albums"
    for wrong, message in (
        (f"{views}.artist", f"the module '{views}' has no 'artist'$"),
        (f"{views}.albun", f"the module '{views}' has no 'albun'; did you mean 'album'"),
        (f"{views}.number", "a view must be callable, got int"),
        ("lazy_lost_views.album", "there is no module 'lazy_lost_views'"),
        ("album", "no dotted name of a view"),
        (5, "neither a callable nor a dotted name"),
    ):
        with pytest.raises(ViewDoesNotExist, match=message):
            get_callable(cast("Any", wrong))


def test_what_fails_inside_of_a_module_is_not_hidden(views: str, tmp_path: Path) -> None:
    (tmp_path / "lazy_failing_views.py").write_text("import sys\nsys.nothing_there\ndef view(request): ...\n")
    with pytest.raises(AttributeError, match="nothing_there"):
        get_callable("lazy_failing_views.view")
