"""Sessions of users: log in, log out, and what ends a login."""

import asyncio
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from partita.auth import AnonymousUser, alogout, authenticate, user_logged_in, user_logged_out, user_login_failed
from partita.auth.errors import TooManyAttempts
from partita.auth.models import User
from partita.auth.testing import aforce_login, force_login
from partita.http import Request, Response
from partita.orm import DATABASES
from partita.security import clears_site_data
from partita.testing import Client, application
from partita.urls import path

Site = SimpleNamespace


def _log_in(site: Site, password: str | None = None, **more: str) -> object:
    data = {"email": "anna@shop.test", "password": password or site.password, **more}
    return site.client.post("/account/login/", data)


def test_authenticate_finds_the_user_by_address_and_password(site: Site) -> None:
    assert authenticate(" ANNA@shop.test", site.password) == site.anna
    assert authenticate("anna@shop.test", "wrong") is None
    assert authenticate("nobody@shop.test", site.password) is None
    assert authenticate("x" * 100_000 + "@shop.test", "y" * 100_000) is None


def test_an_inactive_user_is_not_found(site: Site) -> None:
    User.objects.filter(pk=site.anna.pk).update(is_active=False)
    assert authenticate("anna@shop.test", site.password) is None


def test_a_login_lasts_from_request_to_request_in_async_and_sync_views(site: Site) -> None:
    assert site.client.get("/who/").text == "AnonymousUser"
    response = _log_in(site)
    assert (response.status, response.location) == (302, "/")  # type: ignore[attr-defined] # a client's response
    assert site.client.get("/who/").text == "anna@shop.test"
    assert site.client.get("/who-sync/").text == "anna@shop.test"
    assert User.objects.get(pk=site.anna.pk).last_login is not None


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(site: Site) -> None:
    wrong = site.client.post("/account/login/", {"email": "anna@shop.test", "password": "wrong"})
    unknown = site.client.post("/account/login/", {"email": "nobody@shop.test", "password": "wrong"})
    assert "do not belong together" in wrong.text
    assert _without_token(wrong.text).replace("anna@", "nobody@") == _without_token(unknown.text)
    assert site.client.get("/who/").text == "AnonymousUser"


def _without_token(html: str) -> str:
    return "".join(part.partition(">")[2] for part in html.split('name="csrfmiddlewaretoken"'))


def test_what_was_typed_comes_back_escaped_and_without_the_password(site: Site) -> None:
    response = site.client.post("/account/login/", {"email": '"><script>', "password": "hunter2hunter2"})
    assert "<script>" not in response.text
    assert "hunter2hunter2" not in response.text
    assert response.headers["cache-control"] == "no-store"


def test_the_session_gets_a_new_key_at_login_and_keeps_what_was_in_it(make_site: Callable[..., Site]) -> None:
    site = make_site(sessions={"store": "memory"})
    site.client.get("/set/")
    before = (
        dict(site.client.cookies)["sessionid"] if hasattr(site.client.cookies, "keys") else str(site.client.cookies)
    )
    _log_in(site)
    after = dict(site.client.cookies)["sessionid"] if hasattr(site.client.cookies, "keys") else str(site.client.cookies)
    assert before != after
    assert site.client.get("/get/").text == "apples"


def test_another_users_session_is_not_taken_over(site: Site) -> None:
    _log_in(site)
    site.client.get("/set/")
    bert = User.objects.create_user("bert@shop.test", site.password)
    site.client.post("/account/login/", {"email": bert.email, "password": site.password})
    assert site.client.get("/who/").text == "bert@shop.test"
    assert site.client.get("/get/").text == "None"


def test_logout_forgets_everything_and_needs_a_post(site: Site) -> None:
    _log_in(site)
    site.client.get("/set/")
    assert site.client.get("/account/logout/").status == 405
    assert site.client.get("/who/").text == "anna@shop.test"
    response = site.client.post("/account/logout/")
    assert (response.status, response.location) == (302, "/")
    assert site.client.get("/who/").text == "AnonymousUser"
    assert site.client.get("/get/").text == "None"


