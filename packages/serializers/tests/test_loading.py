"""Loading: options, errors that say where, transactions, memory."""

import io
import json
import pickle
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita import serializers
from partita.orm import Database, Databases, IntegrityError, atomic, connect, signals
from partita.orm.testing import assert_num_queries

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def author(key: object, name: object = "A", **others: object) -> dict[str, Any]:
    return {"model": "library.author", "pk": key, "fields": {"name": name, **others}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (1, "object 2: expected an object"),
        ({}, "object 2: <object> is missing the 'model'"),
        ({"model": "library.nothing"}, "object 2 .library.nothing:pk=None.: Invalid model identifier"),
        ({"model": "library.author", "fields": 3}, "object 2 .*expected a mapping of fields, got int"),
        (author("x"), "object 2 .library.author:pk=x., field id: .*field_value was 'x'"),
        (author(10**400), "object 2 .library.author:pk=1000*.*"),
        (
            author(2, nme="A"),
            "object 2 .library.author:pk=2., field nme: library.Author has no field named 'nme'; it has",
        ),
        ({"model": "library.book", "pk": 1, "fields": {"author": "x"}}, "field author: .*field_value was 'x'"),
        (
            {"model": "library.book", "pk": 1, "fields": {"author": ["Zoe"]}},
            "field author: .*There is no library.Author",
        ),
        ({"model": "library.book", "pk": 1, "fields": {"author": []}}, "field author: "),
        ({"model": "library.book", "pk": 1, "fields": {"author": {"a": 1}}}, "field author: "),
        ({"model": "library.book", "pk": 1, "fields": {"genres": 3}}, "field genres: expected a list of keys"),
        ({"model": "library.book", "pk": 1, "fields": {"genres": ["x"]}}, "field genres: .*not a valid UUID"),
        ({"model": "library.copy", "pk": ["A"], "fields": {}}, "field pk: expected a list of 2 values"),
        ({"model": "library.copy", "pk": "[" * 9999, "fields": {}}, "field pk: "),
        ({"model": "library.sample", "fields": {"day": "yesterday"}}, "field day: .*yesterday"),
        ({"model": "library.sample", "fields": {"raw": "%"}}, "field raw: "),
        ({"model": "library.sample", "fields": {"raw": [1]}}, "field raw: "),
        ({"model": "library.sample", "fields": {"number": "1e999999999"}}, "object 2"),
        ({"model": "library.sample", "fields": {"whole": 10**30}}, "object 2"),
        ({"model": "library.sample", "fields": {"moment": {}}}, "field moment"),
    ],
)
def test_errors_name_object_and_field_and_nothing_is_kept(
    memory: Database, library: SimpleNamespace, found: Any, expected: str
) -> None:
    with pytest.raises((serializers.DeserializationError, serializers.SaveError), match=expected) as caught:
        serializers.load([author(1), found], "python")
    error: Any = caught.value
    assert error.number == 2
    assert library.Author.objects.count() == 0
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (type(caught.value), str(caught.value))


def test_a_failure_leaves_no_rows(database: Database, library: SimpleNamespace) -> None:
    rows = [author(1, "A"), author(2, "B"), author(3, "A")]
    with pytest.raises(serializers.ConflictError, match=r"object 3 \(library\.author:pk=3\)") as caught:
        serializers.load(json.dumps(rows))
    assert isinstance(caught.value, IntegrityError)
    assert library.Author.objects.count() == 0


def test_a_row_that_points_nowhere_is_named(database: Database, library: SimpleNamespace) -> None:
    rows = [author(1), {"model": "library.book", "pk": 4, "fields": {"title": "T", "author": 77}}]
    with pytest.raises(
        serializers.DanglingReference,
        match=r"library\.book:pk=4\), field author|library\.book:pk=4, field author: it points",
    ):
        serializers.load(json.dumps(rows))
    assert library.Author.objects.count() == 0
    with atomic(database), pytest.raises(serializers.DanglingReference):
        serializers.load(json.dumps(rows))
    assert library.Book.objects.count() == 0
    assert serializers.load(json.dumps(rows[:1])) == 1, "the connection checks again and is of use"
    with pytest.raises(IntegrityError), atomic(database):
        library.Book.objects.create(title="T", author_id=99)


def test_what_a_many_to_many_field_points_to_is_checked(database: Database, library: SimpleNamespace) -> None:
    rows = [author(1), {"model": "library.book", "pk": 4, "fields": {"title": "T", "author": 1, "readers": [1, 8]}}]
    with pytest.raises(serializers.DanglingReference, match="8"):
        serializers.load(json.dumps(rows))
    assert library.Book.objects.count() == 0


def test_keys_go_on_after_the_largest_that_was_loaded(database: Database, library: SimpleNamespace) -> None:
    serializers.load([author(5000, "A")], "python")
    assert library.Author.objects.create(name="B").pk > 5000


