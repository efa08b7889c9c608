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
    WindowFrameExclusion,
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


def test_rows_are_chosen_by_a_window_over_all_of_them(
    music: SimpleNamespace, models: SimpleNamespace, run: Any
) -> None:
    albums = models.Album.objects.order_by("title")
    best = albums.annotate(n=Window(RowNumber(), partition_by="artist", order_by="-price"))
    assert [(row.title, row.n) for row in best.filter(n=1)] == [("Kind of Blue", 1), ("Low", 1)]
    # What is chosen sees the windows of all rows, not of those that stay.
    assert [(row.title, row.n) for row in best.filter(n__gt=1)] == [("Bitches Brew", 2)]
    assert [row.title for row in best.exclude(n=1)] == ["Bitches Brew"]
    assert [row.title for row in best.filter(n=1).filter(year__lt=1960)] == ["Kind of Blue"]
    assert [row.title for row in best.filter(Q(n=2) | Q(title="Low"))] == ["Bitches Brew", "Low"]
    assert [row.title for row in best.filter(n=1).order_by("-artist__name", "title")] == ["Kind of Blue", "Low"]
    assert [row.title for row in best.filter(n=1).order_by(F("year").desc(nulls_last=True))] == ["Low", "Kind of Blue"]
    assert [row.title for row in best.filter(n=1).order_by("-n", "-title")] == ["Low", "Kind of Blue"]
    assert [row.title for row in best.filter(n=1)[1:]] == ["Low"]
    assert list(best.filter(n=1).values_list("artist__name", "n")) == [("Miles Davis", 1), ("David Bowie", 1)]
    assert list(best.filter(n=1).order_by().values("n").distinct()) == [{"n": 1}]
    assert [row.artist.name for row in best.filter(n=1).select_related("artist")] == ["Miles Davis", "David Bowie"]
    assert best.filter(n=1).count() == 2
    assert best.filter(n=2).exists()
    assert not best.filter(n=3).exists()
    assert best.filter(n=1).aggregate(s=Sum("n"), p=Count("pk")) == {"s": 2, "p": 2}
    assert best.annotate(m=F("n") + 1).filter(m=3).get().title == "Bitches Brew"
    assert [
        row.title for row in models.Album.objects.filter(pk__in=best.filter(n=1).values("pk")).order_by("title")
    ] == [
        "Kind of Blue",
        "Low",
    ]
    cheaper = albums.filter(price__lt=Window(Max("price"), partition_by="artist"))
    assert [row.title for row in cheaper] == ["Bitches Brew"]

    async def awaited() -> None:
        assert [row.title async for row in best.filter(n=1)] == ["Kind of Blue", "Low"]

    run(awaited())


def test_only_the_rows_of_a_window_are_changed(music: SimpleNamespace, models: SimpleNamespace) -> None:
    best = models.Album.objects.annotate(n=Window(RowNumber(), partition_by="artist", order_by="-price"))
    assert best.filter(n=2).update(year=1999) == 1
    assert models.Album.objects.get(year=1999).title == "Bitches Brew"
    music.brew.tracks.all().delete()
    assert best.filter(n=2).delete()[1]["shop.Album"] == 1
    assert models.Album.objects.count() == 2


def test_frames_leave_rows_out(music: SimpleNamespace, models: SimpleNamespace, database: Any) -> None:
    albums = models.Album.objects
    whole = RowRange(None, None, WindowFrameExclusion.CURRENT_ROW)
    others = Window(Count("pk"), order_by="year", frame=whole)
    if database.vendor == "mysql":
        with pytest.raises(NotSupportedError, match="leave no rows"):
            column(albums, others)
        return
    assert column(albums, others) == [2, 2, 2]
    group = ValueRange(None, None, WindowFrameExclusion.GROUP)
    assert column(albums, Window(Count("pk"), order_by="artist__name", frame=group)) == [1, 1, 2]
    ties = ValueRange(None, None, WindowFrameExclusion.TIES)
    assert column(albums, Window(Count("pk"), order_by="artist__name", frame=ties)) == [2, 2, 3]
    none = RowRange(None, None, WindowFrameExclusion.NO_OTHERS)
    assert column(albums, Window(Count("pk"), order_by="year", frame=none)) == [3, 3, 3]
    assert "EXCLUDE CURRENT ROW)" in str(albums.annotate(n=others).query)


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
    with pytest.raises(ValueError, match="start cannot be greater"):
        Window(Count("pk"), frame=RowRange(2, 1))
    with pytest.raises(TypeError, match="WindowFrameExclusion"):
        Window(Count("pk"), frame=RowRange(0, 1, "TIES); --"))  # type: ignore[arg-type]
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
