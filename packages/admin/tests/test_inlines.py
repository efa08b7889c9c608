"""Rows edited along with an object: added, changed and deleted on its page, as far as the user may."""

import re
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.admin import (
    AdminSite,
    GenericStackedInline,
    GenericTabularInline,
    ModelAdmin,
    StackedInline,
    TabularInline,
)
from partita.auth import Permission, create_permissions
from partita.auth.models import User
from partita.auth.testing import force_login
from partita.contenttypes import ContentType, GenericForeignKey, GenericRelation
from partita.http import Request
from partita.orm import CASCADE, PROTECT, CharField, ForeignKey, Model, PositiveIntegerField


class Band(Model):
    """Has songs, notes of any kind, and members."""

    name = CharField(max_length=40)
    notes: "GenericRelation[Note]" = GenericRelation("bands.Note")

    class Meta:
        app_label = "bands"

    def __str__(self) -> str:
        return self.name


class Song(Model):
    """Belongs to a band; another one may have written it."""

    band = ForeignKey(Band, on_delete=CASCADE, related_name="songs")
    writer = ForeignKey(Band, on_delete=CASCADE, null=True, blank=True, related_name="written")
    title = CharField(max_length=40)
    seconds = PositiveIntegerField(default=180)

    class Meta:
        app_label = "bands"
        ordering = ("pk",)
        unique_together = (("band", "title"),)

    def __str__(self) -> str:
        return self.title


class Play(Model):
    """Keeps its song from being deleted."""

    song = ForeignKey(Song, on_delete=PROTECT)

    class Meta:
        app_label = "bands"

    def __str__(self) -> str:
        return f"a play of {self.song}"


class Note(Model):
    """A text about anything."""

    content_type = ForeignKey(ContentType, on_delete=CASCADE)
    object_id = PositiveIntegerField()
    about = GenericForeignKey()
    text = CharField(max_length=40)

    class Meta:
        app_label = "bands"

    def __str__(self) -> str:
        return self.text


MODELS = (Band, Song, Play, Note)
PREFIX, NOTES = "songs", "bands-note-content_type-object_id"


class Songs(TabularInline):
    """The songs of a band."""

    model = Song
    fk_name = "band"
    extra = 1
    readonly_fields = ("loud",)

    def loud(self, song: Song) -> str:
        """Return the title, loud."""
        return song.title.upper()


class Notes(GenericTabularInline):
    """The notes about a band."""

    model = Note
    extra = 0
    show_change_link = True


@pytest.fixture
def bands(make_shop: Callable[..., SimpleNamespace]) -> Callable[..., SimpleNamespace]:
    """Return a function that registers bands with some inlines, and gives a page and rows."""

    def make(*inlines: Any, **options: Any) -> SimpleNamespace:
        site = AdminSite()
        site.register(Band, ModelAdmin, inlines=inlines, **options)
        shop = make_shop(site)
        shop.database.create_all(*MODELS)
        create_permissions(shop.database, MODELS)
        shop.band = Band.objects.create(name="Can")
        shop.vitamin = Song.objects.create(band=shop.band, title="Vitamin C")
        shop.spoon = Song.objects.create(band=shop.band, title="Spoon")
        shop.other = Song.objects.create(band=Band.objects.create(name="Neu!"), title="Hero")
        shop.path = f"/admin/bands/band/{shop.band.pk}/change/"
        return shop

    return make


def sent(prefix: str, rows: Iterable[dict[str, object]], initial: int = 0, **more: str) -> dict[str, str]:
    """Return what a browser sends of rows."""
    data = {f"{prefix}-{index}-{name}": str(value) for index, row in enumerate(rows) for name, value in row.items()}
    counts = {f"{prefix}-TOTAL_FORMS": str(len(list(rows))), f"{prefix}-INITIAL_FORMS": str(initial)}
    return {"name": "Can", **data, **counts, **more}


def titles(band: Band) -> list[str]:
    return list(Song.objects.filter(band=band).values_list("title", flat=True))


def row(song: Song, **changes: object) -> dict[str, object]:
    return {"id": song.pk, "band": song.band.pk, "title": song.title, "seconds": song.seconds, "writer": "", **changes}


