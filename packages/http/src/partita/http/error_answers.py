"""Answers to exceptions, for a route, an include or the whole application."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any

from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("answer_errors",)

Answer = Callable[[Request, Any], Response | Awaitable[Response]]


def answer_errors(answers: Mapping[type[Exception], Answer]) -> Middleware:
    """Return middleware that answers exceptions of views; of several around a view the closest one that knows the error counts.

    In routes: ``path("pay/", pay, middleware=[answer_errors({CardDeclined: ask_for_another_card})])``.

    An error that is answered is no failure: it is not logged. What an answer raises goes the usual way.

    Args:
        answers: By class; of several that fit, the one nearest to the error's own class is taken. Called with the request and the
            error, sync or async.
    """
    known = dict(answers)

    def middleware(handler: Handler) -> Handler:
        return _Answering(handler, known)

    return middleware


class _Answering:
    """What an application calls; `Hooks` finds ``process_exception``."""

    __slots__ = ("_answers", "_handler")

    def __init__(self, handler: Handler, answers: Mapping[type[Exception], Answer]) -> None:
        self._handler, self._answers = handler, answers

    async def __call__(self, request: Request) -> Response:
        return await self._handler(request)

    async def process_exception(self, request: Request, error: Exception) -> Response | None:
        """See `Hooks`."""
        for kind in type(error).__mro__:
            answer = self._answers.get(kind)
            if answer is not None:
                answered = answer(request, error)
                return await answered if isawaitable(answered) else answered
        return None
