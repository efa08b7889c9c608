"""One request as the parser leaves it."""

from collections.abc import Mapping, Sequence
from itertools import repeat
from types import MappingProxyType

from httptools import HttpParserError, HttpParserInvalidMethodError, HttpParserUpgrade, HttpRequestParser

from partita.http import Headers, Limits, Request
from partita.http.request import decode_path
from partita.server.errors import BadMessage
from partita.server.head import METHODS, PLAIN_METHODS, check_fields, check_start, read_line, split_target
from partita.server.incoming import Incoming
from partita.server.outgoing import Outgoing

__all__ = ("HeadParser", "Message")

_NO_CALLBACKS = object()
_COLONS = repeat(b":")
_partition = bytes.partition
_new = object.__new__


class Message:
    """The head of a request, and its body if it has one; or what is wrong with it.

    What most requests lack are attributes of the class: setting each of them would take a third of the time of parsing.
    """

    path = query = b""
    text = ""
    """The path, decoded."""
    fields: Sequence[tuple[bytes, bytes]] = ()
    values: Mapping[bytes, bytes] = MappingProxyType({})
    headers: Headers | None = None
    keep_alive = False
    chunked = expects_continue = upgrade = False
    length = 0
    content: bytes | None = None
    """The whole body, if it came together with the head."""
    incoming: Incoming | None = None
    outgoing: Outgoing | None = None
    """Writes the answer, if it leaves in pieces."""
    error: BadMessage | None = None

    def __init__(self, method: str, version: str, error: BadMessage | None = None) -> None:
        self.method, self.version = method, version
        if error is not None:
            self.error = error

    def again(self) -> "Message":
        """Return one that says the same; call this before there is a body."""
        message = _new(Message)
        message.__dict__ = self.__dict__.copy()
        return message


