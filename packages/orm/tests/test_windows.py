"""Window functions give each row a value out of the rows around it, on every database."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Avg,
    Coalesce,
    Count,
    CumeDist,
    DenseRank,
    F,
    FieldError,
    FirstValue,
    Lag,
    LastValue,
    Lead,
    Lower,
    Max,
    NotSupportedError,
    NthValue,
    Ntile,
    PercentRank,
    Q,
    Rank,
    RowNumber,
    RowRange,
    Sum,
    Value,
    ValueRange,
    Window,
)


def column(rows: Any, window: Any) -> list[Any]:
    return list(rows.order_by("year").annotate(w=window).values_list("w", flat=True))


def test_rows_are_numbered_and_ranked(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert column(albums, Window(RowNumber(), order_by="-year")) == [3, 2, 1]
    assert column(albums, Window(Rank(), order_by="artist__name")) == [2, 2, 1]
    assert column(albums, Window(DenseRank(), order_by=F("artist").desc())) == [2, 2, 1]
    assert column(albums, Window(RowNumber(), partition_by="artist", order_by=["year", "pk"])) == [1, 2, 1]
    assert column(albums, Window(PercentRank(), order_by="year")) == [0.0, 0.5, 1.0]
    assert column(albums, Window(CumeDist(), order_by="year")) == pytest.approx([1 / 3, 2 / 3, 1])
    assert column(albums, Window(Ntile(2), order_by="year")) == [1, 1, 2]


def test_neighbours_and_ends(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert column(albums, Window(Lag("year"), order_by="year")) == [None, 1959, 1970]
    assert column(albums, Window(Lead("title", offset=2), order_by="year")) == ["Low", None, None]
    assert column(albums, Coalesce(Window(Lag("year"), order_by="year"), Value(0))) == [0, 1959, 1970]
    assert column(albums, Window(FirstValue("title"), order_by="-year")) == ["Low"] * 3
    frame = RowRange(None, None)
    assert column(albums, Window(LastValue("title"), order_by="year", frame=frame)) == ["Low"] * 3
    assert column(albums, Window(NthValue("title", 2), order_by="year", frame=frame)) == ["Bitches Brew"] * 3


def test_aggregates_over_frames(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    running = Window(Sum("price"), order_by="year")
    assert column(albums, running) == [Decimal("12.50"), Decimal("22.40"), Decimal("29.40")]
    assert column(albums, Window(Count("pk"), order_by="year", frame=RowRange(-1, 0))) == [1, 2, 2]
    assert column(albums, Window(Count("pk"), order_by="year", frame=RowRange(0, 1))) == [2, 2, 1]
    assert column(albums, Window(Count("pk"), order_by="year", frame=ValueRange(None, 0))) == [1, 2, 3]
    assert column(albums, Window(Count("*"), partition_by=[F("artist"), "format"])) == [2, 2, 1]
    assert column(albums, Window(Count("pk", filter=Q(year__gt=1960)))) == [2, 2, 2]
    assert column(albums, F("year") - Window(Avg("year"), partition_by="artist")) == [-5.5, 5.5, 0.0]


def test_windows_order_rows_and_are_aggregated(music: SimpleNamespace, models: SimpleNamespace) -> None:
    numbered = models.Album.objects.annotate(n=Window(RowNumber(), order_by="-year"))
    assert [album.title for album in numbered.order_by("n")] == ["Low", "Bitches Brew", "Kind of Blue"]
    assert numbered.aggregate(Max("n"), Sum("n")) == {"n__max": 3, "n__sum": 6}
    assert numbered.count() == 3
    assert numbered.order_by("n").first().n == 1


def test_wrong_windows_are_refused(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with pytest.raises(ValueError, match="OVER"):
        Window(Lower("title"))
    with pytest.raises(ValueError, match="frame"):
        Window(Count("pk"), frame=RowRange("1); DROP TABLE shop_album; --", 0))  # type: ignore[arg-type]
    for wrong in (lambda: Ntile(0), lambda: Lag("year", 0), lambda: NthValue("year", -1)):
        with pytest.raises(ValueError):
            wrong()
    numbered = albums.annotate(n=Window(RowNumber(), order_by="year"))
    with pytest.raises(NotSupportedError, match="window"):
        numbered.filter(n=1)
    with pytest.raises(NotSupportedError, match="window"):
        numbered.annotate(m=F("n") + 1).filter(m=1)
    with pytest.raises(FieldError, match="inside of another"):
        numbered.annotate(m=Window(Sum("n")))
    with pytest.raises(FieldError):
        albums.annotate(n=Window(RowNumber(), order_by="nothing"))


def test_every_function_begins_anew_in_each_partition(music: SimpleNamespace, models: SimpleNamespace) -> None:
    def within(function: Any, order: str = "year", frame: RowRange | None = None) -> list[Any]:
        return column(models.Album.objects, Window(function, partition_by="artist", order_by=order, frame=frame))

    whole = RowRange(None, None)
    assert within(Rank(), "-year") == within(DenseRank(), "-year") == [2, 1, 1]
    assert within(PercentRank()) == [0, 1, 0]
    assert within(CumeDist()) == [0.5, 1, 1]
    assert within(Ntile(2)) == [1, 2, 1]
    assert within(Lag("year")) == [None, 1959, None]
    assert within(Lead("year")) == [1970, None, None]
    assert within(FirstValue("title")) == ["Kind of Blue", "Kind of Blue", "Low"]
    assert within(LastValue("title"), frame=whole) == ["Bitches Brew", "Bitches Brew", "Low"]
    assert within(NthValue("title", 2), frame=whole) == ["Bitches Brew", "Bitches Brew", None]
