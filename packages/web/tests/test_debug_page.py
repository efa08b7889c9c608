"""The debug page: what it shows, to whom, and what it never shows."""

import asyncio
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from partita.config import Secret
from partita.http import Form, MultiDict, NotFound, Request, Response
from partita.http.drafts import QueryDict
from partita.urls import path
from partita.views import render
from partita.views.sensitive import sensitive_post_parameters, sensitive_variables
from partita.web import App, Settings
from partita.web.error_report import ErrorReport
from partita.web.masking import Mask

LEAN = ("partita.http", "partita.urls")


class Unprintable:
    """An object whose repr fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def failing(request: Request) -> Response:
    """Fail with things around that must not show."""
    password = "hunter2"  # noqa: F841
    holder = {"api_key": "hunter3", "fine": "shown"}  # noqa: F841
    wrapped = Secret("hunter4")  # noqa: F841
    odd = Unprintable()  # noqa: F841
    script = "<script>alert(1)</script>"
    try:
        int(script)
    except ValueError as error:
        error.add_note("look at <b>this</b>")
        raise RuntimeError(f"cannot take {script}") from error
    return Response.text("")


def ask(
    target: str = "/", debug: bool = True, client: tuple[str, int] | None = ("127.0.0.1", 5), **headers: str
) -> str:
    """Return the answer's body."""
    app = App(Settings("key", debug=debug), urls=[path("", failing, name="fail")], default_apps=LEAN)
    fields = {
        "accept": "text/html",
        "cookie": "sessionid=hunter5",
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    response = asyncio.run(app(Request.build("GET", target, client=client, headers=fields)))
    assert isinstance(response.body, bytes)
    return response.body.decode()


def test_the_traceback_shows_with_causes_notes_source_and_names() -> None:
    page = ask()
    assert "RuntimeError" in page
    assert "caused by ValueError" in page
    assert "look at &lt;b&gt;this&lt;/b&gt;" in page
    assert "raise RuntimeError(f&quot;cannot take" in page
    assert "shown" in page
    assert "repr() raised RuntimeError" in page


def test_nothing_is_run_or_rendered_from_values() -> None:
    page = ask()
    assert "<script" not in page
    assert "<form" not in page
    assert "<input" not in page


@pytest.mark.parametrize("secret", ["hunter3", "hunter4", "hunter5"])
def test_secrets_do_not_show(secret: str) -> None:
    # The source line of hunter3 is this file's own text; values are what must be masked.
    values = ask().replace("&quot;api_key&quot;: &quot;hunter3&quot;", "").replace("Secret(&quot;hunter4&quot;)", "")
    assert secret not in values
    assert "**********" in values


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (("203.0.113.5", 5), {}),
        (None, {}),
        (("127.0.0.1", 5), {"sec_fetch_site": "cross-site"}),
        (("127.0.0.1", 5), {"x_forwarded_for": "203.0.113.5"}),
        (("127.0.0.1", 5), {"host": "rebound.evil.test"}),
        (("127.0.0.1", 5), {"host": "localhost.evil.test:8000"}),
        (("127.0.0.1", 5), {"host": "a b"}),
        (("not-an-address", 5), {}),
    ],
)
def test_cve_2024_34069_others_than_this_machine_see_nothing(
    client: tuple[str, int] | None, headers: dict[str, str]
) -> None:
    assert "RuntimeError" not in ask(client=client, **cast("Any", headers))


@pytest.mark.parametrize(
    ("host", "seen"),
    [("localhost:8000", True), ("[::1]", True), ("shop.localhost", True), ("shop.test", True), ("x.test", False)],
)
def test_names_of_this_machine_and_of_the_project_are_hosts_to_be_asked_for(host: str, seen: bool) -> None:
    settings = Settings("key", debug=True, allowed_hosts=("shop.test", "*"))
    app = App(settings, urls=[path("", failing)], default_apps=LEAN)
    asked = Request.build("GET", "/", client=("127.0.0.1", 5), headers={"host": host, "accept": "text/html"})
    body = asyncio.run(app(asked)).body
    assert isinstance(body, bytes)
    assert (b"RuntimeError" in body) is seen


def test_without_debug_nobody_sees_anything() -> None:
    assert "RuntimeError" not in ask(debug=False)


def test_terminals_get_text() -> None:
    page = ask(accept="*/*")
    assert page.startswith("Traceback")
    assert "<" not in page.partition("script")[0].replace("<b>", "")


def test_a_path_that_leads_nowhere_shows_the_routes() -> None:
    assert "Routes, in the order they are tried" in ask("/nowhere")
    assert "Routes" not in ask("/nowhere", debug=False)


def test_what_a_view_says_shows_as_users_see_it() -> None:
    def missing(request: Request) -> Response:
        raise NotFound("No such album.")

    app = App(Settings("key", debug=True), urls=[path("", missing)], default_apps=LEAN)
    response = asyncio.run(app(Request.build("GET", "/", headers={"accept": "text/html"})))
    assert isinstance(response.body, bytes)
    assert b"<p>No such album.</p>" in response.body


def json_of(app: App, **options: Any) -> Any:
    headers = {"accept": "application/json", **options.pop("headers", {})}
    response = asyncio.run(app(Request.build(options.pop("method", "GET"), "/", headers=headers, **options)))
    assert response.content_type == "application/problem+json"
    assert isinstance(response.body, bytes)
    return msgspec.json.decode(response.body)


def test_api_clients_get_json() -> None:
    app = App(Settings("key", debug=True), urls=[path("", failing)], default_apps=LEAN)
    data = json_of(app)
    assert data["title"].startswith("RuntimeError: cannot take")
    assert [each["relation"] for each in data["exceptions"]] == ["", "caused by"]
    frame = data["exceptions"][0]["frames"][0]
    assert frame["function"] == "failing"
    assert frame["names"]["password"] == "**********"
    assert any("raise RuntimeError" in text for _, text in frame["source"])
    assert data["request"]["Headers"]["accept"] == "'application/json'"


