import argparse

import pytest

from partita.contracts.commands import COMMANDS
from partita.contracts.testing.app import SimpleRegistrar
from partita.server import AddressInUse
from partita.server.integration import setup
from partita.server.sockets import listen


def test_the_command_run_is_registered_and_reads_its_arguments() -> None:
    app = SimpleRegistrar(server={"idle_timeout": 5.0})
    setup(app)
    (command,) = app.all(COMMANDS)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.name == "run"
    with listen("127.0.0.1", 0) as sock:
        port = str(sock.getsockname()[1])
        options = parser.parse_args(["--host", "127.0.0.1", "--port", port, "--workers", "2"])
        with pytest.raises(SystemExit, match="is in use") as caught:
            command.run(app, options)
        assert isinstance(caught.value.__cause__, AddressInUse)
