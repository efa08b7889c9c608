"""A view that is kept answers with what it answered before, and nobody gets what is another's."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from partita.contracts.cache import CACHE
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import Request, Response, integration
from partita.http.drafts import HttpResponse
from partita.http.memory_cache import MemoryCache
from partita.http.page_cache import PAGE_CACHE
from partita.testing import Client, application
from partita.urls import path
from partita.views import TemplateResponse, cache_page, vary_on_headers


class Counted:
    """Views that count how often they ran."""

    def __init__(self) -> None:
        self.count = 0

    def plain(self, request: Request) -> Response:
        self.count += 1
        return Response.html(f"<p>{self.count}</p>")

    async def awaited(self, request: Request) -> Response:
        await asyncio.sleep(0)
        self.count += 1
        return Response.html(f"<p>{self.count}</p>")

    def draft(self, request: Any) -> HttpResponse:
        self.count += 1
        return HttpResponse(f"<p>{self.count}</p>")

    def template(self, request: Any) -> TemplateResponse:
        self.count += 1
        return TemplateResponse(request, "page.html", {"count": self.count})


@pytest.mark.parametrize("kind", ["plain", "awaited", "draft"])
@pytest.mark.parametrize("drafts", [False, True])
def test_a_view_runs_once_for_an_address(kind: str, drafts: bool) -> None:
    counted = Counted()
    view = cache_page(60)(getattr(counted, kind))
    with application(urls=[path("page/", view)], web={"drafts": drafts}), Client() as client:
        first, again = client.get("/page/"), client.get("/page/")
        assert (first.text, again.text, counted.count) == ("<p>1</p>", "<p>1</p>", 1)
        assert first.headers["cache-control"] == again.headers["cache-control"] == "max-age=60"
        assert first.headers["expires"] == again.headers["expires"]
        assert "age" not in first.headers
        assert again.headers["age"] == "0"
        assert client.get("/page/?other=1").text == "<p>2</p>"
        assert client.head("/page/").content == b""
        client.post("/page/", headers={"sec-fetch-site": "same-origin"})
        assert counted.count == 3


@pytest.mark.parametrize("drafts", [False, True])
def test_a_template_is_kept_once_it_is_rendered(drafts: bool, tmp_path: Any) -> None:
    (tmp_path / "page.html").write_text("{{ count }}")
    counted = Counted()
    view = cache_page(60)(counted.template)
    with (
        application(urls=[path("page/", view)], web={"drafts": drafts}, templates={"dirs": (str(tmp_path),)}),
        Client() as client,
    ):
        assert [client.get("/page/").text for _ in range(2)] == ["1", "1"]


def test_an_entry_ends_after_its_time() -> None:
    now = [0.0]
    counted, cache = Counted(), MemoryCache(clock=lambda: now[0])
    view = cache_page(timedelta(minutes=1), cache=cache)(counted.plain)
    for moment, expected in ((0, 1), (59, 1), (61, 2)):
        now[0] = moment
        view(Request.build("GET", "/page/"))
        assert counted.count == expected


def test_what_varies_is_kept_apart_and_prefixes_are() -> None:
    counted, cache = Counted(), MemoryCache()
    view = cache_page(60, cache=cache)(vary_on_headers("Accept-Language")(counted.plain))
    other = cache_page(60, cache=cache, key_prefix="2")(counted.plain)
    for ask, language in ((view, "de"), (view, "fr"), (view, "de"), (other, "de"), (other, "de")):
        ask(Request.build("GET", "/page/", headers={"Accept-Language": language}))
    assert counted.count == 3


def test_the_applications_cache_is_used_if_it_has_one() -> None:
    cache = MemoryCache()
    app, bare = SimpleRegistrar(), SimpleRegistrar()
    app.provide(CACHE, lambda: cache)
    for each in (app, bare):
        integration.setup(each)
    assert app.require(PAGE_CACHE).cache is cache
    assert isinstance(bare.require(PAGE_CACHE).cache, MemoryCache)


def test_two_applications_do_not_share_their_pages() -> None:
    counted = Counted()
    view = cache_page(60)(counted.plain)
    for _ in range(2):
        with application(urls=[path("page/", view)]), Client() as client:
            client.get("/page/")
    assert counted.count == 2


def test_without_an_application_nothing_is_kept() -> None:
    counted = Counted()
    view = cache_page(60)(counted.plain)
    assert [view(Request.build("GET", "/")).body for _ in range(2)] == [b"<p>1</p>", b"<p>2</p>"]


def test_a_visitors_session_is_nobody_elses() -> None:
    seen: list[object] = []

    @cache_page(60)
    def view(request: Request) -> Response:
        session: Any = request.get_slot("session")
        seen.append(session.get("name"))
        return Response.text(f"Hello {session.get('name')}")

    with application(urls=[path("page/", view)], sessions={"store": "memory"}), Client() as ann, Client() as bob:
        ann.change_session(lambda session: session.update(name="Ann"))
        bob.change_session(lambda session: session.update(name="Bob"))
        assert ann.get("/page/").text == "Hello Ann"
        assert bob.get("/page/").text == "Hello Bob"
        assert ann.get("/page/").text == "Hello Ann"
        assert seen == ["Ann", "Bob"]


def test_a_page_with_a_form_token_is_made_anew_for_each(tmp_path: Any) -> None:
    (tmp_path / "page.html").write_text("<form>{% csrf_token %}</form>{{ count }}")
    counted = Counted()
    with (
        application(
            urls=[path("page/", cache_page(60)(counted.template))],
            templates={"dirs": (str(tmp_path),)},
        ),
        Client() as ann,
        Client() as bob,
    ):
        assert ann.get("/page/").text != bob.get("/page/").text
        assert counted.count == 2


def test_a_time_is_asked_for() -> None:
    with pytest.raises(TypeError, match="needs seconds, as in"):
        cache_page(lambda request: Response.text(""))  # type: ignore[arg-type]
