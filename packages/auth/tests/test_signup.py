"""Making an account."""

from collections.abc import Callable
from types import SimpleNamespace

from partita.auth.models import User

GOOD = {
    "email": "Bert@shop.test",
    "name": "Bert",
    "password": "seven green boats",
    "password_again": "seven green boats",
}


def test_a_new_account_is_stored_and_logged_in(site: SimpleNamespace) -> None:
    response = site.client.post("/account/signup/", {**GOOD, "next": "/members/"})
    assert (response.status, response.location) == (302, "/members/")
    bert = User.objects.get(email="bert@shop.test")
    assert (bert.name, bert.is_staff, bert.is_superuser) == ("Bert", False, False)
    assert bert.check_password("seven green boats")
    assert site.client.get("/who/").text == "bert@shop.test"


def test_more_than_the_form_asks_for_is_not_stored(site: SimpleNamespace) -> None:
    site.client.post("/account/signup/", {**GOOD, "is_staff": "on", "is_superuser": "1", "id": str(site.anna.pk)})
    bert = User.objects.get(email="bert@shop.test")
    assert (bert.is_staff, bert.is_superuser) == (False, False)
    assert bert.pk != site.anna.pk


def test_every_mistake_is_told_and_nothing_is_stored(site: SimpleNamespace) -> None:
    for change, message in (
        ({"email": "ANNA@shop.test"}, "There is an account"),
        ({"email": "no address"}, "valid"),
        ({"password_again": "something else"}, "not the same password"),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password": "bert@shop.test", "password_again": "bert@shop.test"}, "too similar"),
        ({"password": "", "password_again": ""}, "required"),
    ):
        page = site.client.post("/account/signup/", {**GOOD, **change})
        assert page.status == 200
        assert message in page.text, message
        assert "seven green boats" not in page.text
    assert User.objects.count() == 1


def test_blanks_at_the_ends_of_a_password_count(site: SimpleNamespace) -> None:
    password = "  seven green boats  "
    site.client.post("/account/signup/", {**GOOD, "password": password, "password_again": password})
    bert = User.objects.get(email="bert@shop.test")
    assert bert.check_password(password)
    assert not bert.check_password(password.strip())


def test_signing_up_can_be_switched_off(make_site: Callable[..., SimpleNamespace]) -> None:
    site = make_site(auth={"signup": False})
    assert site.client.get("/account/signup/").status == 404
    assert site.client.post("/account/signup/", GOOD).status == 404
    assert "signup" not in site.client.get("/account/login/").text