def allow(shop: SimpleNamespace, *codenames: str) -> None:
    """Log the clerk in with these permissions and no others."""
    shop.clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    assert shop.clerk.user_permissions.count() == len(codenames)
    force_login(shop.client, User.objects.get(pk=shop.clerk.pk))


def test_rows_are_added_changed_and_deleted_with_their_object(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs)
    page = shop.client.get(shop.path).text
    assert [page.count(f'name="songs-{number}-title"') for number in range(4)] == [1, 1, 1, 0]
    assert "VITAMIN C" in page
    assert 'name="songs-0-loud"' not in page
    assert "Hero" not in page
    rows = [
        row(shop.vitamin, title="Vitamin D"),
        row(shop.spoon, DELETE="on"),
        {"title": "Halleluhwah", "seconds": 1100, "band": shop.band.pk},
    ]
    answer = shop.client.post(shop.path, sent(PREFIX, rows, 2))
    assert answer.status == 302
    assert titles(shop.band) == ["Vitamin D", "Halleluhwah"]


def test_a_new_object_is_stored_with_its_rows_or_not_at_all(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs, Notes)
    rows = [{"title": "Autobahn", "seconds": 1300}, {"title": "", "seconds": 180}]
    data = {**sent(PREFIX, rows), **sent(NOTES, [{"text": "long"}])}
    assert shop.client.post("/admin/bands/band/add/", {**data, "songs-0-title": ""}).status == 200
    assert Band.objects.count() == 2
    answer = shop.client.post("/admin/bands/band/add/", {**data, "name": "Kraftwerk"})
    assert answer.status == 302
    band = Band.objects.get(name="Kraftwerk")
    assert titles(band) == ["Autobahn"]
    assert [note.text for note in band.notes.all()] == ["long"]


def test_mistakes_in_rows_are_shown_and_nothing_is_stored(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs)
    rows = [row(shop.vitamin, seconds=-1), row(shop.spoon), {"title": "x" * 41, "seconds": 1}]
    page = shop.client.post(shop.path, sent(PREFIX, rows, 2, name="CAN"))
    assert page.status == 200
    assert page.text.count("field-wrong") == 2
    assert 'role="alert"' in page.text
    twice = [row(shop.vitamin), row(shop.spoon, title="Vitamin C")]
    assert shop.client.post(shop.path, sent(PREFIX, twice, 2)).status == 200
    assert "missing" in shop.client.post(shop.path, {"name": "CAN"}).text
    assert Band.objects.get(pk=shop.band.pk).name == "Can"
    assert titles(shop.band) == ["Vitamin C", "Spoon"]


def test_a_button_gives_one_more_row_without_a_script_and_validates_nothing(
    bands: Callable[..., SimpleNamespace],
) -> None:
    shop = bands(Songs)
    assert 'name="songs-ADD"' in shop.client.get(shop.path).text
    rows = [row(shop.vitamin), row(shop.spoon), {"title": "x" * 41, "seconds": 1}]
    page = shop.client.post(shop.path, sent(PREFIX, rows, 2, name="", **{"songs-ADD": "1"})).text
    assert 'name="songs-3-title"' in page
    assert "x" * 41 in page
    assert "field-wrong" not in page
    assert titles(shop.band) == ["Vitamin C", "Spoon"]


def test_rows_of_other_objects_are_out_of_reach(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs)
    for changes in ({"title": "Stolen"}, {"DELETE": "on"}):
        shop.client.post(shop.path, sent(PREFIX, [{**row(shop.other, **changes), "band": shop.band.pk}], 1))
    assert shop.client.post(shop.path, sent(PREFIX, [row(shop.vitamin, band=shop.other.band_id)], 1)).status == 200
    assert Song.objects.get(pk=shop.other.pk).title == "Hero"


def test_a_row_that_others_need_is_not_deleted(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs)
    Play.objects.create(song=shop.spoon)
    page = shop.client.post(shop.path, sent(PREFIX, [row(shop.vitamin), row(shop.spoon, DELETE="on")], 2))
    assert page.status == 200
    assert "a play of Spoon" in page.text
    assert titles(shop.band) == ["Vitamin C", "Spoon"]