def test_rows_may_need_one_another(database: Database, library: SimpleNamespace) -> None:
    rows = [
        {"model": "library.chick", "pk": 4, "fields": {"name": "Pip"}},
        {"model": "library.egg", "pk": 4, "fields": {"name": "first", "hen": ["Berta"]}},
        {"model": "library.hen", "pk": 9, "fields": {"name": "Berta", "egg": ["first"]}},
        {"model": "library.nest", "pk": 1, "fields": {"name": "left", "beside": 2}},
        {"model": "library.nest", "pk": 2, "fields": {"name": "right", "beside": 1}},
    ]
    assert serializers.load(json.dumps(rows)) == 5
    hen = library.Hen.objects.get(name="Berta")
    assert hen.egg.hen == hen
    assert library.Nest.objects.get(pk=1).beside.beside.name == "left"


def test_rows_that_wait_for_one_that_never_comes_are_named(database: Database, library: SimpleNamespace) -> None:
    rows = [{"model": "library.egg", "pk": 4, "fields": {"name": "first", "hen": ["Berta"]}}]
    with pytest.raises(serializers.DeserializationError, match=r"library\.egg:pk=4.*field hen.*no library\.Hen.*Berta"):
        serializers.load(json.dumps(rows))
    with pytest.raises(serializers.DeserializationError, match="object 1"):
        serializers.load(json.dumps(rows), handle_forward_references=False)


def test_forward_references_are_found_when_many_are_related(database: Database, library: SimpleNamespace) -> None:
    rows = [
        {"model": "library.book", "pk": 1, "fields": {"title": "T", "author": 1, "readers": [["B"], ["C"]]}},
        author(1, "A"),
        author(2, "B"),
        author(3, "C"),
    ]
    assert serializers.load(json.dumps(rows)) == 4
    assert {reader.name for reader in library.Book.objects.get().readers.all()} == {"B", "C"}


def test_what_is_not_there_any_more_is_passed_over_on_request(memory: Database, library: SimpleNamespace) -> None:
    rows = [author(1, "A", gone=1), {"model": "library.gone", "pk": 1, "fields": {}}, author(2, "B")]
    with pytest.raises(serializers.DeserializationError, match="gone"):
        serializers.load(json.dumps(rows))
    assert serializers.load(json.dumps(rows), ignore_nonexistent=True) == 2
    made: list[Any] = list(serializers.deserialize("python", rows, ignorenonexistent=True))
    assert [each.object.name for each in made] == ["A", "B"]


def test_fields_may_be_chosen(memory: Database, library: SimpleNamespace) -> None:
    row = library.Sample(pk=1, chars="a", text="b")
    (found,) = serializers.dump([row], "python", fields=["text", "chars"])
    assert found["fields"] == {"chars": "a", "text": "b"}
    writer = library.Author.objects.create(name="A")
    book = library.Book.objects.create(title="T", author=writer)
    book.readers.set([writer])
    (found,) = serializers.dump([book], "python", fields=["readers"])
    assert found["fields"] == {"readers": [writer.pk]}


def test_a_parents_table_is_written_on_its_own(memory: Database, library: SimpleNamespace) -> None:
    picture = library.Picture.objects.create(title="T", author=library.Author.objects.create(name="A"), pages=3)
    (found,) = serializers.dump([picture], "python")
    assert found == {"model": "library.picture", "pk": picture.pk, "fields": {"pages": 3}}


def test_progress_is_told(memory: Database, library: SimpleNamespace) -> None:
    library.Author.objects.bulk_create([library.Author(name=str(number)) for number in range(2500)])
    seen: list[int] = []
    text = serializers.dump(library.Author.objects.all(), "jsonl", progress=seen.append)
    assert seen == [1000, 2000, 2500]
    seen.clear()
    serializers.load(text, "jsonl", progress=seen.append)
    assert seen == [1000, 2000, 2500]


def test_signals_say_that_values_are_raw(memory: Database, library: SimpleNamespace) -> None:
    seen: list[bool] = []

    def receive(sender: object, raw: bool, **_: object) -> None:
        seen.append(raw)

    signals.pre_save.connect(receive, sender=library.Author)
    try:
        serializers.load([author(1)], "python")
    finally:
        signals.pre_save.disconnect(receive, sender=library.Author)
    assert seen == [True]


def test_values_are_no_rows(memory: Database, library: SimpleNamespace) -> None:
    library.Author.objects.create(name="A")
    with pytest.raises(serializers.SerializersError, match="not values"):
        serializers.dump(library.Author.objects.values("name"))


def test_the_number_of_queries_does_not_grow_with_the_rows(memory: Database, library: SimpleNamespace) -> None:
    writers = [library.Author.objects.create(name=str(number)) for number in range(20)]
    for writer in writers:
        book = library.Book.objects.create(title=writer.name, author=writer)
        book.readers.set(writers[:3])
    with assert_num_queries(3):  # books, genres, readers
        serializers.dump(library.Book.objects.all())
    with assert_num_queries(5):  # and authors, and readers' names
        serializers.dump(library.Book.objects.all(), use_natural_foreign_keys=True)


