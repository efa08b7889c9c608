"""Calls that Django's manual shows for PostgreSQL: slices of F(), expressions in lists, defaults without a type."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import BooleanField, CharField, F, IntegerField, Model, Q, Registry, Value
from partita.postgres import (
    ArrayAgg,
    ArrayField,
    JSONBAgg,
    Lexeme,
    SearchQuery,
    SearchRank,
    SearchVector,
    SearchVectorField,
    advisory_lock,
)

records = Registry()


class Disc(Model):
    """Lists, texts and a stored document."""

    title = CharField(max_length=40)
    tags: ArrayField[list[str]] = ArrayField(CharField(max_length=20))
    sides: ArrayField[list[int] | None] = ArrayField(IntegerField(), null=True)
    document = SearchVectorField(null=True)

    class Meta:
        registry = records
        app_label = "discs"
        ordering = ("title",)


@pytest.fixture
def discs(tables: Callable[..., None]) -> None:
    tables(Disc)
    Disc.objects.create(title="jazz", tags=["jazz", "modal", "1959"], sides=[4, 7, 9])
    Disc.objects.create(title="low", tags=["rock"], sides=[])
    Disc.objects.create(title="odd", tags=[])


@pytest.mark.usefixtures("discs")
@pytest.mark.parametrize(
    ("cut", "wanted"),
    [
        (slice(0, 2), [[4, 7], [], None]),
        (slice(1, None), [[7, 9], [], None]),
        (slice(None, 1), [[4], [], None]),
        (slice(5, 9), [[], [], None]),
        (1, [[7], [], None]),
    ],
)
def test_names_of_arrays_are_sliced(cut: Any, wanted: list[Any], run: Callable[..., Any]) -> None:
    rows = Disc.objects.annotate(part=F("sides")[cut]).values_list("part", flat=True)
    assert list(rows) == wanted

    async def main() -> list[Any]:
        return [part async for part in rows.all()]

    assert run(main()) == wanted


@pytest.mark.usefixtures("discs")
def test_a_slice_is_compared_and_stored() -> None:
    assert [disc.title for disc in Disc.objects.filter(tags=F("tags")[0:1])] == ["low", "odd"]
    assert Disc.objects.filter(title="jazz").update(tags=F("tags")[1:]) == 1
    assert Disc.objects.get(title="jazz").tags == ["modal", "1959"]


@pytest.mark.usefixtures("discs")
def test_elements_of_a_list_may_be_expressions(database: Any, run: Callable[..., Any]) -> None:
    def titles(**asked: Any) -> list[str]:
        return [disc.title for disc in Disc.objects.filter(**asked)]

    assert titles(tags__contains=[F("title")]) == ["jazz"]
    assert titles(tags__contains=[F("title"), "rock"]) == []
    assert titles(tags__overlap=[F("title"), "rock"]) == ["jazz", "low"]
    assert titles(tags__contained_by=(F("title"), Value("rock"))) == ["low", "odd"]
    assert titles(sides__overlap=[F("sides__0"), None]) == ["jazz"]
    assert titles(tags=[F("title"), "modal", Value("1959")]) == ["jazz"]
    assert titles(tags__exact=("rock",)) == titles(tags=["rock"]) == ["low"]
    assert titles(tags=[]) == ["odd"]
    assert titles(sides=None) == ["odd"]
    assert titles(tags=[F("title")]) == []
    assert [disc.title for disc in Disc.objects.exclude(tags=[F("title"), "modal", "1959"])] == ["low", "odd"]
    assert [disc.title for disc in Disc.objects.exclude(sides=[F("sides__0"), 7, 9])] == ["low", "odd"]

    async def main() -> list[str]:
        return [disc.title async for disc in Disc.objects.filter(tags__overlap=[F("title"), "rock"])]

    assert run(main()) == ["jazz", "low"]
    before = len(database.backend.plans)
    for word in ("a", "b'", "c"):
        assert titles(tags__overlap=[F("title"), word]) == ["jazz"]
    assert len(database.backend.plans) == before


@pytest.mark.usefixtures("discs")
def test_expressions_are_never_stored_as_text() -> None:
    with pytest.raises(TypeError, match="not expressions"):
        Disc.objects.create(title="x", tags=[F("title")])


@pytest.mark.usefixtures("discs")
def test_an_element_that_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match="Field 'sides' expected a number but got 'x'"):
        list(Disc.objects.filter(sides__contains=["x"]))


@pytest.mark.usefixtures("discs")
def test_defaults_of_aggregates_need_no_type() -> None:
    nothing = Disc.objects.filter(title="nothing")
    assert nothing.aggregate(
        titles=ArrayAgg("title", default=Value([])),
        given=ArrayAgg("title", default=["none"]),
        rows=JSONBAgg("pk", default=[]),
    ) == {"titles": [], "given": ["none"], "rows": []}
    assert Disc.objects.aggregate(titles=ArrayAgg("title", order_by="title", default=Value([]))) == {
        "titles": ["jazz", "low", "odd"]
    }


@pytest.mark.usefixtures("discs")
def test_one_plan_of_an_aggregate_serves_all_values(database: Any) -> None:
    def titles(longest: int, other: str) -> Any:
        chosen = Q(pk__lte=longest)
        return Disc.objects.aggregate(titles=ArrayAgg("title", filter=chosen, order_by="title", default=[other]))[
            "titles"
        ]

    first, *_, last = Disc.objects.order_by("pk").values_list("pk", flat=True)
    assert titles(first, "a") == ["jazz"]
    before = len(database.backend.plans)
    assert [titles(first - 1, "b"), titles(0, "c"), titles(last, "d")] == [["b"], ["c"], ["jazz", "low", "odd"]]
    assert len(database.backend.plans) == before


@pytest.mark.usefixtures("discs")
def test_what_an_aggregate_collects_is_part_of_its_shape() -> None:
    def found(inner: Any) -> Any:
        rows = Disc.objects.filter(title="low")
        return rows.aggregate(all=ArrayAgg("sides__len", output_field=ArrayField(inner)))["all"]

    assert [found(IntegerField()), found(BooleanField())] == [[0], [False]]
    assert type(found(IntegerField())[0]) is int


@pytest.mark.usefixtures("discs")
def test_a_lexeme_is_searched_for_as_it_is() -> None:
    Disc.objects.update(document=SearchVector("title", config="simple"))
    assert [disc.title for disc in Disc.objects.filter(document=Lexeme("jaz", prefix=True))] == ["jazz"]
    assert [disc.title for disc in Disc.objects.filter(document__search=Lexeme("low") | Lexeme("odd"))] == [
        "low",
        "odd",
    ]
    assert [disc.title for disc in Disc.objects.filter(title__search=~Lexeme("low"))] == ["jazz", "odd"]
    ranked = Disc.objects.annotate(rank=SearchRank("title", Lexeme("low"))).order_by("-rank")
    assert ranked.values_list("title", flat=True)[0] == "low"
    number: Any = 3
    with pytest.raises(TypeError, match="not of int"):
        Lexeme(number)


@pytest.mark.usefixtures("discs")
@pytest.mark.parametrize("cover_density", [False, True])
def test_flags_of_ranks_are_expressions_too(cover_density: bool) -> None:
    def rank(flags: Any) -> float:
        query = SearchQuery("jazz")
        wanted = SearchRank(SearchVector("tags"), query, normalization=flags, cover_density=cover_density)
        found: float = Disc.objects.annotate(rank=wanted).values_list("rank", flat=True)[0]
        return found

    assert rank(Value(2).bitor(Value(4))) == rank(2 | 4)
    assert rank(Value(2)) < rank(0)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("name", [None, b"name", 1.5, ["a"]])
def test_a_lock_has_a_name(name: Any) -> None:
    with pytest.raises(TypeError, match="text or a number"), advisory_lock(name):
        pass
