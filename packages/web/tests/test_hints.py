"""What the page about an error suggests, and the links into an editor."""

import asyncio
from typing import Any

import pytest

from partita.http import Request, Response
from partita.urls import path, reverse
from partita.web import App, Settings
from partita.web.hints import EDITORS, editor_link, hints_for

LEAN = ("partita.http", "partita.urls")


async def albums(request: Request) -> Response:
    """Make a slip of the pen, whichever is asked for."""
    slip = request.query["slip"]
    if slip == "route":
        return Response.text(reverse("albumns"))
    if slip == "attribute":
        return Response.text(request.heders)  # type: ignore[attr-defined]  # that is the slip
    raise LookupError("no such table: shop_album")


def ask(target: str, accept: str = "text/html", **web: object) -> str:
    urls = [path("albums/", albums, name="albums"), path("artists/<int:pk>/", albums)]
    app = App(Settings("key", debug=True, sections={"web": web}), urls=urls, default_apps=LEAN)
    response = asyncio.run(app(Request.build("GET", target, headers={"Accept": accept})))
    assert isinstance(response.body, bytes)
    return response.body.decode()


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("/albums/?slip=route", "did you mean &#x27;albums&#x27;"),
        ("/albums/?slip=attribute", "Did you mean: &#x27;headers&#x27;?"),
        ("/albums/?slip=table", "`partita migrate` runs them"),
        ("/albms/", "Did you mean &#x27;albums/&#x27;?"),
        ("/artist/7/", "Did you mean &#x27;artists/&lt;int:pk&gt;/&#x27;"),
    ],
)
def test_the_page_tells_what_may_have_been_meant(target: str, hint: str) -> None:
    assert hint in ask(target)


def test_other_clients_are_told_as_well() -> None:
    assert "Hint: Did you mean: 'headers'?" in ask("/albums/?slip=attribute", "text/plain")
    assert "Did you mean 'albums/'?" in ask("/albms/", "text/plain")
    assert "partita migrate" in ask("/albums/?slip=table", "application/json")


def test_the_stack_its_source_and_a_link_into_the_editor_show() -> None:
    page = ask("/albums/?slip=table")
    assert "raise LookupError(" in page
    assert f'<a href="vscode://file{__file__}:' in page
    assert '<a href="pycharm://open?file=' in ask("/albums/?slip=table", editor="pycharm")
    assert '<a href="mine://?f=' in ask("/albums/?slip=table", editor="mine://?f={file}&l={line}")
    assert "<a href=" not in ask("/albums/?slip=table", editor="")


def test_a_link_holds_no_more_than_a_file_and_a_line() -> None:
    assert editor_link("vscode", '/a"b<c>.py', 7) == "vscode://file/a%22b%3Cc%3E.py:7"
    assert editor_link("vscode", "C:/a.py", 7) == "vscode://file/C%3A/a.py:7"
    assert editor_link("vscode", "<string>", 7) == ""
    assert all("{file}" in form and "{line}" in form for form in EDITORS.values())


def _raised(code: str) -> BaseException:
    try:
        exec(code, {"albums": 1})
    except BaseException as error:  # noqa: BLE001 - it is what the test asks for
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("albms", "Did you mean: 'albums'?"),
        ("import jsn", "Did you mean: 'json'?"),
        ("import entirely_unknown_thing", "Is entirely_unknown_thing installed"),
        ("def f(): f()\nf()", "calls itself"),
        ("b'caf\\xe9 au lait'.decode()", "The bytes are not utf-8"),
        ("raise ValueError('column \"x\" does not exist')", "A column is missing"),
        ("try:\n    albms\nexcept NameError as e:\n    raise ValueError('x') from e", "Did you mean: 'albums'?"),
    ],
)
def test_hints_for_what_goes_wrong_often(code: str, hint: str) -> None:
    assert any(hint in each for each in hints_for(_raised(code)))


def test_an_error_that_says_nothing_gets_no_hint() -> None:
    made: Any = ValueError("x")
    made.__cause__ = made
    assert hints_for(made) == []
