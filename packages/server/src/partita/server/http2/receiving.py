"""What comes in on a connection of HTTP/2: frame after frame, as much at one turn of the event loop as others can wait for."""

from abc import abstractmethod

from partita.server.http2 import codes
from partita.server.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    HEADERS,
    PREFACE,
    SETTINGS,
    WINDOW_UPDATE,
    ConnectionFailed,
    FrameReader,
    StreamFailed,
)
from partita.server.http2.sending import Sending
from partita.server.http2.stream import Stream
from partita.server.shared import Shared

__all__ = ("Receiving",)

# One read gives up to 256 KiB, in which there is room for thousands of frames: tens of milliseconds, during which nobody else on this
# loop would be answered. One unit is about ten microseconds.
_TURN = 24
_REQUEST = 8  # units for a header block, which is decoded, checked, and mostly starts a request
_SIP = 0.01  # seconds between two reads of what nobody wants; one read is up to 256 KiB, and a turn up to 32 of them
_STOPS = 8  # streams whose tasks are cancelled at one turn


class Receiving(Sending):
    """Takes frames in and gives others their turn in between.

    Args:
        shared: What it has in common with the other connections.
    """

    __slots__ = ("_is_waiting", "_preface", "_reader", "_stopping")

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._reader = FrameReader()
        self._preface: bytes | None = PREFACE
        self._is_waiting = False  # for the next turn, with frames that are here already
        self._stopping: list[Stream] = []

    @abstractmethod
    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        """Do what a frame asks for.

        Raises:
            ConnectionFailed: If it breaks a rule that concerns the whole connection.
            StreamFailed: If it breaks one that concerns its stream.
        """

    @abstractmethod
    def _fail(self, error: ConnectionFailed) -> None:
        """Say why, and close."""

    @abstractmethod
    def _fail_stream(self, error: StreamFailed) -> None:
        """Reset the stream."""

    @abstractmethod
    def _rest(self) -> None:
        """Set the clock for what comes next."""

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._closing:
            # What comes now is thrown away, for a while; no faster than it has to be.
            self._transport.pause_reading()
            self.shared.loop.call_later(_SIP, self._read_on)
            return
        try:
            if self._preface is not None:
                data = self._take_preface(data)
        except ConnectionFailed as error:
            self._fail(error)
            return
        self._reader.add(data)
        if not self._is_waiting:
            self._take_turn()

    def _read_on(self) -> None:
        if not self._lost and not self._transport.is_closing():
            self._transport.resume_reading()

    def _take_preface(self, data: bytes) -> bytes:
        preface = self._preface or b""
        size = min(len(data), len(preface))
        if data[:size] != preface[:size]:
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "The connection does not begin with the preface of HTTP/2.")
        self._preface = preface[size:] or None
        return data[size:]

    def _take_turn(self) -> None:
        """Take frames that are here, as many as one turn has room for; the others wait for the next one."""
        left = _TURN
        try:
            while not self._closing and (found := self._reader.next()) is not None:
                kind, flags, _, payload = found
                try:
                    self._take(*found)
                except StreamFailed as error:
                    self._fail_stream(error)
                left -= _cost(kind, flags, len(payload))
                if left <= 0:
                    break
        except ConnectionFailed as error:
            self._fail(error)
        if self._closing:
            return
        if left <= 0 and self._reader.has_frame:
            self._wait_for_turn()
        elif not self._streams and not self._write_paused:
            self._rest()

    def _wait_for_turn(self) -> None:
        if not self._write_paused:
            self._transport.pause_reading()
        self._is_waiting = True
        self.shared.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Our turn has come again."""
        self._is_waiting = False
        if self._closing or self._lost or self._write_paused or self._transport.is_closing():
            return  # if the client takes its answers again, `resume_writing` goes on
        self._transport.resume_reading()
        self._take_turn()

    def _may_read(self) -> None:
        """A client that was not read from because it took no answers may be read from again."""
        if not self._is_waiting:
            self._transport.resume_reading()
            if self._reader.has_frame:
                self._take_turn()

    def _stop_streams(self) -> None:
        """The connection is no more, or about to be: end what runs, some at each turn, for each has a task that has to be cancelled."""
        for stream in self._streams.values():
            stream.reset = True  # nothing more may be written for it
        self._stopping += self._streams.values()
        self._streams.clear()
        self._stop_some()

    def _stop_some(self) -> None:
        now, self._stopping = self._stopping[:_STOPS], self._stopping[_STOPS:]
        for stream in now:
            stream.stop(gone=True)
        if self._stopping:
            self.shared.loop.call_soon(self._stop_some)


def _cost(kind: int, flags: int, size: int) -> int:
    """Return the units that a frame takes."""
    if kind in {HEADERS, CONTINUATION}:
        return _REQUEST if flags & END_HEADERS else 2
    if kind == SETTINGS:
        return 2 + size // 60
    return 1 if kind in {DATA, WINDOW_UPDATE} else 2
