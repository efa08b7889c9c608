"""Wrong use is answered with what was wrong, what there is, and what was probably meant."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    Database,
    DataError,
    FieldDoesNotExist,
    FieldError,
    ForeignKey,
    Index,
    IntegerField,
    IntegrityError,
    InternalError,
    Manager,
    ManyToManyField,
    Model,
    ModelError,
    NoDatabaseError,
    OperationalError,
    ProgrammingError,
    Q,
    Registry,
    Sum,
    TransactionManagementError,
    UniqueConstraint,
    atomic,
    connect,
)

mistakes = Registry()


class Word(Model):
    """A short text that stands once."""

    text = CharField(max_length=5, unique=True)

    class Meta:
        registry = mistakes
        app_label = "mistakes"


class Shelf(Model):
    """Has words at places, each of which holds one."""

    words = ManyToManyField(Word, through="Place", related_name="shelves")

    class Meta:
        registry = mistakes
        app_label = "mistakes"


class Place(Model):
    """Where a word stands."""

    shelf = ForeignKey(Shelf, CASCADE)
    word = ForeignKey(Word, CASCADE)
    number = IntegerField()

    class Meta:
        registry = mistakes
        app_label = "mistakes"
        constraints = (UniqueConstraint(fields=("shelf", "number"), name="mistakes_place_once"),)


WRONG_NAMES: dict[str, Callable[[Any], object]] = {
    "filter": lambda rows: rows.filter(titel="Low"),
    "exclude": lambda rows: rows.exclude(titel="Low"),
    "Q": lambda rows: rows.filter(Q(titel="Low")),
    "order_by": lambda rows: rows.order_by("-titel"),
    "values": lambda rows: rows.values("titel"),
    "only": lambda rows: rows.only("titel"),
    "defer": lambda rows: rows.defer("titel"),
    "distinct": lambda rows: rows.distinct("titel"),
    "aggregate": lambda rows: rows.aggregate(n=Sum("titel")),
    "update": lambda rows: rows.update(titel="Low"),
    "get_or_create": lambda rows: rows.get_or_create(titel="Low"),
}


@pytest.mark.parametrize("method", WRONG_NAMES)
def test_an_unknown_field_is_answered_with_those_there_are_and_the_nearest(
    database: Database, models: SimpleNamespace, method: str
) -> None:
    with pytest.raises((FieldError, FieldDoesNotExist)) as caught:
        list(WRONG_NAMES[method](models.Album.objects))  # type: ignore[call-overload]  # whatever it gives
    assert str(caught.value).endswith("Did you mean 'title'?")
    assert "artist, artist_id" in str(caught.value)


def test_nothing_is_suggested_where_nothing_is_near(models: SimpleNamespace) -> None:
    with pytest.raises(FieldError) as caught:
        models.Album.objects.filter(zzz=1)
    assert "Did you mean" not in str(caught.value)


def test_what_follows_a_relation_is_answered_with_the_fields_over_there(models: SimpleNamespace) -> None:
    with pytest.raises(FieldError, match=r"invalid lookup: nmae\. Choices of Artist are: .*Did you mean 'name'\?"):
        models.Track.objects.filter(album__artist__nmae="x")
    with pytest.raises(FieldError, match=r"Put a field of Artist before it, as in artist__FIELD__startswith"):
        models.Album.objects.filter(artist__startswith="x")
    with pytest.raises(FieldError, match=r"Did you mean 'isnull'"):
        models.Album.objects.filter(artist__isnul=True)


def test_an_instance_names_all_unknown_keywords_and_how_many_to_many_are_set(models: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword arguments: 'titel', 'zzz'\. Did you mean 'title'\?"):
        models.Album(titel="Low", zzz=1)
    with pytest.raises(TypeError, match=r"Use genres\.set\(\) instead"):
        models.Album(genres=[])


@pytest.mark.parametrize("condition", ["title", {"title": "Low"}, 3, None, Q])
def test_what_is_no_condition_is_refused(models: SimpleNamespace, condition: object) -> None:
    with pytest.raises(TypeError, match="is no condition"):
        models.Album.objects.filter(condition)
    with pytest.raises(TypeError, match="is no condition"):
        models.Album.objects.exclude(Q(condition))


def test_values_of_the_wrong_kind_are_refused_by_name(database: Database, models: SimpleNamespace) -> None:
    rows = models.Album.objects
    with pytest.raises(TypeError, match="__in needs a list of values, not 3"):
        rows.filter(pk__in=3)
    for ends in ((1,), (1, 2, 3), "ab", 5):
        with pytest.raises(ValueError, match="__range needs the least and the greatest value"):
            rows.filter(year__range=ends)
    assert "BETWEEN" in str(rows.filter(year__range=iter((1, 2))).query)
    with pytest.raises(TypeError, match="indices must be integers or slices, not str"):
        rows.all()["title"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("pool_size", 0),
        ("pool_size", -1),
        ("pool_size", 1.5),
        ("pool_size", None),
        ("pool_timeout", -1),
        ("busy_timeout", float("nan")),
        ("check_after", True),
        ("copy_rows", []),
    ],
)
def test_an_option_that_is_no_such_number_is_refused(option: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"The database option {option} is a .*number of at least"):
        connect("sqlite://:memory:", **{option: value})


def test_a_file_in_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "shop.sqlite3"
    with pytest.raises(OperationalError, match=r"nowhere/shop\.sqlite3\. Its folder does not exist"):
        connect(f"sqlite:///{path}").execute("SELECT 1")
    with pytest.raises(OperationalError, match=r"unable to open database file: "):
        connect(f"sqlite:///{tmp_path}").execute("SELECT 1")


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_driver_that_is_not_installed_is_answered_with_its_extra(scheme: str) -> None:
    program = f"""
