"""Answers that refuse or fail, in the log ``partita.request``: 4xx as warnings, 5xx as errors."""

import logging
from http import HTTPStatus

from partita.http import Middleware, Request, Response, StatusError
from partita.http.inline import Inline
from partita.web.keys import FAILURE

__all__ = ("answer_log",)

_log = logging.getLogger("partita.request")


def answer_log() -> Middleware:
    """Return a layer that writes a line for each answer whose status is 400 or more, unless the exception behind it was logged.

    Records have ``status_code`` and ``request``.
    """

    def after(request: Request, response: Response) -> Response:
        if response.status >= 400 and not _is_logged(request):
            level = logging.ERROR if response.status >= 500 else logging.WARNING
            path = request.root_path + request.path
            # ascii() keeps a path from forging lines in the log (CVE-2025-48432).
            shown = (path if path.isprintable() else ascii(path))[:500]
            told = {"status_code": response.status, "request": request}
            _log.log(level, "%s: %s", _phrase(response.status), shown, extra=told)
        return response

    return Inline(after=after)


def _is_logged(request: Request) -> bool:
    failure = request.state.get(FAILURE)
    return failure is not None and not isinstance(failure, StatusError)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return str(status)
