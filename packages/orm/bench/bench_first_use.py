"""The first use of many shapes of query in partita.orm and in Django's ORM, on SQLite; writes a Markdown table.

Plans are dropped before each query of ours; Django compiles each time anyway. What either works out once for a model, such as
what loads whole rows of it, is there from the first call on: the shape is new, the model is not. The tables have hardly any rows, so that the
time is that of making the query, compiling it, and reading a row or two. Both run in one process, turn by turn, and the best
call of each counts. ``python bench_first_use.py NAME`` measures the shapes with NAME in their names, ``--sql`` shows ours.
"""

import gc
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from bench_orm import FOLDER, Album, Artist, DjAlbum, DjArtist
from django.apps import AppConfig, apps
from django.db import connection, transaction
from django.db import models as dj
from django.db.models import expressions as dj_raw
from django.db.models import functions as dj_functions

import partita.orm as ours
from partita.orm import Database, connect


class Note(ours.Model):
    """Ours."""

    album = ours.ForeignKey(Album, ours.CASCADE, related_name="notes")
    data = ours.JSONField(null=True)
    good = ours.BooleanField(default=True)

    class Meta:
        app_label = "bench"


class DjNote(dj.Model):
    """Django's."""

    album = dj.ForeignKey(DjAlbum, dj.CASCADE, related_name="notes")
    data = dj.JSONField(null=True)
    good = dj.BooleanField(default=True)

    class Meta:
        app_label = "djbench"


class Names:
    """The names of one ORM, which are the same in both."""

    def __init__(self, artist: Any, album: Any, note: Any, *places: Any) -> None:
        self.artist, self.album, self.note, self._places = artist.objects, album.objects, note.objects, places

    def __getattr__(self, name: str) -> Any:
        found = next(getattr(place, name) for place in self._places if hasattr(place, name))
        setattr(self, name, found)
        return found


class Installed(AppConfig):
    """The app of Django's models, without which it sees no relations backwards."""

    name, label = "bench_orm", "djbench"


def locked(names: Any, rows: Any) -> None:
    """Read rows in a transaction."""
    with names.atomic():
        list(rows)


