"""Compressed messages: the extension ``permessage-deflate`` (RFC 7692)."""

import re
import zlib
from collections.abc import Iterator

from partita.server.errors import BadMessage, ServerError

__all__ = ("Deflate", "MessageTooLarge", "negotiate")

_MEMORY_LEVEL = 5
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({_TOKEN})(?:[ \t]*=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?')
_NAME = re.compile(rf"[ \t,]*({_TOKEN})")
_END = re.compile(r"[ \t]*(?:,|\Z)")
_BITS = {str(bits): bits for bits in range(8, 16)}
_NAMES = frozenset(
    {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"}
)


class MessageTooLarge(ServerError, ValueError):
    """A message is larger than allowed once it is decompressed."""


class Deflate:
    """Compresses and decompresses the messages of one connection.

    Neither side's state exists before its first message: an idle socket that never sent one costs nothing.

    Args:
        server_bits: Window of what we send, as a power of two from 9 to 15.
        client_bits: Window of what we get.
        server_takeover: Whether what we send refers to earlier messages.
        client_takeover: Whether what we get does.
    """

    __slots__ = ("_client_bits", "_client_takeover", "_compress", "_inflate", "_server_bits", "_server_takeover")

    def __init__(self, server_bits: int, client_bits: int, server_takeover: bool, client_takeover: bool) -> None:
        self._server_bits, self._client_bits = server_bits, client_bits
        self._server_takeover, self._client_takeover = server_takeover, client_takeover
        self._compress: zlib._Compress | None = None
        self._inflate: zlib._Decompress | None = None

    def deflate(self, data: bytes) -> bytes:
        """Return the payload of one compressed message."""
        compress = self._compress
        if compress is None:
            compress = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -self._server_bits, _MEMORY_LEVEL)
            if self._server_takeover:
                self._compress = compress
        return (compress.compress(data) + compress.flush(zlib.Z_SYNC_FLUSH))[:-4]

    def inflate(self, data: bytes, most: int) -> bytes:
        """Return what ``data`` stands for.

        Args:
            data: Some bytes of a message.
            most: How many bytes may come out.

        Raises:
            MessageTooLarge: If more come out; they are never made, however small ``data`` is.
            ValueError: If the bytes are no deflate stream.
        """
        found = b""
        while True:
            inflate = self._inflate
            if inflate is None:
                inflate = self._inflate = zlib.decompressobj(-max(self._client_bits, 9))
            try:
                found += inflate.decompress(data, most + 1 - len(found))
            except zlib.error as error:
                raise ValueError(str(error)) from error
            if len(found) > most:
                raise MessageTooLarge
            if not inflate.eof:
                return found
            # A block said that it is the last (section 7.2.3.4): what follows begins anew.
            data, self._inflate = inflate.unused_data, None
            if not data:
                return found

    def end_inflate(self) -> None:
        """Say that a message of the client is complete."""
        if not self._client_takeover:
            self._inflate = None


def negotiate(offers: str, max_bits: int = 12) -> tuple[Deflate, str] | None:
    """Choose among a client's offers.

    Args:
        offers: All values of ``Sec-WebSocket-Extensions``, joined by commas.
        max_bits: Largest window, as a power of two, that we compress with and, as far as the client allows, decompress
            with. 12 takes about 35 kB a socket, 15 about 300 kB.

    Returns:
        The extension and the value of the response's field; None if no offer can be taken.

    Raises:
        BadMessage: With 400, if the field cannot be read.
    """
    for name, parameters in _offers(offers):
        if name == "permessage-deflate" and parameters is not None:
            found = _accept(parameters, max_bits)
            if found is not None:
                return found
    return None


def _accept(parameters: dict[str, str | None], max_bits: int) -> tuple[Deflate, str] | None:
    answer = ["permessage-deflate"]
    server_bits, client_bits = max_bits, 15
    for name, value in parameters.items():
        if name not in _NAMES:
            return None
        if name.endswith("takeover"):
            if value is not None:
                return None
            answer.append(name)
        elif value is not None:
            bits = _BITS.get(value)
            if bits is None:
                return None
            if name.startswith("server"):
                if bits < 9:
                    return None  # zlib has no window of 256 bytes
                server_bits = min(server_bits, bits)
            else:
                client_bits = bits
        elif name.startswith("server"):
            return None
    if "client_max_window_bits" in parameters:
        client_bits = min(client_bits, max_bits)
        answer.append(f"client_max_window_bits={client_bits}")
    if server_bits < 15:
        answer.append(f"server_max_window_bits={server_bits}")
    extension = Deflate(
        server_bits,
        client_bits,
        "server_no_context_takeover" not in parameters,
        "client_no_context_takeover" not in parameters,
    )
    return extension, "; ".join(answer)


def _offers(text: str) -> Iterator[tuple[str, dict[str, str | None] | None]]:
    """Give names and parameters; None for parameters one of which occurs twice."""
    at = 0
    while at < len(text):
        found = _NAME.match(text, at)
        if found is None:
            if not text[at:].strip(" \t,"):
                return
            raise BadMessage(400, "Sec-WebSocket-Extensions cannot be read.")
        at = found.end()
        parameters: dict[str, str | None] = {}
        doubled = False
        while (parameter := _PARAMETER.match(text, at)) is not None:
            at = parameter.end()
            name, plain, quoted = parameter.groups()
            doubled = doubled or name in parameters
            parameters[name] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        end = _END.match(text, at)
        if end is None:
            raise BadMessage(400, "Sec-WebSocket-Extensions cannot be read.")
        at = end.end()
        yield found[1], None if doubled else parameters
