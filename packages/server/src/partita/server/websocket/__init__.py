"""WebSockets (RFC 6455) with compressed messages (RFC 7692)."""

from partita.server.websocket.deflate import Deflate, negotiate
from partita.server.websocket.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Close,
    FrameError,
    FrameReader,
    Ping,
    Pong,
    close_payload,
    frame,
)
from partita.server.websocket.handshake import Handshake, read_handshake

__all__ = (
    "BINARY",
    "CLOSE",
    "PING",
    "PONG",
    "TEXT",
    "Close",
    "Deflate",
    "FrameError",
    "FrameReader",
    "Handshake",
    "Ping",
    "Pong",
    "close_payload",
    "frame",
    "negotiate",
    "read_handshake",
)
