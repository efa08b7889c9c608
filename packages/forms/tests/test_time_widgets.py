"""A day in three lists."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import DateField, Form, SelectDateWidget


class Birth(Form):
    day = DateField(widget=SelectDateWidget(years=range(1990, 1993)), required=False)


def parts(year: str = "", month: str = "", day: str = "") -> dict[str, object]:
    return {"day_year": year, "day_month": month, "day_day": day}


def test_a_day_is_chosen_in_three_lists() -> None:
    form = Birth(parts("1991", "2", "28"))
    assert form.is_valid()
    assert form.cleaned_data == {"day": date(1991, 2, 28)}
    html = str(form["day"])
    assert re.findall(r'<option value="([^"]*)" selected>([^<]*)<', html) == [
        ("2", "February"),
        ("28", "28"),
        ("1991", "1991"),
    ]
    assert [found[1] for found in re.finditer(r'<select name="(\w+)"', html)] == ["day_month", "day_day", "day_year"]
    assert re.findall(r'id="([^"]*)"', html) == ["id_day_month", "id_day_day", "id_day_year"]
    assert form["day"].id_for_label == "id_day_month"
    assert "<fieldset>" in form.as_div()


def test_nothing_chosen_is_nothing_and_half_a_day_is_an_error_that_is_shown_again() -> None:
    nothing = Birth(parts())
    assert nothing.is_valid()
    assert nothing.cleaned_data == {"day": None}
    half = Birth(parts("1991", "2"))
    assert half.errors == {"day": ["Enter a valid date."]}
    assert '<option value="1991" selected>' in str(half["day"])
    assert '<option value="2" selected>' in str(half["day"])
    assert '<option value="" selected>---</option>' in str(half["day"])
    impossible = Birth(parts("1991", "2", "31"))
    assert not impossible.is_valid()
    assert '<option value="31" selected>' in str(impossible["day"])


def test_a_required_day_has_no_empty_choice() -> None:
    class Strict(Form):
        day = DateField(widget=SelectDateWidget(years=[1990]))

    assert 'value=""' not in str(Strict()["day"])
    assert "required" not in str(Strict()["day"])
    assert Strict({}).errors == {"day": ["This field is required."]}


def test_names_years_months_and_labels_can_be_chosen() -> None:
    widget = SelectDateWidget(years=(1990,), months={1: "I", 2: "II"}, empty_label=("Year", "Month", "Day"))
    html = widget.render("d", "1990-2-0")
    assert '<option value="2" selected>II</option>' in html
    assert '<option value="">Year</option>' in html
    assert '<option value="" selected>Day</option>' in html
    with pytest.raises(ValueError, match="one text or three"):
        SelectDateWidget(empty_label=("a", "b"))
    assert len(SelectDateWidget().render("d", None).split('name="d_year"')[1].split("<option")) == 12


def test_what_was_sent_is_found_and_its_absence_too() -> None:
    widget = SelectDateWidget()
    assert widget.value_omitted_from_data({}, {}, "day")
    assert not widget.value_omitted_from_data(parts(), {}, "day")
    assert widget.value_from_datadict({}, {}, "day") is None
    assert widget.value_from_datadict({"day": "1990-01-02"}, {}, "day") == "1990-01-02"
    assert not Birth({"day": "1990-01-02"}, initial={"day": date(1990, 1, 2)}).has_changed()


@given(
    st.dictionaries(
        st.sampled_from(["day_year", "day_month", "day_day"]), st.text(alphabet="0123456789-x \x00", max_size=12)
    )
)
def test_any_three_texts_give_a_day_nothing_or_an_error(sent: dict[str, str]) -> None:
    form = Birth(dict(sent))
    if form.is_valid():
        assert form.cleaned_data["day"] is None or isinstance(form.cleaned_data["day"], date)
    else:
        assert form.has_error("day", "invalid")
    assert str(form["day"]).count("<select") == 3
