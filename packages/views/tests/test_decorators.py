"""Decorators, on sync and async views alike."""

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import pytest

from partita.http import MethodNotAllowed, Request, Response
from partita.testing import application
from partita.urls import path
from partita.views import (
    cache_control,
    condition,
    conditional_page,
    gzip_page,
    never_cache,
    on_loop,
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
    vary_on_cookie,
    vary_on_headers,
)


def plain(request: Request, x: int = 0) -> Response:
    """Answer."""
    return Response.text(str(x))


async def awaited(request: Request, x: int = 0) -> Response:
    """Answer."""
    return Response.text(str(x))


@pytest.fixture(params=[plain, awaited])
def view(request: pytest.FixtureRequest) -> Any:
    """A view of each kind."""
    return request.param


def call(view: Callable[..., Any], method: str = "GET") -> Response:
    """Call a view of any kind."""
    answer = view(Request.build(method, "/"), x=7)
    if isinstance(answer, Response):
        return answer

    async def finish() -> Response:
        response: Response = await answer
        return response

    return asyncio.run(finish())


@pytest.mark.parametrize(
    ("decorate", "allowed"),
    [
        (require_GET, {"GET"}),
        (require_POST, {"POST"}),
        (require_safe, {"GET", "HEAD"}),
        (require_http_methods(["PUT", "PATCH"]), {"PUT", "PATCH"}),
    ],
)
def test_other_methods_are_refused(view: Any, decorate: Any, allowed: set[str]) -> None:
    decorated = decorate(view)
    assert decorated.http_methods == allowed
    assert decorated.__name__ == view.__name__
    assert iscoroutinefunction(decorated) == iscoroutinefunction(view)
    assert not hasattr(view, "http_methods")
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        if method in allowed:
            assert call(decorated, method).body == b"7"
        else:
            with pytest.raises(MethodNotAllowed) as caught:
                call(decorated, method)
            assert set(caught.value.allowed) == allowed


def test_methods_as_one_text_are_refused() -> None:
    with pytest.raises(TypeError, match="must be a list"):
        require_http_methods("GET")


def test_headers_are_added(view: Any) -> None:
    assert call(vary_on_cookie(vary_on_headers("Accept", "X-Y")(view))).headers["vary"] == "Accept, X-Y, Cookie"
    cached = call(cache_control(max_age=60, private=True, no_transform=False)(view))
    assert cached.headers["cache-control"] == "private, max-age=60"
    assert "no-store" in call(never_cache(view)).headers["cache-control"]


def test_a_view_is_marked_for_the_loop() -> None:
    def marked(request: Request) -> Response:
        return plain(request)

    assert on_loop(marked) is marked
    assert require_GET(on_loop(marked)).runs_on_loop  # type: ignore[attr-defined]


def test_methods_have_to_be_named() -> None:
    with pytest.raises(ValueError, match="methods is empty"):
        require_http_methods([])
    with pytest.raises(TypeError, match="takes the methods first"):
        require_http_methods(test_methods_have_to_be_named)  # type: ignore[arg-type]  # on purpose


def test_directives_may_be_about_some_fields_only() -> None:
    def view(request: Request) -> Response:
        return Response.text("x")

    for given, expected in (
        ({"no_cache": "Set-Cookie"}, 'no-cache="set-cookie"'),
        ({"private": "Set-Cookie, X-Name"}, 'private="set-cookie, x-name"'),
        ({"private": ["X-Name"]}, 'private="x-name"'),
        ({"no_cache": True}, "no-cache"),
    ):
        assert cache_control(**given)(view)(Request.build()).headers["cache-control"].lower() == expected


def test_decorators_that_take_names_refuse_the_view_itself() -> None:
    with pytest.raises(TypeError, match=r"takes the names of headers: @vary_on_headers\('Accept-Language'\)"):
        vary_on_headers(plain)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(TypeError, match=r"takes directives by name: @cache_control\(max_age=60\)"):
        cache_control(plain)


EVERY_DECORATOR = [
    never_cache,
    vary_on_cookie,
    cache_control(private=True),
    condition(etag_func=lambda request, x: "tag"),
    conditional_page,
    gzip_page,
]


@pytest.mark.parametrize("decorate", EVERY_DECORATOR)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_view_that_forgets_its_return_is_named_whatever_is_around_it(decorate: Any, kind: str) -> None:
    def forgetful(request: Request, x: int) -> None:
        """Answer nothing."""

    async def forgetful_too(request: Request, x: int) -> None:
        """Answer nothing."""

    view: Any = decorate(forgetful if kind == "sync" else forgetful_too)
    request = Request.build("GET", "/7/")
    with application(urls=[path("<int:x>/", view)], default_apps=("partita.http", "partita.urls")) as app:
        asyncio.run(app(request))
    told = str(request.state.failure)
    assert "forgetful" in told
    assert "returned NoneType" in told
    assert "is a `return` missing?" in told


@pytest.mark.parametrize("decorate", EVERY_DECORATOR)
def test_a_plain_function_may_return_what_an_async_view_gave_it(decorate: Any) -> None:
    direct, through = decorate(awaited), decorate(lambda request, x: awaited(request, x))
    assert call(through).headers.items() == call(direct).headers.items()
