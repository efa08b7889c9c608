"""Queries and forms with Django's names."""

import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import is_linear
from partita.http import BadRequest
from partita.http.drafts import (
    QueryDict,
)


def test_an_immutable_query_dict_refuses_every_change() -> None:
    query = QueryDict("a=1&a=2&b=ü")
    assert (query["a"], query.getlist("a"), query.get("x")) == ("2", ["1", "2"], None)
    changes: tuple[Callable[[], object], ...] = (
        lambda: query.__setitem__("a", "3"),
        lambda: query.__delitem__("a"),
        lambda: query.setlist("a", []),
        lambda: query.appendlist("a", "3"),
        lambda: query.setlistdefault("a"),
        lambda: query.setdefault("a", "1"),
        lambda: query.update({"a": "3"}),
        lambda: query.pop("a"),
        query.popitem,
        query.clear,
    )
    for change in changes:
        with pytest.raises(AttributeError, match="immutable"):
            change()
    assert query.lists() == [("a", ["1", "2"]), ("b", ["ü"])]
    with pytest.raises(TypeError):
        hash(query)


def test_a_copy_of_a_query_dict_may_be_changed_and_the_original_stays() -> None:
    query = QueryDict("a=1")
    copy = query.copy()
    copy["a"] = "2"
    copy.appendlist("a", "3")
    copy.update({"a": "4", "b": "5"})
    copy.update(QueryDict("b=6&b=7"), c="8")
    assert copy.lists() == [("a", ["2", "3", "4"]), ("b", ["5", "6", "7"]), ("c", ["8"])]
    assert copy.urlencode() == "a=2&a=3&a=4&b=5&b=6&b=7&c=8"
    assert copy.setdefault("a", "x") == "4"
    assert copy.setdefault("d", "x") == "x"
    assert copy.setlistdefault("e", ["1", "2"]) == ["1", "2"]
    assert copy.pop("a") == ["2", "3", "4"]
    assert copy.pop("a", "none") == "none"
    assert copy.popitem() == ("e", ["1", "2"])
    del copy["b"]
    with pytest.raises(KeyError):
        copy.pop("b")
    assert copy.dict() == {"c": "8", "d": "x"} == dict(copy.pairs())
    copy.clear()
    assert not copy.keys()
    assert query == QueryDict("a=1") != QueryDict("a=2")
    assert QueryDict.fromkeys(["a", "a", "b"], "1", mutable=True).urlencode() == "a=1&a=1&b=1"
    assert QueryDict.fromkeys(["/ &"], "ü/").urlencode(safe="/") == "/+%26=%C3%BC/"


def test_a_query_dict_bounds_what_it_reads() -> None:
    with pytest.raises(BadRequest, match="More than 1000"):
        QueryDict("a&" * 1000 + "a")


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))))
def test_a_written_query_reads_back_as_itself(pairs: list[tuple[str, str]]) -> None:
    query = QueryDict.of(pairs)
    assert QueryDict(query.urlencode()) == query


def test_changing_every_name_of_a_query_costs_what_the_names_cost() -> None:
    def change(text: str) -> None:
        names = [f"{number}" for number in range(len(text))]
        query = QueryDict.of((name, "1") for name in names)
        changed = query.copy()
        for name in names:
            changed[name] = "2"
            changed.appendlist(name, "3")
        assert changed.pairs()[-1] == (names[-1], "3")

    assert is_linear(change, "a", 2000)


def test_pairs_are_those_of_now_and_come_back_from_pickles() -> None:
    query = QueryDict.of([("a", "1"), ("b", "2"), ("a", "3")], mutable=True)
    assert query.pairs() == (("a", "1"), ("b", "2"), ("a", "3"))
    query["b"] = "4"
    query.appendlist("c", "5")
    again = pickle.loads(pickle.dumps(query))
    for each in (query, again, query.copy()):
        assert each.pairs() == (("a", "1"), ("a", "3"), ("b", "4"), ("c", "5"))
        assert each.with_added("d", "6").pairs()[-1] == ("d", "6")
    del query["c"]
    assert query.pairs() == (("a", "1"), ("a", "3"), ("b", "4"))
    with pytest.raises(AttributeError, match="nothing"):
        _ = query.nothing