def test_browsers_forget_at_log_out_what_the_settings_say(make_site: Callable[..., Site]) -> None:
    site = make_site()
    _log_in(site)
    assert "clear-site-data" not in site.client.get("/who/").headers
    assert site.client.post("/account/logout/").headers["clear-site-data"] == '"cache", "storage"'
    other = make_site(auth={"clear_site_data": ["cookies"]})
    _log_in(other)
    assert other.client.post("/account/logout/").headers["clear-site-data"] == '"cookies"'
    without = make_site(auth={"clear_site_data": []})
    _log_in(without)
    assert "clear-site-data" not in without.client.post("/account/logout/").headers


def test_a_view_of_ones_own_clears_too_or_says_itself_what(site: Site) -> None:
    async def leave(request: Request) -> Response:
        await alogout(request)
        return Response.text("bye")

    urls = [path("leave/", leave), path("mine/", clears_site_data("executionContexts")(leave))]
    with application(apps=("partita.auth",), urls=urls, databases={"default": "sqlite://:memory:"}) as app:
        app.require(DATABASES)["default"].create_all(User)
        client = Client(app)
        assert client.post("/leave/").headers["clear-site-data"] == '"cache", "storage"'
        assert client.post("/mine/").headers.get_all("clear-site-data") == ('"executionContexts"',)


def test_a_changed_password_ends_the_other_sessions(site: Site) -> None:
    _log_in(site)
    site.anna.set_password("quite another one")
    site.anna.save()
    assert site.client.get("/who/").text == "AnonymousUser"


def test_a_user_who_is_switched_off_or_deleted_is_out_at_once(site: Site) -> None:
    _log_in(site)
    User.objects.filter(pk=site.anna.pk).update(is_active=False)
    assert site.client.get("/who/").text == "AnonymousUser"
    User.objects.filter(pk=site.anna.pk).update(is_active=True)
    _log_in(site)
    User.objects.filter(pk=site.anna.pk).delete()
    assert site.client.get("/who/").text == "AnonymousUser"


@pytest.mark.parametrize("target", ["/members/", "/members/?a=b&c=d"])
def test_the_way_back_is_taken_if_it_is_on_this_site(site: Site, target: str) -> None:
    assert _log_in(site, next=target).location == target  # type: ignore[attr-defined] # a client's response
    site.client.post("/account/logout/")
    response = site.client.post(
        "/account/login/", {"email": "anna@shop.test", "password": site.password}, query={"next": target}
    )
    assert response.location == target


@pytest.mark.parametrize(
    "target", ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "http:evil.test", " //x"]
)
def test_the_way_back_never_leads_to_another_site(site: Site, target: str) -> None:
    page = site.client.get("/account/login/", {"next": target})
    assert "evil" not in page.text
    assert "alert" not in page.text
    assert _log_in(site, next=target).location == "/"  # type: ignore[attr-defined] # a client's response
    assert site.client.post("/account/logout/", {"next": target}).location == "/"


def test_a_view_for_members_sends_others_to_the_login_and_back(site: Site) -> None:
    response = site.client.get("/members/?x=1")
    assert (response.status, response.location) == (302, "/account/login/?next=/members/%3Fx%3D1")
    page = site.client.get(response.location)
    assert 'name="next" value="/members/?x=1"' in page.text
    assert _log_in(site, next="/members/?x=1").location == "/members/?x=1"  # type: ignore[attr-defined] # see above
    assert site.client.get("/members/").text == "members"


def test_a_sync_view_for_members_may_name_another_login(site: Site) -> None:
    assert site.client.get("/members/7/").location == "/elsewhere/?back=/members/7/"
    force_login(site.client, site.anna)
    assert site.client.get("/members/7/").text == "members 7"