import sys
class Nobody:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("psycopg", "asyncpg", "pymysql", "asyncmy"):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Nobody())
sys.path[:] = {sys.path!r}
import asyncio
from partita.orm import NoDatabaseError, connect
database = connect("{scheme}://nobody@127.0.0.1/none")
for ask in (lambda: database.execute("SELECT 1"), lambda: asyncio.run(database.aexecute("SELECT 1"))):
    try:
        ask()
    except NoDatabaseError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count(f'pip install "partita-orm[{scheme}]"') == 2


def test_a_missing_table_comes_with_how_tables_are_made(database: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)) as caught:
        Word.objects.count()
    assert any("create_all" in note for note in caught.value.__notes__)


def test_a_statement_in_a_broken_transaction_says_why_it_is(database: Database, models: SimpleNamespace) -> None:
    if database.vendor != "postgresql":
        pytest.skip("platform: only PostgreSQL ends a transaction with its first error")
    models.Genre.objects.create(name="Jazz")

    def go_on() -> None:
        with atomic():
            with pytest.raises(IntegrityError):
                models.Genre.objects.create(name="Jazz")
            models.Genre.objects.count()

    async def ago_on() -> None:
        async with atomic():
            with pytest.raises(IntegrityError):
                await models.Genre.objects.acreate(name="Jazz")
            await models.Genre.objects.acount()
        await database.aclose_native()

    for broken in (go_on, lambda: asyncio.run(ago_on())):
        with pytest.raises(InternalError, match=r"An earlier statement of this transaction failed.*atomic\(\)"):
            broken()


def test_an_index_on_a_parents_column_says_where_it_belongs() -> None:
    own = Registry()

    class Post(Model):
        title = CharField(max_length=5)

        class Meta:
            registry = own
            app_label = "mistakes"

    class Letter(Post):
        class Meta:
            registry = own
            app_label = "mistakes"
            indexes = (Index(fields=("title",), name="letter_title"),)

    with pytest.raises(ModelError, match=r"letter_title of the table mistakes_letter names 'title'.*mistakes\.Post"):
        connect("sqlite://:memory:").create_all(Post, Letter)


def test_models_of_a_script_have_tables_with_a_plain_name() -> None:
    names = {"__module__": "__main__", "Meta": type("Meta", (), {"registry": Registry()})}
    made: Any = type("Thing", (Model,), names)
    assert made._meta.db_table == "main_thing"


