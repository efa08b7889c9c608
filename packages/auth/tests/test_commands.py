"""createsuperuser and changepassword, with and without somebody to ask."""

import argparse
import io
from types import SimpleNamespace

import pytest

from partita.auth.commands import PASSWORD_VARIABLE, ChangePassword, CreateSuperuser
from partita.auth.models import User
from partita.contracts.commands import COMMANDS

GOOD = "seven green boats"


def _run(command: CreateSuperuser | ChangePassword, app: object, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(app, parser.parse_args(arguments))  # type: ignore[arg-type] # the commands use the current app


def _answers(*lines: str) -> CreateSuperuser:
    queue = list(lines)
    return CreateSuperuser(lambda prompt: queue.pop(0), lambda prompt: queue.pop(0))


def test_the_application_has_both_commands(site: SimpleNamespace) -> None:
    names = {command.name for command in site.app.all(COMMANDS)}
    assert {"createsuperuser", "changepassword"} <= names


def test_a_superuser_is_made_from_the_environment(
    site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, GOOD)
    assert _run(CreateSuperuser(), site.app, "--email", "Boss@shop.test", "--name", "Boss", "--no-input") == 0
    boss = User.objects.get(email="boss@shop.test")
    assert boss.is_superuser
    assert boss.is_staff
    assert boss.check_password(GOOD)
    assert GOOD not in capsys.readouterr().out


def test_a_superuser_is_made_from_standard_input(site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{GOOD}\n"))
    assert _run(CreateSuperuser(), site.app, "--email", "boss@shop.test", "--password-stdin") == 0
    assert User.objects.get(email="boss@shop.test").check_password(GOOD)


def test_a_person_is_asked_until_the_password_will_do(
    site: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    command = _answers("boss@shop.test", GOOD, "typo", "short", "short", GOOD, GOOD)
    assert _run(command, site.app) == 0
    told = capsys.readouterr().err
    assert "two different passwords" in told
    assert "too short" in told
    assert User.objects.get(email="boss@shop.test").check_password(GOOD)


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        (("--no-input",), GOOD, "no address"),
        (("--email", "nonsense", "--no-input"), GOOD, "'nonsense' is not an e-mail address"),
        (("--email", "anna@shop.test", "--no-input"), GOOD, "changepassword anna@shop.test"),
        (("--email", "b@shop.test", "--no-input"), None, "There is no password"),
        (("--email", "b@shop.test", "--no-input"), "short", "too short"),
        (("--email", "b@shop.test", "--no-input"), "", "empty"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_made(
    site: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    password: str | None,
    message: str,
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    if password is not None:
        monkeypatch.setenv(PASSWORD_VARIABLE, password)
    with pytest.raises(SystemExit, match=message):
        _run(CreateSuperuser(), site.app, *arguments)
    assert User.objects.count() == 1


def test_a_weak_password_is_taken_if_that_is_what_somebody_wants(
    site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "weak")
    assert _run(CreateSuperuser(), site.app, "--email", "b@shop.test", "--weak") == 0


def test_a_password_is_changed(site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, GOOD)
    assert _run(ChangePassword(), site.app, "anna@shop.test") == 0
    assert User.objects.get(pk=site.anna.pk).check_password(GOOD)
    with pytest.raises(SystemExit, match=r"There is no user 'x@y\.z'"):
        _run(ChangePassword(), site.app, "x@y.z")
