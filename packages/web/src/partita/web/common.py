"""Layers that the application's own settings ask for."""

import re
from collections.abc import Iterable

from partita.http import Forbidden, Handler, Layer, Middleware, Request, Response, respond_to
from partita.http.handlers import HOST
from partita.web.web_settings import WebSettings

__all__ = ("conditional_get", "layers_of", "refuse_user_agents", "with_www")

_CONDITIONAL = HOST + 10


def layers_of(wishes: WebSettings, sender: object = None) -> Iterable[Layer]:
    """Give the layers that ``wishes`` ask for.

    Args:
        wishes: The section ``web`` of the settings.
        sender: Of signals.
    """
    if wishes.log_answers:
        from partita.web.answer_log import answer_log  # an extra

        yield Layer(HOST - 70, answer_log(), "answer log")
    if wishes.signals:
        from partita.web.request_signals import signals_layer  # an extra

        yield signals_layer(sender)
    if wishes.disallowed_user_agents:
        yield Layer(HOST + 1, refuse_user_agents(wishes.disallowed_user_agents), "user agents")
    if wishes.prepend_www:
        yield Layer(HOST + 2, with_www, "www")
    if wishes.conditional_get:
        yield Layer(_CONDITIONAL, conditional_get, "conditional get")
    if wishes.compress:
        from partita.http.compression import compression_layer

        yield compression_layer()


def refuse_user_agents(patterns: Iterable[str]) -> Middleware:
    """Return a middleware that answers 403 to whoever calls itself so.

    Args:
        patterns: Regular expressions, searched for without regard to case in the first 500 characters.
    """
    unwanted = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]

    def middleware(handler: Handler) -> Handler:
        async def refusing(request: Request) -> Response:
            name = request.headers.get("user-agent", "")[:500]
            if any(pattern.search(name) for pattern in unwanted):
                raise Forbidden("Forbidden user agent")
            return await handler(request)

        return refusing

    return middleware


def with_www(handler: Handler) -> Handler:
    """Redirect requests for ``example.com`` to ``www.example.com``."""

    async def prepending(request: Request) -> Response:
        host = request.host
        if host.startswith("www.") or not host[:1].isalnum() or "." not in host:
            return await handler(request)
        unsafe = request.method not in {"GET", "HEAD"}
        return Response.redirect(
            f"{request.scheme}://www.{host}{request.full_path}", permanent=True, preserve_method=unsafe
        )

    return prepending


def conditional_get(handler: Handler) -> Handler:
    """Give answers to GET an entity tag of their bytes, and answer 304 if the client has them (RFC 9110, section 13)."""

    async def conditional(request: Request) -> Response:
        response = await handler(request)
        if request.method not in {"GET", "HEAD"} or response.status != 200:
            return response
        body = response.body
        kept = "no-store" not in response.headers.get("cache-control", "")
        if isinstance(body, bytes) and body and kept and "etag" not in response.headers:
            from hashlib import blake2b

            response = response.with_header("etag", f'"{blake2b(body, digest_size=16).hexdigest()}"')
        return respond_to(request, response)

    return conditional
