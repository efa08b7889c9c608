"""The parser of multipart forms as a class to inherit: `HttpRequest.multipart_parser_class`."""

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from partita.http.drafts.query_dict import QueryDict
from partita.http.errors import BadRequest, HeaderSyntaxError
from partita.http.forms import UploadedFile
from partita.http.limits import Limits
from partita.http.media_types import MediaType, parse_media_type
from partita.http.multidict import MultiDict

if TYPE_CHECKING:
    from partita.http.drafts.uploads import FileUploadHandler

__all__ = ("MultiPartParser",)

_CHUNK = 65_536


class MultiPartParser:
    """Parses one body of ``multipart/form-data`` (RFC 7578); inherit it and replace `parse`.

    Args:
        META: As `HttpRequest.META` has it; type and length of the body count.
        input_data: The body as a file of bytes.
        upload_handlers: Who takes the bytes of files.
        encoding: How bytes become text; UTF-8 by default.
        limits: What is read before the body is refused.

    Raises:
        BadRequest: If the type is another, or names no boundary, or the length is negative.
    """

    def __init__(
        self,
        META: Mapping[str, object],
        input_data: IO[bytes],
        upload_handlers: "list[FileUploadHandler]",
        encoding: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.META, self.upload_handlers, self.encoding = META, upload_handlers, encoding
        self.limits = Limits() if limits is None else limits
        self.media_type = _form_type(str(META.get("CONTENT_TYPE", "")))
        self.content_length = _length(META.get("CONTENT_LENGTH", 0))
        self._input = input_data

    def parse(self) -> tuple[Any, Any]:
        """Return fields and files.

        Raises:
            BadRequest: If the body cannot be read.
            ContentTooLarge: If it breaks a limit.
        """
        from partita.http.drafts.uploads import parse_with_handlers

        if not self.content_length:
            return QueryDict(), MultiDict[UploadedFile]()
        fields, files = parse_with_handlers(self, iter(lambda: self._input.read(_CHUNK), b""))
        return (QueryDict.of(fields.pairs()) if isinstance(fields, MultiDict) else fields), files


def _form_type(value: str) -> MediaType:
    if not value.isascii():
        raise BadRequest(f"Invalid non-ASCII Content-Type in multipart: {value[:100]}")
    try:
        found = parse_media_type(value)
    except HeaderSyntaxError as error:
        raise BadRequest(f"Invalid Content-Type: {value[:100]}") from error
    if found.type != "multipart":
        raise BadRequest(f"Invalid Content-Type: {value[:100]}. The form has to be multipart/form-data.")
    boundary = found.parameters.get("boundary")
    if not boundary or len(boundary) > 70:  # RFC 2046, section 5.1.1
        shown = None if boundary is None else boundary[:100]
        raise BadRequest(f"Invalid boundary in multipart: {shown}. It has 1 to 70 characters.")
    return found


def _length(value: object) -> int:
    try:
        length = int(str(value))
    except ValueError:
        return 0
    if length < 0:
        raise BadRequest(f"Invalid content length: {length}")
    return length
