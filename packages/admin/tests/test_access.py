"""Who may enter, and what they may do."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.admin import AdminSite, ModelAdmin
from partita.auth.testing import force_login
from partita.http import Request
from partita.testing import Client

PATHS = [
    "/admin/", "/admin/music/", "/admin/music/album/", "/admin/music/album/add/", "/admin/music/album/1/change/",
    "/admin/music/album/1/delete/", "/admin/auth/user/",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_staff_is_sent_to_the_login(shop: SimpleNamespace, path: str) -> None:
    with Client(shop.app) as client:
        for _ in range(2):
            for method in ("GET", "POST"):
                response = client.request(method, path)
                assert (response.status, response.location) == (302, f"/admin/login/?next={path}")
            force_login(client, shop.guest)


@pytest.mark.parametrize("path", PATHS[2:])
def test_staff_without_permissions_are_refused(shop: SimpleNamespace, path: str) -> None:
    force_login(shop.client, shop.clerk)
    assert shop.client.get(path).status == 403
    assert shop.client.post(path, {"_confirmed": "1", "_action": "delete_selected", "_selected": "1"}).status == 403
    assert shop.Album.objects.count() == 3


def test_the_overview_shows_only_what_the_user_may_see(shop: SimpleNamespace) -> None:
    page = shop.client.get("/admin/").text
    assert 'href="/admin/music/album/"' in page
    assert 'href="/admin/music/album/add/"' in page
    force_login(shop.client, shop.clerk)
    page = shop.client.get("/admin/").text
    assert "/admin/music/" not in page
    assert "No model is registered that you may see" in page
    assert shop.client.get("/admin/music/").status == 404


def test_login_lets_staff_in_and_leads_back(shop: SimpleNamespace) -> None:
    with Client(shop.app) as client:
        data = {"email": "boss@shop.test", "password": "seven green boats", "next": "/admin/music/album/?q=a"}
        response = client.post("/admin/login/", data)
        assert (response.status, response.location) == (302, "/admin/music/album/?q=a")
        assert "Arrival" in client.get(response.location).text
        assert client.get("/admin/login/").location == "/admin/"
        assert client.get("/admin/login/?next=//evil.test").location == "/admin/"
        assert client.get("/admin/logout/").status == 405
        assert client.post("/admin/logout/").location == "/admin/login/"
        assert client.get("/admin/").status == 302


def test_login_tells_who_may_not_enter_nothing_more_than_who_typed_wrong(shop: SimpleNamespace) -> None:
    with Client(shop.app) as client:
        for password in ("seven red boats", "wrong"):
            page = client.post("/admin/login/", {"email": "guest@shop.test", "password": password})
            assert page.status == 200
            assert "do not belong together" in page.text
            assert client.get("/admin/").status == 302
        force_login(client, shop.guest)
        assert "guest@shop.test, who may not enter" in client.get("/admin/login/").text


@pytest.mark.parametrize("path", ["/admin/music/album/1/delete/", "/admin/music/album/", "/admin/music/artist/add/", "/admin/logout/", "/admin/login/"])  # fmt: skip
def test_a_post_without_a_token_of_ours_changes_nothing(shop: SimpleNamespace, path: str) -> None:
    data = {
        "_confirmed": "1",
        "_action": "delete_selected",
        "_selected": "1",
        "name": "New",
        "email": "x",
        "password": "y",
    }
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {}):
        client = Client(shop.app, headers=headers, enforce_csrf_checks=True)
        force_login(client, shop.boss)
        assert client.post(path, data).status == 403
        assert client.get("/admin/").status == 200
        client.close()
    assert shop.Album.objects.count() == 3
    assert shop.Artist.objects.count() == 2


def test_a_post_with_the_token_of_the_page_is_taken(shop: SimpleNamespace) -> None:
    client = Client(shop.app, enforce_csrf_checks=True)
    force_login(client, shop.boss)
    page = client.get("/admin/music/artist/add/").text
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[-1]
    data = {"name": "Cher", "homepage": ""}
    assert client.post("/admin/music/artist/add/", data).status == 403
    assert client.post("/admin/music/artist/add/", {**data, "csrfmiddlewaretoken": token}).status == 302
    assert shop.Artist.objects.filter(name="Cher").exists()
    client.close()


@pytest.mark.parametrize("path", [
    "/admin/nothing/", "/admin/music/nothing/", "/admin/nothing/album/", "/admin/music/album/999/change/",
    "/admin/music/album/abc/change/", "/admin/music/album/999/delete/", "/admin/music/nothing/1/change/",
    "/admin/music/album/99999999999999999999999999/change/", "/admin/music/album/_00/change/", "/admin/music/genre/x/change/",
])  # fmt: skip
def test_what_is_not_there_is_not_found(shop: SimpleNamespace, path: str) -> None:
    assert shop.client.get(path).status == 404


def test_other_methods_are_not_allowed(shop: SimpleNamespace) -> None:
    assert shop.client.put("/admin/music/album/").status == 405
    assert shop.client.post("/admin/").status == 405
    assert shop.client.delete("/admin/music/album/1/delete/").status == 405
    assert shop.Album.objects.count() == 3


class _Reader(ModelAdmin):
    """May be seen by every staff member; may be changed where it is cheap."""

    def has_view_permission(self, request: Request, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: Request, obj: Any = None) -> bool:
        return obj is not None and obj.price < 5

    def has_delete_permission(self, request: Request, obj: Any = None) -> bool:
        return obj is None or obj.price < 5


def test_permissions_are_asked_for_each_object_and_each_operation(make_shop: Callable[..., SimpleNamespace]) -> None:
    site = AdminSite()
    shop = make_shop(site)
    site.register(shop.Album, _Reader)
    artist = shop.Artist.objects.create(name="A")
    cheap = shop.Album.objects.create(title="Cheap", artist=artist, price=1)
    dear = shop.Album.objects.create(title="Dear", artist=artist, price=100)
    force_login(shop.client, shop.clerk)
    assert shop.client.get("/admin/music/album/").status == 200
    assert shop.client.get("/admin/music/album/add/").status == 403
    fixed = shop.client.get(f"/admin/music/album/{dear.pk}/change/").text
    assert 'name="title"' not in fixed
    assert 'name="_save"' not in fixed
    assert "Dear" in fixed
    assert 'name="title"' in shop.client.get(f"/admin/music/album/{cheap.pk}/change/").text
    assert shop.client.post(f"/admin/music/album/{dear.pk}/change/", {"title": "Forged"}).status == 403
    assert shop.client.post(f"/admin/music/album/{dear.pk}/delete/", {"_confirmed": "1"}).status == 403
    both = {"_action": "delete_selected", "_selected": [str(cheap.pk), str(dear.pk)], "_confirmed": "1"}
    assert shop.client.post("/admin/music/album/", both).status == 403
    assert shop.Album.objects.filter(title__in=["Cheap", "Dear"]).count() == 2
    assert shop.client.post(f"/admin/music/album/{cheap.pk}/delete/", {"_confirmed": "1"}).status == 302
    assert list(shop.Album.objects.values_list("title", flat=True)) == ["Dear"]


def test_pages_are_kept_by_no_cache(shop: SimpleNamespace) -> None:
    for path in ("/admin/", "/admin/music/album/", "/admin/login/"):
        assert shop.client.get(path).headers["cache-control"] == "no-store"
