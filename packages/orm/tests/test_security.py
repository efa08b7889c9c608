"""Nothing that a user may choose reaches SQL as anything but a parameter or a checked name (SECURITY.md)."""

import contextlib
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partita.orm import (
    Case,
    Count,
    Database,
    Extract,
    F,
    FieldError,
    FilteredRelation,
    Func,
    OrmError,
    Q,
    StringAgg,
    Trunc,
    Value,
    When,
    connect,
)

HOSTILE = [
    "x'",
    'x"',
    "x`",
    "x; DROP TABLE shop_artist; --",
    "x/*",
    "x--",
    "x y",
    "x.y",
    "x%s",
    "x%(a)s",
    "x$1",
    "x\x00",
    "x\n",
    "x\x1f",
    "x]",
    "x)",
    "x\\",
    "xˈ",
    "x＇",
    "1x",
    "",
    "a__b",
    "x" * 64,
    "x:y",
    "x?",
    "x\u2028",
]


def queries(database: Database, use: Any) -> list[str]:
    with database.query_log() as log:
        use()
    return [query.sql for query in log]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("method", ["annotate", "alias", "values", "aggregate"])
def test_cve_2022_28346_cve_2025_57833_cve_2025_59681_cve_2026_1287_aliases_are_names(
    models: SimpleNamespace, method: str, name: str
) -> None:
    with connect("sqlite://:memory:"), pytest.raises((FieldError, ValueError)):
        getattr(models.Artist.objects, method)(**{name: Count("albums")})


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "a__b"])
def test_cve_2025_13372_names_of_filtered_relations_are_names(models: SimpleNamespace, name: str) -> None:
    related = FilteredRelation("albums", condition=Q(albums__year=1977))
    with connect("sqlite://:memory:"):
        for method in ("annotate", "alias"):
            with pytest.raises((FieldError, ValueError)):
                getattr(models.Artist.objects, method)(**{name: related})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=70).filter(lambda name: not name.isidentifier()))
def test_every_way_to_an_alias_refuses_what_is_no_name(models: SimpleNamespace, name: str) -> None:
    artists = models.Artist.objects
    with connect("sqlite://:memory:"):
        for method in (artists.annotate, artists.alias, artists.values, artists.aggregate):
            with pytest.raises((FieldError, ValueError)):
                method(**{name: Count("albums")})
        with pytest.raises((FieldError, ValueError)):
            artists.annotate(**{name: FilteredRelation("albums")})


@pytest.mark.parametrize("name", ["n", "_n", "größe", "n1", "total_price"])
def test_harmless_aliases_work(music: SimpleNamespace, models: SimpleNamespace, name: str) -> None:
    row = models.Artist.objects.annotate(**{name: Count("albums")}).order_by(f"-{name}").values(name).first()
    assert row == {name: 2}


@pytest.mark.parametrize("key", HOSTILE)
def test_cve_2024_42005_cve_2019_14234_json_keys_are_parameters(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, key: str
) -> None:
    def use() -> None:
        try:
            list(models.Album.objects.values(f"data__{key}"))
            list(models.Album.objects.values_list(f"data__{key}", flat=True))
            list(models.Album.objects.filter(**{f"data__{key}": 1}))
            list(models.Album.objects.order_by(f"data__{key}"))
        except OrmError:
            pass  # a key the database cannot look for

    for sql in queries(database, use):
        for piece in re.split(r"[\s\W]*x[\s\W]*", key):
            assert len(piece) < 3 or piece not in sql
        assert "DROP" not in sql
        assert "'" not in re.sub(r"'(\$|true|false|real|integer|STRING)'", "", sql)
    assert models.Artist.objects.count() == 2


@pytest.mark.parametrize(
    "name", [*HOSTILE, "shop_artist.name", "name; --", "--name", "-?x", "name ASC", "1", "(SELECT 1)"]
)
def test_cve_2021_35042_cve_2026_1312_order_by_takes_resolved_names_only(models: SimpleNamespace, name: str) -> None:
    with pytest.raises(FieldError):
        models.Artist.objects.order_by(name)
    with pytest.raises(FieldError):
        models.Artist.objects.order_by(f"-{name}")
    with pytest.raises(FieldError):
        models.Artist.objects.annotate(n=Count("albums")).order_by(f"n.{name}")


