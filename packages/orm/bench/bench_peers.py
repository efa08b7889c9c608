"""Common work in partita.orm and in other ORMs for Python, on one SQLite file in WAL mode; writes a Markdown table.

Each ORM runs in a process of its own, in turns, several rounds; the best time of each counts. All connections are in WAL mode and have
``foreign_keys = ON`` and ``synchronous = NORMAL``, except that Piccolo, which opens one for each query, has SQLite's own ``synchronous``.
Tortoise and Piccolo are awaited only and are set beside partita's awaited calls too, where both have them.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "peers"
sys.path.insert(0, str(HERE))

from timing import WORK, fill  # noqa: E402 - it lies beside the peers' scripts

PEERS = {
    "partita": ("with_partita.py",),
    "Django": ("with_django.py",),
    "SQLAlchemy": ("with_sqlalchemy.py",),
    "Peewee": ("with_peewee.py",),
    "Tortoise": ("with_tortoise.py",),
    "Piccolo": ("with_piccolo.py",),
    "partita, awaited": ("with_partita.py", "awaited"),
    "Django, awaited": ("with_django.py", "awaited"),
}
AWAITED = ("Django, awaited", "Tortoise", "Piccolo")


def main() -> int:
    """Measure and print two tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="partita-bench-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    best: dict[str, dict[str, float]] = {peer: {} for peer in PEERS}
    try:
        for number in range(rounds):
            for peer, command in PEERS.items():
                print(f"round {number + 1} of {rounds}: {peer}", file=sys.stderr, flush=True)
                for work, seconds in _measured(folder, command).items():
                    best[peer][work] = min(seconds, best[peer].get(work, seconds))
    finally:
        shutil.rmtree(folder)
    others = [peer for peer in PEERS if "awaited" not in peer and peer != "partita"]
    _table("SQLite (WAL)", best, "partita", others, WORK)
    _table("awaited", best, "partita, awaited", list(AWAITED), tuple(best["partita, awaited"]))
    return 0


def _measured(folder: Path, command: tuple[str, ...]) -> dict[str, float]:
    file = folder / "bench.sqlite3"
    for each in folder.iterdir():
        each.unlink()
    fill(str(file))
    script, *rest = command
    done = subprocess.run(
        [sys.executable, HERE / script, file, *rest], cwd=HERE, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(title: str, best: dict[str, dict[str, float]], ours: str, others: list[str], rows: tuple[str, ...]) -> None:
    print(f"\n| {title} | {ours}, us | " + " | ".join(f"{peer} ÷ partita" for peer in others) + " |")
    print("|---|---:|" + "---:|" * len(others))
    for row in rows:
        mine = best[ours][row]
        ratios = [f"{best[peer][row] / mine:.1f}" if row in best[peer] else "-" for peer in others]
        print(f"| {row} | {mine * 1e6:,.0f} | " + " | ".join(ratios) + " |")


if __name__ == "__main__":
    raise SystemExit(main())
