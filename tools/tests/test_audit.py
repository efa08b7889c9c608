"""The gate against dependencies that are known to be vulnerable."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "audit.yml"


def test_every_change_and_every_day_the_lock_is_audited() -> None:
    text = WORKFLOW.read_text("utf-8")
    assert {"push:", "pull_request:", "schedule:"} <= set(text.split())
    (command,) = re.findall(r"run: (pip-audit .*)", text)
    assert "--strict" in command.split()
    assert "continue-on-error" not in text
    assert "--ignore-vuln" not in command
    assert (ROOT / command.split()[-1]).is_file()


def test_the_lock_is_what_the_audit_reads() -> None:
    """Exact versions only: with ``--no-deps`` nothing else would be looked at."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert len(lines) > 30
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._\-]+(\[[^\]]+\])?==[^\s;]+(\s*;.+)?", line)] == []
