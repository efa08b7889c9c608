"""103 Early Hints: the second time, a page's style sheets and scripts are named before the page is made."""

import asyncio
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.server import Server
from partita.urls import path
from partita.views import arender
from partita.web import App, Settings
from partita.web.early_hints import EarlyHints, links_of

PAGE = """{% load static %}<!doctype html><html><head>
<link rel="stylesheet" href="{% static 'site.css' %}"><script src="{% static 'site.js' %}" defer></script></head></html>"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    paths = {"site.css": "site.0123456789ab.css", "site.js": "site.ba9876543210.js"}
    (root / "staticfiles.json").write_text(json.dumps({"version": "1.1", "paths": paths, "hash": "1"}))

    async def page(request: Request) -> Response:
        while request.query.get("wait") and not (tmp_path / "go on").exists():
            await asyncio.sleep(0.01)
        return await arender(request, "page.html")

    sections = {
        "web": {"early_hints": True},
        "static": {"manifest": True, "root": str(root)},
        "templates": {"dirs": [str(tmp_path / "templates")]},
    }
    settings = Settings("key" * 20, allowed_hosts=("127.0.0.1",), sections=sections)
    app = App(settings, urls=[path("page/", page)])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(app)
    asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result(30)
    yield f"http://127.0.0.1:{server.addresses[0][1]}/page/"
    asyncio.run_coroutine_threadsafe(server.stop(0.5), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def curl(*arguments: str) -> str:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("platform: curl is not installed")
    done = subprocess.run(
        [found, "-sS", "-i", "--max-time", "20", *arguments], capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode()


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_shows_103_with_the_links_of_the_manifest(url: str, version: str) -> None:
    first, second = curl(version, url), curl(version, url)
    assert " 103" not in first
    hints, _, answer = second.replace("\r", "").partition("\n\n")
    status, *fields = hints.split("\n")
    assert status.split()[1] == "103"
    assert fields == [
        "link: </static/site.0123456789ab.css>; rel=preload; as=style",
        "link: </static/site.ba9876543210.js>; rel=preload; as=script",
    ]
    assert answer.split()[1] == "200"
    assert "site.0123456789ab.css" in answer


def test_curl_gets_none_for_what_is_no_page(url: str) -> None:
    curl(url)
    assert " 103" in curl(url)
    assert " 103" not in curl("-H", "Sec-Fetch-Mode: cors", url)
    assert " 103" not in curl("-X", "POST", url)
    assert " 103" not in curl("--http1.0", url)  # which has no interim responses


def test_hints_are_on_their_way_while_the_view_still_waits(url: str, tmp_path: Path) -> None:
    curl(url)
    with socket.create_connection(("127.0.0.1", int(url.split(":")[2].split("/")[0])), 20) as client:
        client.sendall(b"GET /page/?wait=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 103 ")
        (tmp_path / "go on").touch()
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_only_files_of_ours_are_named() -> None:
    page = b"""<link rel=stylesheet href=/a.css><link rel="icon" href="/i.png"><link href='/b.css?x=1&amp;y=2' rel='STYLESHEET'>
        <script src="https://else.example/x.js"></script><script src="//else.example/y.js"></script><script>inline()</script>
        <script type="module" src="/m.js"></script><script src="/c.js" crossorigin></script><script src="/a b.js"></script>
        <link rel="stylesheet" href="/x.css&gt;; rel=preload">"""
    assert links_of(page) == (
        "</a.css>; rel=preload; as=style",
        "</b.css?x=1&y=2>; rel=preload; as=style",
        "</m.js>; rel=modulepreload",
    )


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"<link ", b"href=", b'"', b"/a", b">", b"\r\n", b"rel=stylesheet "])).map(b"".join)
)
def test_whatever_a_page_holds_makes_fields_of_one_line(page: bytes) -> None:
    for link in links_of(page):
        assert link.isprintable()
        assert link.isascii()
        assert link.count(">") == 1


def test_pages_that_are_remembered_are_bounded(tmp_path: Path) -> None:
    hints = EarlyHints(pages=2)

    async def page(request: Request) -> Response:
        return Response.html("<link rel=stylesheet href=/a.css>" if request.path != "/plain" else "")

    async def ask(*paths: str) -> None:
        for each in paths:
            await hints.layer(page)(Request.build("GET", each))

    known: Callable[[str], bool] = lambda each: bool(hints(Request.build("GET", each)))  # noqa: E731 - short
    asyncio.run(ask("/1", "/2", "/3", "/plain"))
    assert [known(each) for each in ("/1", "/2", "/3", "/plain")] == [False, True, True, False]
