"""The client, against handlers and whole applications."""

import asyncio
import io
from contextvars import ContextVar
from typing import Any

import pytest

from partita.http import Request, Response
from partita.testing import Client, ClientError, RedirectLoop, UploadFile, application
from partita.urls import path

LEAN = ("partita.http", "partita.urls")
TENANT = ContextVar("test.tenant", default="none")


async def echo(request: Request) -> Response:
    """Tell what was asked."""
    return Response.json(
        {
            "method": request.method,
            "path": request.path,
            "query": request.query.items(),
            "headers": dict(request.headers.items()),
            "scheme": request.scheme,
            "body": (await request.aread()).decode("latin-1"),
        },
        headers={"x-method": request.method},
    )


async def forms(request: Request) -> Response:
    """Tell what a form holds."""
    form = await request.aform()
    files = [[name, file.filename, file.content_type, file.read().decode()] for name, file in form.files.items()]
    return Response.json({"fields": form.items(), "files": files})


async def walk(request: Request) -> Response:
    """Redirect in all ways."""
    match request.path:
        case "/see":
            return Response.redirect("target?x=1")
        case "/keep":
            return Response.redirect("/target", preserve_method=True)
        case "/loop":
            return Response.redirect("/loop")
        case "/away":
            return Response.redirect("https://other.test/target")
        case "/secure":
            return Response.redirect("https://testserver/target")
    return await echo(request)


def test_a_form_without_files_is_multipart_if_its_type_says_so() -> None:
    answer = Client(forms).post("/", {"a": "1"}, content_type="multipart/form-data")
    assert answer.json() == {"fields": [["a", "1"]], "files": []}


def test_a_query_has_two_names() -> None:
    client = Client(echo)
    seen = client.post("/", {"a": "1"}, query_params={"b": "x y"}).json(dict[str, Any])
    assert (seen["body"], seen["query"]) == ("a=1", [["b", "x y"]])
    with pytest.raises(ValueError, match="mean the same"):
        client.get("/", {"a": "1"}, query_params={"b": "2"})


def test_what_no_browser_can_send_is_refused() -> None:
    client = Client(echo)
    with pytest.raises(TypeError, match="Cannot encode None for key 'a' as POST data"):
        client.post("/", {"a": None})
    with pytest.raises(TypeError, match="Cannot encode None for key 'b' in a query"):
        client.get("/", {"b": None})
    with pytest.raises(TypeError, match="cannot be sent as text/csv"):
        client.post("/", {"a": "1"}, content_type="text/csv")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_each_method_has_its_name_and_an_async_twin(method: str) -> None:
    client = Client(echo)
    response = getattr(client, method)("/a b?x=1")
    assert response.status == 200
    seen = response.json(dict[str, object])
    assert (seen["method"], seen["path"], seen["query"]) == (method.upper(), "/a b", [["x", "1"]])
    assert asyncio.run(getattr(client, f"a{method}")("/")).json(dict[str, object])["method"] == method.upper()


def test_a_head_has_no_body() -> None:
    response = Client(echo).head("/")
    assert (response.content, response.headers["x-method"]) == (b"", "HEAD")


def test_bodies_are_json_forms_or_raw() -> None:
    client = Client(echo)
    as_json = client.post("/", json={"a": [1]}).json(dict[str, object])
    assert as_json["body"] == '{"a":[1]}'
    assert isinstance(as_json["headers"], dict)
    assert as_json["headers"]["content-type"] == "application/json"
    form = client.post("/", {"a": "1 &", "b": ["x", "y"]}).json(dict[str, object])
    assert form["body"] == "a=1+%26&b=x&b=y"
    typed = client.post("/", {"a": [1, None]}, content_type="application/vnd.api+json").json(dict[str, Any])
    assert (typed["body"], typed["headers"]["content-type"]) == ('{"a":[1,null]}', "application/vnd.api+json")
    raw = client.put("/", b"\x00", content_type="image/png").json(dict[str, object])
    assert raw["body"] == "\x00"
    assert isinstance(raw["headers"], dict)
    assert (raw["headers"]["content-type"], raw["headers"]["content-length"]) == ("image/png", "1")


def test_files_are_sent_as_multipart() -> None:
    opened = io.StringIO("from a stream")
    odd = UploadFile('a"b\r\n.txt', b"data", "text/plain")
    seen = Client(forms).post("/", {"t": "ü", "f": odd, "g": opened}).json(dict[str, Any])
    assert seen["fields"] == [["t", "ü"]]
    (name, filename, kind, text), second = seen["files"]
    assert (name, kind, text) == ("f", "text/plain", "data")
    assert "\r" not in filename
    assert "\n" not in filename
    assert second == ["g", "g", "application/octet-stream", "from a stream"]


def test_a_content_type_cannot_begin_a_header_of_its_own() -> None:
    with pytest.raises(ValueError, match="one line"):
        Client(forms).post("/", {"f": UploadFile("a", b"", "text/plain\r\nX-Evil: 1")})


