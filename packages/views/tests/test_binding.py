"""Views get objects where their routes capture keys."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from partita import orm
from partita.http import NotFound, Request, Response
from partita.testing import Client, application
from partita.urls import path, re_path
from partita.views import ViewConfigurationError
from partita.views.binding import bind_models
from partita.views.generic import View

registry = orm.Registry()


class Album(orm.Model):
    title = orm.CharField(max_length=40)
    public = orm.BooleanField(default=True)

    class Meta:
        app_label = "binding"
        registry = registry


class Disc(orm.Model):
    id = orm.UUIDField(primary_key=True)

    class Meta:
        app_label = "binding"
        registry = registry


@pytest.fixture(autouse=True)
def _rows() -> Iterator[None]:
    with orm.Databases({"default": "sqlite://:memory:"}) as databases:
        databases["default"].create_all(Album, Disc)
        Album.objects.create(title="Blue")
        Album.objects.create(title="Red", public=False)
        yield


@bind_models()
def show(request: Request, album: Album) -> Response:
    return Response.text(album.title)


@bind_models()
async def ashow(request: Request, album: Album, page: int = 1) -> Response:
    return Response.text(f"{album.title} {page}")


def test_a_view_gets_the_object_or_the_visitor_a_404() -> None:
    assert show(Request.build(), album=1).body == b"Blue"  # type: ignore[arg-type]  # what the route captured
    with pytest.raises(NotFound):
        show(Request.build(), album=99)  # type: ignore[arg-type]
    assert asyncio.run(ashow(Request.build(), album=1, page=2)).body == b"Blue 2"  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        asyncio.run(ashow(Request.build(), album=99))  # type: ignore[arg-type]


def test_an_object_passes_as_it_is() -> None:
    assert show(Request.build(), album=Album(title="Green")).body == b"Green"


def test_another_field_or_a_query_set_may_be_looked_in() -> None:
    def view(request: Request, album: Album) -> str:
        return album.title

    by_title = bind_models(album="title")(view)
    assert by_title(Request.build(), album="Blue") == "Blue"  # type: ignore[arg-type]
    public = bind_models(album=Album.objects.filter(public=True))(view)
    assert public(Request.build(), album=1) == "Blue"  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        public(Request.build(), album=2)  # type: ignore[arg-type]
    both = bind_models(album=(Album.objects.filter(public=False), "title"))(view)
    assert both(Request.build(), album="Red") == "Red"  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        both(Request.build(), album="Blue")  # type: ignore[arg-type]


def test_a_view_without_models_is_told_at_once() -> None:
    with pytest.raises(ViewConfigurationError, match="no parameter is annotated"):
        bind_models()(lambda request: None)
    with pytest.raises(ViewConfigurationError, match="artist is annotated"):
        bind_models(artist="name")(show)


def play(request: Request, disc: Disc) -> Response:
    return Response.text(str(disc.id))


async def aplay(request: Request, disc: Disc) -> Response:
    return Response.text(str(disc.id))


@pytest.mark.parametrize("key", ["abc", "", "1\x00", "9" * 40, "-1"])
def test_text_of_an_address_that_is_no_key_is_a_404(key: Any) -> None:
    for view in (show, bind_models()(play)):
        with pytest.raises(NotFound):
            view(Request.build(), **{("disc" if view is not show else "album"): key})
    with pytest.raises(NotFound):
        asyncio.run(ashow(Request.build(), album=key))
    with pytest.raises(NotFound):
        asyncio.run(bind_models()(aplay)(Request.build(), disc=key))


def test_a_wrong_value_that_is_no_text_stays_the_mistake_that_it_is() -> None:
    wrong: Any = object()
    with pytest.raises((TypeError, ValueError)):
        show(Request.build(), album=wrong)
    with pytest.raises(NotFound):
        show(Request.build(), album=None)  # type: ignore[arg-type]  # on purpose


def test_values_that_come_by_their_position_are_looked_up_too() -> None:
    assert show(Request.build(), 1).body == b"Blue"  # type: ignore[arg-type]
    assert asyncio.run(ashow(Request.build(), 1, 5)).body == b"Blue 5"  # type: ignore[arg-type]


def test_a_parameter_may_be_captured_by_some_routes_only() -> None:
    @bind_models()
    def first(request: Request, album: Album | None = None) -> Any:
        return album

    assert first(Request.build()) is first(Request.build(), album=None) is None
    assert first(Request.build(), album=1).title == "Blue"  # type: ignore[arg-type]


def test_methods_of_classes_get_objects() -> None:
    class Show(View):
        @bind_models()
        def get(self, request: Request, album: Album) -> Response:
            return Response.text(album.title)

    assert Show.as_view()(Request.build(), album=1).body == b"Blue"


def test_an_annotation_that_is_not_known_at_run_time_is_told_at_once() -> None:
    def view(request: "OnlyForTypes", album: Album) -> None:  # type: ignore[name-defined]  # noqa: F821 # on purpose
        """Show nothing."""

    with pytest.raises(
        ViewConfigurationError, match="the annotation 'OnlyForTypes' is not known at run time; import it"
    ):
        bind_models()(view)


def test_an_application_answers_with_the_object_or_404() -> None:
    urls = [path("albums/<str:album>/", show), re_path(r"^by-position/([^/]+)/$", ashow)]
    with application(urls=urls, default_apps=("partita.http", "partita.urls")) as app:
        client = Client(app)
        for place in ("albums", "by-position"):
            assert [client.get(f"/{place}/{key}/").status for key in ("1", "99", "abc")] == [200, 404, 404]
            assert client.get(f"/{place}/1/").content.startswith(b"Blue")
