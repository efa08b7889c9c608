"""Where a path leads is found out once, and what one request does to its match is not seen by another."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Handler, Layer, Request, Response
from partita.http.handlers import URLCONF, USER
from partita.urls import ROUTER, Converter, Pattern, Router, StringConverter, host, path, re_path
from partita.web import App, Settings
from partita.web.keys import MATCH


async def show(request: Request, **values: object) -> Response:
    """Answer with the arguments, and spoil them for whoever gets the same."""
    text = " ".join(f"{name}={value}" for name, value in sorted(values.items()))
    for value in values.values():
        if isinstance(value, list):
            value.append("spoilt")
    values["added"] = "spoilt"
    return Response.text(text)


async def spoil(request: Request, **values: object) -> Response:
    """Answer with what the match says, and spoil it."""
    found = request[MATCH]
    text = f"{found.kwargs} {found.name}"
    found.kwargs["added"] = "spoilt"
    return Response.text(text)


def application(*urls: Pattern, middleware: tuple[Layer, ...] = (), **options: Any) -> App:
    settings = Settings("key", sections={"web": options} if options else {})
    app = App(settings, urls=urls, middleware=middleware, default_apps=("partita.http", "partita.urls"))
    app.prepare()
    return app


def ask(app: App, target: str, method: str = "GET", times: int = 1) -> list[bytes]:
    async def main() -> list[bytes]:
        return [await (await app.handle(Request.build(method, target))).aread() for _ in range(times)]

    return asyncio.run(main())


@pytest.mark.parametrize("target", ["/fixed", "/items/17", "/names/nørd", "/old/2001", "/extra"])
def test_a_path_that_comes_again_is_not_matched_again(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = application(
        path("fixed", show),
        path("items/<int:id>", show),
        path("names/<str:name>", show),
        re_path(r"^old/(?P<year>[0-9]{4})$", show),
        path("extra", show, {"more": "1"}),
    )
    first = ask(app, target, times=2)
    matched: list[str] = []
    match = Router.match

    def counting(self: Router, *args: Any, **kwargs: Any) -> object:
        matched.append(args[0])
        return match(self, *args, **kwargs)

    monkeypatch.setattr(Router, "match", counting)
    assert ask(app, target, times=3) == first[:1] * 3
    assert matched == []


@pytest.mark.parametrize("target", ["/plain", "/items/17"])
def test_what_a_view_does_to_its_match_concerns_its_own_request(target: str) -> None:
    app = application(path("plain", spoil, name="a"), path("items/<int:id>", spoil, name="a"))
    assert len(set(ask(app, target, times=5))) == 1


def test_what_a_guard_does_to_a_match_concerns_its_own_request() -> None:
    def guard(request: Request, view: object) -> None:
        kwargs: Any = request[MATCH].kwargs
        kwargs["seen"] = len(kwargs)

    app = App(Settings("key"), urls=[path("items/<int:id>", spoil)], default_apps=("partita.http", "partita.urls"))
    answers = []

    async def main() -> None:
        handler = route(app, guard)
        for _ in range(5):
            answers.append(await (await handler(Request.build(path="/items/3"))).aread())

    asyncio.run(main())
    assert set(answers) == {b"{'id': 3, 'seen': 1} None"}


def route(app: App, guard: Callable[[Request, object], None]) -> Handler:
    from partita.web.calling import Calls
    from partita.web.failures import Failures
    from partita.web.routing import route_to_views

    return route_to_views(app.require(ROUTER), [guard], Calls(1), append_slash=False, failures=Failures(False))


class _Lists(StringConverter):
    def to_python(self, value: str) -> Any:
        return [value]


def test_arguments_that_can_be_changed_are_made_anew() -> None:
    converters: dict[str, Converter] = {"list": _Lists()}
    router = Router([path("<list:names>", show)], converters)
    match = router.match("/a")
    assert not router.is_steady(match)


@pytest.mark.parametrize(
    ("router", "steady"),
    [
        (Router([path("a", show)]), True),
        (Router([path("a", show, methods=["GET"]), path("b", show)]), True),
        (Router([path("a", show, when=lambda request: True)]), False),
        (Router([path("a", show)], cache=10), False),
        (Router([path("a", show), host("b.example", [path("c", show)])]), False),
    ],
)
def test_only_what_depends_on_path_and_method_alone_is_remembered(router: Router, steady: bool) -> None:
    assert router.is_steady(router.match("/a")) is steady


def test_the_methods_of_a_view_are_asked_for_each_request() -> None:
    app = application(path("items/<int:id>", show, methods=["GET"]))
    assert ask(app, "/items/1", times=3) == [b"id=1"] * 3
    assert asyncio.run(app.handle(Request.build("POST", "/items/1"))).status == 405


def test_each_method_has_its_own_view() -> None:
    async def change(request: Request, id: int) -> Response:
        return Response.text(f"changed {id}")

    app = application(
        path("items/<int:id>", show, methods=["GET"]), path("items/<int:id>", change, methods=["POST", "PUT"])
    )
    for _ in range(3):
        assert ask(app, "/items/1") == ask(app, "/items/1", "HEAD") == [b"id=1"]
        assert ask(app, "/items/1", "POST") == ask(app, "/items/1", "PUT") == [b"changed 1"]
    assert asyncio.run(app.handle(Request.build("DELETE", "/items/1"))).status == 405
    assert len(app.require(ROUTER).memo) >= 3


def test_few_paths_are_remembered_however_many_are_asked_for() -> None:
    app = application(path("items/<int:id>", show), path("names/<str:name>", show))
    memo = app.require(ROUTER).memo
    for number in range(1500):
        ask(app, f"/items/{number}", times=2)
        assert len(memo) <= 1024
    assert ask(app, "/items/7", times=3) == [b"id=7"] * 3
    before = len(memo)
    ask(app, "/names/" + "x" * 10_000, times=3)
    assert len(memo) == before


def test_a_path_that_comes_once_is_not_remembered() -> None:
    app = application(path("items/<int:id>", show))
    for number in range(50):
        ask(app, f"/items/{number}")
    assert not app.require(ROUTER).memo


def test_routes_that_are_added_count_at_once() -> None:
    app = application(path("items/<int:id>", show))
    ask(app, "/items/1", times=3)
    router = app.require(ROUTER)
    assert router.memo
    router.add(path("more", show))
    assert not router.memo
    assert ask(app, "/more", times=3) == [b""] * 3


def test_what_is_remembered_can_be_forgotten() -> None:
    app = application(path("items/<int:id>", show))
    ask(app, "/items/1", times=3)
    app.require(ROUTER).clear_cache()
    assert not app.require(ROUTER).memo


def test_other_routes_for_one_request_count_although_the_path_is_known() -> None:
    async def other(request: Request, id: int) -> Response:
        return Response.text(f"other {id}")

    others = (path("items/<int:id>", other),)

    def choosing(handler: Handler) -> Handler:
        async def choose(request: Request) -> Response:
            if request.query.get("other"):
                request.state.fill(URLCONF, others)
            return await handler(request)

        return choose

    app = application(path("items/<int:id>", show), middleware=(Layer(USER, choosing, "choosing"),))
    assert ask(app, "/items/5", times=3) == [b"id=5"] * 3
    assert ask(app, "/items/5?other=1", times=3) == [b"other 5"] * 3
    assert ask(app, "/items/5") == [b"id=5"]


def test_an_answer_that_is_none_is_an_error_each_time() -> None:
    async def nothing(request: Request) -> None:
        return None

    app = application(path("nothing", nothing))
    statuses = [asyncio.run(app.handle(Request.build(path="/nothing"))).status for _ in range(4)]
    assert statuses == [500] * 4
