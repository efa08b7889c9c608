"""What a queryset cannot do is refused before any SQL is sent, and says what to do instead."""

import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Count,
    Exists,
    F,
    FieldError,
    NotSupportedError,
    OuterRef,
    Q,
    Subquery,
    TransactionManagementError,
    Value,
    atomic,
    on_commit,
)


def titles(rows: Any) -> list[str]:
    return sorted(row.title for row in rows)


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Three albums."""
    return models.Album.objects.all()


# Combining


@pytest.mark.parametrize("operator", ["__and__", "__or__", "__xor__"])
def test_queries_that_do_not_fit_cannot_be_combined(albums: Any, models: SimpleNamespace, operator: str) -> None:
    def combine(first: Any, second: Any) -> Any:
        return getattr(first, operator)(second)

    for first, second, reason in (
        (albums.union(albums), albums, r"union\(\), intersection\(\) or difference\(\) made"),
        (albums, albums.union(albums), r"union\(\), intersection\(\) or difference\(\) made"),
        (albums, models.Artist.objects.all(), "two different base models"),
        (albums.distinct(), albums, "unique query with a non-unique"),
        (albums.distinct("title"), albums, "different distinct fields"),
        (albums.values("title"), albums, "same values in each case"),
        (albums.values("title"), albums.values("year"), "same values in each case"),
    ):
        with pytest.raises(TypeError, match=reason):
            combine(first, second)


def test_nothing_combined_with_something_is_what_it_is_for_sets(albums: Any) -> None:
    some, none, everything = albums.filter(year__lt=1971), albums.none(), albums
    assert titles(some | none) == titles(none | some) == titles(some)
    assert titles(some ^ none) == titles(none ^ some) == titles(some)
    assert titles(some & none) == titles(none & some) == []
    assert titles(some | everything) == titles(everything | some) == titles(everything)
    assert titles(some & everything) == titles(some)
    assert titles(some ^ everything) == titles(everything ^ some) == ["Low"]
    assert titles(everything ^ everything) == titles(everything.filter(Q()) ^ everything) == []
    assert titles(everything.filter(Q()) | some) == titles(some | everything.filter(Q())) == titles(everything)


def test_all_rows_but_some_are_the_others_also_where_values_are_unknown(albums: Any) -> None:
    albums.filter(title="Bitches Brew").update(year=None)
    for some in (
        albums.filter(year__lt=1971),
        albums.exclude(year__gt=1971).exclude(year=None),
        albums.annotate(next=F("year") + 1).filter(next=1960),
        albums.filter(Q(title="Kind of Blue") ^ Q(title="x")),
        albums.filter(genres__name="Jazz", year=1959).distinct(),
    ):
        everything = albums.distinct() if some.query.distinct else albums
        assert titles(some) == ["Kind of Blue"]
        assert titles(everything ^ some) == titles(some ^ everything) == ["Bitches Brew", "Low"]
        assert titles(everything ^ (everything ^ some)) == ["Kind of Blue"]


def test_the_parts_of_a_union_that_are_empty_fall_away(albums: Any) -> None:
    some, none = albums.filter(year__lt=1971), albums.none()
    assert titles(none.union(none)) == []
    assert titles(some.union(none)) == titles(none.union(some)) == titles(some)
    assert titles(some.union(some, none, all=True)) == titles([*some, *some])
    assert titles(some.intersection(none)) == titles(none.difference(some)) == []
    assert titles(some.difference(none)) == titles(some)


def test_the_only_part_of_a_union_that_is_left_still_gives_each_row_once(albums: Any) -> None:
    twice = albums.filter(genres__isnull=False).order_by("title")[:4].values_list("title", flat=True)
    assert list(twice) == ["Bitches Brew", "Bitches Brew", "Kind of Blue", "Kind of Blue"]
    assert sorted(twice.union(albums.none().values_list("title", flat=True))) == ["Bitches Brew", "Kind of Blue"]


# Writing


def test_a_query_that_is_no_plain_set_of_rows_cannot_be_changed(albums: Any) -> None:
    with pytest.raises(TypeError, match="once a slice has been taken"):
        albums[:1].update(year=1)
    with pytest.raises(TypeError, match="once a slice has been taken"):
        albums[1:].update(year=1)
    with pytest.raises(NotSupportedError, match=r"update\(\) after union"):
        albums.union(albums).update(year=1)
    with pytest.raises(FieldError, match="Aggregate functions are not allowed"):
        albums.update(year=Count("tracks"))
    with pytest.raises(FieldError, match="Joined field references"):
        albums.update(title=F("artist__name"))
    assert albums.filter(year=1).count() == 0
    assert albums.update() == 0


def test_a_query_that_is_no_plain_set_of_rows_cannot_be_deleted(albums: Any) -> None:
    for rows, reason in (
        (albums[:1], "'limit' or 'offset'"),
        (albums[1:], "'limit' or 'offset'"),
        (albums.values("title"), r"after .values\(\)"),
        (albums.values_list("title"), r"after .values\(\)"),
        (albums.distinct("title"), r"after .distinct\("),
    ):
        with pytest.raises(TypeError, match=reason):
            rows.delete()
    with pytest.raises(NotSupportedError, match=r"delete\(\) after union"):
        albums.union(albums).delete()
    assert albums.count() == 3


def test_a_column_takes_what_another_query_finds(albums: Any, models: SimpleNamespace) -> None:
    first = models.Track.objects.filter(album=OuterRef("pk")).order_by("number").values("name")[:1]
    assert albums.filter(title="Low").update(title=Subquery(first)) == 1
    assert titles(albums) == ["Bitches Brew", "Kind of Blue", "Speed of Life"]


# Conditions


def test_only_conditions_are_joined_to_conditions() -> None:
    for other in (1, "title", None, {"title": "Low"}):
        with pytest.raises(TypeError, match="is no condition"):
            Q(title="Low") & other
    assert Q(title="Low") & Q() == Q() & Q(title="Low") == Q(title="Low")


def test_a_condition_that_is_negated_twice_is_itself(albums: Any) -> None:
    low = Q(title="Low")
    assert titles(albums.filter(~low)) == ["Bitches Brew", "Kind of Blue"]
    assert titles(albums.filter(~~low)) == ["Low"]
    assert titles(albums.filter(~~~low)) == ["Bitches Brew", "Kind of Blue"]
    assert titles(albums.filter(~(~low & Q(year=1970)))) == ["Kind of Blue", "Low"]


def test_a_condition_is_taken_apart_and_put_together_again(albums: Any) -> None:
    for condition in (
        Q(title="Low", year=1977),
        ~Q(title="Low"),
        Q(title="Low") | Q(year=1970),
        Q(title="Low") ^ ~Q(year=1970),
    ):
        path, args, kwargs = condition.deconstruct()
        made = (Q.create if path.endswith(".create") else Q)(*args, **kwargs)
        assert made == condition
        assert titles(albums.filter(made)) == titles(albums.filter(condition))
        assert pickle.loads(pickle.dumps(condition)) == condition


def test_a_condition_shows_all_that_is_in_it_from_the_outside_in() -> None:
    inner = Q(year=F("price"))
    whole = Q(title="Low") | ~inner
    found = list(whole.flatten())
    assert found[:2] == [whole, "Low"]
    assert inner.children[0][1] in found


def test_an_exists_is_a_condition_like_any_other(albums: Any, models: SimpleNamespace) -> None:
    with_tracks = Exists(models.Track.objects.filter(album=OuterRef("pk")))
    assert titles(albums.filter(with_tracks & Q(year=1959))) == ["Kind of Blue"]
    assert titles(albums.filter(Q(year=1970) | with_tracks)) == ["Bitches Brew", "Kind of Blue", "Low"]
    assert titles(albums.filter(~with_tracks)) == ["Bitches Brew"]


# Transactions


def test_only_what_can_be_called_waits_for_the_commit(albums: Any) -> None:
    with atomic(), pytest.raises(TypeError, match="must be a callable"):
        on_commit("not callable")  # type: ignore[arg-type]


def test_a_robust_hook_that_fails_is_logged_and_the_others_run(albums: Any, caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []

    def fails() -> None:
        ran.append("fails")
        raise ValueError("a mistake in a hook")

    with atomic():
        on_commit(fails, robust=True)
        on_commit(lambda: ran.append("next"))
        assert ran == []
    assert ran == ["fails", "next"]
    (record,) = [record for record in caplog.records if record.name == "partita.orm"]
    assert "on_commit()" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)


def test_a_hook_that_is_not_robust_fails_where_the_block_ends(albums: Any) -> None:
    def fails() -> None:
        raise ValueError("a mistake in a hook")

    with pytest.raises(ValueError, match="a mistake in a hook"), atomic():
        albums.filter(title="Low").update(year=1)
        on_commit(fails)
    assert albums.get(title="Low").year == 1  # it is committed all the same


def test_the_options_of_a_transaction_belong_to_the_outermost_block(albums: Any) -> None:
    with atomic():
        for options in ({"isolation": "serializable"}, {"read_only": True}, {"durable": True}):
            with pytest.raises(TransactionManagementError, match=r"outermost|cannot be nested"), atomic(**options):
                pytest.fail("the block was entered")
        assert albums.annotate(one=Value(1)).filter(one=1).count() == 3  # the transaction still works
