"""The two pages on Django, with the middleware that `startproject` puts in (messages and login left out)."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import aget_object_or_404, get_object_or_404, render
from django.urls import path

settings.configure(
    SECRET_KEY="bench" * 10,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates"],
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    USE_TZ=True,
)
django.setup()


class Artist(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        db_table = "shop_artist"
        app_label = "bench"
        managed = False


class Genre(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        db_table = "shop_genre"
        app_label = "bench"
        managed = False


class Album(models.Model):
    title = models.CharField(max_length=160)
    artist = models.ForeignKey(Artist, on_delete=models.CASCADE)

    class Meta:
        db_table = "shop_album"
        app_label = "bench"
        managed = False


class Track(models.Model):
    name = models.CharField(max_length=200)
    album = models.ForeignKey(Album, on_delete=models.CASCADE)
    genre = models.ForeignKey(Genre, on_delete=models.CASCADE)
    composer = models.CharField(max_length=220)
    milliseconds = models.IntegerField()
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        db_table = "shop_track"
        app_label = "bench"
        managed = False


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello, world!", content_type="text/plain")


def album(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Album.objects.select_related("artist"), pk=pk)
    tracks = list(Track.objects.filter(album=found).select_related("genre").order_by("id"))
    return render(request, "album.html", {"album": found, "tracks": tracks})


async def ahello(request: HttpRequest) -> HttpResponse:
    return hello(request)


async def aalbum(request: HttpRequest, pk: int) -> HttpResponse:
    found = await aget_object_or_404(Album.objects.select_related("artist"), pk=pk)
    tracks = [track async for track in Track.objects.filter(album=found).select_related("genre").order_by("id")]
    return render(request, "album.html", {"album": found, "tracks": tracks})


_ASYNC = bool(os.environ.get("BENCH_ASYNC"))
urlpatterns = [
    path("hello/", ahello if _ASYNC else hello),
    path("albums/<int:pk>/", aalbum if _ASYNC else album),
]
application = get_asgi_application() if _ASYNC else get_wsgi_application()
