"""What a draft's client wants."""

from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request
from partita.http.drafts import HttpRequest
from partita.http.drafts.accepted import MediaType, accepted_types, by_precedence


def test_types_are_ordered_by_wish_and_by_how_narrow_they_are() -> None:
    value = 'text/*;q=0.3, text/html;q=0.7, text/html;level=1, text/html;level="2";q=0.4, */*;q=0.5, image/png;q=0'
    assert [str(each) for each in accepted_types(value)] == [
        "text/html; level=1",
        "text/html; q=0.7",
        "*/*; q=0.5",
        "text/html; level=2; q=0.4",
        "text/*; q=0.3",
    ]
    assert [str(each) for each in by_precedence(value)][-2:] == ["text/*; q=0.3", "*/*; q=0.5"]
    draft = HttpRequest(Request.build(headers={"Accept": value}))
    assert draft.accepts("text/html")
    assert not draft.accepts("image/png")
    found = draft.accepted_type("text/html;level=2")
    assert found is not None
    assert found.quality == 0.4
    assert draft.get_preferred_type(["text/plain", "text/html;level=1"]) == "text/html;level=1"
    assert draft.get_preferred_type(["image/png"]) is None


@given(st.text(max_size=200))
def test_anything_may_stand_in_the_header(text: str) -> None:
    for kind in by_precedence(text):
        assert 0 <= kind.quality <= 1
        assert 0 <= kind.specificity <= 3
        assert isinstance(kind.match("text/html"), bool)
    accepted_types(text)
    MediaType(text).match(text)


def test_a_charset_that_is_asked_for_does_not_refuse_a_type_that_is_offered_without_one() -> None:
    draft = HttpRequest(Request.build(headers={"Accept": "application/json; charset=utf-8, text/html;q=0.5"}))
    assert draft.accepts("application/json")
    assert draft.get_preferred_type(["text/html", "application/json"]) == "application/json"
    assert not draft.accepts("application/json; charset=latin-1")