class HeadParser:
    """Reads heads of requests, one whole head at a time.

    The request line is checked here, the grammar of the fields by llhttp, and what they mean together here again. llhttp
    never sees bytes behind the head, so the two cannot disagree about where a message ends.
    """

    __slots__ = (
        "_known",
        "_limits",
        "_line",
        "_max_target",
        "_parser",
        "again",
        "before",
        "head",
        "is_new",
        "template",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits, self._max_target = limits, limits.max_target
        self.head = b""
        """The last head that may be followed by the same again."""
        self.before: Message | None = None
        """What it means; None at first."""
        self._known = b""
        self._line: tuple[bytes, ...] = (b"GET", b"/", b"")
        self.again = b""
        """The last head that `read` has read."""
        self.template: Request | None = None
        """The request that this stands for, without its body, once it has come twice; nobody ever sees this one."""
        self.is_new = False
        """Whether nobody has used a copy of `template` yet."""
        self._parser: HttpRequestParser | None = None

    def check_unfinished(self, data: bytes) -> None:
        """Check a head whose end has not come.

        Raises:
            BadMessage: If it is too long, or nothing that follows could make it a request.
        """
        check_start(data, data.find(b"\r\n"), self._limits.max_target)
        if data.count(b"\n") != data.count(b"\r\n"):
            raise BadMessage(400, "A line does not end with CR LF.")
        if len(data) > self._limits.max_header_bytes + self._limits.max_target + 64:
            raise BadMessage(431, f"The head is longer than {self._limits.max_header_bytes} bytes.")

    def read(self, data: bytes, at: int) -> tuple[str, bytes, bytes, int] | None:
        """Read a head with the same fields as the last one that `parse` read, so that nothing but the request line is new.

        Args:
            data: What has come.
            at: Where the head begins.

        Returns:
            Method, path, query and the place of the body; None if it is not that simple, and `parse` says what it is.
        """
        found = read_line(data, at)
        if found is None:
            return None
        end, known = found.end(), self._known
        start = end + len(known)
        if end - at > self._max_target or data[end:start] != known:  # quicker than `startswith`
            return None
        self._line = method, path, query = found.groups(b"")
        return PLAIN_METHODS[method], path, query, start

    def last_read(self, before: Message) -> Message:
        """Return what `read` has read, for whoever goes on with it the long way.

        Args:
            before: What had the same fields.
        """
        message = before.again()
        method, message.path, message.query = self._line
        message.method, message.text = PLAIN_METHODS[method], decode_path(message.path)
        return message

    def parse(self, head: bytes) -> Message:
        """Read one head, up to and with its empty line.

        Raises:
            BadMessage: With the status to answer.
        """
        before = self.before
        if before is not None and head == self.head:
            # Whoever asks for one thing again and again means the same again and again. Without a body nothing is ever
            # changed in a message, so it may be the very same.
            return before.again() if before.length else before
        line_end = head.find(b"\r\n")
        method, target, version = check_start(head, line_end, self._limits.max_target)
        if len(head) - line_end > self._limits.max_header_bytes:
            raise BadMessage(431, f"The header fields are longer than {self._limits.max_header_bytes} bytes.")
        message = Message(method, version)
        block = head[line_end:]
        if before is not None and block == self._known and version == "1.1" and method in METHODS:
            # Programs and proxies send the same fields with every request of a connection: they mean the same, too.
            message.fields, message.values, message.headers = before.fields, before.values, before.headers
            message.keep_alive = True
            message.path, message.query = split_target(method, target, before.values.get(b"host"))
            message.text = decode_path(message.path)
            if before.length:
                message.length = before.length
            self.head, self.before = head, message.again()
            return message
        self._feed(head)
        # llhttp has found no line break or other control within a value, so the lines are the fields, and all there is to
        # strip is spaces and tabs. Splitting costs 1.5 us for seven fields, llhttp's calls back into Python 2.8 us.
        # Names with an underscore are left out: CGI-like readers take X_A for X-A (CVE-2026-3902).
        fields = [
            (name.lower(), value.strip())
            for name, _, value in map(_partition, head[line_end + 2 : -4].split(b"\r\n"), _COLONS)
            if name and b"_" not in name
        ]
        if len(fields) > self._limits.max_headers:
            raise BadMessage(431, f"There are more than {self._limits.max_headers} header fields.")
        values = message.values = check_fields(fields, version)
        message.fields = fields
        message.path, message.query = split_target(method, target, values.get(b"host"))
        message.text = decode_path(message.path)
        connection = values.get(b"connection")
        if connection is None:
            message.keep_alive = version == "1.1"
        else:
            if len(values) != len(fields):  # it may stand on several lines, which are one list (RFC 9110, section 5.3)
                connection = b",".join([value for name, value in fields if name == b"connection"])
            options = [option.strip(b" \t") for option in connection.lower().split(b",")]
            message.keep_alive = b"close" not in options and (version == "1.1" or b"keep-alive" in options)
            if b"upgrade" in options and b"upgrade" in values:
                message.keep_alive = False  # what follows might be of another protocol
                message.upgrade = values[b"upgrade"].lower() == b"websocket"
        if b"transfer-encoding" in values:
            message.chunked = True
            self._parser = None  # it waits for the body, which we read ourselves
        elif (length := int(values.get(b"content-length", b"0"))) > 0:
            if length > max(self._limits.max_upload, self._limits.max_body):
                raise BadMessage(413, "The body is too large.")
            message.length = length
            self._parser = None  # it waits for the body, which we read ourselves
        if (expect := values.get(b"expect")) is not None:
            if expect.lower() != b"100-continue":
                raise BadMessage(417, "The only expectation met here is 100-continue.")
            message.expects_continue = version == "1.1"
        message.headers = Headers.from_raw(fields, values if len(values) == len(fields) else None)
        if message.keep_alive and version == "1.1" and not message.chunked and not message.expects_continue:
            self.head, self._known, self.before, self.template = head, block, message.again(), None
        return message

    def _feed(self, head: bytes) -> None:
        """Let llhttp check the grammar of a head."""
        if self._parser is None:
            self._feed_afresh(head)
            return
        try:
            self._parser.feed_data(head)
        except HttpParserUpgrade:
            self._parser = None  # it reads no further
        except HttpParserError:
            # It may have taken the head before for the last one where we did not, as by `Proxy-Connection: close`.
            self._feed_afresh(head)

    def _feed_afresh(self, head: bytes) -> None:
        parser = self._parser = HttpRequestParser(_NO_CALLBACKS)
        try:
            parser.feed_data(head)
        except HttpParserUpgrade:
            self._parser = None
        except HttpParserInvalidMethodError as error:
            raise BadMessage(501, "This method is not known here.") from error
        except HttpParserError as error:
            raise BadMessage(400, f"The head cannot be read: {error}") from error
