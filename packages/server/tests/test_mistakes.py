"""Mistakes of those who start a server: each is told before anything listens, with what was expected and what to do."""

import argparse
import os
import pickle
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import CannotListen, NotAnApplication, Options, Server, ServerError
from partita.server.commands import RunCommand
from partita.server.settings import ServerSettings
from partita.server.sockets import listen, listen_unix


class App:
    def find(self, key: object) -> None:
        return None

    async def __call__(self, request: Request) -> Response:
        return Response.text("never asked")


def started_with(*arguments: str, settings: ServerSettings | None = None) -> str:
    """Start the command, which must fail; return what it says."""
    command = RunCommand(settings)
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.add_arguments(parser)
    app: Any = App()
    with pytest.raises(SystemExit) as caught:
        command.run(app, parser.parse_args(arguments))
    assert isinstance(caught.value.code, str), "it is a sentence, and the status is 1"
    return caught.value.code


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--host", "nowhere.invalid"], ["'nowhere.invalid:8000'", "no address", "127.0.0.1", "0.0.0.0"]),
        (["--host", ""], ["':8000'", "no address"]),
        (["--host", "a b"], ["no address"]),
        (["--host", "a" * 300], ["no address"]),
        (["--host", "\u00e4" * 100], ["no address"]),
        (["--host", "192.0.2.1"], ["'192.0.2.1:8000'", "does not have that address", "127.0.0.1"]),
        (["--reload", "--host", "192.0.2.1"], ["'192.0.2.1:8000'", "does not have that address"]),
        (["--port", "-1"], ["port must be between 0 and 65535, not -1"]),
        (["--port", "65536"], ["port must be between 0 and 65535, not 65536"]),
        (["--workers", "0"], ["workers must be at least 1, not 0"]),
        (["--unix", ""], ["--unix is empty", "path", "leave --unix out"]),
        (["--certificate", ""], ["--certificate is empty", "leave --certificate out"]),
        (["--certificate", "file", "--key="], ["--key is empty"]),
        (["--unix", "missing/s"], ["'missing/s'", "folder is not there", "Make it"]),
        (["--unix", "file/s"], ["'file/s'", "folder is not there"]),
        (["--unix", "s" * 108], ["1 to 107 bytes", "shorter"]),
        (["--unix", "file"], ["file is in use", "another path"]),
        (["--certificate", "missing.pem"], ["Cannot read missing.pem: No such file", "Check path"]),
        (["--certificate", "."], ["Cannot read .: Is a directory"]),
        (["--certificate", "file"], ["file and the key in it are not a certificate", "BEGIN CERTIFICATE"]),
        (["--key", "file"], ["key is given without a certificate", "name both"]),
        (["--trusted-proxy", "10.0.0.0/33"], ["trusted_proxies", "such as 10.0.0.0/8", "'10.0.0.0/33' is none"]),
        (["--trusted-proxy", "10.0.0.1/8"], ["'10.0.0.1/8' is none", "host bits"]),
        (["--proxy-protocol", "balancer"], ["proxy_protocol", "'balancer' is none"]),
        (["--root-path", "shop"], ["root_path must begin with one slash, as in /shop, not 'shop'"]),
        (["--root-path", "//shop"], ["one slash"]),
    ],
)
def test_the_command_says_what_is_wrong_and_what_would_be_right(
    arguments: list[str], parts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no socket, nor a certificate")
    monkeypatch.chdir(tmp_path)
    said = started_with(*arguments)
    for part in parts:
        assert part in said
    assert len(said) < 400


def test_what_settings_say_is_looked_at_as_well(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("")
    assert "does not have that address" in started_with(settings=ServerSettings(host="192.0.2.1", port=0))


@pytest.mark.parametrize("mode", ["sometimes", ""])
def test_a_mode_of_reloading_that_is_none_is_answered_with_those_that_are(
    mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    RunCommand().add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--reload={mode}"])
    said = capsys.readouterr().err.rpartition("error: ")[2]
    assert "modules" in said
    assert "process" in said
    assert "''," not in said, "an empty choice is nobody's"
    assert parser.parse_args(["--reload"]).reload
    assert parser.parse_args(["--reload", "process"]).reload == "process"
    assert parser.parse_args([]).reload is None


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder where this process may read, but not write."""
    folder = Path(tempfile.mkdtemp())  # not below tmp_path, into whose parents nobody but their owner may look
    folder.chmod(0o555)
    as_root = os.geteuid() == 0
    if as_root:  # root may write everywhere
        os.seteuid(65_534)
    yield folder
    if as_root:
        os.seteuid(0)
    folder.rmdir()


def test_a_folder_of_somebody_else_is_told(closed_folder: Path) -> None:
    with pytest.raises(
        CannotListen, match=r"may not write to its folder\. Change the folder's owner or mode"
    ) as caught:
        listen_unix(str(closed_folder / "s"))
    assert caught.value.where == str(closed_folder / "s")
    assert not [*closed_folder.iterdir()]


def test_an_error_of_listening_is_one_of_the_system_and_survives_pickling() -> None:
    with pytest.raises(CannotListen, match="a port is between 0 and 65535") as caught:
        listen("127.0.0.1", 70_000)
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, ServerError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"min_rate": 0}, "min_rate must be at least 1, not 0"),
        ({"header_timeout": -1.0}, "header_timeout must be a number of seconds from 0 on, not -1.0"),
        ({"idle_timeout": float("nan")}, "idle_timeout must be a number of seconds"),
        ({"websocket_ping_timeout": -0.1}, "websocket_ping_timeout"),
        ({"max_connections": -1}, "max_connections must be at least 0, not -1"),
        ({"http2_max_streams": 0}, "http2_max_streams must be at least 1, not 0"),
        ({"backlog": 0}, "backlog must be at least 1"),
        ({"root_path": "shop"}, "root_path must begin with one slash"),
        ({"trusted_proxies": ("everybody",)}, "'everybody' is none"),
    ],
)
def test_options_that_cannot_be_are_refused_when_they_are_made(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Options(**wrong)


def test_options_that_wait_for_ever_are_allowed() -> None:
    assert Options(idle_timeout=float("inf"), root_path="/shop/", trusted_proxies=("::1", "unix")).handler_timeout == 0


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody asks it")


async def native(request: Request) -> Response:
    raise AssertionError("nobody asks it")


class OldAsgi:
    """As some ASGI applications are: what is called is the class, and what is awaited its instance."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody asks it")

    def __await__(self) -> Any:
        raise AssertionError("nobody asks it")


@pytest.mark.parametrize("app", [asgi, native, App(), OldAsgi, lambda *arguments: None, lambda request, extra=1: None])
def test_what_can_be_served_is_taken(app: Any) -> None:
    Server(app)


@pytest.mark.parametrize(
    ("app", "told"),
    [
        (42, r"42 cannot be called.*Expected: async def app\(request\)"),
        ("shop.app:app", r"'shop.app:app' cannot be called"),
        (None, "None cannot be called"),
        (App, r"App is a class\. Serve an instance of it: App\(\.\.\.\)"),
        (lambda environ, start_response: [], "looks like WSGI; give it to partita.http.foreign.wsgi_handler"),
        (lambda: None, "a function that makes the application; call it"),
        (lambda a, b, c, d: None, r"does not take one argument, nor three\. Expected"),
    ],
)
def test_what_cannot_be_served_is_told_before_the_first_request(app: Any, told: str) -> None:
    with pytest.raises(NotAnApplication, match=told) as caught:
        Server(app)
    assert isinstance(caught.value, TypeError)


def test_nothing_is_left_open_when_the_port_is_taken() -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with socket.create_server(("127.0.0.1", 0)) as sock, pytest.raises(ServerError, match="is in use"):
        listen("127.0.0.1", sock.getsockname()[1])
    for _ in range(3):
        with pytest.raises(CannotListen):
            listen("192.0.2.1", 0)
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before
