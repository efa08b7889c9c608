import asyncio

import pytest

from partita.http import CookieError, Handler, HeaderSyntaxError, Middleware, Request, Response
from partita.http.after_response import AfterResponse, NotAfterResponse
from partita.http.declared import after, after_sending, before, with_cookies, with_headers
from partita.http.handlers import USER, Layer, compose


async def plain(request: Request) -> Response:
    return Response.text("view")


def ask(view: Handler, *middleware: Middleware) -> Response:
    """Ask with the first middleware outermost."""
    for each in reversed(middleware):
        view = each(view)
    return asyncio.run(view(Request.build()))


def test_the_closest_declaration_wins() -> None:
    app = with_headers({"X-Level": "app", "X-App": "1"})
    router = with_headers({"X-Level": "router", "X-Router": "1"})
    route = with_headers({"X-Level": "route"})
    headers = ask(plain, app, router, route).headers
    assert (headers["x-level"], headers["x-app"], headers["x-router"]) == ("route", "1", "1")


def test_what_the_view_says_wins() -> None:
    async def view(request: Request) -> Response:
        return Response.text("", headers={"x-level": "view"}).with_cookie("theme", "dark")

    response = ask(view, with_headers({"X-Level": "app"}), with_cookies({"theme": "light", "seen": "1"}, max_age=60))
    assert response.headers["x-level"] == "view"
    cookies = response.headers.get_all("set-cookie")
    assert [cookie.partition(";")[0] for cookie in cookies] == ["theme=dark", "seen=1"]
    assert "Max-Age=60" in cookies[1]


def test_what_cannot_be_sent_is_refused_when_it_is_declared() -> None:
    with pytest.raises(HeaderSyntaxError):
        with_headers({"X-A": "a\r\nX-B: b"})
    with pytest.raises(CookieError):
        with_cookies({"__Host-a": "b"}, domain="example.com")


def test_hooks_run_from_the_outside_in_and_back() -> None:
    order: list[str] = []

    def noting(name: str) -> tuple[Middleware, Middleware]:
        async def note_before(request: Request) -> None:
            order.append(f"before {name}")

        def note_after(request: Request, response: Response) -> Response:
            order.append(f"after {name}")
            return response

        return before(note_before), after(note_after)

    async def view(request: Request) -> Response:
        order.append("view")
        return Response.text("")

    ask(view, *noting("app"), *noting("router"), *noting("route"))
    assert order == ["before app", "before router", "before route", "view", "after route", "after router", "after app"]


def test_a_hook_can_answer_instead_of_the_view() -> None:
    response = ask(plain, before(lambda request: Response.text("closed", status=503)))
    assert (response.status, response.body) == (503, b"closed")


def test_hooks_run_after_the_answer_was_sent_and_the_closest_comes_first() -> None:
    order: list[str] = []
    works = AfterResponse()

    def noting(name: str) -> Middleware:
        async def note(request: Request) -> None:
            order.append(f"{name} {request.path}")

        return after_sending(note)

    def plainly(request: Request) -> None:
        order.append("plain function")

    async def view(request: Request) -> Response:
        order.append("view")
        return Response.text("")

    async def live() -> Response:
        layers = [noting("app"), noting("router"), after_sending(plainly), noting("route")]
        handler = compose(
            view, [works.layer(), *[Layer(USER + place, layer, str(place)) for place, layer in enumerate(layers)]]
        )
        response = await handler(Request.build(path="/a"))
        order.append("answered")
        assert await works.drain() == 0
        return response

    assert asyncio.run(live()).status == 200
    assert order == ["view", "answered", "route /a", "plain function", "router /a", "app /a"]
    with pytest.raises(NotAfterResponse, match="AfterResponse"):
        ask(plain, after_sending(lambda request: None))
