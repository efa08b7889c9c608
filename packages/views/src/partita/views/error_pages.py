"""Answers for errors: a page, JSON or a line of text, whatever the client would rather have."""

import html
import logging
import re
from http import HTTPStatus
from urllib.parse import quote

from partita.contracts.current import find
from partita.contracts.i18n import current_translator, gettext
from partita.contracts.templates import TEMPLATES
from partita.http import Request, Response, StatusError
from partita.http.rendering import note_rendered

__all__ = ("error_response",)

_log = logging.getLogger("partita.views")
_PIECE = re.compile(r".*?\S{20}(?=\S)|.+", re.DOTALL)

# A page without anything that could fail: no template, no file, and styles that a strict Content-Security-Policy cannot
# block, for there are none but those of the browser itself.
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{status} {title}</title>
</head>
<body>
<main dir="auto">
<h1>{title}</h1>
<p>{message}</p>
<p><small>{status}</small></p>
</main>
</body>
</html>
"""


def error_response(request: Request, error: StatusError) -> Response:
    """Return the answer for an error.

    Browsers get the template ``404.html`` (or whatever the status is) of the current application with ``status``, ``title``,
    ``message`` (also as ``exception``) and ``request_path``, or a small built-in page; clients that would rather have JSON get a problem (RFC 9457); others text.

    Args:
        request: Says what the client accepts.
        error: Its status, message and headers are used.
    """
    title = _title(error.status)
    message = gettext(error.message) if error.message else title
    kind = _preferred(request)
    if kind == "text/html":
        response = Response.html(_page(request, error.status, title, message), error.status, error.headers)
    elif kind == "application/json":
        problem = {"type": "about:blank", "title": title, "status": error.status, "detail": message}
        response = Response.json(problem, error.status, error.headers)
        response = response.with_header("content-type", "application/problem+json")
    else:
        response = Response.text(f"{message}\n", error.status, error.headers)
    return response.with_vary("Accept")


def _preferred(request: Request) -> str:
    try:
        # Text comes first, for who takes anything (curl) and reads it in a terminal; browsers ask for HTML by name.
        sends_json = request.content_type == "application/json"
        kinds = ["text/plain", "text/html", "application/json"]
        return request.prefers(kinds[::-1] if sends_json else kinds) or "text/plain"
    except StatusError:
        return "text/plain"  # the very headers that say it may be what is wrong


def _page(request: Request, status: int, title: str, message: str) -> str:
    templates = find(TEMPLATES)
    if templates is not None:
        context = {
            "status": status,
            "title": title,
            "message": message,
            "exception": message,
            "request_path": quote(request.path),
        }
        try:
            text = templates.render(f"{status}.html", context, request)
            note_rendered(request, f"{status}.html", context)
            return text
        except LookupError as error:
            if getattr(error, "name", None) != f"{status}.html":
                _log.exception("The template %s.html failed", status)
        except Exception:  # noqa: BLE001 - an error page must not fail, whatever its template does
            _log.exception("The template %s.html failed", status)
    translator = current_translator()
    language = "en" if translator is None else translator.language
    return _PAGE.format(
        language=html.escape(language), status=status, title=html.escape(title), message=_breakable(message)
    )


def _breakable(text: str) -> str:
    """Return ``text`` as HTML that fits a narrow screen, though there are no styles that say where a long word may break."""
    return "<wbr>".join(html.escape(part) for part in _PIECE.findall(text))


def _title(status: int) -> str:
    try:
        return gettext(HTTPStatus(status).phrase)
    except ValueError:
        return gettext("Error")
