"""Programs that fill in forms: too much, too fast, with what they kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import CharField, Form, HoneypotField, TimeTrapField
from partita.signing import Signer

NOW = [1000.0]
SIGNER = Signer("k" * 32, salt="forms.time")


class Comment(Form):
    text = CharField()
    website = HoneypotField()
    page = TimeTrapField(signer=SIGNER, min_seconds=3, max_seconds=600, clock=lambda: NOW[0])


def token(form: Form) -> str:
    found = re.search(r'name="page" value="([^"]+)"', str(form))
    assert found is not None
    return found[1].replace("&#34;", '"')


def sent(age: float, **more: str) -> Comment:
    NOW[0] = 1000.0
    value = token(Comment())
    NOW[0] += age
    return Comment({"text": "Hello", "website": "", "page": value, **more})


def test_what_a_person_sends_passes() -> None:
    form = sent(10)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["website"] == ""
    assert sent(3).is_valid()
    assert sent(600).is_valid()


def test_a_filled_honeypot_is_an_error() -> None:
    assert sent(10, website="http://spam.example").has_error("website", "filled")
    assert Comment({"text": "x"}).has_error("page", "required")


def test_a_honeypot_has_no_row_and_no_label_of_its_own() -> None:
    assert "<th></th>" not in Comment().as_table()
    assert [field.name for field in Comment().visible_fields()] == ["text"]


def test_too_fast_and_too_old_are_errors_and_the_page_shown_again_can_be_sent() -> None:
    assert sent(2.9).has_error("page", "too_fast")
    old = sent(601)
    assert old.has_error("page", "too_old")
    again = token(old)
    NOW[0] += 5
    assert Comment({"text": "Hello", "page": again}).is_valid()


def test_a_token_cannot_be_made_changed_or_taken_from_elsewhere() -> None:
    NOW[0] = 1000.0
    good = token(Comment())
    NOW[0] += 10
    other = Signer("k" * 32, salt="elsewhere").sign("1000.000")
    for bad in (
        "1000",
        "1000.000",
        good[:-1],
        f"2{good}",
        other,
        SIGNER.sign("soon"),
        SIGNER.sign("nan"),
        "x" * 100_000,
    ):
        assert not Comment({"text": "Hello", "page": bad}).is_valid(), bad


def test_the_honeypot_is_out_of_everybody_s_way() -> None:
    html = str(Comment())
    trap = re.search(r'<input type="text" name="website"[^>]*>', html)
    assert trap is not None
    for attribute in (" hidden", 'tabindex="-1"', 'autocomplete="off"', 'aria-hidden="true"'):
        assert attribute in trap[0]
    assert "required" not in trap[0]
    assert 'for="id_website"' not in html
    assert not Comment({"website": "x", "page": "y"}, empty_permitted=True, use_required_attribute=False).has_changed()


def test_limits_that_nobody_can_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="less than max_seconds"):
        TimeTrapField(signer=SIGNER, min_seconds=10, max_seconds=5)


@given(st.text(max_size=40))
def test_any_token_gives_an_error_of_the_field(text: str) -> None:
    assert not Comment({"text": "Hello", "page": text}).is_valid()
