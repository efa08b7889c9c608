"""Forms: add, change, what is offered and what is not."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.admin import AdminSite, Fieldset, ModelAdmin


def _album(shop: SimpleNamespace, **changes: object) -> dict[str, object]:
    return {"title": "Voulez-Vous", "artist": str(shop.abba.pk), "state": "shelf", "price": "7.00", **changes}


def test_a_new_object_is_stored_with_its_relations(shop: SimpleNamespace) -> None:
    data = _album(shop, guests=[str(shop.beck.pk)], genre="pop/rock", is_live="on", released="1979-04-23")
    response = shop.client.post("/admin/music/album/add/", data)
    assert (response.status, response.location) == (302, "/admin/music/album/")
    album = shop.Album.objects.get(title="Voulez-Vous")
    assert (album.artist, album.genre, album.is_live, str(album.price)) == (shop.abba, shop.pop, True, "7.00")
    assert [guest.name for guest in album.guests.all()] == ["Beck"]
    assert "The album “Voulez-Vous” was added." in shop.client.get("/admin/music/album/").text


@pytest.mark.parametrize(
    ("button", "location"),
    [("_save", "/admin/music/album/"), ("_another", "/admin/music/album/add/"), ("_continue", None)],
)
def test_each_button_leads_elsewhere(shop: SimpleNamespace, button: str, location: str | None) -> None:
    response = shop.client.post("/admin/music/album/add/", _album(shop, **{button: "1"}))
    album = shop.Album.objects.get(title="Voulez-Vous")
    assert response.location == (location or f"/admin/music/album/{album.pk}/change/")


def test_a_change_is_stored(shop: SimpleNamespace) -> None:
    page = shop.client.get(f"/admin/music/album/{shop.odelay.pk}/change/").text
    assert 'value="Odelay"' in page
    assert f'<option value="{shop.beck.pk}" selected>Beck</option>' in page
    data = _album(shop, title="Odelay!", artist=str(shop.beck.pk))
    response = shop.client.post(f"/admin/music/album/{shop.odelay.pk}/change/", data, follow=True)
    assert "The album “Odelay!” was changed." in response.text
    album = shop.Album.objects.get(pk=shop.odelay.pk)
    assert (album.title, album.is_live, list(album.guests.all())) == ("Odelay!", False, [])


def test_mistakes_are_shown_beside_their_fields_and_nothing_is_stored(shop: SimpleNamespace) -> None:
    data = _album(shop, title="", price="much", artist="999", state="lost")
    page = shop.client.post(f"/admin/music/album/{shop.odelay.pk}/change/", data)
    assert page.status == 200
    assert page.text.count('class="field-error"') == 4
    assert 'aria-invalid="true"' in page.text
    assert 'value="much"' in page.text
    assert shop.Album.objects.get(pk=shop.odelay.pk).title == "Odelay"


def test_a_value_that_must_be_unique_is_a_mistake_in_the_form(shop: SimpleNamespace) -> None:
    page = shop.client.post("/admin/music/artist/add/", {"name": "ABBA", "homepage": ""})
    assert page.status == 200
    assert "already exists" in page.text
    assert shop.Artist.objects.count() == 2


@pytest.mark.parametrize("cve", ["cve_2026_4277", "cve_2026_4292", "cve_2026_87975", "cve_2019_19118"])
def test_cve_2026_4277_a_forged_post_changes_nothing_that_the_page_did_not_offer(
    shop: SimpleNamespace, cve: str
) -> None:
    path = f"/admin/music/album/{shop.odelay.pk}/change/"
    offered = set(re.findall(r' name="([a-z][a-z_]*)"', shop.client.get(path).text)) - {"csrfmiddlewaretoken"}
    assert {"secret", "id", "pk", "shout"} & offered == set()
    forged = {"id": str(shop.arrival.pk), "pk": str(shop.arrival.pk), "secret": "known", "shout": "X", "artist_id": "1"}
    before = shop.Album.objects.filter(pk=shop.arrival.pk).values().get()
    data = _album(shop, artist=str(shop.beck.pk), **forged)
    assert shop.client.post(path, data).status == 302
    assert shop.Album.objects.filter(pk=shop.arrival.pk).values().get() == before
    changed = shop.Album.objects.get(pk=shop.odelay.pk)
    assert (changed.secret, changed.artist_id) == ("s3cret", shop.beck.pk)
    assert shop.Album.objects.count() == 3
    shop.client.post("/admin/music/album/add/", data)
    assert shop.Album.objects.count() == 4
    assert shop.Album.objects.filter(pk=shop.arrival.pk).values().get() == before


def test_an_object_whose_key_has_a_slash_has_pages(shop: SimpleNamespace) -> None:
    html = shop.client.get("/admin/music/genre/").text
    assert 'href="/admin/music/genre/pop_2Frock/change/"' in html
    assert shop.client.get("/admin/music/genre/pop_2Frock/change/").status == 200


def test_a_relation_to_many_rows_is_a_key_to_type_and_not_thousands_of_options(shop: SimpleNamespace) -> None:
    path = f"/admin/music/album/{shop.odelay.pk}/change/"
    assert '<select name="artist"' in shop.client.get(path).text
    shop.Artist.objects.bulk_create([shop.Artist(name=f"Artist {n}") for n in range(500)])
    page = shop.client.get(path).text
    assert re.search(rf'<input[^>]*name="artist"[^>]*value="{shop.beck.pk}"', page)
    assert '<select name="artist"' not in page
    assert '<span class="raw-id-label">Beck</span>' in page
    assert 'href="/admin/music/artist/"' in page
    wrong = shop.client.post(path, _album(shop, artist="no key"))
    assert wrong.status == 200
    assert 'class="field-error"' in wrong.text
    assert shop.client.post(path, _album(shop, artist=str(shop.abba.pk))).status == 302
    assert shop.Album.objects.get(pk=shop.odelay.pk).artist == shop.abba


def test_cve_2024_41991_a_typed_key_comes_back_escaped(shop: SimpleNamespace) -> None:
    shop.Artist.objects.bulk_create([shop.Artist(name=f"Artist {n}") for n in range(500)])
    page = shop.client.post("/admin/music/album/add/", _album(shop, artist='"><script>alert(1)</script>')).text
    assert "<script" not in page


def test_the_query_fills_an_empty_form(shop: SimpleNamespace) -> None:
    page = shop.client.get("/admin/music/album/add/", {"title": "From the query", "secret": "x"}).text
    assert 'value="From the query"' in page


class _Grouped(ModelAdmin):
    fieldsets = (
        Fieldset("Main", ("title", "artist"), "What everybody sees."),
        ("More", {"fields": ("price", ("is_live", "shout"))}),
    )
    readonly_fields = ("shout", "artist")


def test_fields_stand_in_groups_and_fixed_ones_cannot_be_posted(make_shop: Callable[..., SimpleNamespace]) -> None:
    site = AdminSite()
    shop = make_shop(site)
    site.register(shop.Album, _Grouped)
    first, other = (shop.Artist.objects.create(name=name) for name in ("A", "B"))
    album = shop.Album.objects.create(title="T", artist=first)
    path = f"/admin/music/album/{album.pk}/change/"
    page = shop.client.get(path).text
    for text in ("<h2>Main</h2>", "What everybody sees.", "<h2>More</h2>", "Shout"):
        assert text in page
    assert 'name="artist"' not in page
    assert 'name="state"' not in page
    data: dict[str, Any] = {"title": "T2", "price": "1.00", "artist": str(other.pk), "state": "order"}
    assert shop.client.post(path, data).status == 302
    saved = shop.Album.objects.get(pk=album.pk)
    assert (saved.title, saved.artist, saved.state) == ("T2", first, "shelf")


class _Stamping(ModelAdmin):
    fields = ("name",)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        obj.homepage = f"https://{request.state.user.email}/{change}"
        super().save_model(request, obj, form, change)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).exclude(name="Hidden")


def test_hooks_of_a_model_are_asked(make_shop: Callable[..., SimpleNamespace]) -> None:
    site = AdminSite()
    shop = make_shop(site)
    site.register(shop.Artist, _Stamping)
    shop.client.post("/admin/music/artist/add/", {"name": "New"})
    assert shop.Artist.objects.get(name="New").homepage == "https://boss@shop.test/False"
    hidden = shop.Artist.objects.create(name="Hidden")
    assert shop.client.get(f"/admin/music/artist/{hidden.pk}/change/").status == 404
    assert shop.client.post(f"/admin/music/artist/{hidden.pk}/delete/", {"_confirmed": "1"}).status == 404
    shop.client.post("/admin/music/artist/", {"_action": "delete_selected", "_selected": hidden.pk, "_confirmed": "1"})
    assert shop.Artist.objects.filter(name="Hidden").exists()
