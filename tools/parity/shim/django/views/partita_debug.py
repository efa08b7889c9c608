"""Django's pages about errors, in its order of arguments."""

from __future__ import annotations

from typing import Any

from partita.http.drafts import HttpRequest
from partita.http.drafts.conversion import draft_response
from partita.web.debug_page import debug_response

__all__ = ("technical_404_response", "technical_500_response")


def technical_500_response(request: Any, exc_type: Any, exc_value: Any, tb: Any, status_code: int = 500) -> Any:
    """Show an exception."""
    wire = request.seal() if isinstance(request, HttpRequest) else request
    shown = draft_response(debug_response(wire, exc_value))
    shown.status_code = status_code
    return shown


def technical_404_response(request: Any, exception: Any) -> Any:
    """Show that there is no route."""
    wire = request.seal() if isinstance(request, HttpRequest) else request
    return draft_response(debug_response(wire, exception))
