"""docs/features.tsv is held to what tests show."""

from __future__ import annotations

from pathlib import Path

import features
import pytest


def row(name: str, status: str, test: str = "", reason: str = "") -> features.Row:
    values = {"id": name, "package": "partita-urls", "feature": "f", "tier": "1"}
    return {**values, "status": status, "test": test, "reason": reason}


RUN = {
    "p.tests.test_a.test_good": "passed",
    "p.tests.test_a.test_many[1]": "passed",
    "p.tests.test_a.test_bad": "failed",
}
RUN["p.tests.test_a.TestClass.test_inner[x.y]"] = "passed"
RUN["p.tests.test_a.test_many[2]"] = "failed"
RUN["p.tests.test_a.test_absent"] = "skipped"


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("p/tests/test_a.py::test_good", None),
        ("p/tests/test_a.py::TestClass::test_inner[x.y]", None),
        ("p/tests/test_a.py::TestClass::test_inner", None),
        ("p/tests/test_a.py::test_many[1]", None),
        ("p/tests/test_a.py::test_many", "failed"),
        ("p/tests/test_a.py::test_bad", "failed"),
        ("p/tests/test_a.py::test_none", "there is no test"),
        ("", "none named"),
    ],
)
def test_a_done_row_names_a_test_that_passed(test: str, problem: str | None) -> None:
    found = features.check([row("A-1", "done", test)], RUN)
    assert (problem in found[0]) if problem else not found


def test_open_rows_need_no_test_and_dropped_ones_a_reason() -> None:
    assert features.check([row("A-1", "open"), row("A-2", "dropped", reason="out of date")], RUN) == []
    assert "without a reason" in features.check([row("A-3", "dropped")], RUN)[0]


def test_an_id_stands_there_once() -> None:
    assert "twice" in features.check([row("A-1", "open"), row("A-1", "open")], RUN)[0]


def test_lines_are_merged_by_id_and_unknown_ones_told() -> None:
    rows = [row("A-1", "open"), row("A-2", "open")]
    wrong = features.merge(rows, ["A-1\tdone\tp/t.py::test_x", "A-9\tdone\tx", "A-2\tready\tx", "", "# note"])
    assert (rows[0]["status"], rows[0]["test"], rows[1]["status"]) == ("done", "p/t.py::test_x", "open")
    assert len(wrong) == 2


def test_a_table_written_reads_back_as_itself(tmp_path: Path) -> None:
    rows = [row("A-1", "open"), row("A-2", "done", "x.py::test_[\"'a]")]
    features.write(tmp_path / "t.tsv", rows)
    assert features.read(tmp_path / "t.tsv") == rows


def test_outcomes_are_read_from_a_report(tmp_path: Path) -> None:
    cases = '<testcase classname="p.t" name="a"/><testcase classname="p.t" name="b"><skipped/></testcase>'
    cases += '<testcase classname="p.t" name="c"><failure/></testcase>'
    (tmp_path / "r.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", "utf-8")
    assert features.outcomes([tmp_path / "r.xml"]) == {"p.t.a": "passed", "p.t.b": "skipped", "p.t.c": "failed"}


def test_the_real_table_is_well_formed_and_counts_every_row() -> None:
    rows = features.read(features.TABLE)
    assert len(rows) == len({row["id"] for row in rows})
    assert {row["status"] for row in rows} <= set(features.STATUSES)
    assert {row["tier"] for row in rows} <= {"1", "2", "3", "4"}
    total = features.counts(rows).splitlines()[-1].split()[1:]
    assert sum(map(int, total)) == len(rows)
