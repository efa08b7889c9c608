"""Middleware in Django's manner, as a layer of an application and around one view, sync and async."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponse
from partita.views.errors import ViewConfigurationError
from partita.views.middleware import (
    MiddlewareMixin,
    adapt,
    async_only_middleware,
    decorator_from_middleware,
    decorator_from_middleware_with_args,
    sync_and_async_middleware,
    sync_only_middleware,
)


class Log(MiddlewareMixin):
    """Says what it is asked, and answers where a test wants it to."""

    def __init__(self, get_response: Callable[[Any], Any], said: list[str] | None = None, **answers: Any) -> None:
        super().__init__(get_response)
        self.said, self.answers = [] if said is None else said, answers

    def _say(self, name: str) -> Any:
        self.said.append(name)
        return self.answers.get(name)

    def process_request(self, request: Any) -> Any:
        """See Django."""
        return self._say("request")

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        """See Django."""
        return self._say(f"view {view.__name__} {args} {kwargs}") or self.answers.get("view")

    def process_exception(self, request: Any, error: Exception) -> Any:
        """See Django."""
        self._say(f"exception {error}")
        return self.answers.get("exception")

    def process_response(self, request: Any, response: Any) -> Any:
        """See Django."""
        self._say("response")
        response["X-Seen"] = "yes"
        return response


def shown(request: Any, word: str = "") -> HttpResponse:
    """Answer."""
    return HttpResponse(f"shown {word}")


async def awaited(request: Any, word: str = "") -> HttpResponse:
    """Answer."""
    await asyncio.sleep(0)
    return HttpResponse(f"awaited {word}")


def broken(request: Any) -> HttpResponse:
    """Fail."""
    raise ZeroDivisionError("by nought")


async def broken_later(request: Any) -> HttpResponse:
    """Fail."""
    await asyncio.sleep(0)
    raise ZeroDivisionError("by nought")


def finished(answer: Any) -> Any:
    async def finish() -> Any:
        return await answer

    return answer if isinstance(answer, Response) else asyncio.run(finish())


def through(factory: Callable[[Any], Any], answer: str = "inner") -> Response:
    """Answer a request in an application that has one layer."""

    async def handler(request: Request) -> Response:
        await asyncio.sleep(0)
        return Response.text(f"{answer} {request.method} {request.path}")

    layer: Awaitable[Response] = adapt(factory)(handler)(Request.build("GET", "/x"))
    response: Response = finished(layer)
    return response


views = pytest.mark.parametrize("view", [shown, awaited])
failing = pytest.mark.parametrize("view", [broken, broken_later])


@views
def test_around_one_view_everything_is_asked_in_order(view: Any) -> None:
    said: list[str] = []
    decorated = decorator_from_middleware_with_args(Log)(said)(view)
    response = finished(decorated(HttpRequest(), "a"))
    assert response.content == f"{view.__name__} a".encode()
    assert response["X-Seen"] == "yes"
    assert said == ["request", f"view {view.__name__} ('a',) {{}}", "response"]
    assert decorated.__name__ == view.__name__


@views
@pytest.mark.parametrize("early", ["request", "view"])
def test_an_early_answer_keeps_the_view_from_being_called(view: Any, early: str) -> None:
    said: list[str] = []
    decorated = decorator_from_middleware_with_args(Log)(said, **{early: HttpResponse("early")})(view)
    response = finished(decorated(HttpRequest()))
    assert response.content == b"early"
    assert [each.partition(" ")[0] for each in said] == ["request", "view"][: 1 + (early == "view")]


@failing
def test_an_error_goes_on_where_nobody_answers_it(view: Any) -> None:
    said: list[str] = []
    decorated = decorator_from_middleware_with_args(Log)(said)(view)
    with pytest.raises(ZeroDivisionError, match="by nought"):
        finished(decorated(HttpRequest()))
    assert said[-1] == "exception by nought"


@failing
def test_an_error_may_be_answered(view: Any) -> None:
    decorated = decorator_from_middleware_with_args(Log)(exception=HttpResponse("sorry", status=503))(view)
    response = finished(decorated(HttpRequest()))
    assert (response.status_code, response.content) == (503, b"sorry")


class Pending(HttpResponse):
    """An answer that is rendered later."""

    def __init__(self) -> None:
        super().__init__("not yet")
        self.callbacks: list[Callable[[Any], Any]] = []

    def add_post_render_callback(self, callback: Callable[[Any], Any]) -> None:
        """Keep it."""
        self.callbacks.append(callback)

    def render(self) -> HttpResponse:
        """Become whole."""
        response = HttpResponse("rendered")
        for callback in self.callbacks:
            response = callback(response) or response
        return response


class LooksAtTemplates(Log):
    """Sees answers before they are rendered."""

    def process_template_response(self, request: Any, response: Any) -> Any:
        """See Django."""
        self.said.append("template")
        return response


@pytest.mark.parametrize("middleware", [Log, LooksAtTemplates])
def test_what_is_rendered_later_is_looked_at_when_it_is(middleware: Any) -> None:
    said: list[str] = []

    def pending(request: Any) -> Pending:
        return Pending()

    response: Any = decorator_from_middleware_with_args(middleware)(said)(pending)(HttpRequest())
    assert isinstance(response, Pending)
    before = [name for name in said if not name.startswith(("request", "view"))]
    assert before == (["template"] if middleware is LooksAtTemplates else [])
    assert response.render()["X-Seen"] == "yes"
    assert said[-1] == "response"


def test_middleware_without_hooks_changes_nothing_about_a_view() -> None:
    class Bare:
        def __init__(self, get_response: Callable[[Any], Any]) -> None:
            """Take it."""

    decorated = decorator_from_middleware(Bare)(shown)
    assert decorated(HttpRequest(), "a").content == b"shown a"
    with pytest.raises(ZeroDivisionError):
        decorator_from_middleware(Bare)(broken)(HttpRequest())


def test_a_sync_factory_gets_a_plain_function_whose_waiting_does_not_block() -> None:
    seen: list[Any] = []

    @sync_only_middleware
    def factory(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def middleware(request: HttpRequest) -> Any:
            seen.append(type(request))
            response = get_response(request)
            response["X-Layer"] = "sync"
            return response

        return middleware

    response = through(factory)
    assert (response.body, response.headers["x-layer"]) == (b"inner GET /x", "sync")
    assert seen == [HttpRequest]


@pytest.mark.parametrize("mark", [async_only_middleware, sync_and_async_middleware])
def test_an_async_factory_gets_a_coroutine_function(mark: Any) -> None:
    def factory(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def middleware(request: HttpRequest) -> Any:
            response = await get_response(request)
            response["X-Layer"] = "async"
            return response

        return middleware

    assert through(mark(factory)).headers["x-layer"] == "async"


def test_the_mixin_is_async_where_the_next_one_is_and_plain_where_it_is_plain() -> None:
    assert through(Log).headers["x-seen"] == "yes"
    plain = Log(shown)
    assert plain(HttpRequest())["X-Seen"] == "yes"
    assert repr(plain) == "<Log get_response=shown>"


@pytest.mark.parametrize("view", [shown, awaited])
def test_the_mixin_answers_for_the_next_one_where_its_own_hook_does(view: Any) -> None:
    early = Log(view, request=HttpResponse("early"))
    response = finished(early(HttpRequest()))
    assert (response.content, response["X-Seen"]) == (b"early", "yes")
    assert early.said == ["request", "response"]


@pytest.mark.parametrize("view", [shown, awaited])
def test_the_mixin_needs_no_hooks(view: Any) -> None:
    assert finished(MiddlewareMixin(view)(HttpRequest())).content.startswith(view.__name__.encode())


def test_the_mixins_hooks_may_be_async_where_the_next_one_is() -> None:
    class Waits(MiddlewareMixin):
        async def process_request(self, request: Any) -> None:
            await asyncio.sleep(0)

        async def process_response(self, request: Any, response: Any) -> Any:
            await asyncio.sleep(0)
            response["X-Waited"] = "yes"
            return response

    assert through(Waits).headers["x-waited"] == "yes"


def test_what_it_changed_about_the_request_is_what_comes_further_in() -> None:
    def factory(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def middleware(request: HttpRequest) -> Any:
            request.method, request.path_info = "PUT", "/ü"
            return get_response(request)

        return middleware

    assert through(factory).body == "inner PUT /ü".encode()


def test_a_mixin_without_a_next_one_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="get_response must be provided"):
        MiddlewareMixin(None)  # type: ignore[arg-type]


def test_a_factory_that_can_do_nothing_or_makes_nothing_is_a_mistake() -> None:
    def nothing(get_response: Any) -> None:
        return None

    class Neither(MiddlewareMixin):
        sync_capable = async_capable = False

    with pytest.raises(ViewConfigurationError, match="Neither must have at least one of"):
        adapt(Neither)
    with pytest.raises(ViewConfigurationError, match=r"nothing returned None"):
        through(nothing)


def test_a_layer_that_answers_with_something_else_is_a_mistake_with_its_name() -> None:
    def odd(get_response: Any) -> Callable[[Any], Any]:
        return lambda request: "text"

    with pytest.raises(ViewConfigurationError, match="odd returned str, not a response"):
        through(odd)


def test_a_layers_hooks_get_the_draft_of_the_request() -> None:
    seen: list[Any] = []

    class Hooked(MiddlewareMixin):
        def process_exception(self, request: Any, error: Exception) -> Any:
            seen.append((request, error))
            return HttpResponse("sorry")

    async def handler(request: Request) -> Response:
        raise AssertionError("nobody asks for an answer here")

    layer: Any = adapt(Hooked)(handler)
    request, error = Request.build(), ValueError("x")
    answer = finished(layer.process_exception(request, error))
    assert answer.content == b"sorry"
    assert seen == [(HttpRequest.of(request), error)]
    assert not hasattr(layer, "process_view")
