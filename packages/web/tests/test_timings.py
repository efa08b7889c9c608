"""Developers see in their browser's tools what an answer spent its time on."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from partita.contracts.settings import DEBUG
from partita.http import Request, Response
from partita.http.page_cache import PAGE_CACHE
from partita.http.structured import Item, parse_list
from partita.orm.databases import DATABASES
from partita.server import Server
from partita.urls import path
from partita.views import arender
from partita.web import App, Settings

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
HERE = ("127.0.0.1", 4000)


def application(folder: Path, *, debug: bool = True, timing: bool = True) -> App:
    (folder / "inner.html").write_text("inner")
    (folder / "page.html").write_text("<html><body>{% include 'inner.html' %}</body></html>")

    async def page(request: Request) -> Response:
        database = app.require(DATABASES)["default"]
        await database.aexecute("SELECT 1")
        await database.aexecute("SELECT 2")
        await app.require(PAGE_CACHE).cache.aget("key")
        return await arender(request, "page.html")

    async def plain(request: Request) -> Response:
        return Response.text(str(app.require(DEBUG)))

    sections = {
        "databases": {"default": f"sqlite:///{folder}/db.sqlite3"},
        "templates": {"dirs": [str(folder)]},
        "web": {"server_timing": timing},
    }
    settings = Settings("key" * 20, debug=debug, allowed_hosts=("127.0.0.1",), sections=sections)
    app = App(settings, urls=[path("page/", page), path("plain/", plain)])
    return app


def spans(app: App, address: str, client: tuple[str, int] = HERE) -> list[tuple[str, Item]]:
    request = Request.build("GET", address, headers={"host": "127.0.0.1"}, client=client)
    response = asyncio.run(app.handle(request))
    found = [item for item in parse_list(response.headers.get("server-timing", "")) if isinstance(item, Item)]
    return [(str(item.value), item) for item in found]


def test_an_answer_tells_of_database_cache_and_templates(tmp_path: Path) -> None:
    found = spans(application(tmp_path), "/page/")
    assert sorted(name for name, _ in found) == ["cache", "db", "template", "total"]
    assert dict(found)["db"].parameters["desc"] == "2 queries"
    assert all(float(str(item.parameters["dur"])) >= 0 for _, item in found)
    assert [name for name, _ in spans(application(tmp_path), "/plain/")] == ["total"]


def test_nobody_else_is_told(tmp_path: Path) -> None:
    assert spans(application(tmp_path), "/page/", ("192.0.2.1", 4000)) == []
    assert spans(application(tmp_path, debug=False), "/page/") == []
    assert spans(application(tmp_path, timing=False), "/page/") == []


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(application(tmp_path))
    asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result(30)
    yield f"http://127.0.0.1:{server.addresses[0][1]}/page/"
    asyncio.run_coroutine_threadsafe(server.stop(0.5), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.mark.skipif(CHROMIUM is None, reason="platform: Chromium is missing; set PARTITA_CHROMIUM")
def test_the_browsers_tools_have_the_spans(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        found = page.evaluate(
            "performance.getEntriesByType('navigation')[0].serverTiming.map(each => [each.name, each.description])"
        )
        browser.close()
    assert sorted(name for name, _ in found) == ["cache", "db", "template", "total"]
    assert ["db", "2 queries"] in found