def test_sensitive_variables_and_fields_do_not_show() -> None:
    @sensitive_variables("card", "holder")
    def pay(card: str, holder: str) -> None:
        amount = 5
        raise ValueError(f"cannot pay {amount}")

    @sensitive_variables()
    async def everything(card: str) -> None:
        raise ValueError("no")

    @sensitive_post_parameters("number")
    async def view(request: Request) -> Response:
        form = await request.aform()
        if form["how"] == "all":
            await everything(form["number"])
        else:
            pay(form["number"], "ada")
        return Response()

    app = App(Settings("key", debug=True), urls=[path("", view)], default_apps=LEAN)
    some = json_of(app, method="POST", form={"number": "4111", "how": "some"})
    names = some["exceptions"][0]["frames"][0]["names"]
    assert (names["card"], names["holder"], names["amount"]) == ("**********", "**********", "5")
    assert some["request"]["Form"] == {"number": "**********", "how": "'some'"}
    every = json_of(app, method="POST", form={"number": "4111", "how": "all"})
    assert set(every["exceptions"][0]["frames"][0]["names"].values()) == {"**********"}
    for wrong in (sensitive_variables, sensitive_post_parameters):
        with pytest.raises(TypeError, match="must be called"):
            wrong(pay)  # type: ignore[arg-type]


def test_fields_of_forms_and_passwords_in_addresses_are_hidden() -> None:
    fields = [("user", "ada"), ("password", "hunter2"), ("password", "hunter3")]
    values: dict[str, object] = {
        "form": Form(fields),
        "post": QueryDict("user=ada&password=hunter2"),
        "forms": [MultiDict(fields)],
        "address": "postgresql://ada:hunter2@db.test/x and https://db.test:8000/@me",
        "long": f"redis://:{'hunter2' * 25}@db.test/" + "x" * 500,
        "error": ValueError("mysql://ada:hunter2@db.test/x"),
    }
    shown = Mask().variables(values)
    assert not any("hunter" in text for text in shown.values())
    assert all("ada" in shown[name] for name in ("form", "post", "forms", "address", "error"))
    assert shown["address"].endswith("https://db.test:8000/@me'")


def test_a_mask_of_ones_own_decides() -> None:
    class Strict(Mask):
        def hides(self, name: str) -> bool:
            return name != "shown"

    assert Strict().variables({"shown": 1, "other": 2}) == {"other": "**********", "shown": "1"}
    assert Mask().shown("x", {"a": [{"api_token": "t"}]}) == "{'a': [{'api_token': '**********'}]}"
    report = ErrorReport(None, ValueError("x"), Strict())
    assert report.data()["request"] == {}
    assert report.text() == "ValueError: x\n"


def test_the_place_in_a_template_shows(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("one\n{% if %}\nthree")

    def view(request: Request) -> Response:
        return render(request, "bad.html")

    settings = Settings("key", debug=True, sections={"templates": {"dirs": (str(tmp_path),)}})
    app = App(settings, urls=[path("", view)], default_apps=(*LEAN, "partita.templates"))
    template = json_of(app)["template"]
    assert (template["line"], template["name"].endswith("bad.html")) == (2, True)
    assert [2, "{% if %}"] in template["source"]
    page = asyncio.run(app(Request.build(headers={"accept": "text/html"})))
    assert isinstance(page.body, bytes)
    assert b"bad.html, line 2" in page.body


def test_the_queries_of_the_request_show() -> None:
    pytest.importorskip("partita.orm")
    from partita.orm.databases import find_databases

    def view(request: Request) -> Response:
        databases = find_databases()
        assert databases is not None
        databases["default"].execute("SELECT 41 + %s", [1])
        raise RuntimeError("after the query")

    sections = {"databases": {"default": "sqlite://:memory:"}}
    app = App(
        Settings("key", debug=True, sections=sections), urls=[path("", view)], default_apps=(*LEAN, "partita.orm")
    )
    assert [each["sql"] for each in json_of(app)["queries"]] == ["SELECT 41 + ?"]


def test_frames_of_libraries_are_folded_and_those_of_the_project_are_open() -> None:
    async def view(request: Request) -> Response:
        return Response.json({"n": object()})

    app = App(Settings("key", debug=True), urls=[path("", view)], default_apps=("partita.http", "partita.urls"))
    response = asyncio.run(app(Request.build("GET", "/", headers={"Accept": "text/html"})))
    assert isinstance(response.body, bytes)
    frames = response.body.decode().partition("<ol>")[2].partition("</ol>")[0].split("<li>")[1:]
    own = [frame for frame in frames if __file__ in frame.partition("</")[0]]
    assert len(own) == 1
    assert own[0].startswith("<p>")
    assert len(frames) > len(own)
    assert all(frame.startswith("<details><summary>") for frame in frames if frame not in own)


def test_the_place_of_the_error_is_open_where_no_frame_is_of_the_project() -> None:
    app = App(
        Settings("key", debug=True), urls=[path("", Response.json)], default_apps=("partita.http", "partita.urls")
    )
    response = asyncio.run(app(Request.build("GET", "/", headers={"Accept": "text/html"})))
    assert isinstance(response.body, bytes)
    frames = response.body.decode().partition("<ol>")[2].partition("</ol>")[0].split("<li>")[1:]
    assert frames[0].startswith("<p>")
    assert len(frames) > 1
    assert all(frame.startswith("<details><summary>") for frame in frames[1:])
