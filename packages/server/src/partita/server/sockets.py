"""Sockets to listen on."""

import errno
import os
import socket
import stat
from contextlib import suppress

from partita.server.errors import AddressInUse, CannotListen

__all__ = ("INHERITED_VARIABLE", "inherited", "is_inherited", "listen", "listen_unix", "remove_unix", "url_of")

INHERITED_VARIABLE = "PARTITA_LISTEN_FD"
"""Names the file descriptor of a socket that a parent process opened; see `reload` and `succession`."""
_FIRST_ACTIVATED = "3"  # SD_LISTEN_FDS_START
_HOSTS = "Choose 127.0.0.1 (this machine alone can reach it), 0.0.0.0 or :: (everybody can), or another address of this machine."
_MOST_PATH = 107  # bytes of sun_path, without the zero behind it


def listen(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """Return a TCP socket that listens.

    Args:
        host: A name or an address of this machine, of IPv4 or IPv6.
        port: 0 takes any free one.
        backlog: Connections that wait to be accepted.

    Raises:
        AddressInUse: If something else listens there.
        CannotListen: If ``host`` is not an address of this machine, or the port is not for this user.
    """
    where = f"{host}:{port}"
    if not 0 <= port <= 65_535:
        raise CannotListen(where, "a port is between 0 and 65535; 0 takes a free one.")
    # Python encodes text with a codec for international names, whose tables take a millisecond to load.
    name = host.encode("ascii") if host.isascii() else host
    try:
        if not name or "\0" in host:
            raise UnicodeError("no name")
        family, kind, protocol, _, address = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise CannotListen(where, f"the name stands for no address. {_HOSTS}") from error
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(host, port) from error
        raise CannotListen(where, _why(error)) from error
    sock.setblocking(False)
    return sock


def listen_unix(path: str, backlog: int = 2048, mode: int = 0o660) -> socket.socket:
    """Return a UNIX socket that listens; one that a server left behind when it died is replaced.

    Args:
        path: At most about 100 bytes; its folder decides who can reach it, too.
        backlog: Connections that wait to be accepted.
        mode: Who may connect: owner and group by default.

    Raises:
        AddressInUse: If a server answers there, or something there is no socket.
        CannotListen: If the folder is not there or not for this user, or the path is too long.
    """
    if not 0 < len(os.fsencode(path)) <= _MOST_PATH or "\0" in path:
        raise CannotListen(path, f"the path of a UNIX socket has 1 to {_MOST_PATH} bytes. Choose a shorter one.")
    try:
        return _listen_unix(path, backlog, mode)
    except AddressInUse:
        raise
    except OSError as error:
        raise CannotListen(path, _why_not_there(error)) from error


def _listen_unix(path: str, backlog: int, mode: int) -> socket.socket:
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode) or _answers(path):
            raise AddressInUse(path, None)
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o777 & ~mode)  # so that nobody else gets in between bind and chmod
        try:
            sock.bind(path)
        finally:
            os.umask(before)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(path, None) from error
        raise
    sock.setblocking(False)
    return sock


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"this machine does not have that address. {_HOSTS}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "this user may not. Ports below 1024 are for root: choose another, such as 8000, behind a proxy, or let systemd open it."
    return str(error)


def _why_not_there(error: OSError) -> str:
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return "its folder is not there. Make it first, or choose another path."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "this user may not write to its folder. Change the folder's owner or mode, or choose another path."
    return str(error)


def remove_unix(sock: socket.socket) -> None:
    """Remove the path of a UNIX socket; nothing happens with others."""
    if sock.family == socket.AF_UNIX:
        with suppress(FileNotFoundError):
            os.unlink(sock.getsockname())


def url_of(sock: socket.socket, secure: bool = False) -> str:
    """Return how people reach a socket that listens."""
    if sock.family == socket.AF_UNIX:
        return f"unix:{sock.getsockname()}"
    host, port = sock.getsockname()[:2]
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/"


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True  # full or not for us, but somebody is there
    return True


def is_inherited() -> bool:
    """Tell whether a process of ours hands on a socket, so that this one goes on where another has served."""
    return INHERITED_VARIABLE in os.environ


def inherited() -> socket.socket | None:
    """Return the socket that a parent process handed on, if one did.

    That is either one of ours, or systemd with a ``.socket`` unit (sd_listen_fds(3)), of whose sockets the first is taken.
    """
    number = os.environ.pop(INHERITED_VARIABLE, None)
    if number is None and _activated():
        number = _FIRST_ACTIVATED
        for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
            os.environ.pop(name, None)
    if number is None:
        return None
    sock = socket.socket(fileno=int(number))
    sock.setblocking(False)
    return sock


def _activated() -> bool:
    return os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS", "0") not in {"", "0"}
