"""The grammar of ``multipart/form-data`` (RFC 7578), fed in chunks of any size, without I/O."""

import re
from collections.abc import Callable

import msgspec

from partita.http.errors import BadRequest, ContentTooLarge

__all__ = ("MultipartParser", "Part", "name_without_folders")

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DISPOSITION = re.compile(r"[ \t]*form-data[ \t]*", re.IGNORECASE)
# A backslash escapes only a quote or itself: browsers escape neither and send C:\file as it is. What is in quotes is never given
# back (``*+``): the expression would note each character that it might begin again at, which takes a hundred times the memory.
_PARAMETER = re.compile(
    r';[ \t]*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)=(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^;" \t]*))[ \t]*', re.DOTALL
)
_ESCAPE = re.compile(r'\\(["\\])')
_MAX_PADDING = 64
_MAX_HEADERS = 16
_MAX_NAME = 255  # characters of a file's name
_MAX_ENDING = 32


class Part(msgspec.Struct, frozen=True):
    """What the headers of one part say; ``filename`` is None for a text field."""

    name: str
    filename: str | None
    content_type: str


class MultipartParser:
    """Calls ``on_begin``, ``on_data`` any number of times and ``on_end`` for each part.

    Each byte is looked at a bounded number of times, whatever the chunks, so no crafted body costs more than its length.

    Args:
        boundary: From the content type.
        on_begin: Gets the part.
        on_data: Gets the next bytes of the part's content.
        on_end: Called when the part is complete.
        max_header_bytes: Of one part.

    Raises:
        BadRequest: If the boundary is not one.
    """

    __slots__ = ("_buffer", "_delimiter", "_inside", "_max_headers", "_on_begin", "_on_data", "_on_end", "_step")

    def __init__(
        self,
        boundary: str,
        on_begin: Callable[[Part], None],
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None],
        max_header_bytes: int = 8192,
    ) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise BadRequest("multipart/form-data needs a boundary of 1 to 70 characters.")
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        self._on_begin, self._on_data, self._on_end = on_begin, on_data, on_end
        self._max_headers = max_header_bytes
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter looks like the others
        self._step: Callable[[], bool] | None = self._preamble
        self._inside = False  # whether the next bytes go on with the content of a part

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            BadRequest: If they break the grammar.
            ContentTooLarge: If the headers of a part are too long.
        """
        if self._step is None:
            return  # the epilogue is not for us (RFC 2046, section 5.1.1)
        if self._inside:
            rest = self._go_on(data)
            if rest is None:
                return
            data = rest
        self._buffer += data
        while self._step is not None and self._step():
            pass

    def finish(self) -> None:
        """Say that the body has ended.

        Raises:
            BadRequest: If it ended before the closing boundary.
        """
        if self._step is not None:
            raise BadRequest("The multipart body ends before its closing boundary.")

    def _go_on(self, data: bytes) -> bytes | None:
        """Hand on content without a copy, which is most of what a large file costs; return what comes after its end."""
        buffer, delimiter = self._buffer, self._delimiter
        if buffer:  # it holds the beginning of a delimiter, which nothing but the rest of it makes one
            rest = delimiter[len(buffer) :]
            if data.startswith(rest):
                buffer.clear()
                return self._end_content(data[len(rest) :])
            if rest.startswith(data):
                buffer += data
                return None
            self._on_data(bytes(buffer))
            buffer.clear()
        at = data.find(delimiter)
        if at < 0:
            start = self._unfinished(data)
            if start < len(data):
                buffer += data[start:]
                data = data[:start]
            if data:
                self._on_data(data)
            return None
        if at:
            self._on_data(data[:at])
        return self._end_content(data[at + len(delimiter) :])

    def _end_content(self, rest: bytes) -> bytes:
        self._on_end()
        self._inside, self._step = False, self._after_delimiter
        return rest

    def _unfinished(self, data: bytes | bytearray) -> int:
        """Return where a delimiter begins whose end has not come; the length of ``data`` if there is none."""
        # A carriage return stands at its beginning and nowhere else in it, so the last one decides.
        start = data.rfind(b"\r", max(len(data) - len(self._delimiter) + 1, 0))
        return start if start >= 0 and self._delimiter.startswith(data[start:]) else len(data)

    # Each step returns True if it moved on and False if it needs more bytes.

    def _preamble(self) -> bool:
        at = self._buffer.find(self._delimiter)
        if at < 0:
            self._keep_tail()
            return False
        del self._buffer[: at + len(self._delimiter)]
        self._step = self._after_delimiter
        return True

    def _after_delimiter(self) -> bool:
        buffer = self._buffer
        if buffer[:2] == b"--":
            self._step = None
            buffer.clear()
            return False
        padding = len(buffer) - len(buffer.lstrip(b" \t"))
        if len(buffer) < padding + 2:
            if padding > _MAX_PADDING or (len(buffer) > padding and buffer[padding : padding + 1] not in b"\r-"):
                raise BadRequest("A multipart boundary is followed by something other than a line break.")
            return False
        if padding > _MAX_PADDING or buffer[padding : padding + 2] != b"\r\n":
            raise BadRequest("A multipart boundary is followed by something other than a line break.")
        del buffer[:padding]  # the line break stays: with the next one it ends an empty block of headers
        self._step = self._headers
        return True

    def _headers(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", 0, self._max_headers + 4)
        if end < 0:
            if len(self._buffer) >= self._max_headers + 4:
                raise ContentTooLarge(f"The headers of a part have more than {self._max_headers} bytes.")
            return False
        block = bytes(self._buffer[2:end])
        del self._buffer[: end + 2]  # the last line break stays: an empty part has its delimiter right there
        self._on_begin(_read_headers(block))
        self._step = self._content_start
        return True

    def _content_start(self) -> bool:
        # The content may be empty and its delimiter's line break the one that ended the headers.
        size = len(self._delimiter)
        if len(self._buffer) < size and self._delimiter.startswith(bytes(self._buffer)):
            return False
        if self._buffer.startswith(self._delimiter):
            self._on_end()
            del self._buffer[:size]
            self._step = self._after_delimiter
            return True
        del self._buffer[:2]
        self._step = self._content
        return True

    def _content(self) -> bool:
        at = self._buffer.find(self._delimiter)
        if at < 0:
            if kept := self._keep_tail():
                self._on_data(kept)
            self._inside = True
            return False
        if at:
            self._on_data(bytes(self._buffer[:at]))
        self._on_end()
        del self._buffer[: at + len(self._delimiter)]
        self._step = self._after_delimiter
        return True

    def _keep_tail(self) -> bytes:
        """Cut off and return what cannot be part of a delimiter."""
        done = bytes(self._buffer[: self._unfinished(self._buffer)])
        del self._buffer[: len(done)]
        return done


def _read_headers(block: bytes) -> Part:
    fields: dict[str, str] = {}
    lines = block.split(b"\r\n") if block else []
    if len(lines) > _MAX_HEADERS:
        raise BadRequest(f"A part has more than {_MAX_HEADERS} headers.")
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or _CONTROL.search(value):
            raise BadRequest("A header of a part cannot be read.")
        key = name.decode("ascii").lower()
        if key in fields:
            raise BadRequest(f"A part has two {key[:40]} headers.")
        fields[key] = value.strip(b" \t").decode("utf-8", "replace")
    encoding = fields.get("content-transfer-encoding", "binary").lower()
    if encoding not in {"7bit", "8bit", "binary"}:  # RFC 7578, section 4.7 (CVE-2026-33033, CVE-2026-108147)
        raise BadRequest("Parts are read as they are; Content-Transfer-Encoding is not decoded.")
    field, filename = _disposition(fields.get("content-disposition", ""))
    default = "text/plain" if filename is None else "application/octet-stream"
    return Part(field, filename, fields.get("content-type", default))


def _disposition(value: str) -> tuple[str, str | None]:
    found = _DISPOSITION.match(
        value := value.rstrip("; \t")
    )  # some programs end it with a semicolon, which says nothing
    parameters: dict[str, str] = {}
    start = found.end() if found else 0
    while found and start < len(value):
        found = _PARAMETER.match(value, start)
        if found:
            name, quoted, plain = found.groups()
            if name.lower() in parameters:
                raise BadRequest(f"A part has two {name[:40]} parameters in its Content-Disposition.")
            parameters[name.lower()] = plain if quoted is None else _ESCAPE.sub(r"\1", quoted)
            start = found.end()
    if found is None or "name" not in parameters:
        raise BadRequest('A part needs a header like Content-Disposition: form-data; name="title".')
    filename = parameters.get("filename")
    return parameters["name"], None if filename is None else name_without_folders(filename)


def name_without_folders(filename: str) -> str:
    """Return the last part of a name that somebody gave a file, with nothing in it that does not print; empty if nothing is left."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    name = "".join([character for character in name if character.isprintable()]).strip()
    if len(name) > _MAX_NAME:  # what it ends with says what it is
        stem, dot, ending = name.rpartition(".")
        kept = f"{dot}{ending}" if stem and len(ending) < _MAX_ENDING else ""
        name = name[: _MAX_NAME - len(kept)] + kept
    return "" if name in {".", ".."} else name