@pytest.mark.parametrize("word", ["_connector", "_negated"])
def test_cve_2025_64459_filters_take_no_control_words(models: SimpleNamespace, word: str) -> None:
    for use in (models.Artist.objects.filter, models.Artist.objects.exclude, models.Artist.objects.get, Q):
        with pytest.raises(TypeError, match="takes no"):
            use(**{word: ") OR 1=1 --", "name": "x"})
    with pytest.raises(ValueError, match="AND, OR or XOR"):
        Q.create([("name", "x")], "OR 1=1 OR")  # type: ignore[arg-type]  # the attack under test


def test_cve_2022_28347_explain_options_are_a_list_of_known_ones(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    with pytest.raises(ValueError, match="not a recognized format"):
        models.Artist.objects.all().explain(format="JSON) SELECT 1; --")
    with pytest.raises(ValueError, match="Unknown options"):
        models.Artist.objects.all().explain(**{"ANALYZE true) --": True})


@pytest.mark.parametrize("part", ["year' FROM x)) OR 1=1", "epoch", "", "YEAR", "year;"])
def test_cve_2022_34265_parts_of_dates_are_known_ones(models: SimpleNamespace, part: str) -> None:
    with pytest.raises(FieldError):
        Extract("released", part)
    with pytest.raises(FieldError):
        Trunc("released", part)
    with pytest.raises(FieldError):
        models.Album.objects.filter(**{f"released__{part or 'x'}": 1})
    for cut in (models.Album.objects.dates, models.Album.objects.datetimes):
        with pytest.raises((FieldError, ValueError)):
            cut("released", part)


@pytest.mark.parametrize("delimiter", ["-", "'", "') FROM shop_artist --", "\\", "%s", "%"])
def test_cve_2020_7471_delimiters_are_parameters(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, delimiter: str
) -> None:
    found: list[str] = []

    def use() -> None:
        rows = models.Genre.objects.filter(name__in=["Jazz", "Rock"]).aggregate(s=StringAgg("name", delimiter))
        found.append(rows["s"])

    (sql,) = queries(database, use)
    assert sorted(found[0].split(delimiter)) == ["Jazz", "Rock"]
    assert "FROM shop_artist --" not in sql


@pytest.mark.parametrize("key", HOSTILE)
def test_cve_2024_53908_has_key_takes_parameters(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, key: str
) -> None:
    def use() -> None:
        try:
            assert list(models.Album.objects.filter(data__has_key=key)) == []
        except OrmError:
            assert "\x00" in key  # PostgreSQL has no such text

    assert all("DROP" not in sql for sql in queries(database, use))


@pytest.mark.parametrize("name", ["x'", "lower(", "x y", "a;b", "x--", "pg_sleep(5)--", "a.b.c", ""])
def test_function_names_are_names(name: str) -> None:
    if name:
        with pytest.raises(FieldError):
            Func("name", function=name)


@pytest.mark.parametrize("name", [*HOSTILE, "name__", "name__x", "__class__", "artist__password", "_state", "objects"])
def test_unknown_names_are_refused_everywhere(models: SimpleNamespace, name: str) -> None:
    artists = models.Artist.objects
    for use in (
        lambda: artists.filter(**{name: 1}),
        lambda: artists.values(name),
        lambda: artists.values_list(name),
        lambda: artists.only(name),
        lambda: artists.defer(name),
        lambda: artists.select_related(name),
        lambda: artists.distinct(name),
        lambda: artists.annotate(n=Count(name)),
        lambda: artists.filter(name=F(name)),
        lambda: artists.annotate(n=Case(When(**{name or "?": 1}, then=Value(1)))),
    ):
        with pytest.raises((OrmError, LookupError)):
            use()  # type: ignore[no-untyped-call]  # a lambda


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_stored_found_and_matched_as_it_is(database: Database, models: SimpleNamespace, text: str) -> None:
    row = models.Everything.objects.create(text=text)
    assert models.Everything.objects.get(pk=row.pk).text == text
    for lookup in ("exact", "contains", "startswith", "endswith", "icontains"):
        assert models.Everything.objects.filter(**{f"text__{lookup}": text}, pk=row.pk).exists()
    row.delete()


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=30).filter(lambda name: name not in {"self", "_connector", "_negated"})
)  # TypeError, see above
def test_nothing_but_our_errors_comes_of_a_strange_name(models: SimpleNamespace, name: str) -> None:
    with connect("sqlite://:memory:") as database:
        for use in (
            lambda: models.Artist.objects.filter(**{name: 1}),
            lambda: models.Artist.objects.order_by(name),
            lambda: models.Artist.objects.values(name),
            lambda: models.Artist.objects.annotate(**{name: Value(1)}),
        ):
            with contextlib.suppress(FieldError, ValueError):
                use()  # type: ignore[no-untyped-call]  # a lambda
        assert len(database.backend.plans) == 0
