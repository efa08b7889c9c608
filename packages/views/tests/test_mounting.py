from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from partita.http import Request, Response
from partita.http.foreign import asgi_handler, wsgi_handler
from partita.testing import Client, application
from partita.urls import path, reverse
from partita.views.mounting import mount

LEAN = ("partita.http", "partita.urls")


def legacy(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']} ".encode("latin-1") + environ["wsgi.input"].read()]


async def where(request: Request) -> Response:
    """Answer."""
    return Response.text(f"{request.root_path} {request.path} {reverse('where')}")


@pytest.fixture
def client() -> Iterator[Client]:
    """Ask an application that has three others below it."""
    with application(urls=[path("where/", where, name="where")], default_apps=LEAN) as inner:
        urls = [
            *mount("old/", wsgi_handler(legacy)),
            *mount("/deep/er/", asgi_handler(inner.asgi)),
            *mount("sub", inner),
            path("where/", where, name="where"),
        ]
        with application(urls=urls, default_apps=LEAN) as outer, Client(outer) as made:
            yield made


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/old/", "/old / "),
        ("/old/a/b", "/old /a/b "),
        ("/old/caf%C3%A9/", "/old /caf\u00e9/ "),
        ("/sub/where/", "/sub /where/ /sub/where/"),
        ("/deep/er/where/", "/deep/er /where/ /deep/er/where/"),
        ("/where/", " /where/ /where/"),
    ],
)
def test_an_application_below_a_path_knows_where_it_is(client: Client, target: str, said: str) -> None:
    response = client.get(target)
    assert (response.status, response.content.decode()) == (200, said)


def test_its_methods_and_bodies_are_its_own(client: Client) -> None:
    assert client.post("/old/x", b"data", content_type="text/plain").content == b"/old /x data"
    assert client.get("/sub/missing/").status == 404


@pytest.mark.parametrize(
    ("asked", "to"),
    [("/old?a=1", "/old/?a=1"), ("/deep/er", "/deep/er/"), ("/sub", "/sub/"), ("/sub/where", "/sub/where/")],
)
def test_a_slash_is_appended_where_an_application_begins_and_within_it(client: Client, asked: str, to: str) -> None:
    response = client.get(asked)
    assert (response.status, response.headers["location"]) == (301, to)
    assert client.post("/old").status == 308  # with its body
    assert client.get("/old/a").content == b"/old /a "  # which is a page of the other one, and that one's to redirect


def test_no_slash_is_appended_where_the_outer_application_does_not() -> None:
    sections = {"default_apps": LEAN, "web": {"append_slash": False}}
    with application(urls=mount("old/", wsgi_handler(legacy)), **sections) as app, Client(app) as client:
        assert client.get("/old").status == 404


@pytest.mark.parametrize("prefix", ["", "/", "a/<int:pk>/"])
def test_a_mount_needs_a_plain_path(prefix: str) -> None:
    with pytest.raises(ValueError, match="without parameters"):
        mount(prefix, where)
