"""Each package by itself: its wheel in an empty environment, with nothing but what it declares, running its tests."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from repository import Package, Repository, interpreters

__all__ = ("QUICK", "main")

QUICK = ("contracts", "signals", "urls", "templates", "orm")
RUNNERS = ("pytest", "pytest-xdist", "hypothesis")  # what every package's tests may use without naming it
MANY = 100  # files of tests from which on they are worth two processes


def main(arguments: list[str] | None = None) -> int:
    """Test the packages named (all by default) alone; 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="*")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--others", action="store_true", help="on the other Pythons of this machine, not on this one")
    options = parser.parse_args(arguments)
    repository = Repository()
    packages = repository.chosen(list(QUICK) if options.quick else options.package)
    pythons = {version: path for version, path in interpreters().items() if (path != sys.executable) is options.others}
    with tempfile.TemporaryDirectory(prefix="partita-alone-") as folder, ThreadPoolExecutor(options.jobs) as pool:
        wheels = Path(folder, "wheels")
        wheels.mkdir()
        built = list(pool.map(lambda package: _build(package, wheels), repository.packages))
        failed = [name for name, trouble in zip((p.name for p in repository.packages), built, strict=True) if trouble]
        sys.stdout.write("".join(filter(None, built)))
        if not failed:
            for version, path in pythons.items():
                sys.stdout.write(f"Python {version}\n")
                results = pool.map(lambda p, path=path: _test(repository, p, Path(folder), wheels, path), packages)
                failed += [f"{p.name} ({version})" for p, good in zip(packages, results, strict=True) if not good]
    if failed:
        sys.stdout.write(f"Not able to stand alone: {', '.join(failed)}\n")
    return int(bool(failed))


def _build(package: Package, wheels: Path) -> str:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    done = subprocess.run(command, cwd=package.path, capture_output=True, text=True, check=False)
    return f"{package.name}: the wheel could not be built\n{done.stdout}{done.stderr}" if done.returncode else ""


def _test(repository: Repository, package: Package, folder: Path, wheels: Path, python: str) -> bool:
    start = time.monotonic()
    home = folder / package.name
    environment = home / "venv"
    _run([python, "-m", "venv", "--without-pip", str(environment)], folder)
    interpreter = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Copied out of the repository, so that nothing beside the package can be found by accident.
    copy = home / package.distribution  # no name that could be imported: a folder "http" would stand before the library
    shutil.copytree(package.path, copy, ignore=shutil.ignore_patterns("src", "__pycache__", "dist"))
    shutil.copy(repository.root / "conftest.py", home / "conftest.py")
    (home / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n", "utf-8")
    extra = "[test]" if "test" in package.extras else ""
    install = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--quiet", "--prefer-binary"]
    install += ["--find-links", str(wheels), "-c", str(repository.root / "constraints.txt"), *RUNNERS]
    install.append(f"{package.distribution}{extra}=={package.version}")
    ok, output = _run(install, home)
    if ok:
        ok, output = _run([str(interpreter), "-c", f"import {package.module}"], home)
    tests = [*(copy / "tests").rglob("test_*.py")]
    if ok and tests:
        shared = ["-n2", "--dist=loadfile"] if len(tests) >= MANY else []
        ok, output = _run([str(interpreter), "-m", "pytest", "-q", *shared, str(copy)], home)
    else:
        output = output or "no tests yet; installed and imported"
    closing = output.rstrip().rsplit("\n", 1)[-1]
    sys.stdout.write(f"{'ok' if ok else 'FAILED':<7}{package.name:<14}{time.monotonic() - start:6.1f} s  {closing}\n")
    if not ok:
        sys.stdout.write(output[-6000:] + "\n")
    sys.stdout.flush()
    shutil.rmtree(home, ignore_errors=True)
    return ok


def _run(command: list[str], folder: Path) -> tuple[bool, str]:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
