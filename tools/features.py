"""docs/features.tsv: which features are done, and the test that shows each."""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from repository import ROOT

__all__ = ("COLUMNS", "STATUSES", "Outcomes", "check", "main", "merge", "read", "write")

COLUMNS = ("id", "status", "test", "package", "feature", "tier", "reason")
STATUSES = ("done", "partly", "open", "dropped")
TABLE = ROOT / "docs" / "features.tsv"
REPORTS = ROOT / ".artefacts"  # the step tests and the step shop each write a junit-*.xml

Row = dict[str, str]
Outcomes = dict[str, str]  # "passed", "failed" or "skipped" by dotted test name


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; with ``--check`` or ``--merge`` do that first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="every done or partly row names a test that passed")
    parser.add_argument("--merge", action="append", default=[], metavar="FILE", help="lines of id<TAB>status<TAB>test")
    parser.add_argument("--open", metavar="PACKAGE", help="list the open rows of a package")
    options = parser.parse_args(arguments)
    rows = read(TABLE)
    problems: list[str] = []
    for file in options.merge:
        problems += merge(rows, Path(file).read_text("utf-8").splitlines())
    if options.merge:
        write(TABLE, rows)
    if options.check:
        problems += check(rows, outcomes(reports) if (reports := sorted(REPORTS.glob("junit-*.xml"))) else None)
    if options.open:
        for row in rows:
            if row["status"] == "open" and row["package"].removeprefix("partita-") == options.open:
                sys.stdout.write(f"{row['id']}  {row['feature']}\n")
    else:
        sys.stdout.write(counts(rows))
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


def read(path: Path) -> list[Row]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(path: Path, rows: list[Row]) -> None:
    """Write the rows back."""
    lines = ["\t".join(COLUMNS), *("\t".join(row[column] for column in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def merge(rows: list[Row], lines: list[str]) -> list[str]:
    """Apply lines of id, status and test; returns what was wrong with some of them."""
    by_id = {row["id"]: row for row in rows}
    problems = []
    for line in lines:
        if not line.strip() or line.startswith(("#", "id\t")):
            continue
        parts = [*line.split("\t"), "", ""]
        name, status, test = (part.strip() for part in parts[:3])
        if name not in by_id or status not in STATUSES:
            problems.append(f"not merged, unknown {'status' if name in by_id else 'id'}: {line[:100]}")
            continue
        by_id[name].update(status=status, test=test, reason=parts[3].strip())
    return problems


def check(rows: list[Row], last_run: Outcomes | None) -> list[str]:
    """What is wrong with the table, as sentences.

    Args:
        rows: The table.
        last_run: How the tests of the last full run went; without it the tests are only looked up by collecting them.
    """
    problems = [f"{name}: twice in the table" for name, times in Counter(r["id"] for r in rows).items() if times > 1]
    claimed = [row for row in rows if row["status"] in {"done", "partly"}]
    known = last_run if last_run is not None else collected()
    index: dict[str, list[str]] = defaultdict(list)
    for test, outcome in known.items():
        index[test].append(outcome)
        if "[" in test:
            index[test.split("[", 1)[0]].append(outcome)
    for row in rows:
        if row["status"] not in STATUSES:
            problems.append(f"{row['id']}: status {row['status']!r} is none of {', '.join(STATUSES)}")
        if row["status"] == "dropped" and not row["reason"]:
            problems.append(f"{row['id']}: dropped without a reason")
    for row in claimed:
        found = index.get(dotted(row["test"]), [])
        if not found:
            problems.append(f"{row['id']}: {row['status']}, but there is no test {row['test'] or '(none named)'}")
        elif "failed" in found:
            problems.append(f"{row['id']}: {row['status']}, but {row['test']} failed")
    return problems


def dotted(node: str) -> str:
    """A pytest node id as its JUnit report names the test: class name and test name joined by a dot."""
    path, _, rest = node.partition("::")
    return f"{path.removesuffix('.py').replace('/', '.')}.{rest.replace('::', '.')}"


def outcomes(reports: Iterable[Path]) -> Outcomes:
    """How each test of some JUnit reports went."""
    found: Outcomes = {}
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            kinds = {child.tag for child in case}
            outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
            found[f"{case.get('classname')}.{case.get('name')}"] = outcome
    return found


def collected() -> Outcomes:
    """The tests there are, by pytest's own collection, without running them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {dotted(line): "collected" for line in done.stdout.splitlines() if "::" in line}


def counts(rows: list[Row]) -> str:
    """A table of counts per package and tier."""
    per_package: dict[str, Counter[str]] = defaultdict(Counter)
    per_tier: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        per_package[row["package"]][row["status"]] += 1
        per_tier[f"tier {row['tier']}"][row["status"]] += 1
    total = Counter(row["status"] for row in rows)
    lines = [f"{'':<22}" + "".join(f"{status:>9}" for status in STATUSES)]
    shown = [(name, c) for name, c in sorted(per_package.items()) if c["done"] or c["partly"] or c["dropped"]]
    for name, counter in [*shown, *sorted(per_tier.items()), ("all", total)]:
        lines.append(f"{name:<22}" + "".join(f"{counter[status]:>9}" for status in STATUSES))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
