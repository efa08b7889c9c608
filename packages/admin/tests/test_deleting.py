"""Deletion: asks first, tells what goes along, stops at what is protected."""

from types import SimpleNamespace

from partita.admin.cascade import find_cascade
from partita.auth.testing import force_login


def test_a_deletion_asks_first_and_lists_what_goes_along(shop: SimpleNamespace) -> None:
    path = f"/admin/music/artist/{shop.abba.pk}/delete/"
    page = shop.client.get(path).text
    for text in ("ABBA", "Arrival", "Fine"):
        assert text in page
    assert shop.Artist.objects.count() == 2
    assert shop.client.post(path, {}).status == 200  # not confirmed
    assert shop.Artist.objects.count() == 2
    response = shop.client.post(path, {"_confirmed": "1"}, follow=True)
    assert "The artist “ABBA” was deleted." in response.text
    assert shop.Artist.objects.filter(name="ABBA").exists() is False
    assert shop.Album.objects.filter(title="Arrival").exists() is False
    assert shop.Review.objects.count() == 0


def test_what_is_still_needed_cannot_be_deleted(shop: SimpleNamespace) -> None:
    path = "/admin/music/genre/pop_2Frock/delete/"
    page = shop.client.get(path).text
    assert "cannot be deleted" in page
    assert "Album: Arrival" in page
    assert "_confirmed" not in page
    shop.client.post(path, {"_confirmed": "1"})
    assert shop.Genre.objects.count() == 1


def test_selected_objects_are_deleted_after_asking(shop: SimpleNamespace) -> None:
    keys = [str(shop.arrival.pk), str(shop.evil.pk)]
    data = {"_action": "delete_selected", "_selected": keys}
    page = shop.client.post("/admin/music/album/", data).text
    assert "Delete 2 albums?" in page
    assert page.count('name="_selected"') == 2
    assert shop.Album.objects.count() == 3
    page = shop.client.post("/admin/music/album/", {**data, "_confirmed": "1"}, follow=True).text
    assert "2 albums deleted." in page
    assert [album.title for album in shop.Album.objects.all()] == ["Odelay"]


def test_a_cascade_counts_each_object_once_and_shows_the_first(shop: SimpleNamespace) -> None:
    shop.Review.objects.bulk_create([shop.Review(album=shop.arrival, text=f"Review {n}") for n in range(60)])
    cascade = find_cascade([shop.abba])
    found = {group.model.__name__: (group.count, len(group.shown), group.more) for group in cascade.groups}
    assert found == {"Artist": (1, 1, 0), "Album": (1, 1, 0), "Review": (61, 20, 41)}
    assert cascade.protected == []


def test_a_cascade_asks_the_database_once_for_each_relation(shop: SimpleNamespace) -> None:
    artists = [shop.Artist.objects.create(name=f"Artist {n}") for n in range(20)]
    for artist in artists:
        album = shop.Album.objects.create(title="A", artist=artist)
        shop.Review.objects.create(album=album, text="R")
    with shop.database.query_log() as log:
        find_cascade(artists)
    assert len(log) <= 4


def test_objects_that_go_along_need_permission_too(shop: SimpleNamespace) -> None:
    admin = shop.site.get_model_admin(shop.Review)
    admin.has_delete_permission = lambda request, obj=None: False
    path = f"/admin/music/artist/{shop.abba.pk}/delete/"
    assert "You may not delete this" in shop.client.get(path).text
    shop.client.post(path, {"_confirmed": "1"})
    assert shop.Artist.objects.count() == 2


def test_deleting_the_user_who_does_it_logs_out(shop: SimpleNamespace) -> None:
    other = shop.User.objects.create_superuser("other@shop.test", "seven grey boats")
    force_login(shop.client, other)
    shop.client.post(f"/admin/auth/user/{other.pk}/delete/", {"_confirmed": "1"})
    assert shop.client.get("/admin/").status == 302
