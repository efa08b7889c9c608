"""The short way of a connection of HTTP/1.1: requests like the one before that are answered at once, several if they came together."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, cast

from msgspec.structs import force_setattr

from partita.http import BytesBody, Request, Response
from partita.http.request import decode_path
from partita.server.message import Message
from partita.server.outgoing import Outgoing
from partita.server.receiving import IDLE, NEVER, NO_BODY, TURNS
from partita.server.sending import Sending

__all__ = ("Quick",)

_copy = cast("Callable[[Request], Request]", Request.__copy__)  # type: ignore[attr-defined]  # every Struct has it
_PER_CENT = 37  # as a number: looking for bytes takes seven times as long
_SMALL = 65_536  # bytes of a body that is copied to its head, and of answers that wait for each other
_FEW = 2048
_LENGTHS = tuple([b"%d\r\n\r\n" % size for size in range(_FEW)])
"""Ends of heads, by the number of bytes that follow."""
_UNUSUAL = 1 << 60
_WITHOUT_BODY = frozenset({204, 304})


class Quick(Sending):
    """Answers what takes nothing but to ask the handler and to write what it gives; anything else goes the long way."""

    __slots__ = ()

    @abstractmethod
    def _settle(self, message: Message, outcome: Any, outgoing: Outgoing | None) -> None:
        """Go on after the first step of a handler that gave no plain response."""

    @abstractmethod
    def _fail(self, message: Message, error: BaseException, outgoing: Outgoing | None) -> None:
        """Turn what a handler raised into a response."""

    def _answer_known(self, before: Message, data: bytes) -> bytes | None:
        """Answer whole requests with fields that are known, one after the other, as long as the handler need not wait.

        The long way would do the same with each: `_consume`, `_advance` and all that they call.

        Args:
            before: The last request that was read in full.
            data: Begins with a request; nothing has come before that is not answered.

        Returns:
            What is left for the long way, for which answers may be held back; None if all is answered and written.
        """
        shared, parser, held = self._shared, self._parser, self._held
        handler: Any = shared.handler
        length = before.length
        at, size, turns = 0, len(data), TURNS
        while True:
            template, again = parser.template, parser.again
            # `==` takes a quarter of the time of `startswith`, a piece half of it; and most have no body and come alone.
            if template is not None and (data == again or data[at : at + len(again)] == again):
                end = at + len(again) + length
                if end > size:
                    break
                request = _copy(template)
                is_new = parser.is_new
                if length:
                    force_setattr(request, "body", BytesBody(data[end - length : end]))
            else:
                is_new = False
                found = parser.read(data, at)
                if found is None:
                    break
                method, path, query, start = found
                end = start + length
                if end > size:
                    parser.template = None  # it stands for what was read before
                    break
                head = data[at:start]  # the same object if that is all
                body = BytesBody(data[start:end]) if length else NO_BODY
                if shared.is_direct:
                    request = Request(
                        method,
                        decode_path(path) if _PER_CENT in path else path.decode(),
                        path,
                        query,
                        before.headers,  # type: ignore[arg-type]  # they are there
                        "1.1",
                        self._scheme,
                        self._client,
                        self._server,
                        body,
                        shared.limits,
                    )
                else:
                    request = self._make_request(self._read_message(before, data[start:end]))
                if head == again:  # the second time: it may come again
                    parser.template, parser.is_new = _copy(request), True
                    force_setattr(parser.template, "body", NO_BODY)
                else:
                    parser.again, parser.template = head, None
            at = end
            context = shared.context.copy()  # what one request sets, the next one must not see
            outcome: Any  # of what kind it is, its class says quickest
            try:
                outcome = shared.start(handler(request), context)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever the application raises
                self._context = context
                self._fail(self._taken(before, request), error, None)
                break
            if outcome.__class__ is not Response:
                self._context = context
                self._settle(self._taken(before, request), outcome, None)
                break
            if is_new and template is not None:
                parser.is_new = False
                template.learn(request)
            content: Any  # as above
            content, status, headers = outcome.parts()
            lines: Any = headers.memo
            date = shared.date
            much = len(content) if content.__class__ is bytes else _UNUSUAL
            if lines is not None and lines.date is date and lines.status == status:
                begun = lines.begun  # what made it found nothing unusual
            elif lines is None or lines.close or status in _WITHOUT_BODY:
                begun, much = b"", _UNUSUAL
            else:
                begun = lines.start(status, date)
            if much < _FEW:
                written = b"".join((begun, _LENGTHS[much], content))  # takes half of the time
            elif much <= _SMALL:
                written = b"%b%d\r\n\r\n%b" % (begun, much, content)
            else:
                self._context = context
                self._respond(self._taken(before, request), outcome)
                break
            if length:
                request.close()
            self._count += 1
            if at == size and not held:  # most come alone
                self._deadline = IDLE
                self._transport.write(written)
                return None
            held.append(written)
            self._held_size += len(written)
            turns -= 1
            if at == size or self._held_size > _SMALL or turns <= 0:
                self._deadline = IDLE
                self._send(b"")
                if at == size:
                    return None
                if self._write_paused or self._lost:
                    break
                if turns <= 0:
                    self._yield_turn()
                    break
        return data[at:]

    def _read_message(self, before: Message, content: bytes) -> Message:
        message = self._parser.last_read(before)
        if content:
            message.content = content
        return message

    def _taken(self, before: Message, request: Request) -> Message:
        """Let the long way go on with a request that the handler has got already."""
        message = self._current = self._parser.last_read(before)
        self._request = request
        self._deadline = NEVER
        return message