def test_staff_see_a_staff_view_and_others_are_refused(site: Site) -> None:
    assert site.client.get("/staff/").status == 302
    force_login(site.client, site.anna)
    assert site.client.get("/staff/").status == 403
    User.objects.filter(pk=site.anna.pk).update(is_staff=True)
    assert site.client.get("/staff/").text == "staff"


def test_an_application_may_ask_for_a_login_everywhere(make_site: Callable[..., Site]) -> None:
    site = make_site(auth={"login_required": True})
    assert site.client.get("/public/").location == "/account/login/?next=/public/"
    assert site.client.get("/account/login/").status == 200
    assert site.client.get("/account/signup/").status == 200
    force_login(site.client, site.anna)
    assert site.client.get("/public/").text == "public"


def test_a_page_that_does_not_ask_for_the_user_touches_neither_session_nor_database(site: Site) -> None:
    from partita.orm import DATABASES

    force_login(site.client, site.anna)
    with site.app.require(DATABASES)["default"].query_log() as log:
        response = site.client.get("/public/")
    assert len(log) == 0
    assert "cookie" not in response.headers.get("vary", "").lower()
    assert "cookie" in site.client.get("/who/").headers.get("vary", "").lower()


def test_the_user_is_looked_up_once_in_a_request(site: Site) -> None:
    from partita.orm import DATABASES

    force_login(site.client, site.anna)
    with site.app.require(DATABASES)["default"].query_log() as log:
        assert site.client.get("/often/").text == "anna@shop.test"
    assert len(log) == 1


def test_async_code_authenticates_logs_in_and_out_on_a_request_of_its_own(site: Site) -> None:
    from partita.auth import aauthenticate, aget_user, alogin
    from partita.auth.middleware import with_user
    from partita.http import Response
    from partita.sessions import SESSION, MemoryStore, Session

    async def view(request: Request) -> Response:
        assert (await aget_user(request)).is_anonymous
        user = await aauthenticate("anna@shop.test", site.password, request)
        assert user is not None
        await alogin(request, user)
        assert await aget_user(request) == user
        await alogout(request)
        return Response.text(str(await aget_user(request)))

    async def main() -> Response:
        request = Request.build("POST", "/")
        request.state.fill(SESSION, Session(MemoryStore()))
        return await with_user(view)(request)

    assert asyncio.run(main()).status == 200


def test_the_sixth_attempt_is_refused_even_with_the_right_password(site: Site) -> None:
    for _ in range(5):
        assert "do not belong" in _log_in(site, "wrong").text  # type: ignore[attr-defined] # a client's response
    assert "Too many failed attempts" in _log_in(site).text  # type: ignore[attr-defined] # a client's response
    request = Request.build("POST", "/", client=("10.9.8.7", 1))
    assert authenticate("anna@shop.test", site.password, request) == site.anna
    with pytest.raises(TooManyAttempts):
        authenticate("anna@shop.test", site.password, Request.build("POST", "/"))


def test_a_post_from_another_site_does_not_log_in_or_out(site: Site) -> None:
    foreign = Client(site.app, headers={"Sec-Fetch-Site": "cross-site"})
    data = {"email": "anna@shop.test", "password": site.password}
    assert foreign.post("/account/login/", data).status == 403
    force_login(foreign, site.anna)
    assert foreign.post("/account/logout/").status == 403
    assert foreign.get("/who/").text == "anna@shop.test"
    foreign.close()


def test_signals_tell_of_logins_and_never_hold_the_password(site: Site) -> None:
    heard: list[tuple[str, object]] = []

    def hear(name: str) -> Callable[..., None]:
        def receive(**news: object) -> None:
            assert site.password not in map(str, news.values())
            heard.append((name, news.get("user") or news.get("email")))

        return receive

    receivers = [(signal, hear(name)) for name, signal in _SIGNALS.items()]
    for signal, receive in receivers:
        signal.connect(receive)
    try:
        _log_in(site, "wrong")
        _log_in(site)
        site.client.get("/who/")
        site.client.post("/account/logout/")
    finally:
        for signal, receive in receivers:
            signal.disconnect(receive)
    assert heard == [("failed", "anna@shop.test"), ("in", site.anna), ("out", site.anna)]


