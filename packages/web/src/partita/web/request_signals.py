"""Signals about requests, for who listens to Django's: sent if the section ``web`` of the settings says ``signals = true``."""

from collections.abc import AsyncIterator

from partita.http import Handler, Layer, Request, Response, StatusError
from partita.http.files import FileBody
from partita.http.handlers import HOST
from partita.signals import Signal
from partita.web.keys import FAILURE

__all__ = ("got_request_exception", "request_finished", "request_started", "signals_layer")

request_started: Signal = Signal()
"""Sent when a request has come, with ``request``; the sender is the class of the application."""
request_finished: Signal = Signal()
"""Sent when the answer has been made, a stream when its last piece was; the sender is the class of the application."""
got_request_exception: Signal = Signal()
"""Sent with ``request`` when something went wrong that nobody meant as an answer; the sender is the class of the application."""


def signals_layer(sender: object) -> Layer:
    """Return the layer that sends the signals; it stands outside of nearly all others.

    Args:
        sender: Of the signals.
    """

    def middleware(handler: Handler) -> Handler:
        async def signalling(request: Request) -> Response:
            if request_started.has_listeners(sender):
                await request_started.asend(sender, request=request)
            response = await handler(request)
            if got_request_exception.has_listeners(sender):
                failure = request.state.get(FAILURE)
                if failure is not None and not isinstance(failure, StatusError):
                    await got_request_exception.asend(sender, request=request)
            if not request_finished.has_listeners(sender):
                return response
            if isinstance(response.body, bytes | FileBody):
                await request_finished.asend(sender)
                return response
            return Response(_finishing(response, sender), response.status, response.headers)

        return signalling

    return Layer(HOST - 80, middleware, "signals")


async def _finishing(response: Response, sender: object) -> AsyncIterator[bytes]:
    chunks = response.chunks()
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
        await request_finished.asend(sender)
