"""What a new project's workflow runs to find weaknesses: nothing in the project as it is, and what is planted in it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from partita.cli import create_project

yaml: Any = pytest.importorskip("yaml")

PLANTED = {
    "code": "import subprocess\n\n\ndef run(line):\n    subprocess.call(line, shell=True)\n",
    "secrets": 'KEY = "AKIAIOSFODNN7EXAMPLA"\n',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop_example"
    create_project("shop_example", folder)
    _git(folder, "init", "-q")
    _git(folder, "add", "--all")
    return folder


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)


def workflow(project: Path) -> Any:
    return yaml.safe_load((project / ".github" / "workflows" / "security.yml").read_text("utf-8"))


def command(project: Path, job: str, tool: str) -> str:
    """The line of a job that runs a tool."""
    runs = [step["run"] for step in workflow(project)["jobs"][job]["steps"] if "run" in step]
    return next(str(run) for run in runs if tool in run and not run.startswith("pip install"))


@pytest.mark.parametrize(("job", "tool"), [("code", "bandit"), ("secrets", "detect-secrets-hook")])
def test_a_new_project_is_clean_and_what_is_planted_is_found(project: Path, job: str, tool: str) -> None:
    line = command(project, job, tool)
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}

    def scan() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    before = scan()
    assert before.returncode == 0, before.stdout + before.stderr
    (project / "shop_example" / "planted.py").write_text(PLANTED[job])
    _git(project, "add", "--all")
    after = scan()
    assert after.returncode != 0
    assert "planted.py" in after.stdout


def test_code_dependencies_secrets_and_the_running_pages_are_scanned(project: Path) -> None:
    jobs = workflow(project)["jobs"]
    assert "semgrep scan" in command(project, "code", "semgrep")
    assert command(project, "code", "partita scan").endswith("partita scan shop_example")
    assert command(project, "code", "partita check").endswith("PARTITA_SETTINGS=production.toml partita check --deploy")
    assert command(project, "dependencies", "pip-audit") == "pip-audit ."
    assert command(project, "dependencies", "npm audit") == "npm audit --audit-level=moderate"
    assert any("sonarqube-scan-action" in step.get("uses", "") for step in jobs["sonar"]["steps"])
    assert any("zaproxy/action-baseline" in step.get("uses", "") for step in jobs["outside"]["steps"])
    assert workflow(project)["permissions"] == {"contents": "read"}
    for job in jobs.values():
        checkout = job["steps"][0]
        assert (checkout["uses"], checkout["with"]["persist-credentials"]) == ("actions/checkout@v4", False)


def test_the_files_that_the_scanners_read_are_there_and_fit(project: Path) -> None:
    line = command(project, "code", "semgrep")
    rules = yaml.safe_load((project / ".semgrep.yml").read_text("utf-8"))["rules"]
    assert ".semgrep.yml" in line
    assert {rule["id"] for rule in rules} >= {"sql-made-of-text", "markup-made-of-values", "key-in-the-code"}
    assert all(rule["languages"] == ["python"] and rule["message"] and rule["severity"] for rule in rules)
    zap = next(step for step in workflow(project)["jobs"]["outside"]["steps"] if "zaproxy" in step.get("uses", ""))
    lines = (project / zap["with"]["rules_file_name"]).read_text("utf-8").splitlines()
    assert all(
        re.fullmatch(r"\d+\t(IGNORE|INFO|WARN|FAIL)\t\(.*\)", each) for each in lines if not each.startswith("#")
    )
    sonar = dict(
        each.split("=", 1)
        for each in (project / "sonar-project.properties").read_text("utf-8").splitlines()
        if not each.startswith("#")
    )
    assert (project / sonar["sonar.sources"]).is_dir()
    assert (project / sonar["sonar.tests"]).is_dir()


def test_the_project_is_served_as_the_workflow_says(project: Path) -> None:
    environment = workflow(project)["jobs"]["outside"]["env"]
    assert environment["PARTITA_DEBUG"] == "false"
    assert environment["PARTITA_ALLOWED_HOSTS"] == '["localhost"]'
    serve = command(project, "outside", "partita run")
    assert "partita migrate" in serve
