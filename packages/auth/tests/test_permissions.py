"""Permissions: rows made by ``migrate``, what users and groups may do, and who may do something."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from partita.auth import (
    AbstractUsernameUser,
    AnonymousUser,
    BaseBackend,
    Group,
    Permission,
    SetupError,
    UsernameManager,
    authenticate,
    create_permissions,
    permission_required,
)
from partita.auth.creating_permissions import stale_permissions
from partita.auth.models import User
from partita.auth.permission_checks import check_model_permissions
from partita.auth.testing import force_login
from partita.contenttypes import ContentType
from partita.http import Forbidden, Request, Response
from partita.orm import DATABASES, CharField, Database, Model, Registry
from partita.testing import Client, application
from partita.urls import include, path

CHEAP = {"argon2_time_cost": 1, "argon2_memory_cost": 64}


class Album(Model):
    """A record, with a permission of its own and no one to view it."""

    title = CharField(max_length=20)

    class Meta:
        app_label = "discs"
        default_permissions = ("add", "change", "delete")
        permissions = [("play_album", "Can play it loud")]


class Hit(Album):
    """The same rows, seen as another model."""

    class Meta:
        app_label = "discs"
        proxy = True
        default_permissions = ("change",)
        permissions = ()


MODELS = (Album, Hit)


@pytest.fixture
def database() -> Iterator[Database]:
    """A database with users, Anna, and the permissions of `MODELS`."""
    with application(["partita.auth"], databases={"default": "sqlite://:memory:"}, auth=CHEAP) as app:
        database = app.require(DATABASES)["default"]
        database.create_all(User)
        create_permissions(database, MODELS)
        yield database
        database.close()


@pytest.fixture
def anna(database: Database) -> User:
    return User.objects.create_user("anna@shop.test")


def give(user: User, codename: str, *, by_group: bool = False) -> None:
    permission = Permission.objects.get(codename=codename, content_type__model="album")
    if by_group:
        group = Group.objects.get_or_create(name=f"who {codename}")[0]
        group.permissions.add(permission)
        user.groups.add(group)
    else:
        user.user_permissions.add(permission)


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


# -- rows ----------------------------------------------------------------------------------------------------------------


def test_models_get_the_permissions_that_they_declare(database: Database) -> None:
    rows = Permission.objects.filter(content_type__app_label="discs")
    assert [(row.content_type.model, row.codename, row.name) for row in rows] == [
        ("album", "add_album", "Can add album"),
        ("album", "change_album", "Can change album"),
        ("album", "delete_album", "Can delete album"),
        ("album", "play_album", "Can play it loud"),
        ("hit", "change_hit", "Can change hit"),
    ]


def test_a_second_time_makes_nothing_and_asks_once(database: Database) -> None:
    with database.query_log() as log:
        assert create_permissions(database, MODELS) == []
    assert [each.sql.split()[0] for each in log] == ["SELECT"]


def test_a_changed_model_gets_what_is_new_and_what_is_stale_is_named(database: Database) -> None:
    later = Registry()

    class NewAlbum(Model):
        class Meta:
            registry = later
            app_label = "discs"
            default_permissions = ("change",)
            permissions = [("burn_album", "Can burn it")]

    NewAlbum._meta.model_name = "album"  # what the model is called after its Meta was changed
    made = create_permissions(database, [NewAlbum])
    assert [row.codename for row in made] == ["burn_album"]
    stale = stale_permissions(database, later)
    assert [row.user_perm_str for row in stale] == ["discs.add_album", "discs.delete_album", "discs.play_album"]


def run(app: Any, name: str, *arguments: str) -> int:
    command = app.command(name)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    status = command.run(app, parser.parse_args(arguments))
    assert isinstance(status, int)
    return status


def test_migrate_makes_the_rows_and_names_those_that_no_model_declares(capsys: pytest.CaptureFixture[str]) -> None:
    with application(["partita.auth"], databases={"default": "sqlite://:memory:"}, auth=CHEAP) as app:
        assert [package.name for package in app.packages] == ["partita.contenttypes", "partita.auth"]
        assert run(app, "migrate") == 0
        kind = ContentType.objects.get_for_model(Group)
        found = Permission.objects.filter(content_type=kind).values_list("codename", flat=True)
        assert list(found) == ["add_group", "change_group", "delete_group", "view_group"]
        assert "remove_stale_permissions" not in capsys.readouterr().out
        Permission.objects.create(codename="shout_group", name="Can shout", content_type=kind)
        assert run(app, "migrate") == 0
        assert "declares these permissions: auth.shout_group." in capsys.readouterr().out
        assert run(app, "remove_stale_permissions", "--no-input") == 0
        assert "auth.shout_group" in capsys.readouterr().out
        assert not Permission.objects.filter(codename="shout_group").exists()
        assert run(app, "remove_stale_permissions") == 0
        assert Permission.objects.filter(codename="add_group").exists()
        app.require(DATABASES).close()


def test_users_from_before_there_were_permissions_are_kept() -> None:
    with application(["partita.auth"], databases={"default": "sqlite://:memory:"}, auth=CHEAP) as app:
        database = app.require(DATABASES)["default"]
        assert run(app, "migrate", "auth", "0001_initial") == 0
        database.execute(
            "INSERT INTO auth_user (email, name, password, is_active, is_staff, is_superuser, date_joined) "
            "VALUES ('old@shop.test', 'Old', '!', 1, 0, 0, '2020-01-01 00:00:00')"
        )
        assert run(app, "migrate") == 0
        old = User.objects.get(email="old@shop.test")
        assert (old.name, old.get_all_permissions()) == ("Old", set())
        old.user_permissions.add(Permission.objects.get(codename="view_group"))
        assert again(old).has_perm("auth.view_group")
        database.close()


def test_natural_keys_lead_back_to_the_row_and_the_second_time_no_query_is_made(database: Database) -> None:
    permission = Permission.objects.get(codename="play_album")
    key = permission.natural_key()
    assert key == ("play_album", "discs", "album")
    assert Permission.objects.get_by_natural_key(*key) == permission
    with database.query_log() as log:
        assert Permission.objects.get_by_natural_key(*key) == permission
        assert ContentType.objects.get_for_model(Album).model == "album"
    assert list(log) == []
    permission.delete()
    for wrong in (key, ("play_album", "discs", "nothing")):
        with pytest.raises(Permission.DoesNotExist):
            Permission.objects.get_by_natural_key(*wrong)
    group = Group.objects.create(name="Editors")
    assert Group.objects.get_by_natural_key(*group.natural_key()) == group
    assert (str(group), asyncio.run(Group.objects.aget_by_natural_key("Editors"))) == ("Editors", group)


def test_mistakes_in_declarations_are_found() -> None:
    class Wrong(Model):
        class Meta:
            registry = Registry()
            app_label = "discs"
            verbose_name = "x" * 250
            permissions = [
                ("add_wrong", "clashes"),
                ("twice", "one"),
                ("twice", "two"),
                ("long", "n" * 256),
                ("c" * 101, "long codename"),
            ]

    found = [finding.id for finding in check_model_permissions([Wrong])]
    assert sorted(found) == ["auth.E005", "auth.E006", "auth.E007", "auth.E008", "auth.E012"]
    assert list(check_model_permissions([Album, Hit])) == []


# -- what users may do ---------------------------------------------------------------------------------------------------


def test_permissions_of_the_user_and_of_groups_count_together(anna: User) -> None:
    assert not anna.has_perm("discs.play_album")
    give(anna, "play_album")
    give(anna, "add_album", by_group=True)
    assert not anna.has_perm("discs.play_album"), "what was asked is remembered for one instance"
    user = again(anna)
    assert user.get_user_permissions() == {"discs.play_album"}
    assert user.get_group_permissions() == {"discs.add_album"}
    assert user.get_all_permissions() == {"discs.play_album", "discs.add_album"}
    assert user.has_perms(["discs.play_album", "discs.add_album"])
    assert not user.has_perms(["discs.play_album", "discs.delete_album"])
    assert (user.has_module_perms("discs"), user.has_module_perms("disc")) == (True, False)
    assert not user.has_perm("discs.play_album", obj=Album()), "the database says nothing of single rows"
    with pytest.raises(ValueError, match="iterable"):
        user.has_perms("discs.play_album")


def test_the_second_check_makes_no_query(anna: User, database: Database) -> None:
    give(anna, "play_album")
    user = again(anna)
    with database.query_log() as log:
        assert user.has_perm("discs.play_album")
    assert len(log) == 2
    with database.query_log() as log:
        assert user.has_perm("discs.play_album")
        assert not user.has_perm("discs.add_album")
        assert user.has_module_perms("discs")
    assert list(log) == []


def test_inactive_users_may_nothing_and_superusers_all(anna: User, database: Database) -> None:
    give(anna, "play_album")
    anna.is_active = False
    anna.save()
    assert again(anna).get_all_permissions() == set()
    assert not again(anna).has_perm("discs.play_album")
    anna.is_active = anna.is_superuser = True
    anna.save()
    with database.query_log() as log:
        assert again(anna).has_perm("no.such_thing", obj=Album())
        assert again(anna).has_module_perms("nothing")
    assert len(log) == 2  # the rows themselves
    assert "discs.change_hit" in again(anna).get_all_permissions()


def test_async_twins_say_the_same(anna: User) -> None:
    give(anna, "play_album")
    give(anna, "add_album", by_group=True)

    async def ask(user: Any) -> list[object]:
        return [
            await user.ahas_perm("discs.play_album"),
            await user.ahas_perms(["discs.play_album", "discs.delete_album"]),
            await user.ahas_module_perms("discs"),
            await user.aget_user_permissions(),
            await user.aget_group_permissions(),
            await user.aget_all_permissions(),
        ]

    own, both = {"discs.play_album"}, {"discs.play_album", "discs.add_album"}
    assert asyncio.run(ask(again(anna))) == [True, False, True, own, {"discs.add_album"}, both]
    assert asyncio.run(ask(AnonymousUser())) == [False, False, False, set(), set(), set()]


def test_who_may_do_something_is_found_with_one_query(anna: User, database: Database) -> None:
    bert, carl, boss = (User.objects.create_user(f"{name}@shop.test") for name in ("bert", "carl", "boss"))
    give(anna, "play_album")
    give(anna, "play_album", by_group=True)
    give(bert, "play_album", by_group=True)
    give(carl, "add_album")
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    with database.query_log() as log:
        assert list(User.objects.with_perm("discs.play_album")) == [anna, bert, boss]
    assert len(log) == 1
    assert list(User.objects.with_perm("discs.play_album", include_superusers=False)) == [anna, bert]
    row = Permission.objects.get(codename="add_album")
    assert list(User.objects.with_perm(row, include_superusers=False)) == [carl]
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert list(User.objects.with_perm("discs.play_album", is_active=False)) == [anna]
    assert len(User.objects.with_perm("discs.play_album", is_active=None)) == 3
    assert list(User.objects.with_perm("discs.play_album", obj=Album())) == []
    path = "partita.auth.backends:ModelBackend"
    assert list(User.objects.with_perm("discs.add_album", backend=path)) == [boss, carl]
    for wrong in ("play_album", "a.b.c"):
        with pytest.raises(ValueError, match=r"app_label\.permission_codename"):
            User.objects.with_perm(wrong)
    with pytest.raises(TypeError, match="string or a permission"):
        User.objects.with_perm(5)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match="backend must be"):
        User.objects.with_perm("a.b", backend=5)  # type: ignore[arg-type]  # the mistake


# -- backends --------------------------------------------------------------------------------------------------------------


class OwnRows(BaseBackend):
    """Knows somebody by a token, and lets everybody play albums that are called Free."""

    def authenticate(self, request: Any, token: str = "", **credentials: Any) -> Any:
        """Return Anna for her token."""
        if token == "forbidden":
            raise PermissionError
        return User.objects.get(email="anna@shop.test") if token == "of Anna" else None

    def get_user(self, user_id: object) -> Any:
        """Return the user."""
        return User.objects.filter(pk=user_id).first()

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        """Allow free albums, and forbid deletion whoever allows it."""
        if perm == "discs.delete_album":
            raise PermissionError
        return perm == "discs.play_album" and getattr(obj, "title", "") == "Free"


class After(BaseBackend):
    """Takes any token; must not be asked after a refusal."""

    asked: ClassVar[list[str]] = []

    def authenticate(self, request: Any, token: str = "", **credentials: Any) -> Any:
        """Remember that it was asked."""
        self.asked.append(token)
        return None


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """An application with three backends and a page for who is logged in."""
    module = ModuleType("backends_for_a_test")
    module.OwnRows, module.After = OwnRows, After  # type: ignore[attr-defined]  # a module made by hand
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(OwnRows, "__module__", module.__name__)
    paths = ("backends_for_a_test:OwnRows", "backends_for_a_test:After", "partita.auth.backends:ModelBackend")
    auth = {**CHEAP, "backends": paths, "login_url": "/login/"}
    with application(["partita.auth"], urls=ROUTES, databases={"default": "sqlite://:memory:"}, auth=auth) as app:
        database = app.require(DATABASES)["default"]
        database.create_all(User)
        create_permissions(database, MODELS)
        anna = User.objects.create_user("anna@shop.test", "seven green boats")
        client = Client(app)
        yield SimpleNamespace(app=app, anna=anna, client=client)
        client.close()
        database.close()


@permission_required("discs.play_album")
def _play(request: Request) -> Response:
    return Response.text("la la la")


@permission_required(["discs.play_album", "discs.add_album"], raise_exception=True)
async def _add(request: Request) -> Response:
    return Response.text("added")


ROUTES = [path("play/", _play), path("add/", _add)]


def test_the_first_backend_that_knows_somebody_wins_and_a_refusal_ends_the_search(chain: SimpleNamespace) -> None:
    After.asked.clear()
    assert authenticate(token="of Anna") == chain.anna
    assert After.asked == []
    assert authenticate(token="unknown") is None
    assert After.asked == ["unknown"]
    assert authenticate(token="forbidden") is None
    assert After.asked == ["unknown"]
    found = authenticate(email="ANNA@shop.test", password="seven green boats")
    assert found == chain.anna
    assert found is not None
    assert found.backend == "partita.auth.backends.ModelBackend"  # type: ignore[attr-defined]  # set on whom it found
    assert authenticate("anna@shop.test", "wrong") is None


def test_a_backend_may_know_single_rows_and_may_forbid(chain: SimpleNamespace) -> None:
    free, dear = Album(title="Free"), Album(title="Dear")
    assert AnonymousUser().has_perm("discs.play_album", free)
    assert not AnonymousUser().has_perm("discs.play_album", dear)
    assert chain.anna.has_perm("discs.play_album", free)
    assert asyncio.run(chain.anna.ahas_perm("discs.play_album")) is False
    give(chain.anna, "delete_album")
    assert not again(chain.anna).has_perm("discs.delete_album")
    assert "discs.delete_album" in again(chain.anna).get_all_permissions()
    with pytest.raises(ValueError, match="multiple authentication backends"):
        User.objects.with_perm("discs.play_album")
    assert list(User.objects.with_perm("discs.play_album", backend="backends_for_a_test.OwnRows")) == []


def test_views_ask_for_permissions(chain: SimpleNamespace) -> None:
    assert chain.client.get("/add/").status == 403
    assert chain.client.get("/play/").location == "/login/?next=/play/"
    give(chain.anna, "play_album")
    force_login(chain.client, chain.anna)
    assert chain.client.get("/play/").text == "la la la"
    assert chain.client.get("/add/").status == 403
    give(chain.anna, "add_album", by_group=True)
    assert chain.client.get("/add/").text == "added"
    User.objects.get(pk=chain.anna.pk).user_permissions.clear()
    assert chain.client.get("/play/").status == 403


def test_a_session_ends_when_its_backend_is_taken_away(chain: SimpleNamespace) -> None:
    give(chain.anna, "play_album")
    chain.anna.backend = "nowhere.Backend"
    with pytest.raises(SetupError, match="does not name"):
        force_login(chain.client, chain.anna)
    with (
        pytest.raises(SetupError, match="cannot be imported"),
        application(["partita.auth"], auth={"backends": ("nowhere:Nothing",)}),
    ):
        AnonymousUser().has_perm("a.b")


def test_a_refusal_may_also_be_a_403(monkeypatch: pytest.MonkeyPatch, anna: User) -> None:
    from partita.auth.backends import ModelBackend

    def refuse(self: ModelBackend, user_obj: Any, perm: str, obj: object = None) -> bool:
        raise Forbidden

    monkeypatch.setattr(ModelBackend, "has_perm", refuse)
    assert not anna.has_perm("discs.play_album")


# -- users with names --------------------------------------------------------------------------------------------------------


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """An application whose users log in with a name."""

    class Member(AbstractUsernameUser):
        objects: ClassVar["UsernameManager[Member]"] = UsernameManager()

        class Meta:
            app_label = "club"
            registry = Registry()

    module = ModuleType("members_for_a_test")
    module.Member = Member  # type: ignore[attr-defined]  # a module made by hand
    monkeypatch.setitem(sys.modules, module.__name__, module)
    auth = {**CHEAP, "user_model": "members_for_a_test:Member"}
    routes = [path("account/", include("partita.auth.urls")), path("play/", _play)]
    with application(["partita.auth"], urls=routes, databases={"default": "sqlite://:memory:"}, auth=auth) as app:
        database = app.require(DATABASES)["default"]
        database.create_all(Member)
        create_permissions(database, MODELS)
        client = Client(app)
        yield SimpleNamespace(app=app, Member=Member, client=client)
        client.close()
        database.close()


def test_users_may_log_in_with_a_name(members: SimpleNamespace) -> None:
    made = members.Member.objects.create_user("ada", "Ada@EXAMPLE.org", "seven green boats", first_name="Ada")
    assert (made.get_username(), made.email, made.get_full_name(), str(made)) == (
        "ada",
        "Ada@example.org",
        "Ada",
        "ada",
    )
    assert authenticate(username="ada", password="seven green boats") == made
    assert authenticate(username="ada", password="wrong") is None
    assert authenticate(username="x" * 10_000, password="wrong") is None
    page = members.client.get("/account/login/").text
    assert 'name="username"' in page
    assert 'name="email"' not in page
    wrong = members.client.post("/account/login/", {"username": "ada", "password": "no"}).text
    assert "This name and the password do not belong together." in wrong
    assert members.client.post("/account/login/", {"username": "ada", "password": "seven green boats"}).status == 302
    assert members.client.get("/play/").status == 403
    permission: Any = Permission.objects.get(codename="play_album")
    made.user_permissions.add(permission)
    assert members.client.get("/play/").text == "la la la"
    assert list(permission.club_member_set.all()) == [made]
    assert list(members.Member.objects.with_perm("discs.play_album")) == [made]


def test_a_superuser_with_a_name_is_made_by_method_and_by_command(
    members: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boss = members.Member.objects.create_superuser("boss", password="seven green boats")
    assert (boss.is_staff, boss.is_superuser) == (True, True)
    for name in ("is_staff", "is_superuser"):
        with pytest.raises(ValueError, match=f"must have {name}=True"):
            members.Member.objects.create_superuser("other", **{name: False})
    with pytest.raises(ValueError, match="must be set"):
        members.Member.objects.create_user("")
    monkeypatch.setenv("PARTITA_SUPERUSER_PASSWORD", "seven blue boats")
    with pytest.raises(SystemExit, match="Set PARTITA_SUPERUSER_USERNAME"):
        run(members.app, "createsuperuser", "--no-input")
    with pytest.raises(SystemExit, match="Use letters"):
        run(members.app, "createsuperuser", "--no-input", "--username", "a b")
    assert run(members.app, "createsuperuser", "--no-input", "--username", "root", "--email", "root@x.org") == 0
    assert "Superuser root is made." in capsys.readouterr().out
    root = members.Member.objects.get(username="root")
    assert (root.email, root.is_superuser, root.check_password("seven blue boats")) == ("root@x.org", True, True)
    with pytest.raises(SystemExit, match="already"):
        run(members.app, "createsuperuser", "--no-input", "--username", "root")
    monkeypatch.setenv("PARTITA_SUPERUSER_PASSWORD", "seven pink boats")
    assert run(members.app, "changepassword", "root") == 0
    assert members.Member.objects.get(username="root").check_password("seven pink boats")


def test_names_that_look_the_same_are_the_same(members: SimpleNamespace) -> None:
    made = members.Member.objects.create_user("\uff41da")  # a wide letter
    assert made.username == "ada"
    other = members.Member(username="\uff42ob", email="bob@EXAMPLE.org")
    other.clean()
    assert (other.username, other.email) == ("bob", "bob@example.org")
