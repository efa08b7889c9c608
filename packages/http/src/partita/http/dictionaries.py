"""Dictionaries that clients fetch once, so that answers of one kind need hold only what is new in them (RFC 9842)."""

import re
import sys
from hashlib import sha256
from hmac import compare_digest
from importlib import import_module
from typing import Any

from partita.http.accept import parse_preferences
from partita.http.codings import Compressor
from partita.http.errors import HeaderSyntaxError
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("SharedDictionary",)

_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'+,;=:@%/]*")
_MATCH = re.compile(r"/[A-Za-z0-9\-._~!$&',;=@%/]*\*?[A-Za-z0-9\-._~!$&',;=@%/]*")
_DESTINATION = re.compile(r"[a-z]+")
_HEAD = b"\x5e\x2a\x4d\x18\x20\x00\x00\x00"  # section 5: decoders that know no dictionaries skip it
_SKIPPABLE = b"\x50\x2a\x4d\x18"
_TRAINED = b"\x37\xa4\x30\xec"
_SMALLEST = 8  # of which Zstandard makes one
_LARGEST = 8_388_608  # clients keep windows of 8 MiB (section 5)


class SharedDictionary:
    """What answers of one kind have in common: a page or an answer of that kind, say, with nothing in it that is secret.

    Put them into `Compression.dictionaries`. An answer whose path fits tells a client that can use it where it lies; once the
    client has it, answers come as ``dcz``: Zstandard with the dictionary, which needs the extra ``zstd``.

    Args:
        content: Up to 8 MiB; some ten or hundred KiB are usual. Anybody can fetch it.
        match: Paths it is for, as in ``/products/*``, with one star at most.
        path: Where this application gives it out; by default one that changes with the content.
        destinations: Kinds of requests that it is for, such as ``document``; empty for all.
        max_age: Seconds that clients keep it.

    Raises:
        ValueError: If something of this cannot be announced to clients.
        ImportError: If Zstandard is not installed.
    """

    def __init__(
        self,
        content: bytes,
        match: str,
        path: str = "",
        destinations: tuple[str, ...] = (),
        max_age: int = 604_800,
    ) -> None:
        if not _SMALLEST <= len(content) <= _LARGEST or content.startswith(_TRAINED):
            raise ValueError(
                f"a dictionary has {_SMALLEST} to {_LARGEST} bytes of plain content, and is not one that zstd has trained"
            )
        if not _MATCH.fullmatch(match):
            raise ValueError(f"match has to be a path with one star at most, such as /products/*, not {match[:80]!r}")
        if path and not _PATH.fullmatch(path):
            raise ValueError(f"path has to be one in ASCII that begins with a slash, not {path[:80]!r}")
        if not all(_DESTINATION.fullmatch(destination) for destination in destinations):
            raise ValueError(f"destinations are names such as document, not {destinations!r}")
        digest = sha256(content)
        self.content, self.match, self.digest = content, match, digest.digest()
        self.path = path or f"/dictionary-{digest.hexdigest()[:16]}.dat"
        self._first, star, self._last = match.partition("*")
        self._exact = not star
        kinds = " ".join(f'"{destination}"' for destination in destinations)
        self._announced = Headers(
            {
                "content-type": "application/octet-stream",
                "cache-control": f"public, max-age={max_age}",
                "etag": f'"{digest.hexdigest()[:32]}"',
                "use-as-dictionary": f'match="{match}"' + (f", match-dest=({kinds})" if kinds else ""),
            }
        )
        # Loaded once for all answers, and now, so that it shows at start if the library is missing.
        self._loaded: Any = _library().ZstdDict(content, is_raw=True).as_digested_dict

    def __repr__(self) -> str:
        return f"<SharedDictionary for {self.match} ({len(self.content)} bytes)>"

    def fits(self, request: Request) -> bool:
        """Tell whether it is for the path of ``request``."""
        path = request.full_path.partition("?")[0]
        if self._exact:
            return path == self._first
        whole = len(path) >= len(self._first) + len(self._last)
        return whole and path.startswith(self._first) and path.endswith(self._last)

    def is_at(self, request: Request) -> bool:
        """Tell whether ``request`` asks for the dictionary itself."""
        return request.method in {"GET", "HEAD"} and request.full_path.partition("?")[0] == self.path

    def response(self) -> Response:
        """Return the answer that brings it to a client."""
        return Response(self.content, 200, self._announced)

    def is_known_to(self, request: Request) -> bool:
        """Tell whether the client has exactly this one."""
        value = request.headers.get("available-dictionary")
        if value is None or len(value) > 80:
            return False
        from partita.http.structured import parse_item  # loading it takes time, and few clients need it

        try:
            named = parse_item(value).value
            return isinstance(named, bytes) and compare_digest(named, self.digest)
        except HeaderSyntaxError:
            return False

    def is_understood_by(self, request: Request) -> bool:
        """Tell whether the client names ``dcz`` among its codings; a star does not stand for it."""
        wanted = parse_preferences(request.headers.get("accept-encoding", ""))
        return any(preference.value == "dcz" and preference.quality > 0 for preference in wanted)

    def announce(self, response: Response) -> Response:
        """Return ``response`` with the word where the dictionary lies."""
        return response.with_added_header("link", f'<{self.path}>; rel="compression-dictionary"')

    def compressor(self, padding: int) -> Compressor:
        """Return what compresses one body with it.

        Args:
            padding: Bytes that decoders skip, from 0 to 255; see `codings`.
        """
        return _Dcz(self, self._loaded, padding)


class _Dcz:
    """Section 5: a head with the hash of the dictionary, then a stream of Zstandard."""

    def __init__(self, dictionary: SharedDictionary, loaded: object, padding: int) -> None:
        zstd = _library()
        self._head = _HEAD + dictionary.digest
        if padding:
            self._head += _SKIPPABLE + padding.to_bytes(4, "little") + b"x" * padding
        # All of the dictionary has to lie within the window.
        log = min(max(20, (len(dictionary.content) * 5 // 4).bit_length()), 23)
        self._zstd = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: log}, zstd_dict=loaded)

    def feed(self, chunk: bytes) -> bytes:
        head, self._head = self._head, b""
        compressed: bytes = self._zstd.compress(chunk)
        return head + compressed

    def flush(self) -> bytes:
        flushed: bytes = self._zstd.flush(self._zstd.FLUSH_BLOCK)
        return flushed

    def finish(self) -> bytes:
        end: bytes = self._zstd.flush(self._zstd.FLUSH_FRAME)
        return self._head + end


def _library() -> Any:
    if sys.version_info >= (3, 14):
        return import_module("compression.zstd")
    try:
        from backports import zstd
    except ImportError as error:
        raise ImportError("Shared dictionaries need Zstandard: pip install 'partita-http[zstd]'.") from error
    return zstd
