"""Every error this package raises; those with a status are answers that a handler may raise."""

from collections.abc import Iterable

__all__ = (
    "BadRequest",
    "BodyError",
    "ClientDisconnected",
    "Conflict",
    "ContentTooLarge",
    "CookieError",
    "DisallowedHost",
    "DisallowedRedirect",
    "Forbidden",
    "Gone",
    "HeaderFieldsTooLarge",
    "HeaderSyntaxError",
    "Http404",
    "HttpError",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "PreconditionFailed",
    "RangeNotSatisfiable",
    "RequestTimeout",
    "SlotEmpty",
    "StatusError",
    "SuspiciousOperation",
    "TooManyRequests",
    "Unauthorized",
    "UnprocessableContent",
    "UnsupportedMediaType",
)

Pairs = Iterable[tuple[str, str]]


class HttpError(Exception):
    """Base of every error this package raises."""


class HeaderSyntaxError(HttpError, ValueError):
    """A header's value does not follow that header's grammar."""

    def __init__(self, header: str, value: str, expected: str) -> None:
        super().__init__(header, value, expected)
        self.header, self.value, self.expected = header, value, expected

    def __str__(self) -> str:
        return f"{self.header}: got {self.value[:80]!r}, expected {self.expected}"


class CookieError(HttpError, ValueError):
    """A cookie that browsers would drop or misread."""


class BodyError(HttpError, RuntimeError):
    """A body was read in a way that cannot work, such as twice after streaming it."""


class ClientDisconnected(HttpError, ConnectionError):
    """The client went away before it had sent its body."""


class SlotEmpty(HttpError, LookupError):
    """Nothing was filled into a slot of this request."""


class StatusError(HttpError):
    """An answer by status; raise one in a view and the framework shows it.

    Args:
        status: From 400 to 599.
        message: For the person who made the request; no secrets.
        headers: Pairs of name and value for the answer.
    """

    def __init__(self, status: int, message: str = "", headers: Pairs = ()) -> None:
        self.status, self.message, self.headers = status, message, tuple(headers)
        super().__init__(status, message, self.headers)

    def __str__(self) -> str:
        return f"{self.status} {self.message}".rstrip()


class _FixedStatus(StatusError):
    """A status error whose class says which status."""

    code = 500
    default = ""

    def __init__(self, message: str = "", headers: Pairs = ()) -> None:
        super().__init__(self.code, message or self.default, headers)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.headers)


class BadRequest(_FixedStatus):
    """400: the request breaks a rule of HTTP or of this application."""

    code, default = 400, "The request could not be understood."


class SuspiciousOperation(BadRequest):
    """400: somebody did what no honest client does; the application writes it into the log ``partita.security.NAME``."""

    default = "This request was refused."


class DisallowedHost(SuspiciousOperation):
    """400: the request names a host that this application does not answer to."""

    default = "This host is not served here."


class DisallowedRedirect(SuspiciousOperation, ValueError):
    """400: a redirect would leave the web, or its URL is too long."""

    default = "This address is not one to go to."


class Unauthorized(_FixedStatus):
    """401: credentials are missing or wrong; give ``WWW-Authenticate`` in ``headers``."""

    code, default = 401, "Please log in."


class Forbidden(_FixedStatus):
    """403: this user may not do this."""

    code, default = 403, "You may not do this."


class NotFound(_FixedStatus):
    """404: there is nothing here."""

    code, default = 404, "There is nothing here."


Http404 = NotFound


class MethodNotAllowed(StatusError):
    """405: the resource is there, but not for this method.

    Args:
        allowed: Methods that would do, for the ``Allow`` header.
    """

    def __init__(self, allowed: Iterable[str], message: str = "") -> None:
        self.allowed = tuple(sorted(set(allowed)))
        text = ", ".join(self.allowed)
        super().__init__(405, message or f"Only {text or 'nothing'} is allowed here.", (("allow", text),))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.allowed, self.message)


class NotAcceptable(_FixedStatus):
    """406: none of the forms on offer is one that the client accepts."""

    code, default = 406, "There is no form of this that you accept."


class RequestTimeout(_FixedStatus):
    """408: the client took too long to send its request."""

    code, default = 408, "The request took too long to arrive."


class Conflict(_FixedStatus):
    """409: the resource has changed meanwhile."""

    code, default = 409, "Somebody else has changed this meanwhile."


class Gone(_FixedStatus):
    """410: this was here and will not come back."""

    code, default = 410, "This is gone for good."


class PreconditionFailed(_FixedStatus):
    """412: ``If-Match`` or ``If-Unmodified-Since`` does not hold."""

    code, default = 412, "This has changed since you read it."


class ContentTooLarge(_FixedStatus):
    """413: the body, or a part of it, breaks a limit."""

    code, default = 413, "That is too much data."


class UnsupportedMediaType(_FixedStatus):
    """415: the body is in a form that is not read here."""

    code, default = 415, "The body has a content type that is not read here."


class RangeNotSatisfiable(StatusError):
    """416: the ranges asked for lie outside the body.

    Args:
        size: Bytes of the whole body.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(416, f"The body has {size} bytes.", (("content-range", f"bytes */{size}"),))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.size,)


class UnprocessableContent(_FixedStatus):
    """422: the body can be read, but its content is not what is expected."""

    code, default = 422, "The content is not what is expected here."


class TooManyRequests(_FixedStatus):
    """429: slow down; give ``Retry-After`` in ``headers``."""

    code, default = 429, "Too many requests; please wait."


class HeaderFieldsTooLarge(_FixedStatus):
    """431: too many header bytes or fields."""

    code, default = 431, "The headers of the request are too large."
