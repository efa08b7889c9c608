"""What cannot be written as text at once means the same by way of SQLAlchemy's elements, wherever it stands in a query."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Unicode, func
from sqlalchemy.types import TypeDecorator

from partita.orm import (
    CASCADE,
    Cast,
    CharField,
    Count,
    Database,
    Exists,
    F,
    FilteredRelation,
    ForeignKey,
    IntegerField,
    Lookup,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    RawSQL,
    Registry,
    Subquery,
    Upper,
    Value,
    atomic,
)
from partita.orm.compiler.direct import Direct, NotPlain
from partita.orm.expressions import Leaf

signs = Registry()


class Quoted(TypeDecorator[str]):
    """Text that is small in the database and large outside, by functions of the database."""

    impl, cache_ok = Unicode, True

    def bind_expression(self, bindvalue: Any) -> Any:
        """What is compared and assigned becomes small."""
        return func.lower(bindvalue)

    def column_expression(self, column: Any) -> Any:
        """What is read becomes large."""
        return func.upper(column)


class QuotedField(CharField[str]):
    """A field of that type."""

    def sql_type(self) -> Any:
        """Of somebody else."""
        return Quoted(20)


class Sign(Model):
    """Its text is kept in a type that writes SQL of its own."""

    text = QuotedField(max_length=20)
    size = IntegerField(default=1)

    class Meta:
        registry, app_label = signs, "signs"
        ordering = ("size",)


class Above(Lookup):
    """Greater, in SQL of one's own."""

    lookup_name = "above"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Both sides, with the operator between."""
        left, params = self.process_lhs(compiler, connection)
        right, more = self.process_rhs(compiler, connection)
        return f"{left} > {right}", [*params, *more]


class Post(Model):
    """Carries signs."""

    sign = ForeignKey(Sign, CASCADE, related_name="posts")
    number = IntegerField()

    class Meta:
        registry, app_label = signs, "signs"


@pytest.fixture
def posts(database: Database, tables: Any) -> QuerySet[Post]:
    """Two signs on three posts."""
    tables(Sign, Post)
    stop, go = (Sign.objects.create(text=text, size=size) for size, text in enumerate(("stop", "go"), 1))
    for number, sign in enumerate((stop, go, go), 1):
        Post.objects.create(sign=sign, number=number)
    return Post.objects.order_by("number")


def kept(database: Database) -> list[str]:
    return [row[0] for row in database.execute("SELECT text FROM signs_sign ORDER BY size")]


def test_a_type_that_writes_sql_is_written_wherever_it_stands(posts: Any, database: Database) -> None:
    assert kept(database) == ["stop", "go"]
    assert [sign.text for sign in Sign.objects.all()] == ["STOP", "GO"]
    assert [sign.size for sign in Sign.objects.filter(text="GO")] == [2]
    assert list(Sign.objects.values_list("text", flat=True)) == ["STOP", "GO"]
    assert list(Sign.objects.values_list("size", flat=True)) == [1, 2]
    assert [post.sign.text for post in posts.select_related("sign")] == ["STOP", "GO", "GO"]
    assert [post.number for post in posts.filter(sign__text="GO")] == [2, 3]
    assert [post.number for post in posts.filter(sign__text__in=["STOP", "x"])] == [1]
    assert [post.number for post in posts.exclude(sign__text="GO")] == [1]
    assert [sign.text for sign in Sign.objects.exclude(posts__number=1)] == ["GO"]
    assert [post.number for post in posts.filter(sign__in=Sign.objects.filter(text="GO"))] == [2, 3]
    assert [post.number for post in posts.filter(Exists(Sign.objects.filter(pk=OuterRef("sign"), text="STOP")))] == [1]
    assert [sign.text for sign in Sign.objects.order_by("text")] == ["GO", "STOP"]
    assert list(Sign.objects.annotate(n=Count("posts")).filter(n__gt=1).values_list("text", "n")) == [("GO", 2)]
    assert Sign.objects.filter(text="GO").count() == 1
    assert Sign.objects.filter(text="GO").exists()
    assert Sign.objects.filter(text="GO").aggregate(n=Max("size")) == {"n": 2}
    assert [sign.text for sign in Sign.objects.filter(text="GO").union(Sign.objects.filter(size=1))] in (
        ["GO", "STOP"],
        ["STOP", "GO"],
    )
    assert Sign.objects.filter(text="GO").update(text="WALK", size=F("size") + 1) == 1
    assert kept(database) == ["stop", "walk"]
    assert Post.objects.filter(sign__text="WALK").delete()[0] == 2
    assert [sign.text for sign in Sign.objects.only("text").defer("size")] == ["STOP", "WALK"]
    again = Sign.objects.annotate(again=Cast("size", QuotedField(max_length=20))).values_list("again", flat=True)
    assert list(again.filter(size=1)) == ["1"]


LEFT: dict[str, Any] = {
    "rows of another table": lambda m: m.Album.objects.select_for_update(of=("self",)),
    "names that say of": lambda m: m.Album.objects.select_for_update(of=("self", "artist")).select_related("artist"),
    "sets of sets": lambda m: m.Genre.objects.union(m.Genre.objects.intersection(m.Genre.objects.filter(pk=1))),
    "sets of slices": lambda m: m.Genre.objects.order_by("pk")[:2].union(m.Genre.objects.all()),
    "a mark in SQL": lambda m: m.Album.objects.annotate(n=RawSQL("'a\x02b'", ())),
    "another mark in SQL": lambda m: m.Album.objects.annotate(n=RawSQL("'a\x04b'", ())),
    "a type of somebody else": lambda m: m.Album.objects.annotate(n=Cast("title", QuotedField(max_length=20))),
    "rows of somebody else": lambda m: Sign.objects.all(),
    "a column of somebody else": lambda m: Post.objects.values("sign__text"),
    "an order of somebody else": lambda m: Post.objects.order_by("sign__text"),
    "along with somebody else": lambda m: Post.objects.select_related("sign"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_text_cannot_say_is_left_to_elements(models: SimpleNamespace, alike: Any, name: str) -> None:
    query = LEFT[name](models).query
    leaves: list[Leaf] = []
    query.shape(leaves)
    with pytest.raises(NotPlain):
        Direct(alike.backends["postgresql"], query, leaves).rows()


SAME: dict[str, Any] = {
    "locked at once": lambda m: m.Album.objects.select_for_update(nowait=True),
    "locked or passed over": lambda m: m.Album.objects.select_for_update(skip_locked=True).order_by("pk")[1:3],
    "columns beside somebody else's": lambda m: Post.objects.filter(sign__size=3).values("number", "sign__size"),
    "keys of somebody else's": lambda m: Post.objects.filter(sign__in=Sign.objects.filter(size=1)).exclude(sign__size=2),
    "not any of many by what is computed": lambda m: m.Album.objects.annotate(n=F("year") + 1).exclude(tracks__number=F("n")),
    "not any of a filtered relation": lambda m: m.Artist.objects.annotate(
        x=FilteredRelation("albums", condition=~Q(albums__year=1))).filter(x__title="a").exclude(x__year=3),
    "a slice inside": lambda m: m.Artist.objects.annotate(n=Subquery(m.Album.objects.filter(artist=OuterRef("pk")).order_by("pk").values("year")[2:3])),
    "groups in the order of what is computed": lambda m: m.Album.objects.annotate(x=F("year") + 1).values("artist").annotate(n=Count("pk")).order_by("x"),
    "distinct groups": lambda m: m.Album.objects.order_by().values("artist").annotate(n=Count("pk")).distinct(),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "asyncpg", "mysql"])
@pytest.mark.parametrize("name", SAME)
def test_what_text_can_say_is_what_elements_say(models: SimpleNamespace, alike: Any, name: str, backend: str) -> None:
    alike.same(alike.backends[backend], SAME[name](models).query)


def test_sets_of_sets_and_of_slices(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    genres = models.Genre.objects
    jazz, rock = genres.filter(name="Jazz"), genres.filter(name="Rock")
    both = jazz.union(rock)
    assert sorted(genre.name for genre in both.union(genres.filter(name="Modal"))) == ["Jazz", "Modal", "Rock"]
    assert sorted(genre.name for genre in genres.difference(both)) == ["Modal"]
    assert both.union(genres.all()).count() == 3
    first = genres.order_by("-name")[:1]
    assert [genre.name for genre in first.union(jazz).order_by("name")] == ["Jazz", "Rock"]
    assert [genre.name for genre in jazz.union(first, all=True).order_by("-name")[:1]] == ["Rock"]
    assert first.union(jazz).exists()


def test_groups_are_those_of_what_they_are_ordered_by_in_either_way(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    by_century = models.Album.objects.annotate(century=F("year") / 100).values("artist__name").annotate(n=Count("pk"))
    for rows in (by_century, by_century.filter(Above(F("year"), 0))):  # as text at once, and by way of elements
        assert list(rows.order_by("century", "artist__name")) == [
            {"artist__name": "David Bowie", "n": 1},
            {"artist__name": "Miles Davis", "n": 2},
        ]


def test_marks_in_sql_and_names_are_only_characters(
    database: Database, music: SimpleNamespace, models: SimpleNamespace
) -> None:
    albums = models.Album.objects.filter(title="Low", year=1977)
    for mark in ("\x02", "\x04", "\x020\x03"):
        assert albums.annotate(n=RawSQL(f"'a{mark}b'", (), CharField())).get().n == f"a{mark}b"
        assert albums.annotate(n=Value(f"a{mark}b")).get().n == f"a{mark}b"
        assert albums.filter(title=f"L{mark}").count() == 0


@pytest.mark.parametrize("mark", ["\x020\x03", "\x04"])
def test_marks_in_names_of_columns_are_only_characters(mark: str) -> None:
    here = Registry()

    class Odd(Model):
        one = CharField(max_length=5, db_column=f"a{mark}")
        two = CharField(max_length=5)

        class Meta:
            app_label = "odd"

        Meta.registry = here  # type: ignore[attr-defined]

    with Database("sqlite://") as database:
        database.create_all(Odd)
        Odd.objects.create(one="1", two="2")
        assert [(row.one, row.two) for row in Odd.objects.filter(two="2")] == [("1", "2")]
        assert list(Odd.objects.filter(one="1").order_by("one").values_list(Upper("one"), "two")) == [("1", "2")]
        assert Odd.objects.update(one="3") == 1
        assert Odd.objects.exclude(one="3").count() == 0
    database.close()


def test_locks_of_some_tables(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    albums = models.Album.objects.select_related("artist").order_by("title")
    with atomic():
        if database.vendor == "mysql":
            with pytest.raises(Exception, match="PostgreSQL's"):
                list(albums.select_for_update(of=("self",)))
            return
        rows = albums.select_for_update(of=("self", "artist"))
        assert next((row.title, row.artist.name) for row in rows) == ("Bitches Brew", "Miles Davis")
        assert len(albums.select_for_update(no_key=True)) == 3


def test_what_is_known_of_types_does_not_grow_for_ever(models: SimpleNamespace) -> None:
    backend = Database("postgresql://nobody@127.0.0.1/none").blocking
    for length in range(1, 1100):
        query = models.Album.objects.annotate(n=Cast("year", CharField(max_length=length))).query
        leaves: list[Leaf] = []
        query.shape(leaves)
        assert f"VARCHAR({length})" in Direct(backend, query, leaves).rows().sql
    assert 0 < len(backend.around) <= 1000
