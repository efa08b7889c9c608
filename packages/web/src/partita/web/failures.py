"""What becomes of exceptions: answers, and lines in the log."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from partita.http import ClientDisconnected, Handler, Request, Response, StatusError
from partita.urls import NoMatch
from partita.views import error_response
from partita.web.debug_page import debug_response, may_debug
from partita.web.keys import FAILURE

__all__ = ("answer_failures",)

_log = logging.getLogger("partita.request")


def answer_failures(handler: Handler, *, debug: bool) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return a handler that answers whatever ``handler`` raises.

    Args:
        handler: Gets the request.
        debug: Whether unexpected exceptions show their traceback, to this machine only.
    """

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except StatusError as error:
            request.state.fill(FAILURE, error)
            # What a view says is for users, so that is what shows; a path without a route is the developer's business.
            if debug and isinstance(error.__cause__, NoMatch) and may_debug(request):
                return debug_response(request, error)
            return error_response(request, error)
        except ClientDisconnected as error:
            request.state.fill(FAILURE, error)
            return Response.empty(400)  # nobody will read it
        except Exception as error:  # noqa: BLE001 - whatever a view does, the client gets an answer and the log a traceback
            request.state.fill(FAILURE, error)
            # repr() escapes what would forge lines or colours in the log (CVE-2025-48432).
            _log.error("%s %r failed", request.method[:20], request.path[:500], exc_info=error)
            if debug and may_debug(request):
                return debug_response(request, error)
            return error_response(request, StatusError(500, "Something went wrong on our side."))

    return handle
