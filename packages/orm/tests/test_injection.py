"""Hostile texts in every place that takes one: nothing of them ever becomes SQL.

The places are listed by looking at what is public, so that a new method or function fails here until it is thought of.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest

from partita import orm
from partita.orm import (
    CTE,
    Count,
    Database,
    F,
    OrmError,
    Prefetch,
    Q,
    QuerySet,
    Value,
    atomic,
)
from partita.orm.expressions import Expression
from partita.orm.patterns.paging import keyset_page

HOSTILE = (
    "x'; DROP TABLE shop_album; --",
    'x"; DROP TABLE shop_album; --',
    "x`; DROP TABLE shop_album; --",
    "title) OR (1=1",
    "title FROM shop_album; DELETE FROM shop_genre; --",
    "%s",
    "%(x)s",
    ":p0",
    "?",
    "\\'",
    "a b",
    "/**/",
    "title\0",
)
_BREAKS = (
    "'",
    '"',
    "`",
    "''",
    '""',
    "\\'",
    "\u2019",
    "\uff07",
    "\u02bc",
    ")",
    "]",
    "}",
    ";",
    "\n",
    "\r",
    "\t",
    "\0",
    "\x1f",
    "%",
    "%%",
)
_HARM = (
    "; DROP TABLE shop_album; --",
    " OR 1=1 --",
    ") UNION SELECT 1=1 /*",
    "||(SELECT 1=1)||",
    ".x; DELETE FROM shop_genre; --",
)
EVERY = (*HOSTILE, *[f"title{sign}{harm}" for sign in _BREAKS for harm in _HARM])
EVERY += tuple([f"{sign}x__{sign}--{sign}" for sign in _BREAKS])
EVERY += tuple([f"data__{sign}{harm}" for sign in _BREAKS[:12] for harm in _HARM])
EVERY += ("$1", "${x}", "{0}", "{x}", "*", "1; DROP", "-1", "--title", "?1", "@@version", "pg_sleep(1)", "char(39)")
_FRAGMENT = re.compile(r"DROP|DELETE FROM shop_genre|--|1=1|/\*")
REFUSALS = (OrmError, ValueError, TypeError, LookupError, AttributeError)
Case = Callable[[Any, str], object]


def hostile(database: Database) -> tuple[str, ...]:
    """Return the texts to try: more than two hundred in memory, where asking costs nothing, and of each sort one elsewhere."""
    return EVERY if database.is_memory else HOSTILE


def test_there_are_two_hundred_texts() -> None:
    assert len(set(EVERY)) >= 200


def _rows(case: Callable[[Any, str], Any]) -> Case:
    return lambda rows, text: list(case(rows, text))


def _by_kind(kind: str) -> Case:
    return lambda rows, text: list(rows.filter(**{f"title__{kind}": text}))


NAMES: dict[str, list[Case]] = {
    "filter": [
        _rows(lambda rows, text: rows.filter(**{text: 1})),
        _rows(lambda rows, text: rows.filter(**{f"title__{text}": 1})),
        _rows(lambda rows, text: rows.filter(**{f"data__{text}": 1})),
        _rows(lambda rows, text: rows.filter(**{f"data__{text}__icontains": text})),
        _rows(lambda rows, text: rows.filter(data__has_key=text)),
        _rows(lambda rows, text: rows.filter(data__has_any_keys=[text, text])),
        _rows(lambda rows, text: rows.filter(data__contains={text: text})),
        _rows(lambda rows, text: rows.filter(Q(**{f"artist__{text}": 1}) | ~Q(title=text))),
        _rows(lambda rows, text: rows.filter(title=F(text))),
        _rows(lambda rows, text: rows.filter(title__regex=f"^{text[:3]}" if text[0] not in "?\\" else "x")),
        *[
            _by_kind(kind)
            for kind in [
                "exact",
                "iexact",
                "contains",
                "icontains",
                "startswith",
                "istartswith",
                "endswith",
                "iendswith",
                "gt",
                "gte",
                "lt",
                "lte",
            ]
        ],
        _rows(lambda rows, text: rows.filter(title__in=[text, text[::-1]])),
        _rows(lambda rows, text: rows.filter(title__range=(text, text))),
        _rows(lambda rows, text: rows.filter(year=text)),
        _rows(lambda rows, text: rows.filter(released=text)),
        _rows(lambda rows, text: rows.filter(price=text)),
        _rows(lambda rows, text: rows.filter(released__year=text)),
        _rows(lambda rows, text: rows.filter(artist=text)),
        _rows(lambda rows, text: rows.filter(pk=text)),
    ],
    "exclude": [
        _rows(lambda rows, text: rows.exclude(**{text: 1})),
        _rows(lambda rows, text: rows.exclude(title=text)),
    ],
    "complex_filter": [_rows(lambda rows, text: rows.complex_filter({text: text}))],
    "order_by": [
        _rows(lambda rows, text: rows.order_by(text)),
        _rows(lambda rows, text: rows.order_by(f"-{text}")),
        _rows(lambda rows, text: rows.order_by(f"data__{text}")),
        _rows(lambda rows, text: rows.order_by(F(text).desc(nulls_last=True))),
    ],
    "annotate": [
        _rows(lambda rows, text: rows.annotate(**{text: Value(1)})),
        _rows(lambda rows, text: rows.annotate(**{text: Count("tracks")})),
        _rows(lambda rows, text: rows.annotate(Count(text))),
        _rows(lambda rows, text: rows.annotate(n=Value(text)).filter(n=text)),
    ],
    "alias": [_rows(lambda rows, text: rows.alias(**{text: Value(1)}))],
    "aggregate": [
        lambda rows, text: rows.aggregate(**{text: Count("pk")}),
        lambda rows, text: rows.aggregate(Count(text)),
        lambda rows, text: rows.values("title").aggregate(**{text: Count("title")}),
    ],
    "values": [
        _rows(lambda rows, text: rows.values(text)),
        _rows(lambda rows, text: rows.values(**{text: F("title")})),
        _rows(lambda rows, text: rows.values(f"data__{text}")),
    ],
    "values_list": [
        _rows(lambda rows, text: rows.values_list(text)),
        _rows(lambda rows, text: rows.values_list("pk", f"data__{text}", named=True)),
    ],
    "rows_as": [_rows(lambda rows, text: rows.rows_as(TypedDict("Row", {text: str})))],  # type: ignore[operator]  # any name
    "with_cte": [
        _rows(lambda rows, text: rows.with_cte(cte := CTE(rows.values("pk"), text), pk=cte.col.pk)),
        _rows(lambda rows, text: rows.with_cte(cte := CTE(rows.values("pk")), **{text: cte.col.pk})),
        _rows(lambda rows, text: rows.with_cte(cte := CTE(rows.values("pk")), pk=getattr(cte.col, text))),
    ],
    "dates": [
        _rows(lambda rows, text: rows.dates(text, "year")),
        _rows(lambda rows, text: rows.dates("released", text)),
        _rows(lambda rows, text: rows.dates("released", "year", text)),
    ],
    "datetimes": [
        _rows(lambda rows, text: rows.datetimes(text, "year")),
        _rows(lambda rows, text: rows.datetimes("released", text)),
        _rows(lambda rows, text: rows.datetimes("released", "year", text)),
    ],
    "distinct": [_rows(lambda rows, text: rows.distinct(text))],
    "only": [_rows(lambda rows, text: rows.only(text))],
    "defer": [_rows(lambda rows, text: rows.defer(text))],
    "select_related": [_rows(lambda rows, text: rows.select_related(text))],
    "prefetch_related": [
        _rows(lambda rows, text: rows.prefetch_related(text)),
        _rows(lambda rows, text: rows.prefetch_related(Prefetch("tracks", to_attr=text))),
    ],
    "select_for_update": [_rows(lambda rows, text: rows.select_for_update(of=(text,)))],
    "earliest": [lambda rows, text: rows.earliest(text)],
    "latest": [lambda rows, text: rows.latest(text)],
    "get": [lambda rows, text: rows.get(**{text: 1}), lambda rows, text: rows.get(title=text)],
    "in_bulk": [lambda rows, text: rows.in_bulk([text]), lambda rows, text: rows.in_bulk([1], field_name=text)],
    "explain": [lambda rows, text: rows.explain(format=text), lambda rows, text: rows.explain(**{text: True})],
    "using": [_rows(lambda rows, text: rows.using(text))],
    "fetch_mode": [_rows(lambda rows, text: rows.fetch_mode(text))],
    "update": [
        lambda rows, text: rows.filter(title=text).update(**{text: 1}),
        lambda rows, text: rows.filter(title="nobody").update(title=text),
        lambda rows, text: rows.filter(title="nobody").update(title=F(text)),
    ],
    "update_from": [
        lambda rows, text: rows.filter(title="nobody").update_from(**{text: 1}),
        lambda rows, text: rows.filter(title="nobody").update_from(title=F(f"artist__{text}")),
    ],
    "update_returning": [
        lambda rows, text: rows.filter(title="nobody").update_returning(**{text: 1}),
        lambda rows, text: rows.filter(title="nobody").update_returning(title=text),
    ],
    "insert_from": [lambda rows, text: rows.insert_from(rows.filter(title=text).values("title"), text)],
    "create": [lambda rows, text: rows.create(**{text: 1})],
    "get_or_create": [lambda rows, text: rows.get_or_create(defaults={text: 1}, title=text)],
    "update_or_create": [lambda rows, text: rows.update_or_create(defaults={text: 1}, title=text)],
    "bulk_create": [
        lambda rows, text: rows.bulk_create(
            [rows.model(title="x", artist_id=1)], update_conflicts=True, update_fields=[text], unique_fields=["id"]
        ),
        lambda rows, text: rows.bulk_create(
            [rows.model(title="x", artist_id=1)], update_conflicts=True, update_fields=["title"], unique_fields=[text]
        ),
    ],
    "bulk_update": [lambda rows, text: rows.bulk_update(list(rows), [text])],
    "raw": [
        lambda rows, text: list(rows.raw("SELECT * FROM shop_album WHERE title = %s", [text])),
        lambda rows, text: list(rows.raw("SELECT * FROM shop_album WHERE title = %(x)s", {"x": text})),
        lambda rows, text: list(rows.raw("SELECT * FROM shop_album", translations={text: "title"})),
    ],
    "extra": [
        _rows(lambda rows, text: rows.extra(select={text: "1"})),
        _rows(lambda rows, text: rows.extra(where=["title = %s"], params=[text])),
        _rows(lambda rows, text: rows.extra(select={"x": "%s"}, select_params=[text])),
        _rows(lambda rows, text: rows.extra(order_by=[text])),
        _rows(lambda rows, text: rows.extra(tables=[text])),
    ],
}
NO_TEXT = frozenset(
    [
        "all",
        "none",
        "reverse",
        "union",
        "intersection",
        "difference",
        "count",
        "exists",
        "contains",
        "first",
        "last",
        "iterator",
        "delete",
        "delete_returning",
        "to_json",
        "ordered",
        "totally_ordered",
        "database",
        "db",
        "as_manager",
    ]
)


@pytest.fixture
def unharmed(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> Iterator[Any]:
    """All albums; afterwards they are there as they were, and no statement had anything hostile in its SQL."""
    before = sorted(models.Album.objects.values_list("pk", "title"))
    sent: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with database.execute_wrapper(note):
        yield models.Album.objects.all()
    assert sorted(models.Album.objects.values_list("pk", "title")) == before
    assert models.Genre.objects.count() == 3
    quote = "`" if database.vendor == "mysql" else '"'
    for sql in sent:
        bare = re.sub(rf"'(?:[^']|'')*'|{quote}(?:[^{quote}]|{quote}{quote})*{quote}", "", sql)
        assert not _FRAGMENT.search(bare), sql


def attempt(case: Callable[[], object], database: Database) -> None:
    """Run what may be refused, by us or by the database; a transaction keeps nothing of it."""
    with suppress(*REFUSALS), atomic(database):
        case()
        raise Undone


class Undone(ValueError):
    """Takes back what an attempt changed."""


def test_every_method_is_thought_of() -> None:
    public = {name for name in dir(QuerySet) if not name.startswith("_")}
    awaited = {name for name in public if name.startswith("a") and name[1:] in public}
    assert public - awaited == NAMES.keys() | NO_TEXT


@pytest.mark.parametrize("method", NAMES)
def test_methods_make_no_sql_of_texts(method: str, unharmed: Any, database: Database) -> None:
    for text in hostile(database):
        for case in NAMES[method]:
            attempt(partial(case, unharmed, text), database)


def functions() -> list[Any]:
    found = []
    for name in orm.__all__:
        kind = getattr(orm, name)
        if inspect.isclass(kind) and issubclass(kind, Expression) and kind not in (orm.RawSQL, orm.Lookup):
            found.append(kind)
    return found


@pytest.mark.parametrize("kind", functions(), ids=lambda kind: kind.__name__)
def test_functions_make_no_sql_of_texts(kind: Any, unharmed: Any, database: Database) -> None:
    options = [
        name
        for name in inspect.signature(kind).parameters
        if name not in ("sources", "source", "extra", "options", "self", "queryset", "query", "template", "function")
    ]
    for text in hostile(database):
        cases: list[Callable[[], Any]] = [
            partial(kind, text),
            partial(kind, "title", text),
            partial(kind, "title", text, text),
            partial(kind, "title", Value(text)),
            partial(kind, Value(text)),
            partial(kind, Value(text), Value(text), Value(text)),
            partial(kind, **{text: Value(1)}),
            *[partial(kind, "title", **{name: text}) for name in options],
        ]
        for case in cases:
            try:
                made = case()
            except REFUSALS:
                continue
            attempt(partial(_asked, unharmed, made), database)


def _asked(rows: Any, made: Any) -> list[Any]:
    return list(rows.annotate(found=made).values_list("found"))


def test_other_places(unharmed: Any, database: Database, models: SimpleNamespace) -> None:
    first = unharmed[0]
    for text in hostile(database):
        for case in (
            partial(keyset_page, unharmed, after=text),
            partial(models.Album, **{text: 1}),
            partial(first.save, update_fields=[text]),
            partial(first.refresh_from_db, fields=[text]),
            partial(database.execute, "SELECT %s", [text]),
            partial(orm.savepoint_rollback, text),
            partial(orm.savepoint_commit, text),
            partial(orm.atomic, isolation=text),
            partial(first.tracks.filter, **{text: 1}),
            partial(first.tracks.create, **{text: 1}),
            partial(first.genres.create, name=text),
        ):
            attempt(case, database)


def declared(text: str) -> Iterator[Callable[[], type[orm.Model]]]:
    """Yield what declares a model with a hostile text in one of the places that take one."""

    def model(field: Any = None, **options: Any) -> type[orm.Model]:
        registry = orm.Registry()
        meta = type("Meta", (), {"registry": registry, "app_label": "hostile", **options})
        fields = {"name": field or orm.CharField(max_length=20), "year": orm.IntegerField(default=1)}
        made: type[orm.Model] = type("Thing", (orm.Model,), {"__module__": __name__, "Meta": meta, **fields})
        return made

    def index(*sources: Any, **options: Any) -> Callable[[], type[orm.Model]]:
        return lambda: model(indexes=(orm.Index(*sources, **{"name": "fine", **options}),))

    def unique(*sources: Any, **options: Any) -> Callable[[], type[orm.Model]]:
        return lambda: model(constraints=(orm.UniqueConstraint(*sources, **{"name": "fine", **options}),))

    yield lambda: model(db_table=text)
    yield lambda: model(db_table_comment=text)
    yield lambda: model(db_tablespace=text)
    yield lambda: model(unique_together=((text, "name"),))
    yield lambda: model(ordering=(text,))
    yield lambda: model(orm.CharField(text, max_length=20))
    yield lambda: model(orm.CharField(max_length=20, db_column=text))
    yield lambda: model(orm.CharField(max_length=20, db_collation=text))
    yield lambda: model(orm.CharField(max_length=20, db_comment=text))
    yield lambda: model(orm.CharField(max_length=20, default=text))
    yield lambda: model(orm.CharField(max_length=200, db_default=text))
    yield lambda: model(orm.CharField(max_length=20, choices=((text, text),)))
    yield lambda: model(
        orm.GeneratedField(expression=orm.Concat("year", Value(text)), output_field=orm.TextField(), db_persist=True)
    )
    yield lambda: model(orm.GeneratedField(expression=F(text), output_field=orm.TextField(), db_persist=True))
    yield index(fields=("name",), name=text)
    yield index(fields=(text,))
    yield index(fields=("name",), opclasses=(text,))
    yield index(fields=("name",), include=(text,))
    yield index(fields=("name",), db_tablespace=text)
    yield index(fields=("name",), condition=Q(name=text))
    yield index(fields=("name",), condition=Q(**{text: 1}))
    yield index(orm.Lower(text))
    yield index(orm.Concat("name", Value(text)))
    yield index(orm.Collate("name", text) if re.fullmatch(r"\w+", text) else F(text))
    yield unique(fields=("name",), name=text)
    yield unique(fields=(text,))
    yield unique(fields=("name",), include=(text,))
    yield unique(fields=("name",), opclasses=(text,))
    yield unique(fields=("name",), condition=Q(name=text))
    yield unique(orm.Concat("name", Value(text)))
    yield lambda: model(constraints=(orm.CheckConstraint(condition=Q(name=text), name="fine"),))
    yield lambda: model(constraints=(orm.CheckConstraint(condition=Q(name__contains=text), name="fine"),))
    yield lambda: model(constraints=(orm.CheckConstraint(condition=Q(name__in=[text]), name="fine"),))
    yield lambda: model(constraints=(orm.CheckConstraint(condition=Q(name__regex=text), name="fine"),))
    yield lambda: model(constraints=(orm.CheckConstraint(condition=Q(**{text: 1}), name="fine"),))
    yield lambda: model(constraints=(orm.CheckConstraint(condition=Q(year=1), name=text),))


def test_tables_columns_indexes_and_constraints_are_quoted(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    """In statements that make tables values cannot be bound; there they are literals, and names stand in quotes."""
    sent: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return [] if database.is_memory else execute(sql, *rest)  # there are too many for one to run them all

    made = 0
    texts = hostile(database) if database.is_memory else HOSTILE[:6]  # on a server each takes a hundred statements
    for text in texts:
        for declare in declared(text):
            with suppress(*REFUSALS):
                thing = declare()
                with database.execute_wrapper(note):
                    database.create_all(thing)
                    made += 1
                if not database.is_memory:
                    database.drop_all(thing)
    assert models.Album.objects.count() == models.Genre.objects.count() == 3
    assert made > len(texts) * 5
    literal = r"'(?:[^'\\\\]|''|\\\\.)*'" if database.vendor == "mysql" else "'(?:[^']|'')*'"
    quote = "`" if database.vendor == "mysql" else '"'
    for sql in sent:
        bare = re.sub(rf"{literal}|{quote}(?:[^{quote}]|{quote}{quote})*{quote}", "", sql)
        assert not _FRAGMENT.search(bare), sql