def test_the_number_of_forms_is_as_the_options_say(bands: Callable[..., SimpleNamespace]) -> None:
    class Few(Songs):
        extra, max_num, can_delete = 5, 4, False

    class Least(StackedInline):
        model, fk_name, extra, min_num = Song, "writer", 0, 2
        verbose_name_plural = "Written by them"
        classes = ("collapse",)

        def get_extra(self, request: Request, obj: Model | None = None) -> int:
            return 0 if obj is None else 1

    shop = bands(Few, Least)
    page = shop.client.get(shop.path).text
    found = {name: len(set(re.findall(rf'name="{name}-(\d+)-title"', page))) for name in ("songs", "written")}
    assert found == {"songs": 4, "written": 3}
    assert "songs-0-DELETE" not in page
    assert "written-0-DELETE" in page
    assert "<details" in page
    assert "Written by them" in page
    assert 'name="written-2-title"' not in shop.client.get("/admin/bands/band/add/").text


def test_two_kinds_of_the_same_rows_have_names_of_their_own(bands: Callable[..., SimpleNamespace]) -> None:
    class Long(Songs):
        extra = 0

        def get_queryset(self, request: Request) -> Any:
            return super().get_queryset(request).filter(seconds__gt=600)

    shop = bands(Songs, Long)
    page = shop.client.get(shop.path).text
    assert 'name="songs-TOTAL_FORMS" value="3"' in page or 'value="3" id="id_songs-TOTAL_FORMS"' in page
    assert 'name="songs-2-TOTAL_FORMS"' in page


@pytest.mark.parametrize(
    ("rights", "shown"),
    [
        (("view",), {"text": True, "input": False, "add": False, "delete": False}),
        (("change",), {"text": True, "input": True, "add": False, "delete": False}),
        (("add",), {"text": False, "input": False, "add": True, "delete": False}),
        (("view", "delete"), {"text": True, "input": False, "add": False, "delete": True}),
        (("view", "add"), {"text": True, "input": False, "add": True, "delete": False}),
        ((), {"text": False, "input": False, "add": False, "delete": False}),
    ],
)
def test_each_user_gets_what_permissions_give(
    bands: Callable[..., SimpleNamespace], rights: tuple[str, ...], shown: dict[str, bool]
) -> None:
    shop = bands(Songs)
    allow(shop, "view_band", "change_band", *(f"{right}_song" for right in rights))
    page = shop.client.get(shop.path).text
    assert {
        "text": "Vitamin C" in page,
        "input": re.search(
            r'name="songs-0-title"[^>]*value="Vitamin C"|value="Vitamin C"[^>]*name="songs-0-title"', page
        )
        is not None,
        "add": 'name="songs-ADD"' in page,
        "delete": 'name="songs-0-DELETE"' in page,
    } == shown


@pytest.mark.parametrize("right", ["view", "change", "add", "delete"])
def test_what_is_sent_without_the_permission_changes_nothing(bands: Callable[..., SimpleNamespace], right: str) -> None:
    shop = bands(Songs)
    allow(shop, "view_band", "change_band", "view_song", *({f"{right}_song"} - {"view_song"}))
    changed = [row(shop.vitamin, title="Forged"), row(shop.spoon)]
    shop.client.post(shop.path, sent(PREFIX, changed, 2))
    assert ("Forged" in titles(shop.band)) == (right == "change")
    shop.vitamin.save()
    shop.client.post(shop.path, sent(PREFIX, [row(shop.vitamin), row(shop.spoon, DELETE="on")], 2))
    assert ("Spoon" not in titles(shop.band)) == (right == "delete")
    kept = [row(song) for song in Song.objects.filter(band=shop.band)]
    for initial in (len(kept), len(kept) + 1):
        shop.client.post(shop.path, sent(PREFIX, [*kept, {"title": f"New{initial}", "seconds": 1}], initial))
    assert any(title.startswith("New") for title in titles(shop.band)) == (right == "add")


def test_whoever_may_only_look_at_the_object_only_looks_at_its_rows(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs, Notes)
    Note.objects.create(about=shop.band, text="fine")
    allow(shop, "view_band", "change_song", "add_song", "view_note")
    page = shop.client.get(shop.path).text
    assert "Vitamin C" in page
    assert "fine" in page
    assert 'name="songs-0-title"' not in page
    assert "rows.js" not in page
    assert shop.client.post(shop.path, sent(PREFIX, [])).status == 403


