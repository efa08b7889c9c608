"""The virtual environment .venv: made, filled and kept in step with the pyproject files."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

from repository import Repository

__all__ = ("Trouble", "ensure", "executable", "python")

NETWORK_SIGNS = ("NewConnectionError", "ConnectTimeout", "Name or service not known", "name resolution", "ProxyError")


class Trouble(Exception):
    """Something the user has to mend; the message says what and how."""


def executable(root: Path, name: str) -> Path:
    """The path of a program of the environment."""
    if os.name == "nt":
        return root / ".venv" / "Scripts" / f"{name}.exe"
    return root / ".venv" / "bin" / name


def python(root: Path) -> Path:
    """The environment's interpreter."""
    return executable(root, "python")


def ensure(repository: Repository, *, everything: bool) -> Path:
    """Make the environment if it is missing, install what has changed since, and return its interpreter.

    Args:
        repository: The work tree.
        everything: With every extra and the developers' tools, else only what the demo needs.
    """
    root = repository.root
    _make(root)
    stamp_file = root / ".venv" / "partita-stamp.json"
    stamp = _read(stamp_file)
    wanted = _libraries(repository, everything=everything)
    covered = stamp.get("full" if everything else "small") == wanted or (
        not everything and stamp.get("full") == _libraries(repository, everything=True)
    )
    if not covered:
        _install_libraries(repository, everything=everything)
        stamp["full" if everything else "small"] = wanted
        _write(stamp_file, stamp)
    editable = stamp.setdefault("editable", {})
    now = {p.distribution: _digest(p.pyproject_path.read_text("utf-8")) for p in repository.everything}
    changed = [p for p in repository.everything if editable.get(p.distribution) != now[p.distribution]]
    if changed:
        with _telling(f"Linking {len(changed)} packages of this repository"):
            links = [part for p in changed for part in ("-e", str(p.path))]
            _pip(root, ["install", "--no-deps", "--no-build-isolation", *links])
        stamp["editable"] = now
        _write(stamp_file, stamp)
    return python(root)


def _make(root: Path) -> None:
    interpreter = python(root)
    if interpreter.exists():
        command = [str(interpreter), "-c", "import sys, pip; print(sys.version_info[:2] >= (3, 11))"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.stdout.strip() == "True":
            return
        sys.stdout.write("The environment .venv no longer works (was Python replaced?): making it anew.\n")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise Trouble(
            "Python's venv module is incomplete: ensurepip is missing.\n"
            "On Debian and Ubuntu: apt-get install python3-venv; then run this again."
        ) from None
    with _telling("Making the environment .venv"):
        venv.create(root / ".venv", with_pip=True, clear=interpreter.exists(), symlinks=os.name != "nt")


def _install_libraries(repository: Repository, *, everything: bool) -> None:
    lines = repository.third_party(everything=everything)
    what = f"Installing {len(lines)} libraries and what they need (the first time takes a minute or two)"
    with _telling(what), tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text("\n".join(lines) + "\n", "utf-8")
        constraints = repository.root / "constraints.txt"
        _pip(repository.root, ["install", "-r", str(listed), "-c", str(constraints)])


def _pip(root: Path, arguments: list[str]) -> None:
    command = [str(python(root)), "-m", "pip", *arguments, "--disable-pip-version-check"]
    output: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line)
            if sys.stdout.isatty() and line.startswith(("Collecting", "Installing", "Building")):
                sys.stdout.write(f"\r    {line.strip()[:74]:<74}")
                sys.stdout.flush()
        if sys.stdout.isatty():
            sys.stdout.write("\r" + " " * 78 + "\r")
    if process.returncode:
        tail = "".join(line for line in output if not line.startswith("WARNING"))[-3000:]
        if any(sign in line for line in output for sign in NETWORK_SIGNS):
            raise Trouble(
                f"{tail}\npip could not reach its package index: is there a network, or a proxy that pip must be "
                "told of (pip config)? Run this again once it answers."
            )
        raise Trouble(f"{tail}\npip could not install what partita needs; its last lines are above.")


def _libraries(repository: Repository, *, everything: bool) -> str:
    constraints = (repository.root / "constraints.txt").read_text("utf-8")
    return _digest("\n".join([sys.version, constraints, *repository.third_party(everything=everything)]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        stamp: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def _write(path: Path, stamp: dict[str, Any]) -> None:
    path.write_text(json.dumps(stamp, indent=1), "utf-8")


class _telling:
    """Say what is being done, and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.start = time.monotonic()
        sys.stdout.write(f"==> {self.what} ...\n")
        sys.stdout.flush()

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            sys.stdout.write(f"    done in {time.monotonic() - self.start:.1f} s\n")
