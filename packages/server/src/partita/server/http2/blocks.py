"""Header blocks: put together from their frames, bounded, decoded (RFC 9113, section 4.3; RFC 7541)."""

from typing import cast

from hpack import Decoder, HPACKError, OversizedHeaderListError

from partita.http import Limits
from partita.server.http2 import codes
from partita.server.http2.frames import END_STREAM, PRIORITIZED, ConnectionFailed, unpadded

__all__ = ("HeaderBlocks",)

_MAX_CONTINUATIONS = 16


class HeaderBlocks:
    """The header blocks of one connection, which share one table.

    Args:
        limits: A block is refused beyond them; somewhat larger lists are decoded, so that they can be answered with 431.
    """

    __slots__ = ("_decoder", "_most", "_pieces", "end_stream", "stream")

    def __init__(self, limits: Limits) -> None:
        self._most = limits.max_header_bytes + limits.max_target
        self._decoder = Decoder(max_header_list_size=limits.max_header_bytes + self._most)
        self._pieces: list[bytes] | None = None
        self.stream = 0
        self.end_stream = False

    @property
    def is_open(self) -> bool:
        """Whether a block has begun and not ended."""
        return self._pieces is not None

    def begin(self, flags: int, stream: int, payload: bytes) -> None:
        """Take a HEADERS frame.

        Raises:
            ConnectionFailed: If padding or priority do not fit.
        """
        block = unpadded(flags, payload)
        if flags & PRIORITIZED:
            if len(block) < 5:
                raise ConnectionFailed(codes.FRAME_SIZE_ERROR, "HEADERS is too short for its priority.")
            block = block[5:]
        self._pieces, self.stream, self.end_stream = [block], stream, bool(flags & END_STREAM)

    def go_on(self, payload: bytes) -> None:
        """Take a CONTINUATION frame.

        Raises:
            ConnectionFailed: If there is nothing to continue, or it never ends.
        """
        pieces = self._pieces
        if pieces is None:
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "CONTINUATION continues nothing.")
        pieces.append(payload)
        # CVE-2024-27316: nobody needs more than a few, and what is too long is not worth decoding.
        if len(pieces) > _MAX_CONTINUATIONS + 1 or sum(map(len, pieces)) > self._most:
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "A header block is too long.")

    def end(self) -> list[tuple[bytes, bytes]]:
        """Return the fields of the block that is complete now.

        Raises:
            ConnectionFailed: If it cannot be decoded, or unfolds to too much; the table is unknown after that.
        """
        block, self._pieces = b"".join(self._pieces or ()), None
        try:
            return cast("list[tuple[bytes, bytes]]", self._decoder.decode(block, raw=True))
        except OversizedHeaderListError as error:
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "The header list is too large.") from error
        except HPACKError as error:
            raise ConnectionFailed(codes.COMPRESSION_ERROR, "A header block cannot be decoded.") from error
