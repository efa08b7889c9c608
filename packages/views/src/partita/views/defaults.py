"""What errors look like unless a project says otherwise: views that take the request and the error, with Django's names."""

from collections.abc import Mapping
from urllib.parse import quote

from partita.contracts.current import find
from partita.contracts.templates import TEMPLATES
from partita.http import Request
from partita.http.drafts import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
)
from partita.http.rendering import note_rendered

__all__ = ("bad_request", "page_not_found", "permission_denied", "server_error")

_PAGE = """<!doctype html>
<html lang="en">
<head>
  <title>{title}</title>
</head>
<body>
  <h1>{title}</h1><p>{details}</p>
</body>
</html>
"""


def page_not_found(
    request: Request | HttpRequest, exception: BaseException | None, template_name: str = "404.html"
) -> HttpResponse:
    """Answer 404 with a template, which gets ``request_path`` and ``exception``, or with a built-in page.

    Args:
        request: What was asked.
        exception: Why, None where a route leads here; its message shows if the template shows it.
        template_name: Instead of ``404.html``; it must be there then.
    """
    args = getattr(exception, "args", ())
    message = getattr(exception, "message", None) or (args[0] if args else None)
    shown = message if isinstance(message, str) else type(exception).__name__
    context = {"request_path": quote(request.path), "exception": shown}
    text = _rendered(request, template_name, context, "404.html")
    details = "The requested resource was not found on this server."
    return HttpResponseNotFound(_PAGE.format(title="Not Found", details=details) if text is None else text)


def permission_denied(
    request: Request | HttpRequest, exception: BaseException | None, template_name: str = "403.html"
) -> HttpResponse:
    """Answer 403 with a template, which gets ``exception``, or with a built-in page."""
    text = _rendered(request, template_name, {"exception": str(getattr(exception, "message", exception))}, "403.html")
    return HttpResponseForbidden(_PAGE.format(title="403 Forbidden", details="") if text is None else text)


def bad_request(
    request: Request | HttpRequest, exception: BaseException | None, template_name: str = "400.html"
) -> HttpResponse:
    """Answer 400 with a template, which gets nothing, or with a built-in page."""
    text = _rendered(request, template_name, {}, "400.html", with_request=False)
    return HttpResponseBadRequest(_PAGE.format(title="Bad Request (400)", details="") if text is None else text)


def server_error(request: Request | HttpRequest, template_name: str = "500.html") -> HttpResponse:
    """Answer 500 with a template, which gets nothing, for whatever failed might fail again; or with a built-in page."""
    text = _rendered(request, template_name, {}, "500.html", with_request=False)
    return HttpResponseServerError(_PAGE.format(title="Server Error (500)", details="") if text is None else text)


def _rendered(
    request: Request | HttpRequest,
    name: str,
    context: Mapping[str, object],
    usual: str,
    *,
    with_request: bool = True,
) -> str | None:
    templates = find(TEMPLATES)
    if templates is None:
        return None
    try:
        text = templates.render(name, context, request if with_request else None)
    except LookupError as error:
        if name != usual or getattr(error, "name", None) != name:
            raise  # a template that somebody named, or one that it includes, has to be there
        return None
    note_rendered(request, name, context)
    return text
