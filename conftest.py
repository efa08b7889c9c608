"""In CI a test that skips has failed: there, everything that a test needs must be present. Examples have no deadline."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
IN_CI = os.environ.get("CI", "").lower() == "true"
# A reason that begins so names what no machine of this kind can have, such as another platform.
EXCUSE = "platform:"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refused(report) if IN_CI else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refused(report) if IN_CI else report


def _refused(report: Report) -> Report:
    if report.outcome == "skipped" and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2])
        if not reason.removeprefix("Skipped: ").startswith(EXCUSE):
            report.outcome = "failed"
            report.longrepr = f"skipped, which counts as failed where CI=true: {reason}"
    return report
