"""Every error this package raises."""

__all__ = (
    "AddressInUse",
    "BadMessage",
    "BadProxyHeader",
    "CannotListen",
    "NotAnApplication",
    "ResponseAborted",
    "ServerError",
    "StartupFailed",
)


class ServerError(Exception):
    """Base of every error this package raises."""


class AddressInUse(ServerError, OSError):
    """Something else listens there already.

    Args:
        host: Or the path of a UNIX socket.
        port: None for a UNIX socket.
    """

    def __init__(self, host: str, port: int | None) -> None:
        super().__init__(host, port)
        self.host, self.port = host, port

    def __str__(self) -> str:
        if self.port is None:
            return f"{self.host} is in use, perhaps by another server that still runs. Stop it, or choose another path."
        return (
            f"{self.host}:{self.port} is in use, perhaps by another server that still runs. "
            f"Stop it, or choose another port, such as {self.port + 1}."
        )


class CannotListen(ServerError, OSError):
    """The system does not let this process listen there.

    Args:
        where: Host and port, or the path of a UNIX socket.
        reason: Why, and what to do about it.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where, self.reason = where, reason

    def __str__(self) -> str:
        return f"Cannot listen on {self.where[:200]!r}: {self.reason}"


class NotAnApplication(ServerError, TypeError):
    """What is to be served cannot be called with a request, nor as ASGI says."""


class StartupFailed(ServerError, RuntimeError):
    """The application could not start; the cause says why."""


class BadMessage(ServerError, ValueError):
    """What came over a connection is not a request that this server reads.

    Args:
        status: To answer with; the connection closes after it.
        reason: For the person at the other end.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


class BadProxyHeader(ServerError, ValueError):
    """A connection from a proxy does not begin with a header of the PROXY protocol."""


class ResponseAborted(ServerError, ConnectionError):
    """The rest of a response has nowhere to go: the client went away, or the body does not fit the length announced."""
