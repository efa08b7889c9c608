"""Flaws of other administrations by their number."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.auth.testing import force_login

NOBODY = "Somebody Else Entirely"
ADDRESSES = ("boss@shop.test", "clerk@shop.test", "guest@shop.test")


@pytest.fixture
def stranger(shop: SimpleNamespace) -> Any:
    """Return a user whose data is nobody else's business, and log in a member of the staff who may do nothing."""
    user = shop.User.objects.create_user("private@else.test", "seven white boats", name=NOBODY)
    force_login(shop.client, shop.clerk)
    return user


def test_cve_2023_45809_an_error_shows_nothing_of_rows_that_one_may_not_see(
    shop: SimpleNamespace, stranger: Any
) -> None:
    key = stranger.pk
    answers = [
        shop.client.get(f"/admin/auth/user/{key}/change/"),
        shop.client.get(f"/admin/auth/user/{key}/delete/"),
        shop.client.post(f"/admin/auth/user/{key}/delete/", {"_confirmed": "1"}),
        shop.client.post(f"/admin/auth/user/{key}/change/", {"email": "private@else.test"}),
        shop.client.get("/admin/auth/user/"),
        shop.client.get("/admin/auth/user/?q=private"),
        shop.client.get(f"/admin/auth/user/?pk={key}"),
        shop.client.post("/admin/auth/user/", {"_action": "delete_selected", "_selected": str(key)}),
        shop.client.post(
            "/admin/auth/user/", {"_action": "delete_selected", "_selected": [str(key), "x"], "_confirmed": "1"}
        ),
    ]
    for answer in answers:
        assert answer.status in {302, 403, 404}
        assert NOBODY not in answer.text
        assert "private@else.test" not in answer.text
    assert shop.User.objects.filter(pk=key).exists()


def test_cve_2023_45809_what_was_typed_wrong_is_not_filled_up_from_other_rows(
    shop: SimpleNamespace, stranger: Any
) -> None:
    force_login(shop.client, shop.boss)
    page = shop.client.post("/admin/music/album/add/", {"title": "", "artist": str(stranger.pk + 1000)})
    assert page.status == 200
    assert NOBODY not in page.text


def test_cve_2026_113733_who_may_only_look_sees_nothing_of_a_hash(shop: SimpleNamespace) -> None:
    admin = shop.site.get_model_admin(shop.User)
    admin.has_view_permission = lambda request, obj=None: True
    admin.has_change_permission = lambda request, obj=None: False
    force_login(shop.client, shop.clerk)
    stored = shop.User.objects.get(pk=shop.boss.pk).password
    parts = [part for part in stored.replace(",", "$").replace("=", "$").split("$") if len(part) > 8]
    assert parts
    page = shop.client.get(f"/admin/auth/user/{shop.boss.pk}/change/")
    assert page.status == 200
    assert "boss@shop.test" in page.text
    for text in (
        page.text,
        shop.client.get("/admin/auth/user/").text,
        shop.client.get("/admin/auth/user/?q=argon2").text,
    ):
        assert "argon2" not in text.replace("q=argon2", "").replace('value="argon2"', "")
        assert not [part for part in parts if part in text]
    for field in ("password", "password__startswith", "password__contains"):  # nor piece by piece
        found = [
            [address in shop.client.get(f"/admin/auth/user/?{field}={text}").text for address in ADDRESSES]
            for text in ("argon2", "nothing-like-it")
        ]
        assert found[0] == found[1]
