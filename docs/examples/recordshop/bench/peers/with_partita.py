"""The two pages on partita, with everything an App has by default: host check, headers, session, CSRF."""

import os
import sys
from pathlib import Path

from partita.http import Request, Response
from partita.orm import CASCADE, CharField, DecimalField, ForeignKey, IntegerField, Model
from partita.server import serve
from partita.urls import path
from partita.views import aget_object_or_404, arender
from partita.web import App, Settings


class Artist(Model):
    name = CharField(max_length=120)

    class Meta:
        db_table = "shop_artist"
        app_label = "bench"


class Genre(Model):
    name = CharField(max_length=120)

    class Meta:
        db_table = "shop_genre"
        app_label = "bench"


class Album(Model):
    title = CharField(max_length=160)
    artist = ForeignKey(Artist, on_delete=CASCADE)

    class Meta:
        db_table = "shop_album"
        app_label = "bench"


class Track(Model):
    name = CharField(max_length=200)
    album = ForeignKey(Album, on_delete=CASCADE)
    genre = ForeignKey(Genre, on_delete=CASCADE)
    composer = CharField(max_length=220)
    milliseconds = IntegerField()
    unit_price = DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        db_table = "shop_track"
        app_label = "bench"


async def hello(request: Request) -> Response:
    return Response.text("Hello, world!")


async def album(request: Request, pk: int) -> Response:
    found = await aget_object_or_404(Album.objects.select_related("artist"), pk=pk)
    tracks = [track async for track in Track.objects.filter(album=found).select_related("genre").order_by("id")]
    return await arender(request, "album.html", {"album": found, "tracks": tracks})


app = App(
    Settings(
        secret_key="bench" * 10,
        allowed_hosts=("127.0.0.1",),
        sections={
            "databases": {"default": f"sqlite:///{os.environ['BENCH_DATABASE']}"},
            "templates": {"dirs": [str(Path(__file__).parent / "templates")]},
        },
    ),
    urls=[path("hello/", hello), path("albums/<int:pk>/", album)],
)

if __name__ == "__main__":
    serve(app, host="127.0.0.1", port=int(sys.argv[1]))
