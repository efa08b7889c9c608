"""Users in the administration: passwords are set, never shown, and nobody rises by his own hand."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from partita.admin import UserAdmin
from partita.auth.testing import force_login
from partita.http import Request


@pytest.mark.parametrize("cve", ["cve_2018_16984", "cve_2026_113733"])
def test_cve_2018_16984_no_page_shows_anything_of_a_hash(shop: SimpleNamespace, cve: str) -> None:
    stored = shop.User.objects.get(pk=shop.clerk.pk).password
    parts = [part for part in re.split(r"[$,=]", stored) if len(part) > 8]
    for path in ("", f"{shop.clerk.pk}/change/", f"{shop.clerk.pk}/delete/", "?q=argon2"):
        html = shop.client.get(f"/admin/auth/user/{path}").text
        assert "argon2id" not in html
        assert not any(part in html for part in parts)


def _user(**changes: str) -> dict[str, str]:
    return {"email": "new@shop.test", "name": "New", "is_active": "on", "new_password": "", **changes}


def test_a_user_is_made_with_a_password_that_keeps_the_rules(shop: SimpleNamespace) -> None:
    page = shop.client.post("/admin/auth/user/add/", _user(new_password="short"))
    assert "too short" in page.text
    assert shop.client.post("/admin/auth/user/add/", _user(new_password="seven grey boats")).status == 302
    assert shop.User.objects.get(email="new@shop.test").check_password("seven grey boats")


def test_a_user_without_a_password_cannot_log_in_and_an_empty_line_keeps_one(shop: SimpleNamespace) -> None:
    shop.client.post("/admin/auth/user/add/", _user())
    user = shop.User.objects.get(email="new@shop.test")
    assert not user.has_usable_password()
    path = f"/admin/auth/user/{shop.clerk.pk}/change/"
    shop.client.post(path, _user(email="clerk@shop.test", is_staff="on"))
    assert shop.User.objects.get(pk=shop.clerk.pk).check_password("seven blue boats")
    shop.client.post(path, _user(email="clerk@shop.test", new_password="seven pink boats"))
    assert shop.User.objects.get(pk=shop.clerk.pk).check_password("seven pink boats")


def test_a_forged_hash_is_not_stored(shop: SimpleNamespace) -> None:
    path = f"/admin/auth/user/{shop.clerk.pk}/change/"
    shop.client.post(path, _user(email="clerk@shop.test", password="!", last_login="2001-01-01"))
    clerk = shop.User.objects.get(pk=shop.clerk.pk)
    assert clerk.check_password("seven blue boats")
    assert clerk.last_login is None


class _Open(UserAdmin):
    """Lets every staff member administer users."""

    def _may(self, request: Request, what: str, obj: Any = None) -> bool:
        return True


def test_staff_cannot_make_anybody_superuser_nor_touch_one(shop: SimpleNamespace) -> None:
    shop.site.unregister(shop.User)
    shop.site.register(shop.User, _Open)
    force_login(shop.client, shop.clerk)
    page = shop.client.get(f"/admin/auth/user/{shop.clerk.pk}/change/").text
    assert 'name="is_superuser"' not in page
    data = _user(email="clerk@shop.test", is_superuser="on", is_staff="on")
    assert shop.client.post(f"/admin/auth/user/{shop.clerk.pk}/change/", data).status == 302
    assert not shop.User.objects.get(pk=shop.clerk.pk).is_superuser
    shop.client.post("/admin/auth/user/add/", _user(is_superuser="on", is_staff="on"))
    made = shop.User.objects.get(email="new@shop.test")
    assert (made.is_superuser, made.is_staff) == (False, False)
    boss = f"/admin/auth/user/{shop.boss.pk}/"
    assert (
        shop.client.post(f"{boss}change/", _user(email="boss@shop.test", new_password="seven grey boats")).status == 403
    )
    assert shop.client.post(f"{boss}delete/", {"_confirmed": "1"}).status == 403
    selected = {"_action": "delete_selected", "_selected": str(shop.boss.pk), "_confirmed": "1"}
    assert shop.client.post("/admin/auth/user/", selected).status == 403
    assert shop.User.objects.get(pk=shop.boss.pk).check_password("seven green boats")
