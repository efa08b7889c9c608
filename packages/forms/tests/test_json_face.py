"""One definition, two faces: the schema of a form accepts what the form accepts, and refuses what it refuses."""

import asyncio
import contextlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from partita import forms
from partita.forms.formsets import formset_factory
from partita.forms.json_input import JSONBodyError, form_from_json, formset_from_json, read_json
from partita.forms.json_schema import field_schema, form_schema, formset_schema
from partita.forms.nesting import NestedForm
from partita.forms.problems import PROBLEM_JSON, problem


class Order(forms.Form):
    name = forms.CharField(max_length=20, label="Your name", help_text="As on the door.")
    email = forms.EmailField()
    copies = forms.IntegerField(min_value=1, max_value=9)
    weight = forms.FloatField(required=False)
    price = forms.DecimalField(max_digits=6, decimal_places=2, required=False)
    day = forms.DateField(required=False)
    at = forms.SplitDateTimeField(required=False)
    gift = forms.BooleanField(required=False)
    terms = forms.BooleanField()
    maybe = forms.NullBooleanField(required=False)
    format = forms.ChoiceField(choices=[("cd", "CD"), ("lp", "LP")])
    rating = forms.TypedChoiceField(choices=[(1, "one"), (2, "two")], coerce=int, required=False)
    tags = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    key = forms.UUIDField(required=False)
    more = forms.JSONField(required=False)
    home = forms.URLField(required=False)


GOOD: dict[str, Any] = {
    "name": "Clara",
    "email": "clara@example.org",
    "copies": 2,
    "weight": 1.5,
    "price": "9.90",
    "day": "2026-11-21",
    "at": "2026-11-21T10:30:00",
    "gift": True,
    "terms": True,
    "maybe": None,
    "format": "lp",
    "rating": 2,
    "tags": ["a", "b"],
    "key": "12345678-1234-5678-1234-567812345678",
    "more": {"deep": [1, 2.5, {"x": None}], "text": "[1]"},
    "home": "https://example.org/",
}


def bound(**changes: object) -> Order:
    return form_from_json(Order, json.dumps({**GOOD, **changes}))


def accepted_by_schema(values: object, kind: type[forms.Form] = Order) -> bool:
    schema = form_schema(kind)
    Draft202012Validator.check_schema(schema)
    return bool(Draft202012Validator(schema).is_valid(values))


def test_a_json_object_fills_the_same_form() -> None:
    form = bound()
    assert form.is_valid(), form.errors
    assert accepted_by_schema(GOOD)
    values = form.cleaned_data
    assert (values["copies"], values["weight"], values["price"]) == (2, 1.5, Decimal("9.90"))
    assert (values["day"], values["at"]) == (date(2026, 11, 21), datetime(2026, 11, 21, 10, 30, tzinfo=UTC))
    assert (values["gift"], values["maybe"], values["rating"], values["tags"]) == (True, None, 2, ["a", "b"])
    assert values["key"] == UUID(GOOD["key"])
    assert values["more"] == GOOD["more"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 5), ("name", ["x"]), ("name", {"x": 1}), ("name", True), ("copies", "2"), ("copies", 2.5), ("copies", True),
        ("copies", [2]), ("weight", "1.5"), ("price", True), ("price", [1]), ("gift", "on"), ("gift", 1), ("terms", "yes"),
        ("maybe", "true"), ("format", ["cd"]), ("format", {"cd": 1}), ("tags", "a"), ("tags", [["a"]]), ("tags", {"a": 1}),
        ("key", 5), ("day", 20261121), ("at", ["2026-11-21", "10:30"]),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_an_error_of_its_field_and_of_the_schema(name: str, value: object) -> None:
    form = bound(**{name: value})
    assert not form.is_valid()
    assert [error.code for error in form.errors[name].as_data()] == ["invalid_type"]
    assert name not in form.cleaned_data
    assert not accepted_by_schema({**GOOD, name: value})


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("name", "", "required"), ("name", "x" * 21, "max_length"), ("copies", 0, "min_value"), ("copies", 10, "max_value"),
        ("terms", False, "required"), ("format", "mp3", "invalid_choice"), ("rating", 3, "invalid_choice"),
        ("tags", ["a", "c"], "invalid_choice"), ("price", "1.234", "max_decimal_places"),
    ],
)  # fmt: skip
def test_what_the_form_refuses_the_schema_refuses(name: str, value: object, code: str) -> None:
    assert bound(**{name: value}).has_error(name, code)
    assert not accepted_by_schema({**GOOD, name: value})


