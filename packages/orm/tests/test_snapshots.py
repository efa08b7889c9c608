"""Statements compared with a file."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from partita.orm.patterns.snapshots import assert_queries_match


def test_other_statements_fail_with_the_difference(
    music: SimpleNamespace, models: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PARTITA_UPDATE_SNAPSHOTS", raising=False)
    file = tmp_path / "new" / "albums.sql"

    def ask(title: str, *, more: bool = False, keys: int = 3) -> None:
        list(models.Album.objects.filter(title=title))
        list(models.Album.objects.filter(pk__in=range(keys)).order_by("pk"))
        if more:
            models.Album.objects.count()

    with assert_queries_match(file):
        ask("Low")
    written = file.read_text()
    assert len(written.splitlines()) == 2
    assert "Low" not in written
    with assert_queries_match(file):
        ask("other values", keys=30)
    with pytest.raises(AssertionError, match=r"(?s)PARTITA_UPDATE_SNAPSHOTS=1.*\n\+SELECT count"):  # noqa: SIM117
        with assert_queries_match(file):
            ask("Low", more=True)
    assert file.read_text() == written
    monkeypatch.setenv("PARTITA_UPDATE_SNAPSHOTS", "1")
    with assert_queries_match(file):
        ask("Low", more=True)
    assert len(file.read_text().splitlines()) == 3
    monkeypatch.delenv("PARTITA_UPDATE_SNAPSHOTS")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(AssertionError, match="not those"), assert_queries_match(tmp_path / "missing.sql"):
        ask("Low")
    assert not (tmp_path / "missing.sql").exists()
