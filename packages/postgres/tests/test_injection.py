"""Hostile texts in every place of this package that takes one: nothing of them ever becomes SQL."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from partita import orm, postgres
from partita.orm import Database, OrmError, Q, Value, atomic
from partita.orm.expressions import Expression

HOSTILE = (
    "x'; DROP TABLE hostile_note; --",
    'x"; DROP TABLE hostile_note; --',
    "title) OR (1=1",
    "english'::regconfig, 1=1 --",
    "$$; DROP TABLE hostile_note; $$",
    "\\'; DROP TABLE hostile_note; --",
    "a b",
    "/**/",
    "%s",
    "title\0",
    "{x',1=1}",
)
_FRAGMENT = re.compile(r"DROP|--|1=1|/\*")
REFUSALS = (OrmError, ValueError, TypeError, LookupError, AttributeError)
notes = orm.Registry()


class Note(orm.Model):
    """Has text, tags and facts."""

    title = orm.CharField(max_length=200)
    year = orm.IntegerField(default=1)
    tags = postgres.ArrayField(orm.CharField(max_length=200), default=list)
    facts = postgres.HStoreField(default=dict)

    class Meta:
        registry = notes
        app_label = "hostile"


@pytest.fixture
def sent(database: Database, tables: Callable[..., None]) -> Iterator[list[str]]:
    """The statements of a test; afterwards none of them has anything hostile outside of quotes."""
    tables(Note)
    Note.objects.create(title="a", tags=["b"], facts={"c": "d"})
    found: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        found.append(sql)
        return execute(sql, *rest)

    with database.execute_wrapper(note):
        yield found
    assert Note.objects.get().title == "a"
    for sql in found:
        bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", sql)
        assert not _FRAGMENT.search(bare), sql


class Undone(ValueError):
    """Takes back what an attempt changed."""


def attempt(case: Callable[[], object], database: Database) -> None:
    """Run what may be refused, by us or by the database."""
    with suppress(*REFUSALS), atomic(database):
        case()
        raise Undone


def functions() -> list[Any]:
    kinds = [getattr(postgres, name) for name in postgres.__all__]
    return [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, Expression)]


def asked(make: Callable[[], Any]) -> list[Any]:
    return list(Note.objects.annotate(found=make()).values_list("found"))


@pytest.mark.parametrize("kind", functions(), ids=lambda kind: kind.__name__)
def test_functions_make_no_sql_of_texts(kind: Any, sent: list[str], database: Database) -> None:
    options = [
        name for name in inspect.signature(kind).parameters if name not in ("sources", "source", "extra", "self")
    ]
    for text in HOSTILE:
        for made in (
            partial(kind, text),
            partial(kind, "title", text),
            partial(kind, Value(text)),
            partial(kind, "title", Value(text)),
            *[partial(kind, "title", **{name: text}) for name in options],
            *[partial(kind, "title", "title", **{name: text}) for name in options],
        ):
            attempt(partial(asked, made), database)


def test_lookups_make_no_sql_of_texts(sent: list[str], database: Database) -> None:
    rows = Note.objects
    for text in HOSTILE:
        for lookups in (
            {"tags__contains": [text]},
            {"tags__overlap": [text]},
            {"tags__contained_by": [text]},
            {f"tags__{text}": "x"},
            {"tags__0": text},
            {f"facts__{text}": "x"},
            {"facts__c": text},
            {"facts__has_key": text},
            {"facts__has_any_keys": [text]},
            {"facts__contains": {text: text}},
            {"title__search": text},
            {"title__trigram_similar": text},
            {"title__unaccent__icontains": text},
        ):
            attempt(lambda lookups=lookups: list(rows.filter(**lookups)), database)  # type: ignore[misc]  # bound at once
        attempt(lambda text=text: list(rows.values(f"facts__{text}")), database)  # type: ignore[misc]
        attempt(lambda text=text: rows.update(facts={text: text}, tags=[text]), database)  # type: ignore[misc]


def declared(text: str) -> Iterator[Callable[[], Any]]:
    """Yield what makes an index or a constraint with a hostile text in it."""
    kinds: tuple[Any, ...] = (
        postgres.GinIndex,
        postgres.GistIndex,
        postgres.BrinIndex,
        postgres.HashIndex,
        postgres.BTreeIndex,
    )
    for kind in kinds:
        yield partial(kind, fields=("title",), name=text)
        yield partial(kind, fields=("title",), name="fine", opclasses=(text,))
        yield partial(kind, fields=("title",), name="fine", condition=Q(title=text))
        for option in inspect.signature(kind).parameters:
            if option not in ("expressions", "fields", "name", "opclasses", "condition"):
                yield partial(kind, fields=("title",), name="fine", **{option: text})
    yield lambda: orm.Index(postgres.OpClass("title", name=text), name="fine")
    yield lambda: postgres.ExclusionConstraint(name=text, expressions=[("year", "=")])
    yield lambda: postgres.ExclusionConstraint(name="fine", expressions=[("year", text)])
    yield lambda: postgres.ExclusionConstraint(name="fine", expressions=[("year", "=")], index_type=text)
    yield lambda: postgres.ExclusionConstraint(name="fine", expressions=[("year", "=")], condition=Q(title=text))
    yield lambda: postgres.RowPolicy(name=text, using=Q(year=1))
    yield lambda: postgres.RowPolicy(name="fine", using=Q(title=text))


def test_indexes_and_constraints_are_quoted(sent: list[str], database: Database) -> None:
    made = 0
    for text in HOSTILE:
        for declare in declared(text):
            with suppress(*REFUSALS):
                part = declare()
                option = "indexes" if isinstance(part, orm.Index) else "constraints"
                meta = type("Meta", (), {"registry": orm.Registry(), "app_label": "hostile", option: (part,)})
                fields = {"title": orm.CharField(max_length=20), "year": orm.IntegerField()}
                thing: Any = type("Thing", (orm.Model,), {"__module__": __name__, "Meta": meta, **fields})
                with suppress(Undone), atomic(database):
                    database.create_all(thing)
                    made += 1
                    raise Undone
    assert made > 10
