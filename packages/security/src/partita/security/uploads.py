"""What an uploaded file must be before it is kept: its size, its name, and bytes that are what the type says."""

import re
import unicodedata
from pathlib import Path
from typing import Protocol

import msgspec

from partita.http.errors import ContentTooLarge, UnprocessableContent, UnsupportedMediaType
from partita.http.file_types import content_type_of

__all__ = ("UploadRules", "check_upload", "detect_type", "safe_filename", "safe_place")


class Upload(Protocol):
    """A file that came with a form, such as `partita.http.UploadedFile`."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def filename(self) -> str:
        """As the client calls it."""
        ...

    @property
    def content_type(self) -> str:
        """As the client calls it."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Set the position."""
        ...

    def tell(self) -> int:
        """Return the position."""
        ...

    def read(self, size: int | None = None, /) -> bytes:
        """Return the next bytes."""
        ...


class UploadRules(msgspec.Struct, frozen=True):
    """What is taken.

    Args:
        types: Media types, such as ``image/png``; a file must be one of them by its bytes, whatever the client says.
        extensions: In lower case without the dot, such as ``png``.
        max_size: Bytes.
        min_size: Bytes.
        max_name: Characters of the name.
    """

    types: tuple[str, ...]
    extensions: tuple[str, ...]
    max_size: int = 10_485_760
    min_size: int = 1
    max_name: int = 100


# The beginnings of files: offset, bytes, media type.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "application/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (8, b"WAVE", "audio/wav"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"#!", "text/x-shellscript"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
# What is packed as a ZIP archive, or is text: the bytes alone do not tell more.
_ZIPPED = re.compile(
    r"application/(vnd\.openxmlformats-officedocument\..+|vnd\.oasis\.opendocument\..+|epub\+zip|java-archive|zip)"
)
_TEXTS = re.compile(r"text/(plain|csv|markdown|tab-separated-values)|application/(json|yaml|toml)")
_MARKUP = re.compile(
    rb"(\xef\xbb\xbf)?(?>\s+|<!--.*?-->)*+(<!doctype\s+html|<html|<head|<body|<script|<svg|<\?xml|<iframe)",
    re.IGNORECASE | re.DOTALL,
)
_UNKNOWN = "application/octet-stream"
_ALIKE = {
    **dict.fromkeys(("audio/mp4", "video/quicktime", "video/x-m4v", "video/3gpp"), "video/mp4"),
    **dict.fromkeys(("audio/ogg", "video/ogg"), "application/ogg"),
    **dict.fromkeys(("audio/webm", "video/x-matroska"), "video/webm"),
    **dict.fromkeys(
        ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"), "application/x-ole-storage"
    ),
    "image/vnd.microsoft.icon": "image/x-icon",
    "audio/x-wav": "audio/wav",
}
# What is text to whoever looks at the bytes.
_TEXTUAL = re.compile(
    r"text/.+|.+\+(xml|json)|application/(json|xml|yaml|toml|rtf|javascript|sql|x-sh|x-ndjson|jsonlines)"
)
_RECOGNISED = frozenset({kind for _, _, kind in _MAGIC})
# What media hold nowhere, unless somebody wants them to be run by what takes them for a page or a program.
_CODE = re.compile(rb"<(?:script|html|!doctype\s+html|iframe|\?php)[\s>]", re.IGNORECASE)
_MEDIA = ("image/", "audio/", "video/", "application/pdf", "application/ogg")
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535  # bytes: the end record with the longest comment
_SEEN = 4096
_LONGEST_PATH = 4096  # PATH_MAX of Linux
# Devices of Windows, which does not look at spaces before the first dot.
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])\s*(\..*)?", re.IGNORECASE)


def check_upload(file: Upload, rules: UploadRules) -> str:
    """Refuse a file that is not what `rules` take; return what it is by its bytes.

    Media that are something else as well are refused: a picture, a sound, a film or a PDF with an archive at its end, or with a
    page or a program within its first 4 KiB or its last 64 KiB.

    Raises:
        ContentTooLarge: If it is too long.
        UnprocessableContent: If it is too short, or its name is none to keep.
        UnsupportedMediaType: If its extension or its bytes are of another kind, or of two, or they do not belong together.
    """
    if file.size > rules.max_size:
        raise ContentTooLarge(f"The file has {file.size} bytes; at most {rules.max_size} are taken.")
    if file.size < rules.min_size:
        raise UnprocessableContent(f"The file has {file.size} bytes; at least {rules.min_size} are needed.")
    name = safe_filename(file.filename, rules.max_name)
    _, dot, extension = name.rpartition(".")
    if not dot or extension.lower() not in rules.extensions:
        raise UnsupportedMediaType(
            f"Files named *.{extension[:20]} are not taken; these are: {', '.join(rules.extensions)}."
        )
    here = file.tell()
    file.seek(0)
    head = file.read(_SEEN)
    file.seek(max(file.size - _ZIP_TAIL, 0))
    tail = file.read(_ZIP_TAIL)
    file.seek(here)
    kind = detect_type(head, file.content_type)
    if kind not in rules.types:
        raise UnsupportedMediaType(
            f"The file is {kind}, whatever its name says; these are taken: {', '.join(rules.types)}."
        )
    if not _belongs(kind, content_type_of(name).partition(";")[0]):
        raise UnsupportedMediaType(f"The file is {kind}, and files of that kind are not named *.{extension[:20]}.")
    other = _also(kind, head, tail)
    if other:
        raise UnsupportedMediaType(f"The file is {kind} and {other} at once; send it as one of them.")
    return kind


