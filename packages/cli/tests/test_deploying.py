"""A new project on a server: the settings it comes with pass the checks, and each fault put into them is found."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from partita.cli import create_project
from partita.cli.check import CheckCommand
from partita.web import App, Settings

ALERTS = {"WEBHOOK": "https://alerts.test/in", "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploying") / "shop_example"
    create_project("shop_example", folder)
    return folder


def partita(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in the project, with the settings of a server unless the environment says otherwise."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("PARTITA_")}
    values = {"PARTITA_SETTINGS": "production.toml", "NO_COLOR": "1", **environment}
    return subprocess.run(
        [sys.executable, "-m", "partita.cli", *arguments],
        cwd=project, env=around | values, capture_output=True, text=True, check=False,
    )  # fmt: skip


def check(project: Path, *arguments: str, **environment: str) -> int:
    """Run the check alone, in this process, on an application with the project's settings."""
    file = environment.pop("PARTITA_SETTINGS", "production.toml")
    settings = Settings.load(project / file, env=environment)
    app = App(settings, apps=["partita.forms", "partita.auth"], urls=[])
    parser = argparse.ArgumentParser()
    command = CheckCommand()
    command.add_arguments(parser)
    with app:
        return command.run(app, parser.parse_args(arguments))


def test_the_settings_of_the_server_pass_the_deploy_check(project: Path) -> None:
    text = (project / "production.toml").read_text("utf-8")
    assert "secure = true" in text.partition("[sessions]")[2]
    assert "csrf_cookie_secure = true" in text
    done = partita(project, "check", "--deploy", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each["id"] for each in json.loads(done.stdout) if each["id"].startswith("security.")] == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("PARTITA_DEBUG", "true", "security.W018"),
        ("PARTITA_SESSIONS__SECURE", "false", "security.W012"),
        ("PARTITA_SECURITY__CSRF_COOKIE_SECURE", "false", "security.W016"),
        ("PARTITA_SECURITY__SSL_REDIRECT", "false", "security.W008"),
        ("PARTITA_SECURITY__HSTS_SECONDS", "0", "security.W004"),
        ("PARTITA_SECRET_KEY", "short", "signing.W001"),
        ("PARTITA_SETTINGS", "partita.toml", "security.W018"),
    ],
)
def test_each_fault_in_them_fails_the_deploy_check(
    project: Path, name: str, value: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(project, "--deploy", **{name: value}) == 1
    assert found in capsys.readouterr().out
    assert check(project, **{name: value}) == 0
    assert check(project, "--deploy") == 0


def test_a_new_project_has_nothing_to_mend_until_somebody_asks_about_a_server(project: Path) -> None:
    done = partita(project, "check", PARTITA_SETTINGS="partita.toml")
    assert done.stdout == "Nothing found.\n"
    asked = partita(project, "check", "--deploy", PARTITA_SETTINGS="partita.toml")
    assert asked.returncode == 1
    assert "security.W018" in asked.stdout


def test_the_profile_tells_of_each_layer_what_is_in_force(project: Path) -> None:
    told = partita(project, "check", "--profile")
    assert told.returncode == 1
    layers = [line.partition(":")[0] for line in told.stdout.splitlines() if not line.startswith(" ")]
    assert layers == ["transport", "content", "authentication", "validation", "database", "audit"]
    assert [line.strip() for line in told.stdout.splitlines() if line.startswith("  - ")] == [
        "- somebody is told when the database fails or an attack is seen"
    ]
    alerts = {f"PARTITA_SECURITY__ALERTS__{name}": value for name, value in ALERTS.items()}
    assert partita(project, "check", "--profile", **alerts).returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "layer"),
    [
        ("PARTITA_SECURITY__SSL_REDIRECT", "false", "transport"),
        ("PARTITA_SECURITY__NOSNIFF", "false", "content"),
        ("PARTITA_DEBUG", "true", "content"),
        ("PARTITA_AUTH__LOGIN_ATTEMPTS", "0", "authentication"),
        ("PARTITA_SESSIONS__HTTPONLY", "false", "authentication"),
        ("PARTITA_ALLOWED_HOSTS", '["*"]', "validation"),
        ("PARTITA_DATABASES__DEFAULT", "mysql://shop@db.test/shop", "database"),
        ("PARTITA_SECURITY__FILTERED_PARAMETERS", '["pin"]', "audit"),
    ],
)
def test_the_profile_finds_the_hole_in_each_layer(
    project: Path, name: str, value: str, layer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alerts = {f"PARTITA_SECURITY__ALERTS__{each}": text for each, text in ALERTS.items()}
    assert check(project, "--profile", "--json", **alerts, **{name: value}) == 1
    report = json.loads(capsys.readouterr().out)
    holes = {each for each, measures in report.items() if not all(measure["in_force"] for measure in measures)}
    assert holes == {layer}
    assert all(measure["hint"] for measure in report[layer] if not measure["in_force"])


def test_the_projects_own_code_is_scanned(project: Path) -> None:
    assert partita(project, "scan", "shop_example").returncode == 0
    planted = project / "shop_example" / "planted.py"
    planted.write_text("def go(request):\n    return redirect(request.GET['next'])\n")
    try:
        done = partita(project, "scan", "shop_example")
    finally:
        planted.unlink()
    assert done.returncode == 1
    assert "planted.py:2:12: S103 open-redirect" in done.stdout
