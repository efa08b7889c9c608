"""Django's pages about errors, in its order of arguments."""

from __future__ import annotations

from typing import Any, cast

from partita.http.drafts import HttpRequest, HttpResponse
from partita.http.drafts.conversion import draft_response
from partita.web.debug_page import debug_response
from partita.web.exception_reporter import chosen_reporter, default_filter

__all__ = ("get_default_exception_reporter_filter", "technical_404_response", "technical_500_response")


def get_default_exception_reporter_filter() -> Any:
    """Return what says which values reports hide."""
    return default_filter()


cast("Any", get_default_exception_reporter_filter).cache_clear = lambda: (
    None
)  # partita asks its settings anew each time


def technical_500_response(request: Any, exc_type: Any, exc_value: Any, tb: Any, status_code: int = 500) -> Any:
    """Show an exception."""
    made = chosen_reporter(request)(request, exc_type, exc_value, tb)
    if request.accepts("text/html"):
        return HttpResponse(made.get_traceback_html(), status=status_code)
    return HttpResponse(made.get_traceback_text(), "text/plain; charset=utf-8", status_code)


def technical_404_response(request: Any, exception: Any) -> Any:
    """Show that there is no route."""
    wire = request.seal() if isinstance(request, HttpRequest) else request
    return draft_response(debug_response(wire, exception))
