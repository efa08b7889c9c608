"""Content codings (RFC 9110, section 8.4): gzip always, Brotli and Zstandard where their extras are installed.

Each compressor can make its output longer by a random number of bytes that decoders skip. Whoever may put text into a page
and watch its length can guess a secret in the same page (BREACH); padding makes each guess take many more requests.
"""

import os
import sys
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Protocol

__all__ = ("CODINGS", "Compressor", "NewCompressor", "available", "random_padding")

_MAX_PADDING = 100
_SKIPPABLE = b"\x50\x2a\x4d\x18"  # RFC 8878, section 3.1.2: a frame that decoders leave out


class Compressor(Protocol):
    """Compresses one body, chunk by chunk."""

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk; return what can be sent so far."""
        ...

    def flush(self) -> bytes:
        """Return everything that was fed and has not come out yet."""
        ...

    def finish(self) -> bytes:
        """Return the end."""
        ...


NewCompressor = Callable[[int], Compressor]
"""Makes a compressor that adds as many bytes as it is told, from 0 to 255."""


class _Gzip:
    """RFC 1952; the padding is a file name in the header."""

    def __init__(self, padding: int) -> None:
        name = b"x" * padding + b"\0" if padding else b""
        self._head = b"\x1f\x8b\x08%b\0\0\0\0\0\xff%b" % (b"\x08" if padding else b"\0", name)
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        self._crc = self._size = 0

    def feed(self, chunk: bytes) -> bytes:
        self._crc = zlib.crc32(chunk, self._crc)
        self._size += len(chunk)
        head, self._head = self._head, b""
        return head + self._deflate.compress(chunk)

    def flush(self) -> bytes:
        return self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        tail = self._crc.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little")
        return self._head + self._deflate.flush() + tail


class _Brotli:
    """RFC 7932; the padding is a metadata block, which may stand wherever a flush has filled the last byte."""

    def __init__(self, padding: int) -> None:
        brotli = import_module("brotli")  # it has no types, and need not be there where they are checked
        self._padding = padding
        self._brotli = brotli.Compressor(quality=4)

    def feed(self, chunk: bytes) -> bytes:
        found: bytes = self._brotli.process(chunk)
        return found

    def flush(self) -> bytes:
        found: bytes = self._brotli.flush()
        return found + self._pad()

    def finish(self) -> bytes:
        before = self._brotli.flush() + self._pad() if self._padding else b""
        found: bytes = before + self._brotli.finish()
        return found

    def _pad(self) -> bytes:
        padding, self._padding = self._padding, 0
        # Not the last block, no nibbles of length, one byte of length to skip: section 9.2.
        return (0b010110 | (padding - 1) << 6).to_bytes(2, "little") + b"x" * padding if padding else b""


class _Zstd:
    """RFC 8878; the padding is a frame of its own."""

    def __init__(self, padding: int) -> None:
        if sys.version_info >= (3, 14):
            zstd = import_module("compression.zstd")
        else:
            from backports import zstd

        self._head = _SKIPPABLE + padding.to_bytes(4, "little") + b"x" * padding if padding else b""
        # Browsers refuse windows above 8 MiB (RFC 9659).
        self._zstd = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 20})

    def feed(self, chunk: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + self._zstd.compress(chunk)

    def flush(self) -> bytes:
        return self._zstd.flush(self._zstd.FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._head + self._zstd.flush(self._zstd.FLUSH_FRAME)


CODINGS: Mapping[str, NewCompressor] = MappingProxyType({"zstd": _Zstd, "br": _Brotli, "gzip": _Gzip})
"""By name, the favourite first: about the same size each at the levels used, but quicker than the one after it."""


def available() -> tuple[str, ...]:
    """Return the codings that can be written here, the favourite first."""
    found = []
    for name, new in CODINGS.items():
        try:
            new(0)
        except ImportError:
            continue
        found.append(name)
    return tuple(found)


def random_padding() -> int:
    """Return a number from 1 to 100 that nobody can foretell."""
    return os.urandom(1)[0] % _MAX_PADDING + 1