def test_sql_without_its_values_is_a_programming_error(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        database.execute("SELECT %s")


def test_ignoring_conflicts_ignores_nothing_else(database: Database, tables: Any) -> None:
    tables(Word, Shelf, Place)
    Word.objects.bulk_create([Word(text="a")])
    Word.objects.bulk_create([Word(text="a"), Word(text="b"), Word(text="b")], ignore_conflicts=True)
    assert sorted(Word.objects.values_list("text", flat=True)) == ["a", "b"]
    if database.vendor != "sqlite":
        with pytest.raises(DataError):
            Word.objects.bulk_create([Word(text="too long")], ignore_conflicts=True)
    with pytest.raises(IntegrityError):
        Word.objects.bulk_create([Word(text=None)], ignore_conflicts=True)
    shelf = Shelf.objects.create()
    with pytest.raises(IntegrityError):
        Place.objects.bulk_create([Place(shelf=shelf, word_id=777, number=1)], ignore_conflicts=True)


def test_a_relation_to_what_is_not_there_is_an_error(music: SimpleNamespace) -> None:
    with pytest.raises(IntegrityError), atomic():
        music.low.genres.add(777_777)
    assert music.low.genres.count() == 0


def test_a_table_between_with_columns_of_its_own_may_refuse(database: Database, tables: Any) -> None:
    tables(Word, Shelf, Place)
    shelf = Shelf.objects.create()
    one, two = Word.objects.create(text="one"), Word.objects.create(text="two")
    with pytest.raises(IntegrityError), atomic():
        shelf.words.add(one)  # a place needs a number
    shelf.words.add(one, through_defaults={"number": 1})
    shelf.words.add(one, through_defaults={"number": 5})  # it is there
    with pytest.raises(IntegrityError), atomic():
        shelf.words.add(two, through_defaults={"number": 1})
    assert [word.text for word in shelf.words.all()] == ["one"]


def test_long_lists_are_not_filled_up_beyond_what_drivers_take(database: Database, models: SimpleNamespace) -> None:
    row = models.Genre.objects.create(name="Jazz")
    numbers = [row.pk, *range(10_000_000, 10_032_765)]
    if database.vendor == "postgresql":
        numbers.extend(range(20_000_000, 20_032_769))
        assert len(numbers) == 65_535
    assert models.Genre.objects.filter(pk__in=numbers).count() == 1


def test_a_database_is_entered_by_async_with_and_closes_the_loops_connections(
    session_database: Database, models: SimpleNamespace
) -> None:
    def of_loops() -> int:
        native = session_database.pool_statistics().get("native")
        return 0 if native is None else native.open

    async def main() -> int:
        before = of_loops()  # loops of other tests
        async with session_database as entered:
            assert entered is session_database
            count: int = await models.Album.objects.acount()
            assert of_loops() == before + (session_database.native is not None)
        assert of_loops() == before
        with pytest.raises(NoDatabaseError):
            await models.Album.objects.acount()
        return count

    assert asyncio.run(main()) == 0


def test_a_durable_block_within_another_is_a_run_time_error_besides(database: Database) -> None:
    with atomic(), pytest.raises(RuntimeError, match="durable") as told, atomic(durable=True):
        pass
    assert isinstance(told.value, TransactionManagementError)


def test_an_abstract_model_says_why_it_has_no_managers() -> None:
    class Kept(Model):
        kept = Manager["Kept"]()

        class Meta:
            registry = Registry()
            app_label = "mistakes"
            abstract = True

    class Shown(Kept):
        class Meta(Kept.Meta):
            abstract = False

    for name in ("objects", "kept", "_default_manager"):
        with pytest.raises(AttributeError, match="Manager isn't available; Kept is abstract"):
            getattr(Kept, name)
    with pytest.raises(AttributeError, match="'Kept' has no attribute 'other'"):
        getattr(Kept, "other")  # noqa: B009  # type checkers know that it is not there
    with pytest.raises(AttributeError, match="'Shown' has no attribute 'objects'"):
        Shown.objects.all()
    assert not hasattr(Kept, "objects")
    assert Shown.kept.model is Shown
