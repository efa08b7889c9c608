"""The debug page: what it shows, to whom, and what it never shows."""

import asyncio
from typing import Any, cast

import pytest

from partita.config import Secret
from partita.http import NotFound, Request, Response
from partita.urls import path
from partita.web import App, Settings

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
        (("not-an-address", 5), {}),
    ],
)
def test_cve_2024_34069_others_than_this_machine_see_nothing(
    client: tuple[str, int] | None, headers: dict[str, str]
) -> None:
    assert "RuntimeError" not in ask(client=client, **cast("Any", headers))


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
