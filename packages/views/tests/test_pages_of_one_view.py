"""Compression and entity tags for one view alone, whatever kind of response it makes."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponse, StreamingHttpResponse
from partita.testing import application
from partita.urls import path
from partita.views import SimpleTemplateResponse, TemplateResponse, conditional_page, gzip_page

APPS = ("partita.http", "partita.urls", "partita.templates")
TEXT = "All work and no play. " * 200


def native(request: Any) -> Response:
    """Answer with an immutable response."""
    return Response.html(TEXT)


def draft(request: Any) -> HttpResponse:
    """Answer with a draft."""
    return HttpResponse(TEXT)


def template(request: Any) -> SimpleTemplateResponse:
    """Answer with what is rendered later."""
    return TemplateResponse(request, "page.html", {"text": TEXT})


def stream(request: Any) -> StreamingHttpResponse:
    """Answer piece by piece."""

    def pieces() -> Iterator[str]:
        for start in range(0, len(TEXT), 100):
            yield TEXT[start : start + 100]

    return StreamingHttpResponse(pieces())


def as_async(view: Callable[[Any], Response]) -> Callable[[Any], Any]:
    """Return the same view, to be awaited."""

    async def awaited(request: Any) -> Response:
        return view(request)

    return awaited


def ask(view: Callable[[Any], Any], folder: Path, **headers: str) -> tuple[Response, bytes]:
    """Return the answer of an application that has this view, and the bytes that go over the wire."""
    (folder / "page.html").write_text("{{ text }}")
    fields = {name.replace("_", "-"): value for name, value in headers.items()}

    async def get() -> tuple[Response, bytes]:
        answered = await app(Request.build(headers=fields))
        return answered, await answered.aread()

    options: dict[str, Any] = {"default_apps": APPS, "templates": {"dirs": (str(folder),)}, "web": {"drafts": True}}
    with application(urls=[path("", view)], **options) as app:
        return asyncio.run(get())


@pytest.mark.parametrize("view", [native, draft, template, stream])
@pytest.mark.parametrize("kind", [lambda view: view, as_async])
def test_every_kind_of_answer_is_compressed(view: Any, kind: Any, tmp_path: Path) -> None:
    compressed = gzip_page(kind(view))
    answered, body = ask(compressed, tmp_path, accept_encoding="gzip")
    assert (answered.headers["content-encoding"], answered.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(body).decode() == TEXT
    answered, body = ask(compressed, tmp_path)
    assert ("content-encoding" in answered.headers, answered.headers["vary"]) == (False, "Accept-Encoding")
    assert body.decode() == TEXT


@pytest.mark.parametrize("view", [native, draft, template])
@pytest.mark.parametrize("kind", [lambda view: view, as_async])
def test_every_kind_of_whole_answer_is_left_out_for_who_has_it(view: Any, kind: Any, tmp_path: Path) -> None:
    tagged = conditional_page(kind(view))
    answered, body = ask(tagged, tmp_path)
    assert (answered.status, body.decode()) == (200, TEXT)
    again, nothing = ask(tagged, tmp_path, if_none_match=answered.headers["etag"])
    assert (again.status, nothing, again.headers["etag"]) == (304, b"", answered.headers["etag"])


def test_code_in_djangos_manner_around_them_gets_a_draft_still() -> None:
    request = HttpRequest(Request.build(headers={"accept-encoding": "gzip"}))
    for view in (draft, stream):
        response: Any = gzip_page(view)(request)
        response["X-Own"] = "1"
        assert (type(response), response["Content-Encoding"]) == (type(view(request)), "gzip")
    tag = conditional_page(draft)(request)["ETag"]
    request = HttpRequest(Request.build(headers={"if-none-match": tag}))
    response = conditional_page(draft)(request)
    response["X-Own"] = "1"
    assert response.status_code == 304


def test_an_open_file_is_closed_when_its_compressed_form_is(tmp_path: Path) -> None:
    closed: list[str] = []

    class Pieces:
        async def __aiter__(self) -> AsyncIterator[str]:
            yield TEXT

        def close(self) -> None:
            closed.append("closed")

    response = gzip_page(lambda request: StreamingHttpResponse(Pieces()))(
        HttpRequest(Request.build(headers={"accept-encoding": "gzip"}))
    )
    response.close()
    assert closed == ["closed"]
