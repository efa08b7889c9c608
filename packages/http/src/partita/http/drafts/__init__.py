"""Requests and responses with Django's mutable API, as a facade over the immutable ones."""

from partita.http.cookies import parse_cookie
from partita.http.drafts.base import HttpResponseBase
from partita.http.drafts.headers import DraftHeaders, HttpHeaders
from partita.http.drafts.multi_value_dict import MultiValueDict
from partita.http.drafts.query_dict import QueryDict
from partita.http.drafts.requests import (
    DRAFT,
    PROTECTED_COOKIES,
    HttpRequest,
    RawPostDataException,
    UnreadablePostError,
)
from partita.http.drafts.responses import HttpResponse, JsonResponse
from partita.http.drafts.statuses import (
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseServerError,
)
from partita.http.drafts.streaming import FileResponse, StreamingHttpResponse
from partita.http.errors import ClientDisconnected as RequestAborted
from partita.http.errors import DisallowedHost, Http404
from partita.http.errors import HeaderSyntaxError as BadHeaderError

__all__ = (
    "DRAFT",
    "PROTECTED_COOKIES",
    "BadHeaderError",
    "DisallowedHost",
    "DraftHeaders",
    "FileResponse",
    "Http404",
    "HttpHeaders",
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
    "MultiValueDict",
    "QueryDict",
    "RawPostDataException",
    "RequestAborted",
    "StreamingHttpResponse",
    "UnreadablePostError",
    "parse_cookie",
)