def _also(kind: str, head: bytes, tail: bytes) -> str:
    """Return what a file of media is besides; empty if it is nothing else."""
    if not kind.startswith(_MEDIA) or kind == "image/svg+xml":
        return ""
    if kind != "application/pdf" and (_CODE.search(head) or _CODE.search(tail)):
        return "a page or a program"
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        # Some readers want the comment to go to the end, others the directory to stand before.
        record, directory = tail[at : at + 22], at - int.from_bytes(tail[at + 12 : at + 16], "little")
        if len(record) == 22 and (
            at + 22 + int.from_bytes(record[20:], "little") == len(tail)
            or (0 <= directory < at and tail[directory : directory + 4] == b"PK\x01\x02")
        ):
            return "a ZIP archive"
        at = tail.rfind(_ZIP_END, 0, at)
    return ""


def _belongs(kind: str, named: str) -> bool:
    """Tell whether a file that is ``kind`` by its bytes may have a name that says ``named``."""
    if named in {_UNKNOWN, kind} or _family(kind) == _family(named):
        return True
    if _TEXTS.fullmatch(kind):
        return bool(_TEXTUAL.fullmatch(named))
    return kind == _UNKNOWN and _family(named) not in _RECOGNISED and not _TEXTUAL.fullmatch(named)


def _family(kind: str) -> str:
    """Return what stands for all types whose bytes begin alike."""
    return "application/zip" if _ZIPPED.fullmatch(kind) else _ALIKE.get(kind, kind)


def detect_type(head: bytes, claimed: str = "") -> str:
    """Return the media type of a file by its first bytes.

    Args:
        head: At least 12 bytes, if the file has them; 4096 are good.
        claimed: What the client says; it decides between types whose bytes look alike, and no further.

    Returns:
        ``application/octet-stream`` if nothing is known.
    """
    claim = claimed.partition(";")[0].strip().lower()
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic and not (offset == 8 and head[:4] != b"RIFF"):
            return claim if kind == "application/zip" and _ZIPPED.fullmatch(claim) else kind
    if _MARKUP.match(head):
        # Browsers run it, so it never passes for harmless text.
        return (
            "image/svg+xml"
            if b"<svg" in head.lower()
            else "text/html"
            if b"<?xml" not in head[:200]
            else "application/xml"
        )
    if b"\x00" in head:
        return "application/octet-stream"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character may be cut in two at the end
            return "application/octet-stream"
    return claim if _TEXTS.fullmatch(claim) else "text/plain"


def safe_filename(name: str, max_length: int = 100) -> str:
    """Return a name that is only a name on any system: no folders, controls, reserved words, leading dots.

    Raises:
        UnprocessableContent: If nothing is left of it.
    """
    text = unicodedata.normalize("NFKC", name[-_LONGEST_PATH:]).replace("\\", "/").rpartition("/")[2]
    text = "".join([each for each in text if each.isprintable() and each not in '<>:"|?*'])
    text = unicodedata.normalize("NFC", text)  # again: what stood between a letter and its accent is gone
    text = re.sub(r"\s+", " ", text).strip(" .")
    if len(text) > max_length:
        stem, dot, extension = text.rpartition(".")
        kept = max_length - len(extension) - 1
        text = f"{stem[:kept]}.{extension}" if dot and len(extension) < 20 and kept > 0 else text[:max_length]
        text = text.strip(" .")
    if _RESERVED.fullmatch(text):  # what was cut may have become one
        text = f"_{text}"[:max_length]
    if not text:
        raise UnprocessableContent("The file has a name that cannot be kept.")
    return text


def safe_place(folder: Path, *parts: str) -> Path:
    """Return the path of a file below ``folder``, whatever ``parts`` hold.

    Raises:
        UnprocessableContent: If it would lie elsewhere, by ``..``, an absolute path or a symbolic link; or if it is longer than 4096
            characters.
    """
    if sum(map(len, parts)) > _LONGEST_PATH:  # resolving costs the square of the number of folders
        raise UnprocessableContent("The file has a name that cannot be kept.")
    root = folder.resolve()
    try:
        place = root.joinpath(*parts).resolve()
    except (ValueError, OSError):
        raise UnprocessableContent("The file has a name that cannot be kept.") from None
    if place == root or root not in place.parents:
        raise UnprocessableContent("The file would lie outside of its folder.")
    return place