Ask = Callable[[Any], Any]
SHAPES: dict[str, Ask] = {
    "get by key": lambda s: s.album.get(pk=1),
    "filter, order, slice": lambda s: list(s.album.filter(year__gte=1, price__lt=99).order_by("-title")[:5]),
    "filter over a join": lambda s: list(s.album.filter(year__gte=1, artist__name="a").order_by("-title")),
    "filter over many rows": lambda s: list(s.artist.filter(albums__year=1, albums__title="x").distinct()),
    "exclude": lambda s: list(s.album.exclude(title="x", year=1)),
    "exclude over many rows": lambda s: list(s.artist.exclude(albums__year=1)),
    "Q tree": lambda s: list(s.album.filter(s.Q(year=1) | (s.Q(title="x") & ~s.Q(price__gt=3)), artist__name="a")),
    "in a list": lambda s: list(s.album.filter(pk__in=[1, 2, 3, 4])),
    "in a query": lambda s: list(s.album.filter(artist__in=s.artist.filter(name="a"))),
    "a year": lambda s: list(s.album.filter(made__year=2020, title__icontains="x")),
    "select_related": lambda s: list(s.album.select_related("artist").filter(year=1)),
    "only": lambda s: list(s.album.only("title", "year").filter(year=1)),
    "defer": lambda s: list(s.album.defer("price").filter(year=1)),
    "values_list": lambda s: list(s.album.filter(year=1).values_list("title", "artist__name")),
    "values with an expression": lambda s: list(s.album.values("title", more=s.F("price") * 2)),
    "annotate with arithmetic": lambda s: list(s.album.annotate(more=s.F("price") * 2 + s.F("year")).filter(more__gt=5)),
    "alias and filter": lambda s: list(s.album.alias(rest=s.F("price") - 3).filter(rest__lt=9)),
    "annotate with functions": lambda s: list(s.album.annotate(name=s.Upper(s.Concat("title", s.Value(" by "), "artist__name")))),
    "annotate with Coalesce": lambda s: list(s.album.annotate(x=s.Coalesce("price", 0), y=s.Length("title"))),
    "annotate with a date's part": lambda s: list(s.album.annotate(y=s.ExtractYear("made"), d=s.TruncMonth("made"))),
    "annotate with Count": lambda s: list(s.artist.annotate(n=s.Count("albums"))),
    "Count, having, order": lambda s: list(s.artist.annotate(n=s.Count("albums")).filter(n__gt=1).order_by("-n")),
    "Count with a filter": lambda s: list(s.artist.annotate(n=s.Count("albums", filter=s.Q(albums__year__gt=3), distinct=True))),
    "values, then Sum": lambda s: list(s.album.values("artist__name").annotate(n=s.Sum("price")).order_by("artist__name")),
    "aggregate": lambda s: s.album.aggregate(a=s.Sum("year"), b=s.Avg("price"), c=s.Max("year")),
    "aggregate, filtered": lambda s: s.album.filter(year__gt=1).aggregate(a=s.Sum(s.F("price") * s.F("year"))),
    "aggregate over annotations": lambda s: s.artist.annotate(n=s.Count("albums")).aggregate(m=s.Max("n")),
    "count": lambda s: s.album.filter(year=1).count(),
    "count of distinct rows": lambda s: s.artist.filter(albums__year=1).distinct().count(),
    "count of groups": lambda s: s.artist.annotate(n=s.Count("albums")).filter(n__gt=1).count(),
    "count of a slice": lambda s: s.album.filter(year=1)[:5].count(),
    "exists": lambda s: s.album.filter(year=1, artist__name="a").exists(),
    "filter with Exists": lambda s: list(s.artist.filter(s.Exists(s.album.filter(artist=s.OuterRef("pk"), year=1)))),
    "filter with not Exists": lambda s: list(s.artist.filter(~s.Exists(s.album.filter(artist=s.OuterRef("pk"))))),
    "annotate with Subquery": lambda s: list(
        s.artist.annotate(t=s.Subquery(s.album.filter(artist=s.OuterRef("pk")).order_by("-year").values("title")[:1]))
    ),
    "annotate with Case": lambda s: list(
        s.album.annotate(k=s.Case(s.When(year__lt=5, then=s.Value("old")), default=s.Value("new")))
    ),
    "order by an expression": lambda s: list(s.album.order_by(s.Lower("title").desc(), s.F("year").asc(nulls_last=True))),
    "distinct values": lambda s: list(s.album.values_list("year").distinct().order_by("year")),
    "compare with F": lambda s: list(s.album.filter(year__gt=s.F("price") + 1)),
    "union": lambda s: list(s.album.filter(year=1).union(s.album.filter(year=2))),
    "window": lambda s: list(
        s.album.annotate(n=s.Window(s.RowNumber(), partition_by=[s.F("artist")], order_by=s.F("year").desc()))
    ),
    "update": lambda s: s.album.filter(year=1).update(price=3),
    "update with F": lambda s: s.album.filter(year=1).update(price=s.F("price") + 1),
    "update over a relation": lambda s: s.album.filter(artist__name="zz").update(price=3),
    "delete": lambda s: s.album.filter(year=-1, price=3).delete(),
    "delete over a relation": lambda s: s.album.filter(artist__name="zz", year=-1).delete(),
    "bulk_create": lambda s: s.artist.bulk_create([s.artist.model(pk=7, name="x")], ignore_conflicts=True),
    "bulk_update": lambda s: s.album.bulk_update([s.album.model(pk=99, year=1, price=2)], ["year", "price"]),
    "in_bulk": lambda s: s.album.in_bulk([1, 2]),
    "true or not": lambda s: list(s.note.filter(s.Q(good=True) | ~s.Q(album__year=3))),
    "XOR": lambda s: list(s.album.filter(s.Q(year=1) ^ s.Q(title="x"))),
    "JSON key": lambda s: list(s.note.filter(data__a=1)),
    "JSON key's text": lambda s: list(s.note.filter(data__a__b__icontains="x")),
    "JSON contains a key": lambda s: list(s.note.filter(data__has_key="a")),
    "a pattern": lambda s: list(s.album.filter(title__iregex="^x")),
    "text of a column": lambda s: list(s.album.filter(title__contains=s.F("artist__name"))),
    "filtered by a window": lambda s: list(s.album.annotate(n=s.Window(s.RowNumber(), order_by="year")).filter(n__lt=3)),
    "union, ordered": lambda s: list(s.album.filter(year=1).union(s.album.filter(year=2)).order_by("title")[:3]),
    "FilteredRelation": lambda s: list(
        s.artist.annotate(x=s.FilteredRelation("albums", condition=s.Q(albums__year=1))).filter(x__title="x")
    ),
    "select_for_update": lambda s: locked(s, s.album.select_for_update().filter(year=1)),
    "before now": lambda s: list(s.album.filter(made__lt=s.Now())),
    "window with a frame": lambda s: list(
        s.album.annotate(n=s.Window(s.Sum("price"), order_by="year", frame=s.RowRange(-2, 0)))
    ),
    "extra": lambda s: list(s.album.extra(select={"n": "year + %s"}, select_params=[1], where=["price > %s"], params=[2])),
    "RawSQL": lambda s: list(s.album.annotate(n=s.RawSQL("%s + 1", (1,)))),
    "a function of one's own": lambda s: list(s.album.annotate(n=s.Func("title", function="hex", output_field=s.TextField()))),
    "nothing": lambda s: list(s.album.filter(s.Q(pk__in=[]) | s.Q(year=3))),
    "dates": lambda s: list(s.album.datetimes("made", "month")),
}  # fmt: skip