_SIGNALS = {"in": user_logged_in, "out": user_logged_out, "failed": user_login_failed}


def test_force_login_works_with_every_store_in_sync_and_async_tests(make_site: Callable[..., Site]) -> None:
    site = make_site(sessions={"store": "memory"})
    force_login(site.client, site.anna)
    assert site.client.get("/who/").text == "anna@shop.test"

    async def main() -> str:
        client = Client(site.app)
        await aforce_login(client, site.anna)
        return (await client.aget("/who/")).text

    assert asyncio.run(main()) == "anna@shop.test"


def test_a_forged_or_old_session_value_is_nobody(site: Site) -> None:
    from partita.auth.login import get_user
    from partita.sessions import SESSION, MemoryStore, Session

    for values in (
        {"_auth_user_id": str(site.anna.pk)},
        {"_auth_user_id": str(site.anna.pk), "_auth_user_hash": ""},
        {"_auth_user_id": str(site.anna.pk), "_auth_user_hash": 7},
        {"_auth_user_id": str(site.anna.pk), "_auth_user_hash": "x:y"},
        {"_auth_user_id": "no number", "_auth_user_hash": "x"},
        {"_auth_user_id": site.anna.pk, "_auth_user_hash": "x"},
        {"_auth_user_id": "9" * 400, "_auth_user_hash": "x"},
    ):
        request = Request.build("GET", "/")
        session = Session(MemoryStore())
        session.update(values)
        request.state.fill(SESSION, session)
        assert get_user(request) == AnonymousUser()


def test_a_new_secret_key_keeps_logins_as_long_as_the_old_one_verifies(make_site: Callable[..., Site]) -> None:
    from partita.auth.login import session_auth_hash
    from partita.contracts.current import CURRENT

    old, new = "o" * 20 + "ld key for tests" * 3, "n" * 20 + "ew key for tests" * 3
    first = make_site(secret_key=old)
    hash_before = session_auth_hash(first.anna)
    second = make_site(secret_key=new, secret_key_fallbacks=[old])
    assert CURRENT.get() is second.app
    assert session_auth_hash(first.anna) != hash_before
    from partita.auth.login import _is_current

    assert _is_current(first.anna, hash_before)
    make_site(secret_key=new)
    assert not _is_current(first.anna, hash_before)


@pytest.mark.parametrize("cve", ["cve_2024_39329", "cve_2025_13473"])
def test_cve_2025_13473_the_time_of_a_login_does_not_tell_who_has_an_account(
    make_site: Callable[..., Site], cve: str
) -> None:
    site = make_site(auth={"argon2_time_cost": 3, "argon2_memory_cost": 8192, "login_attempts": 0})
    User.objects.create_user("robot@shop.test")
    off = User.objects.create_user("off@shop.test", site.password)
    User.objects.filter(pk=off.pk).update(is_active=False)

    attempts = [(email, "wrong") for email in ("anna@shop.test", "nobody@shop.test", "robot@shop.test", "x" * 1000)]
    attempts += [("off@shop.test", "wrong"), ("off@shop.test", site.password)]
    times: dict[tuple[str, str], list[float]] = {attempt: [] for attempt in attempts}
    for _ in range(9):
        for attempt in attempts:
            begin = time.thread_time()  # what this thread works; waiting for a busy machine does not count
            assert authenticate(*attempt) is None
            times[attempt].append(time.thread_time() - begin)
    known = statistics.median(times[attempts[0]])
    for attempt, found in times.items():
        assert 0.7 < statistics.median(found) / known < 1.4, attempt
