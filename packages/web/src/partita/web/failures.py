"""What becomes of exceptions: answers, and lines in the log."""

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from partita.contracts.current import CURRENT
from partita.contracts.settings import ALLOWED_HOSTS
from partita.http import ClientDisconnected, Handler, NotFound, Request, Response, StatusError, SuspiciousOperation
from partita.http.around import is_draft_response
from partita.http.handlers import URLCONF
from partita.http.inline import answering
from partita.urls import NoMatch
from partita.web.keys import FAILURE
from partita.web.slips import slip_of

__all__ = ("ErrorView", "Failures")

ErrorView = Callable[[Request, BaseException], Coroutine[Any, Any, Response]]
"""Answers an error that a project shows in its own way."""

_log = logging.getLogger("partita.request")
_SORRY = "Something went wrong on our side."


class Failures:
    """Answers whatever handlers raise.

    Args:
        debug: Whether unexpected exceptions show their traceback, to this machine only.
        views: The project's own answers by status, from ``handler404`` and its siblings.
        editor: What links on the page for developers open; see `hints.EDITORS`.
        other_views: Returns the answers of another root, for requests that middleware chose one for.
    """

    __slots__ = ("_debug", "_editor", "_other_views", "_views")

    def __init__(
        self,
        debug: bool,
        views: Mapping[int, ErrorView] | None = None,
        editor: str = "vscode",
        other_views: Callable[[object], Mapping[int, ErrorView]] | None = None,
    ) -> None:
        self._debug, self._views, self._editor, self._other_views = debug, views or {}, editor, other_views

    def protect(self, handler: Handler) -> Handler:
        """Return a handler that answers whatever ``handler`` raises."""
        return answering(handler, self.answer)

    async def answer(self, request: Request, error: Exception) -> Response:
        """Answer an exception."""
        if isinstance(error, NoMatch):  # of a view that asked where a path leads
            unmatched, error = error, NotFound()
            error.__cause__ = unmatched
        request.state.fill(FAILURE, error)
        if isinstance(error, StatusError):
            if isinstance(error, SuspiciousOperation):
                name = f"partita.security.{type(error).__name__}"
                logging.getLogger(name).error(
                    "%s %r: %s", request.method[:20], request.path[:500], ascii(error.message)
                )
            # What a view says is for users, so that is what shows; a path without a route is the developer's business.
            if self._debug and isinstance(error.__cause__, NoMatch):
                page = self._debug_page(request, error)
                if page is not None:
                    return page
            return await self._show(request, error, error)
        if isinstance(error, ClientDisconnected):
            return Response.empty(400)  # nobody will read it
        slip = slip_of(error)
        if slip and slip not in getattr(error, "__notes__", ()):
            error.add_note(slip)  # so the log, the page for developers and the test that sees it raised all tell it
        # repr() escapes what would forge lines or colours in the log (CVE-2025-48432).
        _log.error("%s %r failed", request.method[:20], request.path[:500], exc_info=error)
        if self._debug:
            page = self._debug_page(request, error)
            if page is not None:
                return page
        return await self._show(request, StatusError(500, _SORRY), error)

    def _debug_page(self, request: Request, error: Exception) -> Response | None:
        from partita.web.debug_page import debug_response, may_debug  # for development

        app = CURRENT.get()
        hosts = (app.find(ALLOWED_HOSTS) if app is not None else None) or ()
        return debug_response(request, error, editor=self._editor) if may_debug(request, hosts) else None

    async def _show(self, request: Request, error: StatusError, cause: BaseException) -> Response:
        from partita.views.error_pages import error_response  # all views come with it: not before something went wrong

        views, other = self._views, request.state.get(URLCONF)
        if other is not None and self._other_views is not None:
            views = self._other_views(other)
        view = views.get(error.status)
        if view is None:
            return error_response(request, error)
        try:
            answered = await view(request, cause)
            if isinstance(answered, Response):
                return answered.seal() if is_draft_response(answered) else answered
            _log.error("The view for errors with status %d returned %s", error.status, type(answered).__qualname__)
        except Exception as failure:  # noqa: BLE001 - an error page must not fail
            _log.error("The view for errors with status %d failed", error.status, exc_info=failure)
        return error_response(request, StatusError(500, _SORRY))
