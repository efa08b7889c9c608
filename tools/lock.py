"""Renew constraints.txt: the newest versions that the pyproject files allow, resolved in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from repository import Repository, peers

__all__ = ("main",)


def main() -> int:
    """Resolve, write constraints.txt, and say what has changed."""
    repository = Repository()
    file = repository.root / "constraints.txt"
    before = set(file.read_text("utf-8").splitlines()) if file.exists() else set()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        target = [sys.executable, "-m", "pip", "--python", str(Path(folder, "bin", "python"))]
        install = [
            *target,
            "install",
            "--quiet",
            *repository.third_party(everything=True),
            *peers(repository.settings()),
        ]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        frozen = subprocess.run([*target, "freeze"], capture_output=True, text=True, check=True)
    after = sorted(frozen.stdout.splitlines(), key=str.lower)
    file.write_text("\n".join(after) + "\n", "utf-8")
    changed = sorted({*after} ^ before)
    sys.stdout.write("".join(f"{'+' if line in after else '-'} {line}\n" for line in changed) or "Nothing is newer.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
