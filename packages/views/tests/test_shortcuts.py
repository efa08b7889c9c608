"""Shortcuts: templates, redirects, objects or 404."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.templates import TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import NotFound, Request
from partita.templates import Engine
from partita.urls import ROUTER, NoReverseMatch, Router, path, reverse_lazy
from partita.views import (
    aget_list_or_404,
    aget_object_or_404,
    arender,
    get_list_or_404,
    get_object_or_404,
    redirect,
    render,
)


class Album:
    """Stand for a model: the protocol that the shortcuts ask of rows."""

    class DoesNotExist(LookupError):
        """None fits."""

    _default_manager: "Rows"

    def __init__(self, title: str) -> None:
        self.title = title

    def get_absolute_url(self) -> str:
        """Return the page."""
        return f"/albums/{self.title}/"


class Rows:
    """Rows in memory."""

    model = Album

    def __init__(self, *albums: Album) -> None:
        self.albums = albums

    def filter(self, **look_ups: object) -> "Rows":
        """Return rows that fit."""
        return Rows(*[each for each in self.albums if vars(each).items() >= look_ups.items()])

    def get(self, **look_ups: object) -> Album:
        """Return the row that fits."""
        found = self.filter(**look_ups).albums
        if not found:
            raise Album.DoesNotExist
        (album,) = found
        return album

    async def aget(self, **look_ups: object) -> Album:
        """Async twin."""
        return self.get(**look_ups)

    def __iter__(self) -> Iterator[Album]:
        return iter(self.albums)

    async def __aiter__(self) -> AsyncIterator[Album]:
        for album in self.albums:
            yield album


Album._default_manager = Rows(Album("help"), Album("gold"))


@pytest.fixture(autouse=True)
def app() -> Iterator[SimpleRegistrar]:
    """An application with a template and a route."""
    made = SimpleRegistrar()
    made.provide(TEMPLATES, lambda: Engine(templates={"a.html": "{{ x }} {{ request.path }}"}))
    made.provide(ROUTER, lambda: Router([path("albums/<str:t>/", get_object_or_404, name="album")]))
    token = CURRENT.set(made)
    yield made
    CURRENT.reset(token)


def test_a_template_is_rendered_with_its_request() -> None:
    request = Request.build("GET", "/p")
    response = render(request, "a.html", {"x": "<b>"}, status=201)
    assert (response.status, response.body) == (201, b"&lt;b&gt; /p")
    assert response.content_type == "text/html; charset=utf-8"
    assert render(request, "a.html", content_type="text/plain").content_type == "text/plain"
    assert asyncio.run(arender(request, "a.html", {"x": 1})).body == b"1 /p"
    with pytest.raises(LookupError, match=r"absent\.html"):
        render(request, "absent.html")


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("/a/?b=1#c", "/a/?b=1#c"),
        ("https://x.test/", "https://x.test/"),
        ("../up", "../up"),
        ("page.html", "page.html"),
        (Album("gold"), "/albums/gold/"),
        pytest.param(reverse_lazy("album", "x"), "/albums/x/", id="lazy"),
    ],
)
def test_redirects_go_to_urls_objects_and_lazy_ones(to: object, where: str) -> None:
    response = redirect(to)
    assert (response.status, response.headers["location"]) == (302, where)


def test_redirects_go_to_routes() -> None:
    assert redirect("album", "a b", permanent=True).headers["location"] == "/albums/a%20b/"
    assert redirect("album", t="x", preserve_request=True).status == 307
    assert redirect(get_object_or_404, "x").headers["location"] == "/albums/x/"
    with pytest.raises(NoReverseMatch):
        redirect("nowhere")


@pytest.mark.parametrize("rows", [Album, Album._default_manager])
def test_objects_are_found_or_404(rows: Any) -> None:
    assert get_object_or_404(rows, title="gold").title == "gold"
    assert [album.title for album in get_list_or_404(rows, title="help")] == ["help"]
    with pytest.raises(NotFound, match="no such Album"):
        get_object_or_404(rows, title="x")
    with pytest.raises(NotFound):
        get_list_or_404(rows, title="x")


def test_objects_are_found_without_blocking() -> None:
    async def find() -> None:
        assert (await aget_object_or_404(Album, title="gold")).title == "gold"
        assert len(await aget_list_or_404(Album)) == 2
        with pytest.raises(NotFound):
            await aget_object_or_404(Album, title="x")
        with pytest.raises(NotFound):
            await aget_list_or_404(Album, title="x")

    asyncio.run(find())


def test_something_that_has_no_rows_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a model, a manager or a query set, got dict"):
        get_object_or_404({}, title="x")  # type: ignore[call-overload]
