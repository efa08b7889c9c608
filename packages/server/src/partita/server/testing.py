"""What tests of servers need."""

import struct

__all__ = ("client_frame",)


def client_frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"\x01\x02\x03\x04"
) -> bytes:
    """Return a frame of a WebSocket as a client sends it; whether it is allowed is not looked at.

    Args:
        opcode: From 0 to 15.
        payload: Before it is masked.
        fin: Whether it is the last of its message.
        rsv: The three reserved bits as a number.
        mask: Four bytes.
    """
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0xFE, size)
    else:
        head = struct.pack("!BBQ", first, 0xFF, size)
    return head + mask + bytes([byte ^ mask[at % 4] for at, byte in enumerate(payload)])