def test_redirects_are_followed_if_asked_to() -> None:
    client = Client(walk)
    assert client.get("/see").location == "target?x=1"
    followed = client.post("/see", {"a": "1"}, follow=True)
    seen = followed.json(dict[str, object])
    assert (seen["method"], seen["path"], seen["body"]) == ("GET", "/target", "")
    assert followed.redirect_chain == [("target?x=1", 302)]
    kept = client.post("/keep", {"a": "1"}, follow=True).json(dict[str, object])
    assert (kept["method"], kept["body"]) == ("POST", "a=1")
    assert client.get("/secure", follow=True).json(dict[str, object])["scheme"] == "https"
    assert client.get("/away", follow=True).status == 302
    with pytest.raises(RedirectLoop):
        client.get("/loop", follow=True)


def test_headers_of_a_request_replace_those_of_the_client() -> None:
    client = Client(echo, headers={"accept": "a", "x-one": "1"}, host="shop.test")
    headers = client.get("/", headers={"Accept": "b"}).json(dict[str, Any])["headers"]
    assert (headers["accept"], headers["x-one"], headers["host"]) == ("b", "1", "shop.test")


def test_what_the_test_has_set_is_seen_by_the_application() -> None:
    async def tell(request: Request) -> Response:
        return Response.text(TENANT.get())

    client = Client(tell)
    assert client.get("/").text == "none"
    token = TENANT.set("acme")
    try:
        assert client.get("/").text == "acme"
    finally:
        TENANT.reset(token)


def test_inside_of_a_loop_the_async_names_are_asked_for() -> None:
    async def ask() -> None:
        with pytest.raises(ClientError, match="aget"):
            Client(echo).get("/")

    asyncio.run(ask())


def test_what_a_view_raises_is_raised_in_the_test() -> None:
    async def failing(request: Request) -> Response:
        raise ZeroDivisionError

    with application(urls=[path("", failing)], default_apps=LEAN) as app:
        with pytest.raises(ZeroDivisionError):
            Client(app).get("/")
        assert Client(app, raise_exceptions=False).get("/").status == 500
        assert Client(app).get("/absent").status == 404


def test_the_client_starts_the_application_and_shuts_it_down() -> None:
    log: list[str] = []

    class App:
        async def startup(self) -> None:
            log.append("up")

        async def shutdown(self) -> None:
            log.append("down")

        async def __call__(self, request: Request) -> Response:
            log.append("asked")
            return Response.text("")

    with Client(App()) as client:
        client.get("/")

    async def live() -> None:
        async with Client(App()) as client:
            await client.aget("/")

    asyncio.run(live())
    assert log == ["up", "asked", "down"] * 2


def test_an_application_takes_settings_by_name() -> None:
    with application(debug=True, language="de", web={"append_slash": False}, default_apps=LEAN) as app:
        assert (app.settings.debug, app.settings.language) == (True, "de")
        assert Client(app).get("/").status == 404


def test_json_of_another_type_is_refused() -> None:
    async def text(request: Request) -> Response:
        return Response.text("[]")

    with pytest.raises(ValueError, match="not JSON"):
        Client(text).get("/").json()


def test_an_answer_has_the_attributes_that_django_gives_it() -> None:
    async def view(request: Request) -> Response:
        made = Response(b"caf\xe9", 404, content_type="text/plain; charset=latin-1")
        return made.with_cookie("a", "1", path="/shop").with_cookie("b", "2")

    response = Client(view).get("/")
    assert (response.reason_phrase, response.charset, response.text) == ("Not Found", "latin-1", "café")
    assert (b"".join(response), response.getvalue()) == (b"caf\xe9", b"caf\xe9")
    assert {name: morsel["path"] for name, morsel in response.cookies.items()} == {"a": "/shop", "b": "/"}
    assert ("Content-Type" in response, "X-Missing" in response) == (True, False)
    assert (response.get("x-missing"), response.get("content-type")) == (None, "text/plain; charset=latin-1")
    assert ("content-type", "text/plain; charset=latin-1") in response.items()
    response.close()


def test_a_request_that_was_made_elsewhere_is_sent_as_it_is() -> None:
    async def app(request: Request) -> Response:
        return Response.text(f"{request.method} {request.path} {request.headers.get('x-own')}").with_cookie("a", "b")

    client = Client(app)
    answered = client.send(Request.build("PATCH", "/made/", headers={"X-Own": "1"}))
    assert answered.text == "PATCH /made/ 1"
    assert client.cookies["a"] == client.cookies["a"].value == "b"
    assert (client.cookies["a"]["path"], client.cookies["a"]["httponly"], client.cookies["a"][:1]) == ("/", True, "b")


@pytest.mark.parametrize(
    ("method", "headers", "said"),
    [
        ("POST", {}, "same-origin"),
        ("delete", {}, "same-origin"),
        ("GET", {}, None),
        ("POST", {"Origin": "https://evil.test"}, None),
        ("POST", {"Referer": "/before/"}, "same-origin"),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, "cross-site"),
    ],
)
def test_what_changes_something_comes_from_the_site_itself_unless_a_test_says_otherwise(
    method: str, headers: dict[str, str], said: str | None
) -> None:
    async def tell(request: Request) -> Response:
        return Response.json(request.headers.get("sec-fetch-site"))

    assert Client(tell).request(method, "/", headers=headers).json() == said
    assert Client(tell, enforce_csrf_checks=True).request(method, "/").json() is None
