"""Responses that are rendered late."""

import asyncio
import gc
import pickle
import weakref
from pathlib import Path
from typing import Any

import pytest

from partita.http import Layer, Request, Response
from partita.http.drafts import HttpRequest, HttpResponse
from partita.testing import application
from partita.urls import path
from partita.views import (
    ContentNotRenderedError,
    SimpleTemplateResponse,
    TemplateResponse,
    arender,
    never_cache,
    render,
)
from partita.views.errors import EmptyTemplateList
from partita.views.middleware import (
    MiddlewareMixin,
    adapt,
    decorator_from_middleware,
    decorator_from_middleware_with_args,
)

APPS = ("partita.http", "partita.urls", "partita.templates")


@pytest.fixture(autouse=True)
def templates(tmp_path: Path) -> Any:
    (tmp_path / "a.html").write_text("{{ x }}{{ request.path }}")
    with application(default_apps=APPS, templates={"dirs": (str(tmp_path),)}):
        yield


def test_nothing_is_rendered_before_it_must_be() -> None:
    response = SimpleTemplateResponse("a.html", {"x": 1})
    assert not response.is_rendered
    for use in (lambda: response.content, lambda: list(response), lambda: pickle.dumps(response)):
        with pytest.raises(ContentNotRenderedError, match="must be rendered"):
            use()
    response.context_data = {"x": 2}
    assert response.rendered_content == "2"
    seen: list[bytes] = []
    response.add_post_render_callback(lambda rendered: seen.append(rendered.content))
    assert response.render() is response
    assert (response.content, response.is_rendered, seen) == (b"2", True, [b"2"])
    response.context_data = {"x": 3}
    assert response.render().content == b"2"
    response.add_post_render_callback(lambda rendered: seen.append(b"late"))
    assert seen == [b"2", b"late"]


def test_a_rendered_response_travels_without_its_template() -> None:
    response = TemplateResponse(Request.build("GET", "/p"), "a.html", {"x": 1}, status=201)
    response["X-A"] = "1"
    response.render()
    copy = pickle.loads(pickle.dumps(response))
    assert (copy.content, copy.status_code, copy["x-a"], copy.is_rendered) == (b"1/p", 201, "1", True)
    assert not hasattr(copy, "template_name")


def test_the_first_template_that_exists_is_taken_and_a_callback_may_answer_instead() -> None:
    request = HttpRequest(Request.build("GET", "/p"))
    response = TemplateResponse(request, ["absent.html", "a.html"], {"x": 1})
    other = HttpResponse("other")
    response.add_post_render_callback(lambda rendered: other)
    assert asyncio.run(response.arender()) is other
    assert response.content == b"1/p"
    with pytest.raises(LookupError):
        TemplateResponse(request, ["absent.html", "none.html"]).render()
    response = TemplateResponse(request, "absent.html")
    response.content = "set by hand"
    assert response.render().content == b"set by hand"


def test_decorators_keep_it_a_template() -> None:
    response: Any = never_cache(view)(HttpRequest(Request.build()))
    response.set_cookie("a", "1")
    response.delete_cookie("b")
    assert not response.is_rendered
    assert "no-store" in response["cache-control"]


class Changing(MiddlewareMixin):
    def __init__(self, get_response: Any, word: str = "changed") -> None:
        super().__init__(get_response)
        self.word = word

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        response.context_data = {**(response.context_data or {}), "x": self.word}
        return response

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Length"] = len(response.content)
        return response


def view(request: Any) -> Response:
    return TemplateResponse(request, "a.html", {"x": 1})


async def aview(request: Any) -> Response:
    return TemplateResponse(request, "a.html", {"x": 1})


@pytest.mark.parametrize("shown", [view, aview])
def test_middleware_changes_templates_before_they_are_rendered(shown: Any, tmp_path: Path) -> None:
    settings: Any = {"default_apps": APPS, "templates": {"dirs": (str(tmp_path),)}, "web": {"drafts": True}}
    with application(urls=[path("", shown)], middleware=[adapt(Changing)], **settings) as app:
        response = asyncio.run(app(Request.build()))
    assert (response.body, response.headers["x-length"]) == (b"changed/", "8")


@pytest.mark.parametrize("shown", [view, aview])
def test_a_middleware_may_stand_around_one_view(shown: Any) -> None:
    for decorate, word in (
        (decorator_from_middleware(Changing), "changed"),
        (decorator_from_middleware_with_args(Changing)("own"), "own"),
    ):
        answered: Any = decorate(shown)(HttpRequest(Request.build()))
        response = asyncio.run(answered) if asyncio.iscoroutine(answered) else answered
        rendered = response.render()
        assert rendered.content == f"{word}/".encode()
        assert rendered["x-length"] == str(len(word) + 1)


