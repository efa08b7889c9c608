"""A server for HTTP/1.1, HTTP/2 and WebSockets that calls the application directly."""

from partita.server.errors import AddressInUse, CannotListen, NotAnApplication, ServerError, StartupFailed
from partita.server.options import Options
from partita.server.run import aserve, serve
from partita.server.server import Server

__all__ = (
    "AddressInUse",
    "CannotListen",
    "NotAnApplication",
    "Options",
    "Server",
    "ServerError",
    "StartupFailed",
    "aserve",
    "serve",
)
