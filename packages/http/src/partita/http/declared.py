"""Fields, cookies and hooks that an application, an include or a route declares for all of its answers.

Each function gives middleware, for ``App(middleware=[...])``, ``path(..., middleware=[...])`` and ``include``. Of what several of
them declare, the one closest to the view wins, and what the view itself says wins over all.
"""

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any

from partita.http.handlers import Handler, Middleware
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("after", "after_sending", "before", "with_cookies", "with_headers")

Before = Callable[[Request], Response | Awaitable[Response | None] | None]
After = Callable[[Request, Response], Response | Awaitable[Response]]


def with_headers(fields: Mapping[str, str]) -> Middleware:
    """Give answers these fields, as far as they have none of that name.

    Raises:
        HeaderSyntaxError: If a name or value cannot be sent.
    """
    declared = Headers(fields)

    def add(request: Request, response: Response) -> Response:
        for name, value in declared.items():
            if name not in response.headers:
                response = response.with_header(name, value)
        return response

    return after(add)


def with_cookies(cookies: Mapping[str, str], **options: Any) -> Middleware:
    """Let answers set these cookies, as far as they set none of that name.

    Args:
        cookies: Values by name.
        options: As for `Response.with_cookie`.

    Raises:
        CookieError: If browsers would drop a cookie; at once, not at the first answer.
    """
    lines = {name: _line(Response().with_cookie(name, value, **options)) for name, value in cookies.items()}

    def add(request: Request, response: Response) -> Response:
        given = {line.partition("=")[0] for line in response.headers.get_all("set-cookie")}
        for name, line in lines.items():
            if name not in given:
                response = response.with_added_header("set-cookie", line)
        return response

    return after(add)


def before(hook: Before) -> Middleware:
    """Call ``hook(request)`` before whatever stands further in; a response keeps that from running. Sync or async."""

    def middleware(handler: Handler) -> Handler:
        async def hooked(request: Request) -> Response:
            early = hook(request)
            if isawaitable(early):
                early = await early
            return await handler(request) if early is None else early

        return hooked

    return middleware


def after(hook: After) -> Middleware:
    """Call ``hook(request, response)`` after whatever stands further in; what it returns is the answer. Sync or async."""

    def middleware(handler: Handler) -> Handler:
        async def hooked(request: Request) -> Response:
            answered = hook(request, await handler(request))
            return await answered if isawaitable(answered) else answered

        return hooked

    return middleware


def after_sending(hook: Callable[[Request], object]) -> Middleware:
    """Call ``hook(request)`` when the answer of whatever stands further in is on its way. Sync or async.

    Of several around a view the closest one has its turn first. Where the view failed there is none. Files that came with a form are
    closed by then.

    Raises:
        NotAfterResponse: At a request, if the application has no layer of `partita.http.after_response.AfterResponse`.
    """
    from partita.http.after_response import after_response  # it needs asyncio, which takes time to load

    def register(request: Request, response: Response) -> Response:
        after_response(request, hook, request)
        return response

    return after(register)


def _line(response: Response) -> str:
    return response.headers["set-cookie"]
