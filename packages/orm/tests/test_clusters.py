"""A server of one's own comes up empty, says why it does not, and is gone afterwards."""

from pathlib import Path

import pytest

from partita.orm import OperationalError, connect
from partita.orm.clusters import postgresql


def test_a_cluster_lives_as_long_as_the_block() -> None:
    with postgresql(settings=("max_connections=17",)) as url, connect(url) as database:
        assert database.execute("SELECT current_setting('max_connections'), current_database()") == [("17", "test")]
        database.execute("CREATE TABLE seen (x int)")
    with connect(url, connect_timeout=2.0) as database, pytest.raises(OperationalError):
        database.execute("SELECT 1")


def test_it_says_what_the_server_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationalError, match=r"pg_ctl .* ended with"), postgresql(settings=("no_such_setting=1",)):
        raise AssertionError("it does not start")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    with pytest.raises(OperationalError, match="There is no initdb on this machine"), postgresql():
        raise AssertionError("there are no programs")
