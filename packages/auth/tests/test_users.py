"""The user model: addresses, passwords, what a person may do."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import pytest

from partita.auth import (
    USER_MODEL,
    AbstractUser,
    AnonymousUser,
    SetupError,
    UserManager,
    authenticate,
    get_user_model,
    normalize_email,
)
from partita.auth.hashers import Argon2Hasher, Pbkdf2Hasher
from partita.auth.models import User
from partita.contracts.commands import COMMANDS
from partita.orm import DATABASES, CharField, IntegrityError, Registry


def test_a_user_is_stored_with_the_address_in_small_letters_and_a_hash(site: SimpleNamespace) -> None:
    user = User.objects.get(pk=site.anna.pk)
    assert (user.email, user.name, str(user)) == ("anna@shop.test", "Anna", "anna@shop.test")
    assert user.password.startswith("argon2$argon2id$")
    assert (user.is_active, user.is_staff, user.is_superuser, user.last_login) == (True, False, False, None)
    assert user.date_joined.tzinfo is not None
    assert user.check_password(site.password)
    assert not user.check_password("wrong")


def test_two_users_cannot_share_an_address(site: SimpleNamespace) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create_user("ANNA@SHOP.TEST", "another good one")


def test_cve_2019_19844_letters_beyond_ascii_are_not_folded_into_another_mailbox(site: SimpleNamespace) -> None:
    assert normalize_email(" MIKE@Example.ORG ") == "mike@example.org"
    assert normalize_email("mi\u212ae@example.org") != "mike@example.org"  # the Kelvin sign folds to k
    assert normalize_email("\u017fam@example.org") != "sam@example.org"  # the long s folds to s
    other = User.objects.create_user("\u0430nna@shop.test")  # a Cyrillic letter
    assert other.pk != site.anna.pk


def test_a_superuser_may_do_everything_unless_inactive(site: SimpleNamespace) -> None:
    boss = User.objects.create_superuser("boss@shop.test", "a very good password")
    assert boss.is_staff
    assert boss.has_perm("shop.add_album")
    assert boss.has_perms(("a.b", "c.d"))
    boss.is_active = False
    assert not boss.has_perm("shop.add_album")
    assert not site.anna.has_perm("shop.add_album")
    assert not AnonymousUser().has_perm("shop.add_album")


def test_a_user_without_an_address_is_refused(site: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("  ", "x")


def test_a_user_without_a_password_cannot_log_in_by_one(site: SimpleNamespace) -> None:
    user = User.objects.create_user("robot@shop.test")
    assert not user.has_usable_password()
    assert not user.check_password("")
    user.set_password("now there is one")
    assert user.has_usable_password()


def test_a_right_password_is_stored_anew_when_the_cost_has_changed(site: SimpleNamespace) -> None:
    User.objects.filter(pk=site.anna.pk).update(password=Argon2Hasher(1, 128).encode("secret words"))
    user = User.objects.get(pk=site.anna.pk)
    assert not user.check_password("wrong")
    assert "m=128" in User.objects.get(pk=site.anna.pk).password
    assert user.check_password("secret words")
    stored = User.objects.get(pk=site.anna.pk)
    assert "m=64" in stored.password
    assert stored.password == user.password


def test_storing_anew_does_not_undo_a_password_changed_meanwhile(site: SimpleNamespace) -> None:
    User.objects.filter(pk=site.anna.pk).update(password=Pbkdf2Hasher(1).encode("old one"))
    stale = User.objects.get(pk=site.anna.pk)
    site.anna.set_password("new one")
    site.anna.save()
    assert stale.check_password("old one")
    assert User.objects.get(pk=site.anna.pk).check_password("new one")


def test_async_twins_do_the_same(site: SimpleNamespace) -> None:
    async def main() -> None:
        user = await User.objects.acreate_user("bert@shop.test", "first password")
        assert await user.acheck_password("first password")
        await user.aset_password("second password")
        await user.asave()
        again = await User.objects.aget_by_natural_key("BERT@shop.test")
        assert await again.acheck_password("second password")
        assert (await User.objects.acreate_superuser("c@shop.test", "x")).is_superuser

    asyncio.run(main())


def test_everybody_and_nobody_answer_the_same_questions() -> None:
    nobody, somebody = AnonymousUser(), User(email="a@b.c")
    assert (nobody.is_authenticated, nobody.is_anonymous) == (False, True)
    assert (somebody.is_authenticated, somebody.is_anonymous) == (True, False)
    assert (nobody.pk, str(nobody), nobody == AnonymousUser()) == (None, "AnonymousUser", True)


def test_an_application_may_have_a_user_model_of_its_own(
    make_site: Callable[..., SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Member(AbstractUser):
        phone = CharField(max_length=30, default="")
        objects: ClassVar["UserManager[Member]"] = UserManager()

        class Meta:
            app_label = "club"
            registry = Registry()

    module = ModuleType("club_models_for_a_test")
    module.Member = Member  # type: ignore[attr-defined] # a module made by hand
    monkeypatch.setitem(sys.modules, module.__name__, module)
    site = make_site(auth={"user_model": "club_models_for_a_test:Member"})
    site.app.require(DATABASES)["default"].create_all(Member)
    assert get_user_model() is Member
    assert authenticate("anna@shop.test", site.password) is None
    data = {"email": "m@club.test", "name": "M", "password": "seven green boats", "password_again": "seven green boats"}
    assert site.client.post("/account/signup/", data).status == 302
    assert Member.objects.get(email="m@club.test").phone == ""
    assert site.client.get("/who/").text == "m@club.test"


@pytest.mark.parametrize(
    "name", ["nowhere:User", "partita.auth.models:Nobody", "partita.auth:AnonymousUser", "nonsense", ""]
)
def test_a_user_model_that_is_none_is_a_mistake_with_a_message(
    make_site: Callable[..., SimpleNamespace], name: str
) -> None:
    site = make_site(auth={"user_model": name})
    with pytest.raises(SetupError, match=r"\[auth\] user_model is"):
        site.app.require(USER_MODEL)


def test_the_migrations_fit_the_models(site: SimpleNamespace) -> None:
    parser = argparse.ArgumentParser()
    command = next(command for command in site.app.all(COMMANDS) if command.name == "makemigrations")
    command.add_arguments(parser)
    assert command.run(site.app, parser.parse_args(["auth", "--check"])) == 0
