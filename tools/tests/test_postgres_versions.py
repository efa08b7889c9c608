"""The backend works on every version of PostgreSQL that is maintained; `nox -s postgres_versions` runs all suites there."""

from __future__ import annotations

import shutil

import pytest
from postgres_versions import RELEASES, main
from repository import Repository

SUITES = ("packages/orm/tests/test_database_values.py",)


@pytest.mark.parametrize("version", RELEASES)
def test_what_the_orm_asks_of_a_server_works_on(version: int) -> None:
    fetched = Repository().root / ".artefacts" / "postgresql" / RELEASES[version]
    if not fetched.exists() or shutil.which("npm") is None:
        pytest.skip("platform: this version was not fetched yet: nox -s postgres_versions")
    # One process, for this one has the others of the machine already.
    assert main([str(version), "--suites", *SUITES, "--", "-n0", "-k", "postgresql"]) == 0


def test_a_version_that_nobody_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["9"])
    assert "version 9 is not known; there are 14, 15, 16, 17, 18" in capsys.readouterr().err
