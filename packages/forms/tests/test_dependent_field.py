"""Choosing a country narrows the cities."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import ChoiceField, DependentChoiceField, FieldNameError, Form, RadioSelect, refreshed_control

CITIES = {"de": ["Berlin", "Leipzig"], "at": ["Wien", "Graz & Co"]}


def cities_of(country: object) -> list[tuple[str, str]]:
    return [("", "Choose"), *((city.lower(), city) for city in CITIES.get(str(country), ()))]


class Trip(Form):
    country = ChoiceField(choices=[("", "-"), ("de", "Germany"), ("at", "Austria")])
    city = DependentChoiceField(depends_on="country", choices=cities_of, refresh_url="/cities/?a=1&b=2")


def offered(html: object) -> list[str]:
    return re.findall(r'<option value="([^"]+)"', str(html))


def test_choosing_a_country_narrows_the_cities() -> None:
    assert offered(Trip()["city"]) == []
    assert offered(Trip(initial={"country": "de"})["city"]) == ["berlin", "leipzig"]
    assert offered(Trip({"country": "at"})["city"]) == ["wien", "graz &amp; co"]
    assert Trip({"country": "de", "city": "berlin"}).is_valid()


def test_a_city_of_another_country_is_an_error_and_the_right_ones_are_offered() -> None:
    form = Trip({"country": "at", "city": "berlin"})
    assert form.has_error("city", "invalid_choice")
    assert offered(form["city"]) == ["wien", "graz &amp; co"]
    refused = Trip({"country": "fr", "city": "berlin"})
    assert refused.has_error("country", "invalid_choice")
    assert refused.has_error("city", "invalid_choice")


def test_forms_do_not_share_what_they_offer() -> None:
    first, second = Trip({"country": "de"}), Trip({"country": "at"})
    assert offered(first["city"]) != offered(second["city"])
    assert offered(first["city"]) == ["berlin", "leipzig"]
    assert list(Trip.base_fields["city"].choices) == []  # type: ignore[attr-defined]  # a choice field


def test_the_control_asks_for_itself_when_the_other_field_changes() -> None:
    html = str(Trip(prefix="out")["city"])
    assert 'hx-get="/cities/?a=1&amp;b=2"' in html
    assert 'hx-trigger="change from:[name=&#39;out-country&#39;]"' in html
    assert 'hx-include="[name=&#39;out-country&#39;]"' in html


def test_the_view_answers_with_the_control_alone() -> None:
    control = refreshed_control(Trip({"country": "at", "city": "berlin"}), "city")
    assert control.startswith('<select name="city"')
    assert 'id="id_city"' in control
    assert " required" in control
    assert "aria-invalid" not in control
    assert offered(control) == ["wien", "graz &amp; co"]
    with pytest.raises(FieldNameError):
        refreshed_control(Trip({}), "nope")


def test_any_control_for_choices_will_do() -> None:
    class Radios(Form):
        country = ChoiceField(choices=[("de", "Germany")])
        city = DependentChoiceField(depends_on="country", choices=cities_of, widget=RadioSelect, required=False)

    assert str(Radios({"country": "de"})["city"]).count("<input") == 3


def test_a_field_that_is_not_there_is_named() -> None:
    class Wrong(Form):
        city = DependentChoiceField(depends_on="country", choices=cities_of)

    with pytest.raises(FieldNameError, match="'country'"):
        Wrong({}).is_valid()


@given(st.text(max_size=8), st.text(max_size=8))
def test_only_cities_of_the_country_sent_are_valid(country: str, city: str) -> None:
    form = Trip({"country": country, "city": city})
    assert form.is_valid() is (city in [one for one, _ in cities_of(country)[1:]])
