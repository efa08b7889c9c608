"""Conditions on rows of another database: its keys are handed over, since no database joins with another one."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, FieldError, Q, connect
from partita.orm.queryset import handing_over


def test_rows_of_another_database_narrow_ours(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect("sqlite://:memory:", alias="other") as other:
        other.create_all(models.Artist)
        known = models.Artist(pk=music.miles.pk, name="known elsewhere")
        known.save(using=other, force_insert=True)
    there = models.Artist.objects.using(other).filter(name="known elsewhere")
    albums = models.Album.objects.using(database).order_by("title")

    def titles(rows: Any) -> list[str]:
        return [row.title for row in rows]

    both = ["Bitches Brew", "Kind of Blue"]
    assert titles(albums.filter(artist__in=there)) == both
    assert titles(albums.filter(artist__in=there.values("pk"))) == both
    assert titles(albums.filter(artist_id__in=there.values_list("id", flat=True)[:5])) == both
    assert titles(albums.exclude(artist__in=there)) == ["Low"]
    assert titles(albums.filter(Q(artist__in=there) & ~Q(title="Kind of Blue") | Q(pk=music.low.pk))) == [
        "Bitches Brew",
        "Low",
    ]
    assert titles(albums.filter(artist__in=there.none())) == []
    assert albums.filter(artist__in=there).update(year=1) == 2
    # A query of the same database stays a subquery.
    here = models.Artist.objects.using(database).filter(name="Miles Davis")
    with database.query_log() as log:
        assert titles(albums.filter(artist__in=here)) == both
    assert len(log) == 1
    monkeypatch.setattr(handing_over, "_MOST", 0)
    with pytest.raises(FieldError, match="gives more than 0 keys"):
        albums.filter(artist__in=there)
    other.close()
