"""Names with lists of values, to be filled in place."""

import copy
import pickle
from typing import Any

import pytest

from partita.http import MultiDict
from partita.http.drafts import MultiValueDict
from partita.http.drafts.multi_value_dict import MultiValueDictKeyError


def test_the_last_value_is_given_and_all_can_be_had() -> None:
    found: MultiValueDict[object] = MultiValueDict({"name": ["Ada", "Grace"], "none": []})
    assert (found["name"], found["none"]) == ("Grace", [])
    assert found.getlist("name") == ["Ada", "Grace"]
    assert found.get("none", 1) == found.get("absent", 1) == 1
    assert (found.getlist("absent"), found.getlist("absent", None), found.getlist("absent", 3)) == ([], [], 3)
    assert list(found.items()) == [("name", "Grace"), ("none", [])]
    assert list(found.lists()) == [("name", ["Ada", "Grace"]), ("none", [])]
    assert found.dict() == {"name": "Grace", "none": []}
    with pytest.raises(MultiValueDictKeyError, match="absent"):
        found["absent"]


def test_it_is_filled_in_place() -> None:
    found: MultiValueDict[int] = MultiValueDict()
    found["a"] = 1
    found.appendlist("a", 2)
    found.appendlist("b", 3)
    found.setlist("c", [4, 5])
    found.setlistdefault("c", [9]).append(6)
    assert found.setlistdefault("d") == []
    assert (found.setdefault("a", 9), found.setdefault("e", 7)) == (2, 7)
    del found["b"]
    assert dict(found.lists()) == {"a": [1, 2], "c": [4, 5, 6], "d": [], "e": [7]}
    found.getlist("a").append(9)
    assert found.getlist("a") == [1, 2]
    assert ("a" in found, "b" in found, len(found)) == (True, False, 4)


@pytest.mark.parametrize(
    "more",
    [{"a": 2, "b": 3}, [("a", 2), ("b", 3)], MultiValueDict({"a": [2], "b": [3]}), MultiDict([("a", 2), ("b", 3)])],
)
def test_updating_adds_values(more: Any) -> None:
    found = MultiValueDict({"a": [1]})
    found.update(more, c=4)
    assert found == {"a": [1, 2], "b": [3], "c": [4]}


@pytest.mark.parametrize(("more", "error"), [((1, 2), TypeError), ((3,), TypeError), (("abc",), ValueError)])
def test_updating_with_what_is_no_pair_is_refused(more: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        MultiValueDict().update(*more)


def test_copies_have_lists_of_their_own() -> None:
    found: MultiValueDict[list[int]] = MultiValueDict({"a": [[1]]})
    for again in (copy.copy(found), found.copy(), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert again == found
        again.appendlist("a", [2])
        assert found.getlist("a") == [[1]]
    assert copy.copy(found)["a"] is found["a"]
    assert copy.deepcopy(found)["a"] is not found["a"]
    assert found != {"a": [1]}
    assert repr(found) == "<MultiValueDict: {'a': [[1]]}>"
