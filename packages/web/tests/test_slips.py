"""What newcomers forget is told by the error itself: in the log, on the page for developers, and where a test sees it raised."""

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Request, Response
from partita.urls import path
from partita.web import App, Settings
from partita.web.keys import FAILURE
from partita.web.slips import slip_of

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # that is what they show
LEAN = ("partita.http", "partita.urls")


async def load() -> str:
    return "x"


async def items() -> Any:
    yield 1


async def hello(request: Request) -> Response:
    return Response.text("hello")


def told(view: Callable[..., Any], *middleware: Any, around: Any = ()) -> str:
    """Return what is told with the error that a view or a layer raises: its message and its notes."""
    app = App(
        Settings("key", debug=True), urls=[path("", view, middleware=around)], middleware=middleware, default_apps=LEAN
    )
    request = Request.build("GET", "/")
    assert asyncio.run(app(request)).status == 500
    error = request[FAILURE]
    text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    del error, request
    gc.collect()  # coroutines that nobody awaited warn here, and not in a test of something else
    return text


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("load().title()", "`load(...)` gives a coroutine: is an `await` missing?"),
        ("'n' + load()", "is an `await` missing?"),
        ("[each for each in load()]", "is an `await` missing?"),
        ("load() + 1", "is an `await` missing?"),
        ("Response.json({'n': load()})", "`load(...)` gives a coroutine"),
        ("[each for each in items()]", "`async for`"),
        ("await request.form()", "Leave `await` out"),
        ("request.POST", "`await request.aform()`"),
        ("request.GET['page']", "`request.query`"),
        ("request.user", "from partita.auth import USER"),
        ("setattr(request, 'user', 1)", "Declare a place"),
        ("Response.text('x').set_cookie('a', 'b')", "with_cookie(...)"),
        ("operator.setitem(Response.text('x'), 'X-Room', '7')", "with_header("),
        ("setattr(Response.text('x'), 'status', 404)", "with_status(...)"),
    ],
)
def test_an_error_tells_what_was_forgotten_in_a_view(line: str, advice: str) -> None:
    names: dict[str, Any] = {"load": load, "items": items, "Response": Response}
    exec(f"import operator\nasync def view(request):\n    {line}", names)
    assert advice in told(names["view"])


class Stamped:
    """As in Django."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        response["X-Stamp"] = "1"
        return response


def closing(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda request: Response.text("closed on Sundays")


@pytest.mark.parametrize("place", ["application", "route"])
@pytest.mark.parametrize(
    ("layer", "culprit"),
    [(Stamped, "`Stamped.__call__` does not wait for `get_response`"), (closing, "gave Response at once")],
)
def test_middleware_in_the_manner_of_django_is_named_with_the_way_to_take_it_in(
    layer: Any, culprit: str, place: str
) -> None:
    text = told(hello, layer) if place == "application" else told(hello, around=[layer])
    assert culprit in text
    assert "`adapt(...)` from `partita.views.middleware`" in text


def test_the_advice_stands_in_the_log_and_on_the_page(caplog: pytest.LogCaptureFixture) -> None:
    async def view(request: Request) -> Response:
        return Response.text(load().title())  # type: ignore[attr-defined]  # that is the slip

    app = App(Settings("key", debug=True), urls=[path("", view)], default_apps=LEAN)
    with caplog.at_level(logging.ERROR, "partita.request"):
        response = asyncio.run(app(Request.build("GET", "/", headers={"Accept": "text/html"})))
    assert "is an `await` missing?" in caplog.text
    assert b"is an `await` missing?" in (response.body or b"")  # type: ignore[operator]  # it is bytes


def test_an_error_that_is_raised_again_is_not_told_twice() -> None:
    error = AttributeError("'Request' object has no attribute 'GET'", name="GET", obj=Request.build())

    async def view(request: Request) -> Response:
        raise error

    told(view)
    assert told(view).count("`request.query`") == 1


@pytest.mark.parametrize(
    "error",
    [
        ValueError("'coroutine' object"),
        TypeError("unhashable type: 'list'"),
        AttributeError("x", name="y", obj=Request.build()),
    ],
)
def test_other_errors_are_left_alone(error: Exception) -> None:
    assert slip_of(error) == ""


@pytest.mark.parametrize(
    ("returned", "advice"),
    [({"a": 1}, "Response.json(...) makes one"), ("x", "Response.html(...)"), (None, "`return`")],
)
def test_a_view_that_returns_no_response_is_told_what_makes_one(returned: object, advice: str) -> None:
    async def view(request: Request) -> object:
        return returned

    assert advice in told(view)
