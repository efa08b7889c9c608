"""Applications, asked directly."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, cast

import pytest

from partita.bridge import wait
from partita.contracts.current import CURRENT, require
from partita.contracts.key import Key
from partita.contracts.lifecycle import SHUTDOWN, STARTUP
from partita.contracts.settings import DEBUG, LANGUAGE
from partita.contracts.static import STATIC_DIRS
from partita.contracts.templates import TEMPLATE_DIRS
from partita.http import GUARDS, MIDDLEWARE, Forbidden, Handler, Layer, NotFound, Request, Response
from partita.urls import PatternError, host, path, re_path, reverse
from partita.views.generic import Answer, View
from partita.web import FAILURE, MATCH, SETTINGS, App, DuplicateProvider, FrozenAppError, MissingProvider, Settings

LEAN = ("partita.http", "partita.urls")
NAME = ContextVar("test.name", default="nobody")


async def hello(request: Request, name: str = "world") -> Response:
    """Answer from the loop."""
    return Response.text(f"hello {name}")


def blocking(request: Request) -> Response:
    """Answer from a thread."""
    return Response.text(f"{threading.current_thread() is threading.main_thread()} {NAME.get()}")


def failing(request: Request, rest: str = "") -> Response:
    """Fail."""
    raise ZeroDivisionError("nothing to divide by")


def build(*urls: Any, debug: bool = False, **options: Any) -> App:
    """Make an application from routes."""
    options.setdefault("default_apps", LEAN)
    return App(Settings("key", debug=debug), urls=urls, **options)


def ask(app: App, target: str, method: str = "GET", **options: Any) -> Response:
    """Ask once."""
    return asyncio.run(app(Request.build(method, target, **options)))


def text(response: Response) -> str:
    """Return the body."""
    assert isinstance(response.body, bytes)
    return response.body.decode()


def test_a_view_answers() -> None:
    app = build(path("", hello), path("<name>/", hello))
    assert text(ask(app, "/")) == "hello world"
    assert text(ask(app, "/you/")) == "hello you"


def test_a_sync_view_runs_in_a_thread_with_the_context_of_the_request() -> None:
    token = NAME.set("somebody")
    try:
        assert text(ask(build(path("", blocking)), "/")) == "False somebody"
    finally:
        NAME.reset(token)


def test_a_sync_view_that_says_so_runs_on_the_loop() -> None:
    def here(request: Request) -> Response:
        return blocking(request)

    here.runs_on_loop = True  # type: ignore[attr-defined]
    assert text(ask(build(path("", here)), "/")) == "True nobody"


def test_no_more_sync_views_run_at_once_than_the_settings_allow() -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    enough = threading.Event()

    def slow(request: Request) -> Response:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        enough.wait(0.02)
        with lock:
            running -= 1
        return Response.text("")

    app = App(Settings("key", sections={"web": {"view_threads": 3}}), urls=[path("", slow)], default_apps=LEAN)

    async def ask_often() -> None:
        await asyncio.gather(*[app(Request.build("GET", "/")) for _ in range(12)])

    asyncio.run(ask_often())
    assert most == 3


def test_views_may_be_objects_or_functions_that_return_what_an_async_one_gives() -> None:
    class Async:
        async def __call__(self, request: Request) -> Response:
            return Response.text("object")

    def decorated(request: Request) -> Any:
        return hello(request, "decorated")

    app = build(path("a/", Async()), path("b/", decorated))
    assert text(ask(app, "/a/")) == "object"
    assert text(ask(app, "/b/")) == "hello decorated"


def test_unnamed_groups_arrive_as_positional_arguments() -> None:
    assert text(ask(build(re_path(r"^x/([a-z]+)/$", hello)), "/x/abc/")) == "hello abc"


def test_the_route_is_known_to_the_view() -> None:
    async def show(request: Request, pk: int) -> Response:
        match = request[MATCH]
        return Response.text(f"{match.view_name} {match.kwargs} {request.get_slot('match') is match}")

    assert text(ask(build(path("<int:pk>/", show, name="show")), "/4/")) == "show {'pk': 4} True"


def test_a_path_without_its_slash_is_redirected_if_that_helps() -> None:
    app = build(path("cart/", hello), path("<path:rest>/end/", hello))
    response = ask(app, "/cart?a=1")
    assert (response.status, response.headers["location"]) == (301, "/cart/?a=1")
    assert ask(app, "/cart", "POST").status == 308
    assert ask(app, "/other").status == 404
    plain = App(
        Settings("key", sections={"web": {"append_slash": False}}), urls=[path("cart/", hello)], default_apps=LEAN
    )
    assert ask(plain, "/cart").status == 404


def test_cve_2018_14574_the_redirect_stays_on_this_host() -> None:
    app = build(path("<path:rest>/", hello))
    assert ask(app, "//evil.test").headers["location"] == "/%2Fevil.test/"


def test_status_errors_become_answers() -> None:
    def missing(request: Request) -> Response:
        raise NotFound("No such album.")

    app = build(path("a/", missing), path("b/", hello, methods=("POST",)))
    assert (ask(app, "/a/").status, text(ask(app, "/a/"))) == (404, "No such album.\n")
    wrong = ask(app, "/b/")
    assert (wrong.status, wrong.headers["allow"]) == (405, "OPTIONS, POST")
    as_json = ask(app, "/a/", headers={"accept": "application/json"})
    assert as_json.headers["content-type"] == "application/problem+json"
    assert "<h1>Not Found</h1>" in text(ask(app, "/a/", headers={"accept": "text/html"}))


def test_a_failing_view_is_logged_and_says_nothing_to_the_client(caplog: pytest.LogCaptureFixture) -> None:
    app = build(path("<path:rest>", failing))
    request = Request.build("GET", "/a%0Ab")
    with caplog.at_level(logging.ERROR, "partita.request"):
        response = asyncio.run(app(request))
    assert response.status == 404  # a path with a control character leads nowhere
    request = Request.build("GET", "/%E2%80%A8x")
    with caplog.at_level(logging.ERROR, "partita.request"):
        response = asyncio.run(app(request))
    assert response.status == 500
    assert "divide" not in text(response)
    assert isinstance(request[FAILURE], ZeroDivisionError)
    (record,) = caplog.records
    assert "\u2028" not in record.getMessage()  # CVE-2025-48432: no line of its own in the log
    assert record.exc_info is not None


def test_a_view_that_returns_no_response_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def forgetful(request: Request) -> Any:
        Response.text("")

    with caplog.at_level(logging.ERROR, "partita.request"):
        assert ask(build(path("", forgetful, name="forget")), "/").status == 500
    assert "the view forget returned NoneType" in caplog.text


def test_middleware_is_ordered_and_sees_answers_instead_of_exceptions(make_package: Callable[..., Path]) -> None:
    seen: list[str] = []

    def layer(name: str) -> Callable[[Handler], Handler]:
        def wrap(handler: Handler) -> Handler:
            async def handle(request: Request) -> Response:
                seen.append(name)
                response = await handler(request)
                seen.append(f"{name} {response.status}")
                return response

            return handle

        return wrap

    app = build(
        path("", failing),
        middleware=[layer("inner"), Layer(700, layer("middle"), "middle"), Layer(100, layer("outer"), "outer")],
    )
    ask(app, "/")
    ask(app, "/")
    assert seen == ["outer", "middle", "inner", "inner 500", "middle 500", "outer 500"] * 2


def test_what_middleware_raises_is_answered_as_well() -> None:
    def wrap(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            raise Forbidden("Not today.")

        return handle

    response = ask(build(path("", hello), middleware=[wrap]), "/")
    assert (response.status, text(response)) == (403, "Not today.\n")


def test_packages_take_part(make_package: Callable[..., Path]) -> None:
    folder = make_package(
        "garden",
        {
            "integration.py": (
                "from partita.contracts.key import Key\n"
                "from partita.http import GUARDS, Response\n"
                "SIZE = Key[int]('garden.size')\n"
                "async def guard(request, view):\n"
                "    return Response.text('closed', 403) if request.path == '/closed/' else None\n"
                "def setup(app):\n"
                "    app.provide(SIZE, lambda: 7)\n"
                "    app.add(GUARDS, guard)\n"
            ),
            "models.py": "LOADED = True\n",
            "urls.py": (
                "from partita.http import Response\n"
                "from partita.urls import path\n"
                "async def index(request): return Response.text('garden')\n"
                "urlpatterns = [path('', index), path('closed/', index)]\n"
            ),
            "templates/garden.html": "",
            "static/garden.css": "",
        },
    )
    app = App(Settings("key"), apps=["garden"], urls="garden.urls", default_apps=LEAN)
    import garden.integration as integration  # type: ignore[import-not-found]

    assert app.require(integration.SIZE) == 7
    assert folder / "templates" in app.all(TEMPLATE_DIRS)
    assert folder / "static" in app.all(STATIC_DIRS)
    assert text(ask(app, "/")) == "garden"
    assert text(ask(app, "/closed/")) == "closed"
    assert "garden.models" in __import__("sys").modules


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(ImportError, match="no_such_package"):
        App(Settings("key"), apps=["no_such_package"], default_apps=())


def test_an_import_error_inside_a_package_is_not_swallowed(make_package: Callable[..., Path]) -> None:
    make_package("broken", {"integration.py": "import not_installed_at_all\n"})
    with pytest.raises(ModuleNotFoundError, match="not_installed_at_all"):
        App(Settings("key"), apps=["broken"], default_apps=())


def test_two_packages_that_provide_one_key_are_both_named(make_package: Callable[..., Path]) -> None:
    text_ = "from partita.contracts.settings import DEBUG\ndef setup(app):\n    app.provide(DEBUG, lambda: True)\n"
    make_package("greedy", {"integration.py": text_})
    with pytest.raises(DuplicateProvider, match=r"at partita\.web\.app:\d+ and at greedy\.integration:3|greedy"):
        App(Settings("key"), apps=["greedy"], default_apps=())


def test_an_application_takes_no_registrations_later() -> None:
    with pytest.raises(FrozenAppError):
        build().add(GUARDS, cast("Any", None))
    with pytest.raises(MissingProvider):
        build().require(Key[int]("partita.cache"))


def test_doubtful_routes_are_found_when_the_application_gets_ready_not_when_it_is_built() -> None:
    app = build(path("<nope:x>/", hello))
    with pytest.raises(PatternError):
        app.prepare()


def test_an_application_is_current_inside_of_with() -> None:
    app = build(path("x/<int:n>/", hello, name="x"))
    with app, build(path("y/", hello, name="y")) as inner:
        assert reverse("y") == "/y/"
        assert CURRENT.get() is inner
        with app:
            assert reverse("x", 1) == "/x/1/"
        assert CURRENT.get() is inner
    assert CURRENT.get() is None


def test_two_applications_in_one_process_do_not_see_each_other() -> None:
    """Requests of both, async and in threads, take turns at every await."""
    turns = 0

    async def where(request: Request) -> Response:
        nonlocal turns
        before = (reverse("self"), require(LANGUAGE), require(DEBUG))
        for _ in range(5):
            turns += 1
            await asyncio.sleep(0)
            assert (reverse("self"), require(LANGUAGE), require(DEBUG)) == before
        return Response.json(before)

    def where_sync(request: Request) -> Response:
        return Response.json((reverse("self"), require(LANGUAGE), require(DEBUG)))

    def make(language: str, debug: bool) -> App:
        urls = [path(f"{language}/", where, name="self"), path("sync/", where_sync)]
        return App(Settings("key", debug=debug, language=language), urls=urls, default_apps=LEAN)

    german, french = make("de", True), make("fr", False)

    async def ask_both() -> list[str]:
        asked = []
        for _ in range(10):
            asked += [german(Request.build("GET", "/de/")), french(Request.build("GET", "/fr/"))]
            asked += [german(Request.build("GET", "/sync/")), french(Request.build("GET", "/sync/"))]
        return [text(response) for response in await asyncio.gather(*asked)]

    answers = asyncio.run(ask_both())
    assert answers[0::4] == answers[2::4] == ['["/de/","de",true]'] * 10
    assert answers[1::4] == answers[3::4] == ['["/fr/","fr",false]'] * 10
    assert turns == 100
    assert ask(german, "/fr/").status == 404


def test_start_and_shutdown_run_what_packages_registered(make_package: Callable[..., Path]) -> None:
    make_package(
        "living",
        {
            "integration.py": (
                "from partita.contracts.lifecycle import STARTUP, SHUTDOWN\n"
                "from partita.contracts.current import CURRENT\n"
                "log = []\n"
                "def hook(name):\n"
                "    async def run():\n"
                "        log.append((name, CURRENT.get() is not None))\n"
                "        if name == 'fail': raise OSError(name)\n"
                "    return run\n"
                "def setup(app):\n"
                "    for name in 'ab': app.add(STARTUP, hook(name))\n"
                "    for name in ('c', 'fail', 'd'): app.add(SHUTDOWN, hook(name))\n"
            )
        },
    )
    app = App(Settings("key"), apps=["living"], default_apps=())
    import living.integration as integration  # type: ignore[import-not-found]

    assert len(app.all(STARTUP)) == 2
    assert len(app.all(SHUTDOWN)) == 3

    async def live() -> None:
        async with app:
            assert CURRENT.get() is app

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(live())
    assert isinstance(caught.value.exceptions[0], OSError)
    assert integration.log == [("a", True), ("b", True), ("d", True), ("fail", True), ("c", True)]


def test_streams_are_made_with_the_application_current() -> None:
    closed: list[str] = []

    async def rows(request: Request) -> Response:
        async def lines() -> AsyncIterator[str]:
            try:
                for number in range(3):
                    await asyncio.sleep(0)
                    wait(asyncio.sleep(0))  # sync code beneath it may wait, as in a view
                    yield f"{number} {reverse('rows')}\n"
            finally:
                closed.append("async")

        return Response.stream(lines(), headers={"x-kept": "1"})

    def plain(request: Request) -> Response:
        return Response.stream(f"{number} {reverse('rows')}\n" for number in range(2))

    app = build(path("rows/", rows, name="rows"), path("plain/", plain))

    async def read(target: str, most: int) -> tuple[Response, list[bytes]]:
        response = await app(Request.build("GET", target))
        chunks = response.chunks()
        seen = []
        async for chunk in chunks:
            assert CURRENT.get() is None
            seen.append(chunk)
            if len(seen) == most:
                break
        await chunks.aclose()  # type: ignore[attr-defined]
        return response, seen

    response, seen = asyncio.run(read("/rows/", 9))
    assert (response.status, response.headers["x-kept"]) == (200, "1")
    assert b"".join(seen) == b"0 /rows/\n1 /rows/\n2 /rows/\n"
    assert b"".join(asyncio.run(read("/plain/", 9))[1]) == b"0 /rows/\n1 /rows/\n"
    closed.clear()
    asyncio.run(read("/rows/", 1))
    assert closed == ["async"]


def test_hosts_decide_if_routes_ask_for_them() -> None:
    app = build(host("api.test", [path("", hello, {"name": "api"})]), path("", hello))
    assert text(ask(app, "/", headers={"host": "api.test:80"})) == "hello api"
    assert text(ask(app, "/", headers={"host": "www.test"})) == "hello world"


def test_the_application_answers_asgi() -> None:
    sent: list[dict[str, Any]] = []
    app = build(path("<name>/", hello))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/ü/", "raw_path": b"/%C3%BC/", "query_string": b"", "root_path": "", "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in sent) == "hello ü".encode()
    assert asyncio.iscoroutinefunction(app.__call__)  # what uvicorn asks before it calls


def test_the_application_answers_wsgi() -> None:
    import io
    from wsgiref.util import setup_testing_defaults

    environ: dict[str, Any] = {"PATH_INFO": "/you/", "wsgi.input": io.BytesIO()}
    setup_testing_defaults(environ)
    started: list[str] = []
    app = build(path("<name>/", hello), path("s/s/", blocking))
    body = b"".join(app(environ, lambda status, headers: started.append(status)))
    assert (started, body) == (["200 OK"], b"hello you")
    environ["PATH_INFO"] = "/s/s/"
    assert b"".join(app(environ, lambda status, headers: None)) == b"False nobody"


def test_the_check_makes_everything_and_tells_what_fails(make_package: Callable[..., Path]) -> None:
    make_package(
        "lazy",
        {
            "integration.py": (
                "import msgspec\n"
                "from partita.contracts.key import Key\n"
                "class Late(msgspec.Struct, frozen=True):\n    size: int = 1\n"
                "def setup(app):\n"
                "    app.provide(Key('lazy.fine'), lambda: app.section('late', Late))\n"
                "    app.provide(Key('lazy.broken'), lambda: 1 / 0)\n"
            )
        },
    )
    app = App(Settings("key", sections={"late": {"size": 2}}), apps=["lazy"], default_apps=())
    (finding,) = app.check()
    assert (finding.id, finding.level) == ("web.E001", "error")
    assert finding.text == "lazy.broken cannot be made: division by zero"


def test_settings_are_reachable_and_misspelt_ones_are_found() -> None:
    app = App(Settings("key", sections={"wbe": {}}), default_apps=())
    assert app.require(SETTINGS) is app.settings
    assert [finding.id for finding in app.check()] == ["web.W001"]
    assert app.all(MIDDLEWARE) == ()


class Page(View):
    """Tells in which thread it runs, and what was sent."""

    def get(self, request: Request, name: str) -> Answer:
        """Tell the thread."""
        return Response.text(f"{name} {threading.current_thread() is threading.main_thread()}")

    def post(self, request: Request, name: str) -> Answer:
        """Tell what was sent."""
        return Response.text(request.form()["word"])


class AsyncPage(Page):
    """Looks first, then does the same."""

    async def get(self, request: Request, name: str) -> Response:
        """Look, and answer as the base does."""
        await asyncio.sleep(0)
        answer = super().get(request, name)
        assert isinstance(answer, Response)
        return answer


def test_class_based_views_run_in_threads_or_on_the_loop() -> None:
    app = build(
        path("sync/<name>/", Page.as_view()),
        path("loop/<name>/", Page.as_view(on_loop=True)),
        path("async/<name>/", AsyncPage.as_view()),
    )
    assert text(ask(app, "/sync/a/")) == "a False"
    assert text(ask(app, "/loop/a/")) == "a True"
    assert text(ask(app, "/async/a/")) == "a True"
    for kind in ("sync", "loop", "async"):
        assert text(ask(app, f"/{kind}/a/", "POST", form={"word": "sent"})) == "sent"
        refused = ask(app, f"/{kind}/a/", "PUT")
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert ask(app, "/async/a/", "HEAD").status == 200


def test_a_sync_class_based_view_reads_a_body_that_is_still_arriving() -> None:
    app = build(path("sync/<name>/", Page.as_view()), path("loop/<name>/", Page.as_view(on_loop=True)))
    for kind in ("sync", "loop"):
        sent: list[dict[str, Any]] = []

        async def steps(kind: str, sent: list[dict[str, Any]]) -> None:
            chunks = [b"wo", b"rd=", b"slow"]

            async def receive() -> dict[str, Any]:
                await asyncio.sleep(0)
                return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

            async def send(message: Any) -> None:
                sent.append(message)

            scope: dict[str, Any] = {
                "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
                "path": f"/{kind}/a/", "raw_path": f"/{kind}/a/".encode(), "query_string": b"", "root_path": "",
                "headers": [(b"host", b"x.test"), (b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"9")],
                "client": None, "server": None,
            }  # fmt: skip
            await app(scope, receive, send)

        asyncio.run(steps(kind, sent))
        assert b"".join(each.get("body", b"") for each in sent) == b"slow"
