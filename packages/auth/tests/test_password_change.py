"""Changing one's password."""

from types import SimpleNamespace

import pytest

from partita.auth.models import User
from partita.auth.testing import force_login
from partita.testing import Client

PATH = "/account/password/"


def _data(site: SimpleNamespace, **changes: str) -> dict[str, str]:
    new = "eight yellow boats"
    return {"old_password": site.password, "password": new, "password_again": new, **changes}


def test_a_changed_password_keeps_this_session_and_ends_the_others(site: SimpleNamespace) -> None:
    elsewhere = Client(site.app)
    for client in (site.client, elsewhere):
        force_login(client, User.objects.get(pk=site.anna.pk))
    assert elsewhere.get("/who/").text == "anna@shop.test"
    assert site.client.post(PATH, _data(site), query={"next": "/members/"}).location == "/members/"
    assert site.client.get("/who/").text == "anna@shop.test"
    assert elsewhere.get("/who/").text == "AnonymousUser"
    elsewhere.close()
    assert User.objects.get(pk=site.anna.pk).check_password("eight yellow boats")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"old_password": "wrong"}, "not your present password"),
        ({"password_again": "another one here"}, "not the same password"),
        ({"password": "anna@shop.test", "password_again": "anna@shop.test"}, "too similar"),
        ({"password": ""}, "required"),
    ],
)
def test_a_mistake_is_told_and_the_password_stays(site: SimpleNamespace, changes: dict[str, str], message: str) -> None:
    force_login(site.client, site.anna)
    page = site.client.post(PATH, _data(site, **changes))
    assert page.status == 200
    assert message in page.text
    assert site.password not in page.text
    assert User.objects.get(pk=site.anna.pk).check_password(site.password)


def test_a_stranger_is_sent_to_the_login(site: SimpleNamespace) -> None:
    assert site.client.get(PATH).location == f"/account/login/?next={PATH}"
    assert site.client.post(PATH, _data(site)).status == 302
    assert User.objects.get(pk=site.anna.pk).check_password(site.password)
