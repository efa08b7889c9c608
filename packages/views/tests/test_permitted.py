import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import BadRequest, Request
from partita.http.drafts import HttpRequest
from partita.views.permitted import permit

DATA = {
    "title": "Blue",
    "price": 9.5,
    "is_staff": True,
    "tags": ["a", "b"],
    "label": {"name": "x", "owner": 1},
    "tracks": [{"title": "1", "pk": 7}, {"title": "2"}],
    "count": True,
}


def test_only_what_is_named_is_taken() -> None:
    assert permit(DATA, "title", "price") == {"title": "Blue", "price": 9.5}
    assert permit(DATA, "title", tags=list, label=("name",), tracks=("title",)) == {
        "title": "Blue",
        "tags": ["a", "b"],
        "label": {"name": "x"},
        "tracks": [{"title": "1"}, {"title": "2"}],
    }
    assert permit(DATA, label={"name": str}, count=bool) == {"label": {"name": "x"}, "count": True}


def test_a_name_stands_for_a_plain_value_only() -> None:
    assert permit(DATA, "tags", "label", "tracks") == {}
    assert permit(DATA, title=int, price=list, tags=("name",), count=int) == {}
    assert permit({"tags": [{"a": 1}]}, tags=list) == {}


@pytest.mark.parametrize(("names", "shapes", "place"), [(("title",), {}, "price"), (tuple(set(DATA) - {"label"}), {"label": ("name",), "tags": list, "tracks": ("title", "pk")}, "label.owner")])  # fmt: skip
def test_more_can_be_refused_with_its_place(names: tuple[str, ...], shapes: dict[str, object], place: str) -> None:
    with pytest.raises(BadRequest, match=place):
        permit(DATA, *names, unknown="refuse", **shapes)  # type: ignore[arg-type]
    assert permit({"title": "Blue"}, "title", unknown="refuse") == {"title": "Blue"}


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abcé ", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from("abcdef"), json))
def test_nothing_else_ever_gets_through(data: dict[str, object]) -> None:
    taken = permit(data, "a", b=list, c=("a",))
    assert set(taken) <= {"a", "b", "c"}
    assert not isinstance(taken.get("a"), list | dict)
    inner = taken.get("c", [])
    for each in inner if isinstance(inner, list) else [inner]:
        assert isinstance(each, dict)
        assert set(each) <= {"a"}


def test_a_shape_that_is_none_is_told() -> None:
    with pytest.raises(TypeError, match="a shape is"):
        permit({"a": {}}, a=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [[1], "x", None, 5, True])
def test_json_that_has_no_names_is_refused(data: object) -> None:
    with pytest.raises(BadRequest, match="An object with named values was expected"):
        permit(data, "title")  # type: ignore[arg-type]  # what clients send


def test_all_values_of_a_name_of_a_form_are_taken_where_a_list_is_wanted() -> None:
    sent = [("title", "Blue"), ("tags", "a"), ("tags", "b"), ("is_staff", "1")]
    request = Request.build("POST", "/", form=sent)
    for form in (request.form(), HttpRequest.of(request).POST):
        assert permit(form, "title", tags=list) == {"title": "Blue", "tags": ["a", "b"]}
        assert permit(form, "title", "tags") == {"title": "Blue", "tags": "b"}
        with pytest.raises(BadRequest, match="is_staff is not taken here"):
            permit(form, "title", "tags", unknown="refuse")
    assert permit(Request.build("POST", "/", form=[("tags", "a")]).form(), tags=list) == {"tags": ["a"]}
