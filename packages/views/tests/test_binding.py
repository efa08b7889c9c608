import asyncio
from collections.abc import Iterator

import pytest

from partita import orm
from partita.http import NotFound, Request, Response
from partita.views import ViewConfigurationError
from partita.views.binding import bind_models

registry = orm.Registry()


class Album(orm.Model):
    title = orm.CharField(max_length=40)
    public = orm.BooleanField(default=True)

    class Meta:
        app_label = "binding"
        registry = registry


@pytest.fixture(autouse=True)
def _rows() -> Iterator[None]:
    with orm.Databases({"default": "sqlite://:memory:"}) as databases:
        databases["default"].create_all(Album)
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
