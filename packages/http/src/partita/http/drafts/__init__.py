"""Requests and responses with Django's mutable API, as a facade over the immutable ones."""

from partita.http.drafts.query_dict import QueryDict
from partita.http.drafts.requests import PROTECTED_COOKIES, HttpRequest
from partita.http.drafts.responses import (
    DraftHeaders,
    FileResponse,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseServerError,
    JsonResponse,
    StreamingHttpResponse,
)
from partita.http.errors import HeaderSyntaxError as BadHeaderError
from partita.http.errors import Http404

__all__ = (
    "PROTECTED_COOKIES",
    "BadHeaderError",
    "DraftHeaders",
    "FileResponse",
    "Http404",
    "HttpRequest",
    "HttpResponse",
    "HttpResponseBadRequest",
    "HttpResponseBase",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponseNotModified",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseServerError",
    "JsonResponse",
    "QueryDict",
    "StreamingHttpResponse",
)
