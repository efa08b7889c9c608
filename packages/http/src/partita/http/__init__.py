"""Immutable requests and responses for any server."""

from partita.http.asgi import asgi_app
from partita.http.body import Body, BytesBody, StreamBody, Wait
from partita.http.conditional import respond_to
from partita.http.errors import (
    BadRequest,
    BodyError,
    ClientDisconnected,
    Conflict,
    ContentTooLarge,
    CookieError,
    Forbidden,
    Gone,
    HeaderFieldsTooLarge,
    HeaderSyntaxError,
    Http404,
    HttpError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    RequestTimeout,
    SlotEmpty,
    StatusError,
    SuspiciousOperation,
    TooManyRequests,
    Unauthorized,
    UnprocessableContent,
    UnsupportedMediaType,
)
from partita.http.etag import ETag
from partita.http.files import FileBody
from partita.http.forms import Form, UploadedFile
from partita.http.handlers import (
    GUARDS,
    MIDDLEWARE,
    Guard,
    Handler,
    Hooks,
    Layer,
    Middleware,
    MiddlewareNotUsed,
    compose,
)
from partita.http.headers import Headers
from partita.http.limits import LIMITS, Limits
from partita.http.media_types import MediaType
from partita.http.multidict import MultiDict
from partita.http.request import Address, Request
from partita.http.response import Response
from partita.http.state import Slot, State
from partita.http.wsgi import wsgi_app

__all__ = (
    "GUARDS",
    "LIMITS",
    "MIDDLEWARE",
    "Address",
    "BadRequest",
    "Body",
    "BodyError",
    "BytesBody",
    "ClientDisconnected",
    "Conflict",
    "ContentTooLarge",
    "CookieError",
    "ETag",
    "FileBody",
    "Forbidden",
    "Form",
    "Gone",
    "Guard",
    "Handler",
    "HeaderFieldsTooLarge",
    "HeaderSyntaxError",
    "Headers",
    "Hooks",
    "Http404",
    "HttpError",
    "Layer",
    "Limits",
    "MediaType",
    "MethodNotAllowed",
    "Middleware",
    "MiddlewareNotUsed",
    "MultiDict",
    "NotAcceptable",
    "NotFound",
    "PreconditionFailed",
    "RangeNotSatisfiable",
    "Request",
    "RequestTimeout",
    "Response",
    "Slot",
    "SlotEmpty",
    "State",
    "StatusError",
    "StreamBody",
    "SuspiciousOperation",
    "TooManyRequests",
    "Unauthorized",
    "UnprocessableContent",
    "UnsupportedMediaType",
    "UploadedFile",
    "Wait",
    "asgi_app",
    "compose",
    "respond_to",
    "wsgi_app",
)
