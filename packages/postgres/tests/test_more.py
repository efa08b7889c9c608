"""Likeness, accents, aggregates, functions and locks."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import (
    Cast,
    CharField,
    FloatField,
    IntegerField,
    Model,
    NotSupportedError,
    Q,
    Registry,
    Value,
    atomic,
    connect,
    current_databases,
)
from partita.postgres import (
    ArrayAgg,
    ArrayField,
    BitAnd,
    BitOr,
    BitXor,
    BoolAnd,
    BoolOr,
    Corr,
    CovarPop,
    JSONBAgg,
    RandomUUID,
    RegrAvgX,
    RegrAvgY,
    RegrCount,
    RegrIntercept,
    RegrR2,
    RegrSlope,
    RegrSXX,
    RegrSXY,
    RegrSYY,
    StringAgg,
    TransactionNow,
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
    aadvisory_lock,
    advisory_lock,
)

people = Registry()


class Person(Model):
    """A name and two numbers."""

    name = CharField(max_length=50)
    x = FloatField(null=True)
    y = FloatField(null=True)

    class Meta:
        registry = people
        app_label = "people"
        ordering = ("name",)


@pytest.fixture
def persons(tables: Callable[..., None]) -> None:
    tables(Person)
    for name, x, y in (("Gilberto Gil", 1, 2), ("João Gilberto", 2, 4), ("Jorge Ben", 3, 7), ("Nobody", None, None)):
        Person.objects.create(name=name, x=x, y=y)


def names(rows: Any) -> list[str]:
    return list(rows.values_list("name", flat=True))


@pytest.mark.usefixtures("persons")
def test_texts_that_are_alike(run: Callable[..., Any]) -> None:
    rows = Person.objects.annotate(alike=TrigramSimilarity("name", "Joao Gilberto")).order_by("-alike")
    assert names(rows)[:2] == ["João Gilberto", "Gilberto Gil"]
    assert names(Person.objects.filter(name__trigram_similar="Jorje Ben")) == ["Jorge Ben"]
    assert names(Person.objects.filter(name__trigram_word_similar="Gilbert")) == ["Gilberto Gil", "João Gilberto"]
    assert names(Person.objects.filter(name__trigram_strict_word_similar="Gilberto")) == [
        "Gilberto Gil",
        "João Gilberto",
    ]
    assert names(Person.objects.filter(name__trigram_similar="%' OR 1=1 --")) == []
    found = Person.objects.annotate(
        far=TrigramDistance("name", "Jorge Ben"),
        word=TrigramWordSimilarity("Jorge", "name"),
        apart=TrigramWordDistance("Jorge", "name"),
        strict=TrigramStrictWordSimilarity("Jorge", "name"),
    ).get(name="Jorge Ben")
    assert (found.far, found.word, found.apart, found.strict) == (0, 1, 0, 1)  # type: ignore[attr-defined]

    async def main() -> list[str]:
        return [row.name async for row in Person.objects.filter(name__trigram_similar="Jorje Ben")]

    assert run(main()) == ["Jorge Ben"]


@pytest.mark.usefixtures("persons")
def test_accents_do_not_count() -> None:
    assert names(Person.objects.filter(name__unaccent="Joao Gilberto")) == ["João Gilberto"]
    assert names(Person.objects.filter(name__unaccent__istartswith="joã")) == ["João Gilberto"]
    assert names(Person.objects.filter(name="Joao Gilberto")) == []


@pytest.mark.usefixtures("persons")
def test_lists_and_truths_of_many_rows() -> None:
    got = Person.objects.aggregate(
        names=ArrayAgg("name", order_by="-x", filter=Q(x__gte=2)),
        xs=JSONBAgg("x", order_by="x", filter=Q(x__isnull=False)),
        none=ArrayAgg("name", filter=Q(x__gt=99)),
        empty=ArrayAgg("name", filter=Q(x__gt=99), default=Value([], ArrayField(CharField()))),
        every=BoolAnd(Q(x__gt=0)),
        some=BoolOr(Q(x__gt=2)),
        listed=StringAgg("name", Value("; "), order_by="name", filter=Q(x__gte=2)),
        once=ArrayAgg("x", distinct=True, order_by="x", filter=Q(x__lt=3)),
        bits=BitOr(Cast("x", IntegerField())),
        common=BitAnd(Cast("x", IntegerField()), filter=Q(x__gt=1)),
        odd=BitXor(Cast("x", IntegerField())),
    )
    assert got == {
        "listed": "Jorge Ben; João Gilberto",
        "once": [1.0, 2.0],
        "bits": 3,
        "common": 2,
        "odd": 0,
        "names": ["Jorge Ben", "João Gilberto"],
        "xs": [1.0, 2.0, 3.0],
        "none": None,
        "empty": [],
        "every": True,
        "some": True,
    }


@pytest.mark.usefixtures("persons")
def test_figures_of_two_columns() -> None:
    got = Person.objects.aggregate(
        corr=Corr("y", "x"),
        pop=CovarPop("y", "x"),
        sample=CovarPop("y", "x", sample=True),
        mean_x=RegrAvgX("y", "x"),
        mean_y=RegrAvgY("y", "x"),
        count=RegrCount("y", "x"),
        intercept=RegrIntercept("y", "x"),
        r2=RegrR2("y", "x"),
        slope=RegrSlope("y", "x"),
        sxx=RegrSXX("y", "x"),
        sxy=RegrSXY("y", "x"),
        syy=RegrSYY("y", "x"),
    )
    wanted = {
        "corr": 0.993399,
        "pop": 5 / 3,
        "sample": 2.5,
        "mean_x": 2,
        "mean_y": 13 / 3,
        "count": 3,
        "intercept": -2 / 3,
        "r2": 0.986842,
        "slope": 2.5,
        "sxx": 2,
        "sxy": 5,
        "syy": 38 / 3,
    }
    assert got == {name: pytest.approx(value, rel=1e-5) for name, value in wanted.items()}
    with pytest.raises(TypeError):
        Corr("y")  # type: ignore[call-arg]


@pytest.mark.usefixtures("persons")
def test_values_made_by_the_database() -> None:
    one, other = Person.objects.annotate(key=RandomUUID())[:2]
    assert one.key.version == 4  # type: ignore[attr-defined]
    assert one.key != other.key  # type: ignore[attr-defined]
    with atomic():
        first = Person.objects.annotate(now=TransactionNow())[0].now  # type: ignore[attr-defined]
        assert Person.objects.annotate(now=TransactionNow())[0].now == first  # type: ignore[attr-defined]


@pytest.mark.usefixtures("database")
def test_a_lock_has_one_holder_at_a_time() -> None:
    inside = threading.Event()
    leave = threading.Event()
    database = current_databases()["default"]

    def hold() -> None:
        with database, advisory_lock("publish") as held:
            assert held
            inside.set()
            leave.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert inside.wait(20)
        with advisory_lock("publish", wait=False) as held:
            assert not held
        with advisory_lock("something else", wait=False) as held:
            assert held
    finally:
        leave.set()
        other.join()
    with advisory_lock("publish", wait=False) as held:
        assert held


def test_tasks_wait_for_one_another(run: Callable[..., Any]) -> None:
    steps: list[str] = []

    async def one(name: str) -> None:
        async with aadvisory_lock(7):
            steps.append(f"{name} in")
            await asyncio.sleep(0.01)
            steps.append(f"{name} out")

    async def main() -> None:
        await asyncio.gather(*(one(name) for name in "abc"))

    run(main())
    assert [step.split()[1] for step in steps] == ["in", "out"] * 3
    assert all(first.split()[0] == second.split()[0] for first, second in zip(steps[::2], steps[1::2], strict=True))


@pytest.mark.usefixtures("database")
def test_shared_locks_are_shared() -> None:
    with advisory_lock("read", shared=True), advisory_lock("read", shared=True, wait=False) as held:
        assert held


def test_locks_say_what_they_need() -> None:
    with connect("sqlite://:memory:"), pytest.raises(NotSupportedError, match="PostgreSQL"), advisory_lock("x"):
        pass


@pytest.mark.usefixtures("database")
def test_a_number_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="64 bits"), advisory_lock(2**63):
        pass
