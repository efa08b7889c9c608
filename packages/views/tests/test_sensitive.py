"""What a function or a form holds is marked as not for reports."""

import asyncio
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest

from partita.http import Request, Response
from partita.http.drafts import HttpRequest
from partita.views.sensitive import (
    ALL,
    SENSITIVE_POST,
    SENSITIVE_VARIABLES,
    sensitive_post_parameters,
    sensitive_variables,
)


def pay(card: str) -> str:
    """Fail while the number is in a variable."""
    if not card.isdigit():
        raise ValueError("no number")
    return card


async def pay_later(card: str) -> str:
    """Fail while the number is in a variable."""
    await asyncio.sleep(0)
    return pay(card)


def marks(function: Callable[[], Any]) -> dict[str, tuple[str, ...]]:
    """Return what reports find: for each function that is marked, the names that they hide in it."""
    try:
        function()
    except ValueError:
        trace: TracebackType | None = sys.exc_info()[2]
    found: dict[str, tuple[str, ...]] = {}
    while trace is not None and trace.tb_next is not None:
        names = trace.tb_frame.f_locals.get(SENSITIVE_VARIABLES)
        if names is not None:
            found[trace.tb_next.tb_frame.f_code.co_name] = names
        trace = trace.tb_next
    return found


def test_reports_are_told_the_names_right_before_the_function() -> None:
    hidden = sensitive_variables("card")(pay)
    assert marks(lambda: hidden("x")) == {"pay": ("card",)}
    assert hidden("12") == "12"
    assert hidden.__name__ == "pay"


def test_reports_are_told_so_about_async_functions_as_well() -> None:
    hidden = sensitive_variables("card", "pin")(pay_later)
    assert marks(lambda: asyncio.run(hidden("x"))) == {"pay_later": ("card", "pin")}
    assert asyncio.run(hidden("12")) == "12"


def test_without_names_all_are_hidden() -> None:
    assert marks(lambda: sensitive_variables()(pay)("x")) == {"pay": (ALL,)}


@pytest.mark.parametrize("decorator", [sensitive_variables, sensitive_post_parameters])
def test_a_decorator_without_its_parentheses_is_a_mistake_that_says_so(decorator: Any) -> None:
    with pytest.raises(TypeError, match=rf"use @{decorator.__name__}\(\)"):
        decorator(pay)


@pytest.mark.parametrize(("given", "kept"), [(("password", "pin"), ("password", "pin")), ((), (ALL,))])
@pytest.mark.parametrize("draft", [False, True])
def test_the_fields_of_a_form_are_marked_before_the_view_runs(
    given: tuple[str, ...], kept: tuple[str, ...], draft: bool
) -> None:
    seen: list[tuple[str, ...]] = []

    @sensitive_post_parameters(*given)
    def view(request: Any) -> Response:
        seen.append(request[SENSITIVE_POST])
        return Response.text("")

    request = Request.build("POST", "/")
    view(HttpRequest(request) if draft else request)
    assert seen == [kept]


def test_a_method_is_not_a_view_that_can_be_marked() -> None:
    class Page:
        @sensitive_post_parameters("password")
        def get(self, request: Any) -> Response:
            return Response.text("")

    with pytest.raises(TypeError, match="sensitive_post_parameters"):
        Page().get(Request.build())
