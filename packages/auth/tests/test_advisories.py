"""Flaws of other frameworks by their number, in who somebody is."""

import sys
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from typing import Literal

import pytest

from partita.auth.base_user import AbstractBaseUser
from partita.auth.models import User
from partita.auth.testing import force_login
from partita.auth.username_users import AbstractUsernameUser


@pytest.mark.parametrize("letter", ["\ufdfa", "é", "ｘ", "①"])
def test_cve_2023_46695_a_name_that_no_column_takes_is_not_normalised(
    letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    normalize = unicodedata.normalize

    def counting(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        seen.append(len(text))
        return normalize(form, text)

    module = sys.modules[AbstractBaseUser.__module__]
    monkeypatch.setattr(module, "unicodedata", SimpleNamespace(normalize=counting))
    assert AbstractUsernameUser.normalize_username(letter * 500_000) == letter * 500_000
    assert seen == []
    assert AbstractUsernameUser.normalize_username(letter * 3) == normalize("NFKC", letter * 3)
    assert seen == [3]


def test_cve_2023_46695_a_long_name_at_the_door_is_nobody(site: SimpleNamespace) -> None:
    answer = site.client.post("/account/login/", {"email": "\ufdfa" * 30_000, "password": "x"})
    assert answer.status == 200
    assert site.client.get("/who/").text == "AnonymousUser"


@pytest.mark.parametrize("path", ["/who/", "/who-sync/"])
def test_cve_2024_22513_who_was_disabled_is_out_at_the_next_request(site: SimpleNamespace, path: str) -> None:
    force_login(site.client, site.anna)
    assert site.client.get(path).text == "anna@shop.test"
    assert site.client.get("/members/").status == 200
    User.objects.filter(pk=site.anna.pk).update(is_active=False)
    assert site.client.get(path).text == "AnonymousUser"
    assert site.client.get("/members/").status in {302, 403}
    assert site.client.get("/staff/").status in {302, 403}


def test_cve_2024_22513_who_was_deleted_is_out_at_the_next_request(
    make_site: Callable[..., SimpleNamespace],
) -> None:
    site = make_site(sessions={"store": "memory"})
    force_login(site.client, site.anna)
    User.objects.filter(pk=site.anna.pk).delete()
    assert site.client.get("/who/").text == "AnonymousUser"
    assert site.client.get("/members/").status == 302