def quickest(*works: Callable[[], Any], rounds: int = 80) -> list[float]:
    """Return the shortest time of each, in seconds; they take turns call by call, so that a busy machine is as busy for all."""
    best = [1e9] * len(works)
    for work in works:
        work()
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for place, work in enumerate(works):
            started = time.perf_counter()
            work()
            best[place] = min(best[place], time.perf_counter() - started)
    gc.enable()
    return best


def cold(database: Database, names: Names, ask: Ask) -> Callable[[], Any]:
    """Ask as if for the first time."""
    plans = database.backend.plans

    def work() -> None:
        plans.clear()
        ask(names)

    return work


def main(chosen: str, *, sql: bool) -> None:
    """Measure and write."""
    apps.set_installed_apps([f"{__name__}.Installed"])
    with connection.schema_editor() as editor:
        editor.create_model(DjArtist)
        editor.create_model(DjAlbum)
        editor.create_model(DjNote)
    database = connect(f"sqlite:///{FOLDER / 'partita.sqlite3'}")
    with database:
        database.create_all(Artist, Album, Note)
        mine = Names(Artist, Album, Note, ours)
        theirs = Names(DjArtist, DjAlbum, DjNote, dj, dj_functions, dj_raw, transaction)
        for names in (mine, theirs):
            first = names.artist.create(name="a")
            names.album.create(title="x", year=1, artist=first)
            names.album.create(title="y", year=2, artist=first)
        write = sys.stdout.write
        write(
            f"| first use, SQLite | partita | Django {django.__version__} | Django ÷ partita |\n| --- | --: | --: | --: |\n"
        )
        for name, ask in SHAPES.items():
            if chosen not in name:
                continue
            if sql:
                with database.query_log() as log:
                    ask(mine)
                write(f"{name}: {[logged.sql for logged in log]}\n")
                continue
            one, other = quickest(cold(database, mine, ask), lambda ask=ask: ask(theirs))
            write(f"| {name} | {one * 1e6:.0f} µs | {other * 1e6:.0f} µs | {other / one:.2f}× |\n")
            sys.stdout.flush()
    database.close()
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--sql"]
    main(arguments[0] if arguments else "", sql="--sql" in sys.argv)
