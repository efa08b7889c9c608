import argparse
from pathlib import Path

import pytest

from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.testing.app import SimpleRegistrar
from partita.server import AddressInUse
from partita.server.integration import setup
from partita.server.settings import SERVER_SETTINGS, ServerSettings
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


def findings(**server: object) -> list[Finding]:
    app = SimpleRegistrar(server=server)
    setup(app)
    return [finding for check in app.all(CHECKS) for finding in check(app)]


def test_the_check_warns_of_a_certificate_that_ends_within_14_days(certificate: Path, tmp_path: Path) -> None:
    assert findings() == []
    (soon,) = findings(certificate=str(certificate))
    assert (soon.id, soon.level) == ("server.W001", "warning")
    assert "in 0 days" in soon.text
    (missing,) = findings(certificate=str(tmp_path / "none.pem"))
    assert (missing.id, missing.level) == ("server.E001", "error")
    (tmp_path / "empty.pem").write_text("")
    (empty,) = findings(certificate=str(tmp_path / "empty.pem"))
    assert "PEM" in empty.text


@pytest.mark.parametrize(
    ("given", "message"), [({"port": 65_536}, "port must be"), ({"workers": 0}, "workers must be")]
)
def test_settings_out_of_bounds_are_refused(given: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ServerSettings(**given)  # type: ignore[arg-type]  # given by name


def test_the_section_is_a_value_of_the_application_which_is_told_if_it_cannot_be_made() -> None:
    app = SimpleRegistrar(server={"port": 8123})
    setup(app)
    assert app.require(SERVER_SETTINGS).port == 8123
    wrong = SimpleRegistrar(server={"port": 81_230})
    setup(wrong)
    with pytest.raises(ValueError, match="port must be"):
        wrong.require(SERVER_SETTINGS)
    assert [finding for check in wrong.all(CHECKS) for finding in check(wrong)] == [], "it is not told twice"
    (command,) = wrong.all(COMMANDS)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(SystemExit, match="port must be between 0 and 65535, not 81230"):
        command.run(wrong, parser.parse_args([]))