def test_notes_about_an_object_are_edited_on_its_page(bands: Callable[..., SimpleNamespace]) -> None:
    class Stacked(GenericStackedInline):
        model = Note
        extra = 1

    shop = bands(Notes)
    shop.site.register(Note)
    note = Note.objects.create(about=shop.band, text="fine")
    Note.objects.create(about=shop.other.band, text="elsewhere")
    page = shop.client.get(shop.path).text
    assert f'href="/admin/bands/note/{note.pk}/change/"' in page
    assert "elsewhere" not in page
    assert f'name="{NOTES}-0-object_id"' not in page
    rows = [{"id": note.pk, "text": "better"}, {"text": "new", "object_id": shop.other.band_id}]
    assert shop.client.post(shop.path, sent(NOTES, rows, 1)).status == 302
    assert [each.text for each in shop.band.notes.order_by("pk")] == ["better", "new"]
    assert shop.client.post(shop.path, sent(NOTES, [{**rows[0], "DELETE": "on"}], 1)).status == 302
    assert [each.text for each in shop.band.notes.all()] == ["new"]
    shop.site.unregister(Band)
    shop.site.register(Band, inlines=[Stacked])
    page = shop.client.get(shop.path).text
    assert f'name="{NOTES}-1-text"' in page
    assert "<legend" in page


def test_a_table_between_two_models_can_be_edited_by_whoever_may_change_the_other_side(
    make_shop: Callable[..., SimpleNamespace],
) -> None:
    site = AdminSite()
    shop = make_shop(site)
    shop.database.create_all(shop.Album)
    through = shop.Album._meta.get_field("guests").through

    class Guests(TabularInline):
        model = through
        extra = 1
        verbose_name = "guest"

    site.register(shop.Album, inlines=[Guests], fields=("title",))
    create_permissions(shop.database, [shop.Album, shop.Artist])
    abba, beck = (shop.Artist.objects.create(name=name) for name in ("ABBA", "Beck"))
    album = shop.Album.objects.create(title="Arrival", artist=abba)
    album.guests.add(abba)
    path = f"/admin/music/album/{album.pk}/change/"
    allow(shop, "view_album", "change_album")
    assert "Add another: Guest" not in shop.client.get(path).text
    allow(shop, "view_album", "change_album", "change_artist")
    page = shop.client.get(path).text
    assert "Add another: Guest" in page
    prefix = re.findall(r'data-rows="([^"]+)"', page)[0]
    link = through.objects.get()
    rows = [{"id": link.pk, "artist": abba.pk, "DELETE": "on"}, {"artist": beck.pk}]
    assert shop.client.post(path, {**sent(prefix, rows, 1), "title": "Arrival"}).status == 302
    assert list(album.guests.all()) == [beck]


def test_hooks_choose_and_store_the_rows(bands: Callable[..., SimpleNamespace]) -> None:
    seen: list[object] = []

    class BandAdmin(ModelAdmin):
        inlines = (Songs, Notes)

        def get_formsets_with_inlines(self, request: Request, obj: Model | None = None) -> Any:
            for formset, inline in super().get_formsets_with_inlines(request, obj):
                if not isinstance(inline, Notes) or obj is not None:
                    yield formset, inline

        def save_formset(self, request: Request, form: Any, formset: Any, change: bool) -> None:
            for song in formset.save(commit=False):
                song.title = song.title.title()
                song.save()
            formset.save_m2m()
            seen.append((formset.model.__name__, change))

    shop = bands()
    shop.site.unregister(Band)
    shop.site.register(Band, BandAdmin)
    assert NOTES not in shop.client.get("/admin/bands/band/add/").text
    assert NOTES in shop.client.get(shop.path).text
    shop.client.post("/admin/bands/band/add/", sent(PREFIX, [{"title": "mother sky", "seconds": 1}]))
    assert Song.objects.filter(title="Mother Sky").exists()
    assert seen == [("Song", False)]


def test_rows_ask_a_bounded_number_of_queries(bands: Callable[..., SimpleNamespace]) -> None:
    shop = bands(Songs)
    counts = []
    for number in range(2):
        for index in range(8):
            Song.objects.create(band=shop.band, title=f"{number} {index}")
        with shop.database.query_log() as log:
            shop.client.get(shop.path)
        counts.append(len(log))
    assert counts[1] - counts[0] <= 8, "the list of writers is asked for each row at most"