def test_prefetched_rows_are_taken(memory: Database, library: SimpleNamespace) -> None:
    writer = library.Author.objects.create(name="A")
    library.Book.objects.create(title="T", author=writer).readers.set([writer])
    books = list(library.Book.objects.prefetch_related("readers", "genres"))
    with assert_num_queries(0):
        (found,) = serializers.dump(books, "python")
    assert found["fields"]["readers"] == [writer.pk]


@pytest.mark.parametrize("natural", [False, True])
def test_a_row_that_comes_twice_is_written_the_same_twice(
    memory: Database, library: SimpleNamespace, natural: bool
) -> None:
    writer = library.Author.objects.create(name="A")
    made = library.Book.objects.create(title="T", author=writer)
    made.readers.set([writer])
    expected = [("A",)] if natural else [writer.pk]
    fetched, plain = (
        library.Book.objects.prefetch_related("readers", "genres", "author").get(),
        library.Book.objects.get(),
    )
    for rows, queries in (([fetched, fetched], 0), ([plain, plain], 2), ([fetched, plain], 2), ([plain, fetched], 2)):
        for row in rows:
            assert row.author == writer  # read beforehand, as it is not what is counted
        with assert_num_queries(queries + (natural and queries > 0)):  # readers and genres, and the readers' names
            found = serializers.dump(rows, "python", use_natural_foreign_keys=natural)
        assert [each["fields"]["readers"] for each in found] == [expected, expected]


@pytest.mark.parametrize("natural", [False, True])
def test_rows_of_several_databases_keep_what_they_are_related_to(
    memory: Database, library: SimpleNamespace, natural: bool, tmp_path: Path
) -> None:
    other = connect(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    books = []
    with Databases({"default": memory, "other": other}):
        other.create_all(*vars(library).values())
        for database, names in ((memory, ["A"]), (other, ["B", "C"])):
            readers = [library.Author.objects.using(database).create(name=name) for name in names]
            book = library.Book.objects.using(database).create(title="T", author=readers[0])
            book.readers.set(readers)
            books.append(library.Book.objects.using(database).get())
        assert books[0].pk == books[1].pk
        found = serializers.dump(books, "python", use_natural_foreign_keys=natural)
    other.close()
    expected = [[("A",)], [("B",), ("C",)]] if natural else [[1], [1, 2]]
    assert [each["fields"]["readers"] for each in found] == expected


class Piped(io.TextIOBase):
    """Gives what is written piece by piece to who reads it."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces, self._piece, self._at = pieces, "", 0

    def _has_more(self) -> bool:
        while self._at == len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._piece, self._at = piece, 0
        return True

    def read(self, size: int | None = -1) -> str:
        if not size or not self._has_more():
            return ""
        start, self._at = self._at, min(self._at + size, len(self._piece))
        return self._piece[start : self._at]

    def readline(self, size: int = -1) -> str:  # type: ignore[override]  # text
        return self.read(self._piece.index("\n", self._at) + 1 - self._at) if self._has_more() else ""


class Counted(io.TextIOBase):
    """Keeps nothing of what is written."""

    written = 0

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)


def peak(work: Callable[[], object]) -> int:
    """Return how much memory `work` took at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("format", ["json", "jsonl", "xml", "yaml"])
def test_reading_holds_few_rows_at_a_time(memory: Database, library: SimpleNamespace, format: str) -> None:
    one = "x" * 1000

    def rows(many: int) -> Iterator[Any]:
        yield from (library.Author(pk=number, name=one) for number in range(many))

    def drain(many: int) -> None:
        read = serializers.deserialize(format, Piped(serializers.stream(rows(many), format)))
        assert sum(map(_one, read)) == many

    few, many = (peak(lambda number=number: drain(number)) for number in (2000, 8000))  # type: ignore[misc]  # bound now
    assert many < 1.2 * few


def _one(_: object) -> int:
    return 1


def test_writing_a_query_holds_few_rows_at_a_time(tmp_path: Any, library: SimpleNamespace) -> None:
    from partita.orm import connect

    with connect(f"sqlite:///{tmp_path / 'a.sqlite3'}") as database:
        database.create_all(library.Author)
        names = (library.Author(name=f"{number}{'x' * 40}") for number in range(30_000))
        library.Author.objects.bulk_create(list(names))
        target = Counted()
        used = peak(lambda: serializers.dump(library.Author.objects.all(), "jsonl", to=target))
        assert target.written > 30_000 * 80
        assert used < 4 * 2**20
        assert library.Author.objects.count() == 30_000
    database.close()


def test_models_are_sorted_by_need(library: SimpleNamespace) -> None:
    given = [library.Note, library.Book, library.Genre, library.Author]
    assert serializers.sort_models(given) == [library.Note, library.Author, library.Book, library.Genre]
    with pytest.raises(serializers.CircularDependency, match=r"library\.Hen needs library\.Egg needs library\.Hen"):
        serializers.sort_models([library.Hen, library.Egg])
    assert serializers.sort_models([library.Hen, library.Egg], allow_cycles=True) == [library.Egg, library.Hen]