def test_unknown_keys_and_missing_ones_are_errors() -> None:
    form = form_from_json(Order, {"nmae": "x"})
    assert form.has_error(None, "unknown_field")
    assert form.has_error("name", "required")
    assert not accepted_by_schema({**GOOD, "nmae": "x"})
    assert not accepted_by_schema({key: value for key, value in GOOD.items() if key != "name"})
    assert bound(weight=None, home=None).is_valid()
    assert accepted_by_schema({**GOOD, "weight": None, "home": None})


def test_numbers_keep_their_digits_and_whole_ones_may_have_a_point() -> None:
    form = form_from_json(Order, json.dumps(GOOD).replace('"copies": 2', '"copies": 2.0').replace('"9.90"', "1234.56"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["copies"] == 2
    assert form.cleaned_data["price"] == Decimal("1234.56")


def test_the_schema_tells_labels_help_and_limits() -> None:
    schema = form_schema(Order)
    assert schema["title"] == "Order"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "email", "copies", "terms", "format"]
    assert schema["properties"]["name"] == {
        "type": "string", "minLength": 1, "maxLength": 20, "title": "Your name", "description": "As on the door.",
    }  # fmt: skip
    assert schema["properties"]["copies"] == {"type": "integer", "minimum": 1, "maximum": 9, "title": "Copies"}
    assert schema["properties"]["email"]["format"] == "email"
    assert schema["properties"]["format"]["oneOf"] == [{"const": "cd", "title": "CD"}, {"const": "lp", "title": "LP"}]
    assert schema["properties"]["terms"]["const"] is True
    assert json.loads(json.dumps(schema)) == schema


def test_state_of_a_field_is_in_its_schema() -> None:
    assert field_schema(forms.CharField(disabled=True))["readOnly"] is True
    assert field_schema(forms.CharField(widget=forms.PasswordInput))["writeOnly"] is True
    assert field_schema(forms.CharField(initial="x"))["default"] == "x"
    assert "default" not in field_schema(forms.CharField(initial=lambda: "x"))

    class Percent(forms.IntegerField):
        def json_schema(self, made: dict[str, Any]) -> dict[str, Any]:
            return {**made, "x-unit": "%"}

    assert field_schema(Percent())["x-unit"] == "%"


def test_files_cannot_be_json() -> None:
    class Scan(forms.Form):
        page = forms.FileField()

    assert form_from_json(Scan, {"page": "aGVsbG8="}).has_error("page", "invalid_type")
    assert form_from_json(Scan, {}).has_error("page", "required")


def test_a_prefix_is_no_matter_of_the_json() -> None:
    form = form_from_json(
        Order, GOOD | {"copies": read_json("2"), "weight": None, "rating": None, "more": None}, prefix="a"
    )
    assert form.is_valid(), form.errors


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "line 1"), (b"{", "line 1"), (b"[]", "an object"), (b"1", "an object"), (b"null", "an object"),
        (b'{"a": NaN}', "NaN"), (b'{"a": 1, "a": 2}', "twice"), (b'\xff{"a": 1}', "UTF-8"), (b"[" * 100_000, "deep"),
        (b" " * 2_000_000, "1048576 bytes"), (b'{"a": 1} x', "Extra data"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(JSONBodyError, match=reason) as caught:
        form_from_json(Order, body)
    document = problem(caught.value)
    assert (document["status"], document["title"]) == (400, "Bad Request")


def test_a_number_of_a_million_digits_is_an_error_and_takes_no_time() -> None:
    digits = "9" * 1_000_000
    for name in ("copies", "weight", "price", "more", "rating"):
        form = form_from_json(Order, json.dumps({**GOOD, name: "@"}).replace('"@"', digits))
        assert not form.is_valid()
        assert name in form.errors


@given(st.dictionaries(st.sampled_from([*GOOD, "other"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6,
)))  # fmt: skip
def test_any_json_makes_values_or_errors_and_nothing_else(values: dict[str, Any]) -> None:
    form = form_from_json(Order, json.dumps(values))
    form.is_valid()
    json.dumps(problem(form))
    if form.is_valid():
        assert accepted_by_schema(values)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with contextlib.suppress(JSONBodyError):
        json.dumps(read_json(body))


def test_errors_are_a_problem_document_with_pointers() -> None:
    class Odd(forms.Form):
        pass

    Odd.base_fields = {"a/b~c é": forms.CharField()}
    assert PROBLEM_JSON == "application/problem+json"
    form = form_from_json(Odd, {})
    assert problem(form, instance="/orders/1") == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "What was sent has errors.",
        "errors": [{"pointer": "#/a~1b~0c%20%C3%A9", "detail": "This field is required.", "code": "required"}],
        "instance": "/orders/1",
    }
    whole = form_from_json(Order, {"x": 1})
    assert problem(whole)["errors"][-1]["pointer"] in {"#", "#/format"}
    assert {"pointer": "#", "detail": "There is no field “x”.", "code": "unknown_field"} in problem(whole)["errors"]


class Track(forms.Form):
    title = forms.CharField(max_length=10)
    seconds = forms.IntegerField(required=False)


Tracks = formset_factory(Track, min_num=1, validate_min=True, max_num=3, validate_max=True, can_delete=True)


def test_a_set_of_forms_is_an_array() -> None:
    schema = formset_schema(Tracks)
    Draft202012Validator.check_schema(schema)
    assert (schema["minItems"], schema["maxItems"]) == (1, 3)
    formset = formset_from_json(Tracks, b'[{"title": "A", "seconds": 61}, {"title": "B", "DELETE": true}]')
    assert formset.is_valid(), formset.errors
    assert formset.cleaned_data[0] == {"title": "A", "seconds": 61, "DELETE": False}
    assert formset.deleted_forms == [formset[1]]
    Draft202012Validator(schema).validate([{"title": "A", "seconds": 61}])


def test_errors_of_a_set_point_into_the_array() -> None:
    formset = formset_from_json(Tracks, [{"title": "A"}, {}, {"title": 5}])
    assert not formset.is_valid()
    assert [(error["pointer"], error["code"]) for error in problem(formset)["errors"]] == [
        ("#/1/title", "required"),
        ("#/2/title", "invalid_type"),
    ]
    many = formset_from_json(Tracks, [{"title": "A"}] * 4)
    assert problem(many)["errors"][0]["pointer"] == "#"
    assert formset_from_json(Tracks, ["x"]).errors[0]["__all__"] == ["Expected an object, got string."]
    with pytest.raises(JSONBodyError, match="an array"):
        formset_from_json(Tracks, b"{}")


def test_an_array_of_a_million_objects_makes_no_more_forms_than_allowed() -> None:
    formset = formset_from_json(Tracks, [{}] * 1_000_000)
    assert not formset.is_valid()
    assert len(formset.forms) == Tracks.absolute_max


class Album(NestedForm):
    title = forms.CharField()
    formset_classes = {"tracks": Tracks}


class Artist(NestedForm):
    name = forms.CharField()
    formset_classes = {"albums": formset_factory(Album)}


def test_nested_forms_are_nested_json() -> None:
    values = {"name": "Bach", "albums": [{"title": "Partitas", "tracks": [{"title": "Sinfonia"}]}]}
    form = form_from_json(Artist, json.dumps(values))
    assert form.is_valid(), problem(form)
    schema = form_schema(Artist)
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(values)
    assert form.formsets["albums"][0].formsets["tracks"].cleaned_data[0]["title"] == "Sinfonia"
    wrong = form_from_json(Artist, {"name": "Bach", "albums": [{"title": "Partitas", "tracks": [{"title": "A"}, {}]}]})
    assert [error["pointer"] for error in problem(wrong)["errors"]] == ["#/albums/0/tracks/1/title"]
    assert form_from_json(Artist, {"name": "Bach", "albums": "x"}).has_error(None, "invalid_type")


def test_async_hooks_run_for_json_too() -> None:
    class Checked(Track):
        async def clean_title(self) -> object:
            await asyncio.sleep(0)
            raise forms.ValidationError("Taken.", code="taken")

    form = form_from_json(Checked, {"title": "A"})
    assert not asyncio.run(form.ais_valid())
    assert form.has_error("title", "taken")
