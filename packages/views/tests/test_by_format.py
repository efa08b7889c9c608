import asyncio

import pytest

from partita.http import NotAcceptable, NotFound, Request, Response
from partita.http.drafts import HttpRequest
from partita.views.by_format import arespond_by_format, respond_by_format

FORMATS = {"html": lambda: Response.html("page"), "json": lambda: Response.json({"a": 1})}


def ask(path: str = "/albums/7", accept: str = "") -> Request:
    return Request.build("GET", path, headers={"Accept": accept} if accept else {})


@pytest.mark.parametrize(
    ("request_", "kind", "varies"),
    [
        (ask(), "text/html", True),
        (ask(accept="application/json"), "application/json", True),
        (ask(accept="text/html;q=0.1, application/json;q=0.9"), "application/json", True),
        (ask(accept="*/*"), "text/html", True),
        (ask("/albums/7.json", "text/html"), "application/json", False),
        (ask("/albums/7.html"), "text/html", False),
        (ask("/albums/v1.2"), "text/html", True),
        (ask("/a.json/7"), "text/html", True),
    ],
)
def test_the_address_decides_and_then_the_client(request_: Request, kind: str, varies: bool) -> None:
    response = respond_by_format(request_, FORMATS)
    assert response.content_type.partition(";")[0] == kind
    assert ("vary" in response.headers) is varies
    assert respond_by_format(HttpRequest(request_), FORMATS).content_type == response.content_type


def test_a_route_may_capture_the_form() -> None:
    assert respond_by_format(ask("/x"), FORMATS, "json").content_type == "application/json"
    assert respond_by_format(ask("/x.json"), FORMATS, "").content_type == "text/html; charset=utf-8"
    with pytest.raises(NotFound, match="'pdf'"):
        respond_by_format(ask("/x"), FORMATS, "pdf")
    with pytest.raises(NotFound, match="'xml'"):
        respond_by_format(ask("/x.xml"), FORMATS)


def test_a_client_that_takes_none_is_told_what_there_is() -> None:
    with pytest.raises(NotAcceptable, match="text/html, application/json"):
        respond_by_format(ask(accept="image/png"), FORMATS)


def test_only_what_is_wanted_is_made_also_by_async_functions() -> None:
    made: list[str] = []

    async def page() -> Response:
        made.append("html")
        return Response.html("page")

    def data() -> Response:
        made.append("json")
        return Response.json(1)

    for accept in ("text/html", "application/json"):
        response = asyncio.run(arespond_by_format(ask(accept=accept), {"html": page, "json": data}))
        assert response.headers["vary"] == "Accept"
    assert made == ["html", "json"]
