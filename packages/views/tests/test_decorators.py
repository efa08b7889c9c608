"""Decorators, on sync and async views alike."""

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import pytest

from partita.http import MethodNotAllowed, Request, Response
from partita.views import (
    cache_control,
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
