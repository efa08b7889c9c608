"""Figures are kept by benchmark."""

from __future__ import annotations

import bench

PAGE = "# B\n\n<!-- figures -->\nNot measured yet.\n<!-- end -->\nafter\n"


def test_figures_of_benchmarks_that_did_not_run_stay() -> None:
    once = bench.with_figures(PAGE, {"a/bench/x.py": "| a |\n|---|", "b/bench/y.py": "1 us"})
    twice = bench.with_figures(once, {"b/bench/y.py": "2 us"})
    assert "### a/bench/x.py\n" in twice
    assert "| a |\n|---|" in twice
    assert "```text\n2 us\n```" in twice
    assert "1 us" not in twice
    assert "Not measured yet" not in twice
    assert twice.endswith("<!-- end -->\nafter\n")
