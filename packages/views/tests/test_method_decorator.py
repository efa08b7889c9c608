"""Decorators of functions on methods, sync and async."""

import asyncio
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import pytest

from partita.views.decorators import method_decorator, never_cache


def tagged(tag: str) -> Callable[[Any], Any]:
    """Return a decorator that puts ``tag`` around a result, and marks what it decorates."""

    def decorate(function: Any) -> Any:
        if iscoroutinefunction(function):

            @wraps(function)
            async def later(request: str) -> str:
                return f"{tag}({await function(request)})"

            wrapped: Any = later
        else:

            @wraps(function)
            def now(request: str) -> str:
                return f"{tag}({function(request)})"

            wrapped = now
        wrapped.tags = [*getattr(function, "tags", ()), tag]
        return wrapped

    return decorate


class Page:
    """A class with methods of both kinds."""

    name = "page"

    @method_decorator(tagged("a"))
    def get(self, request: str) -> str:
        """Answer."""
        return f"{self.name}:{request}"

    @method_decorator(tagged("b"))
    async def aget(self, request: str) -> str:
        """Answer later."""
        return f"{self.name}:{request}"

    def post(self, request: str) -> str:
        """Answer, too."""
        return request


def test_a_method_keeps_its_object_and_its_name() -> None:
    assert Page().get("x") == "a(page:x)"
    assert Page.get.__name__ == "get"
    assert Page.get.__doc__ == "Answer."


def test_an_async_method_stays_async() -> None:
    assert iscoroutinefunction(Page.aget)
    assert asyncio.run(Page().aget("x")) == "b(page:x)"


def test_a_class_names_the_method_and_several_decorators_stand_in_order() -> None:
    made = method_decorator([tagged("outer"), tagged("inner")], name="post")(type("Made", (Page,), {}))
    assert made().post("x") == "outer(inner(x))"
    assert Page().post("x") == "x"
    again = method_decorator(tagged("c"), name="aget")(type("Again", (Page,), {}))
    assert iscoroutinefunction(again.aget)
    assert asyncio.run(again().aget("x")) == "c(b(page:x))"


@pytest.mark.parametrize(("name", "error"), [("absent", ValueError), ("", ValueError), ("name", TypeError)])
def test_a_name_that_is_no_method_is_refused(name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="Page"):
        method_decorator(tagged("a"), name=name)(Page)


def test_several_decorators_have_an_order() -> None:
    with pytest.raises(TypeError, match="need an order: give a list, not a set"):
        method_decorator({never_cache})
