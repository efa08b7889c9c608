"""Rows of a database changed, added and deleted in a real browser, at one go and at two levels, without a reload."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, expect

from partita import orm
from partita.forms.model_formsets import inlineformset_factory
from partita.forms.nested_models import NestedModelForm
from partita.forms.rows import ROWS_SCRIPT_FILE

registry = orm.Registry()


class Artist(orm.Model):
    name = orm.CharField(max_length=40)

    class Meta:
        app_label = "browsed"
        registry = registry


class Album(orm.Model):
    artist = orm.ForeignKey(Artist, on_delete=orm.CASCADE)
    title = orm.CharField(max_length=40)

    class Meta:
        app_label = "browsed"
        registry = registry


class Track(orm.Model):
    album = orm.ForeignKey(Album, on_delete=orm.CASCADE)
    title = orm.CharField(max_length=40)

    class Meta:
        app_label = "browsed"
        registry = registry


class AlbumForm(NestedModelForm[Album]):
    formset_classes = {"tracks": inlineformset_factory(Album, Track, fields=("title",), extra=0)}

    class Meta:
        model = Album
        fields = ("title",)


class ArtistForm(NestedModelForm[Artist]):
    formset_classes = {"albums": inlineformset_factory(Artist, Album, AlbumForm, extra=0)}

    class Meta:
        model = Artist
        fields = ("name",)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Show and save the form of the one artist there is."""
    if environ["PATH_INFO"].endswith(".js"):
        start_response("200 OK", [("Content-Type", "text/javascript")])
        return [ROWS_SCRIPT_FILE.read_bytes()]
    data = None
    if environ["REQUEST_METHOD"] == "POST":
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        data = parse_qs(body.decode(), keep_blank_values=True)
    form = ArtistForm(data, instance=Artist.objects.get())
    state = "shown"
    if form.is_valid():
        form.save()
        state = "saved"
    html = (
        f'<!doctype html><html lang="en"><title>{state}</title><script src="/rows.js" defer></script>'
        f'<form method="post">{form}<button>Save</button></form>'
    )
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Security-Policy", "default-src 'self'")])
    return [html.encode()]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[orm.Database]:
    with orm.Databases({"default": f"sqlite:///{tmp_path}/browsed.sqlite3"}) as databases:
        found = databases["default"]
        found.create_all(Artist, Album, Track)
        yield found
        found.close()


def stored() -> dict[str, list[str]]:
    return {
        album.title: [track.title for track in Track.objects.filter(album=album).order_by("id")]
        for album in Album.objects.order_by("id")
    }


def test_rows_are_added_at_two_levels_and_removed_and_saved(
    database: orm.Database, serve: Callable[[Any], str], browser: Browser
) -> None:
    artist = Artist.objects.create(name="Bach")
    old = Album.objects.create(artist=artist, title="Suites")
    for title in ("Prelude", "Gigue"):
        Track.objects.create(album=old, title=title)
    page: Page = browser.new_page()
    page.goto(serve(application))
    page.evaluate("window.loaded = true")
    suites = page.get_by_role("group", name="Album 1")
    suites.get_by_role("button", name="Add another: Track").click()
    suites.get_by_role("group", name="Track 3").get_by_label("Title").fill("Courante")
    suites.get_by_role("button", name="Remove Track 1").click()
    page.get_by_role("button", name="Add another: Album").click()
    partitas = page.get_by_role("group", name="Album 2")
    partitas.get_by_label("Title").fill("Partitas")
    for number, title in enumerate(("Sinfonia", "Allemande"), 1):
        partitas.get_by_role("button", name="Add another: Track").click()
        partitas.get_by_role("group", name=f"Track {number}").get_by_label("Title").fill(title)
    assert page.evaluate("window.loaded")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_title("saved")
    assert stored() == {"Suites": ["Gigue", "Courante"], "Partitas": ["Sinfonia", "Allemande"]}
