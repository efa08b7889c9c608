"""Bodies of requests: forms with files, as a browser sends them (RFC 7578)."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from partita.http.file_types import content_type_of

__all__ = ("MULTIPART", "UploadFile", "encode_multipart", "is_json", "refuse_none")

MULTIPART = "multipart/form-data"


class UploadFile(msgspec.Struct, frozen=True):
    """A file to send with a form."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


def encode_multipart(pairs: Iterable[tuple[str, object]], boundary: str) -> bytes:
    """Return the body of a form.

    Args:
        pairs: Names and values; a value may be an `UploadFile` or an open file.
        boundary: Must not stand in any of them.
    """
    parts: list[bytes] = []
    for name, value in pairs:
        if hasattr(value, "read") and not isinstance(value, UploadFile):
            opened = cast("Any", value)
            content = opened.read()
            label = str(getattr(opened, "name", name)).replace("\\", "/").rpartition("/")[2]
            value = UploadFile(
                label, content.encode() if isinstance(content, str) else content, _type_of(opened, label)
            )
        disposition = f'form-data; name="{_quoted(name)}"'
        if isinstance(value, UploadFile):
            disposition += f'; filename="{_quoted(value.filename)}"'
            head = f"Content-Disposition: {disposition}\r\nContent-Type: {_line(value.content_type)}\r\n\r\n"
            content = value.content
        else:
            head, content = f"Content-Disposition: {disposition}\r\n\r\n", str(value).encode()
        parts.append(f"--{boundary}\r\n{head}".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def is_json(content_type: str | None) -> bool:
    """Tell whether a body of this type is JSON (RFC 6839, section 3.1)."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def refuse_none(pairs: Iterable[tuple[str, object]], where: str) -> None:
    """Raise TypeError if any value is None, which would arrive as the word."""
    for name, value in pairs:
        if value is None:
            raise TypeError(f"Cannot encode None for key '{name}' {where}. Leave it out, or pass an empty text.")


def _type_of(opened: object, name: str) -> str:
    """Return the type that the file says it has, or the one that its name suggests."""
    kind = getattr(opened, "content_type", None)
    return kind if isinstance(kind, str) and kind else content_type_of(name)


def _quoted(text: str) -> str:
    # As WHATWG's "multipart/form-data encoding algorithm" has it; a line break would begin a new header.
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError("a content type stands on one line")
    return text
