import asyncio

import pytest

from partita.http import Request, Response
from partita.server.refresh import BrowserRefresh

TAG = '<script src="/__partita__/refresh.js" defer></script>'


def shown(response: Response) -> Response:
    async def app(request: Request) -> Response:
        return response

    async def ask() -> Response:
        return await BrowserRefresh(app)(Request.build())

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("page", "with_script"),
    [
        ("<html><body>x</body></html>", f"<html><body>x{TAG}</body></html>"),
        ("<HTML><BODY>x</BODY\n></HTML>", f"<HTML><BODY>x{TAG}</BODY\n></HTML>"),
        ("<body><pre>&lt;/body></pre><script>'</body>'</script></body>", None),
        ("<!doctype html>\n<title>t</title>x", f"<!doctype html>\n<title>t</title>x{TAG}"),
        ("\n <html lang=en>x", f"\n <html lang=en>x{TAG}"),
    ],
)
def test_every_page_gets_the_script_once_however_it_ends(page: str, with_script: str | None) -> None:
    answer = shown(Response.html(page, headers={"etag": '"1"'}))
    assert isinstance(answer.body, bytes)
    body = answer.body.decode()
    assert body == (with_script or page[: -len("</body>")] + TAG + "</body>")
    assert "etag" not in answer.headers, "it names the page without the script"


def test_below_a_root_path_the_script_comes_from_there() -> None:
    async def app(request: Request) -> Response:
        return Response.html("<html><body>x</body></html>")

    async def ask(path: str, root_path: str) -> Response:
        return await BrowserRefresh(app)(Request.build("GET", path, root_path=root_path))

    page = asyncio.run(ask("/page", "/a b&c")).body
    assert page == b'<html><body>x<script src="/a%20b%26c/__partita__/refresh.js" defer></script></body></html>'
    script = asyncio.run(ask("/__partita__/refresh.js", "/a")).body
    assert isinstance(script, bytes)
    assert b"document.currentScript.src" in script


@pytest.mark.parametrize(
    "response",
    [
        Response.html("<li>a part of a page, for those who exchange parts</li>"),
        Response.html("<htmlx>"),
        Response.text("<html><body></body></html>"),
        Response(b"<html><body></body></html>", 200, {"content-type": "text/html", "content-encoding": "gzip"}),
    ],
)
def test_other_answers_are_left_alone(response: Response) -> None:
    assert shown(response) is response
