import asyncio
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from partita.http import Request, Response
from partita.server import AddressInUse, Options, Server
from partita.server.sockets import listen, listen_unix, remove_unix, url_of

Loop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture(params=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> Loop:
    if request.param == "asyncio":
        return asyncio.new_event_loop
    factory: Loop = pytest.importorskip("uvloop").new_event_loop
    return factory


async def who(request: Request) -> Response:
    return Response.text(f"{request.client} {request.scheme}")


def test_a_server_answers_on_a_unix_socket(tmp_path: Path, loop_factory: Loop) -> None:
    path = str(tmp_path / "s")

    async def ask(headers: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + b"\r\n")
        answer = await reader.read()
        writer.close()
        return answer.rpartition(b"\r\n")[2]

    async def main() -> None:
        forwarded = b"X-Forwarded-For: 203.0.113.9\r\n"
        for options, expected in (
            (Options(), b"None http"),
            (Options(trusted_proxies=("unix",)), b"('203.0.113.9', 0) http"),
        ):
            sock = listen_unix(path)
            kept = sock.dup()
            server = Server(who, options)
            await server.start(sockets=[sock])
            assert server.addresses == ()
            assert await ask(forwarded) == expected
            assert await server.stop()
            remove_unix(kept)
            kept.close()
            assert not os.path.exists(path)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def test_only_owner_and_group_may_connect(tmp_path: Path) -> None:
    path = tmp_path / "s"
    before = os.umask(0)
    os.umask(before)
    with listen_unix(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert os.umask(before) == before


def test_a_socket_left_behind_is_replaced_but_one_in_use_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with listen_unix(path), pytest.raises(AddressInUse, match=f"{path} is in use"):
        listen_unix(path)
    with listen_unix(path) as sock:
        assert url_of(sock) == f"unix:{path}"


def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("x")
    with pytest.raises(AddressInUse):
        listen_unix(str(path))
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(AddressInUse):
        listen_unix(str(link))
    assert path.read_text() == "x"


def test_urls_name_scheme_and_port() -> None:
    with listen("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        assert url_of(sock) == f"http://127.0.0.1:{port}/"
        assert url_of(sock, secure=True) == f"https://127.0.0.1:{port}/"
        remove_unix(sock)
    if socket.has_ipv6:
        try:
            with listen("::1", 0) as sock:
                assert url_of(sock).startswith("http://[::1]:")
        except OSError:
            pytest.skip("this machine has no IPv6 address")