def test_a_layer_may_render_for_itself(tmp_path: Path) -> None:
    class Native:
        def __init__(self, handler: Any) -> None:
            self.handler = handler

        async def __call__(self, request: Request) -> Response:
            return await self.handler(request)  # type: ignore[no-any-return]

        async def process_template_response(self, request: Request, response: Any) -> Any:
            response.context_data = {"x": "native"}
            return response

    layer = Layer(900, Native, "native")
    with application(
        urls=[path("", view)], middleware=[layer], default_apps=APPS, templates={"dirs": (str(tmp_path),)}
    ) as app:
        assert asyncio.run(app(Request.build())).body == b"native/"


@pytest.mark.parametrize("names", [[], ()])
def test_of_no_names_none_is_rendered(names: Any) -> None:
    for call in (
        lambda: render(Request.build(), names),
        lambda: asyncio.run(arender(Request.build(), names)),
        lambda: SimpleTemplateResponse(names).render(),
    ):
        with pytest.raises(EmptyTemplateList, match="no template was named"):
            call()


@pytest.mark.parametrize("wrong", [None, 5, {"x": 1}])
def test_what_is_no_template_is_refused_with_what_is_expected(wrong: Any) -> None:
    request = Request.build("GET", "/p")
    with pytest.raises(
        TypeError, match=rf"a template, got {type(wrong).__name__}; the request comes first: render\(request, "
    ):
        render(request, wrong)
    with pytest.raises(TypeError, match=rf"a template, got {type(wrong).__name__}; the request comes first"):
        asyncio.run(arender(request, wrong))
    misplaced: Any = "a.html"
    with pytest.raises(TypeError, match="got dict; the request comes first"):
        render(misplaced, {"x": 1})  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("wrong", [[1], "x", {1}, 5])
def test_a_context_that_is_no_mapping_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=rf"must be a mapping of names and values, .*, got {type(wrong).__name__}$"):
        render(Request.build("GET", "/p"), "a.html", wrong)


class Looking(MiddlewareMixin):
    """Writes down what the view answered with, as Django's middleware sees it after the view."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        seen.append(response)
        response["X-Album"] = str((getattr(response, "context_data", None) or {}).get("x"))
        return response


class AsyncLooking(Looking):
    sync_capable = False


seen: list[Any] = []


def native_layer(handler: Any) -> Any:
    """Stands between, and makes an immutable response of what it gets."""

    async def layered(request: Request) -> Response:
        answered = await handler(request)
        if request.query.get("replace"):
            return Response.html("another")
        return answered.with_header("X-Layer", "1")  # type: ignore[no-any-return]

    return layered


@pytest.mark.parametrize("looking", [Looking, AsyncLooking])
@pytest.mark.parametrize("shown", [view, aview])
def test_middleware_sees_the_response_itself_and_its_context(shown: Any, looking: Any, tmp_path: Path) -> None:
    settings: Any = {"default_apps": APPS, "templates": {"dirs": (str(tmp_path),)}, "web": {"drafts": True}}
    layers = [adapt(looking), native_layer, adapt(looking)]
    seen.clear()
    with application(urls=[path("", shown)], middleware=layers, **settings) as app:
        answered = asyncio.run(app(Request.build()))
        assert (answered.body, answered.headers["x-album"], answered.headers["x-layer"]) == (b"1/", "1", "1")
        assert [(type(each), each.is_rendered, each.template_name) for each in seen] == [
            (TemplateResponse, True, "a.html")
        ] * 2
        assert seen[0] is seen[1]
        # What a layer between answers on its own is not taken for the view's.
        replaced = asyncio.run(app(Request.build(query={"replace": "1"})))
        assert (replaced.body, replaced.headers["x-album"]) == (b"another", "None")
        assert [type(each) for each in seen[2:]] == [TemplateResponse, HttpResponse]


def test_no_answer_waits_for_the_garbage_collector(tmp_path: Path) -> None:
    async def remembering(request: HttpRequest) -> Response:
        response = TemplateResponse(request, "a.html", {"x": 1})
        gone.append(weakref.ref(response))
        return response

    gone: list[weakref.ref[Any]] = []
    settings: Any = {"default_apps": APPS, "templates": {"dirs": (str(tmp_path),)}, "web": {"drafts": True}}
    marking = adapt(lambda get_response: get_response)
    with application(urls=[path("", remembering)], middleware=[marking, native_layer, marking], **settings) as app:

        async def ask() -> list[Any]:
            asked = Request.build()
            await app(asked)
            return [each() for each in gone]  # while the request is still there

        gc.disable()
        try:
            assert asyncio.run(ask()) == [None]
        finally:
            gc.enable()
