"""A JSON schema becomes a form, whose own schema accepts and refuses the same."""

import json
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from partita import forms
from partita.forms.json_input import form_from_json
from partita.forms.json_schema import form_schema
from partita.forms.schema_forms import SchemaError, field_from_schema, form_from_schema

ORDER: dict[str, Any] = {
    "title": "Record order",
    "type": "object",
    "required": ["name", "format", "lines"],
    "properties": {
        "name": {"type": "string", "maxLength": 20, "title": "Your name", "description": "As on the door."},
        "email": {"type": "string", "format": "email"},
        "secret": {"type": "string", "writeOnly": True},
        "format": {"oneOf": [{"const": "cd", "title": "CD"}, {"const": "lp", "title": "LP"}]},
        "rating": {"enum": [1, 2, 3], "default": 2},
        "tags": {"type": "array", "items": {"enum": ["new", "used"]}},
        "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "gift": {"type": "boolean"},
        "terms": {"type": "boolean", "const": True},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
        "more": {"type": "object"},
        "lines": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {
        "line": {
            "type": "object",
            "title": "Line",
            "required": ["record", "copies"],
            "properties": {
                "record": {"type": "string"},
                "copies": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10},
            },
        }
    },
}
GOOD: dict[str, Any] = {
    "name": "Clara",
    "email": "clara@example.org",
    "format": "lp",
    "rating": 3,
    "tags": ["new"],
    "day": "2026-11-21",
    "terms": True,
    "code": "AB12",
    "more": {"x": 1},
    "lines": [{"record": "BWV 825", "copies": 2}],
}
Order = form_from_schema(ORDER)


def test_a_schema_becomes_a_form_with_labels_limits_and_rows() -> None:
    form = Order()
    assert Order.__name__ == "RecordorderForm"
    html = str(form)
    assert '<label for="id_name">Your name:</label>' in html
    assert 'maxlength="20"' in html
    assert 'type="email"' in html
    assert 'type="password"' in html
    assert 'type="date"' in html
    assert '<option value="lp">LP</option>' in html
    assert '<option value="2" selected>2</option>' in html
    copies = str(form.formsets["lines"][0]["copies"])
    assert 'name="lines-0-copies"' in copies
    assert 'min="1" max="9"' in copies or 'max="9" min="1"' in copies
    assert isinstance(form.fields["more"], forms.JSONField)


def test_what_is_sent_as_form_data_or_json_becomes_values() -> None:
    form = form_from_json(Order, json.dumps(GOOD))
    assert form.is_valid(), form.errors
    values = form.cleaned_data
    assert (values["rating"], values["tags"], values["format"], values["more"]) == (3, ["new"], "lp", {"x": 1})
    assert form.formsets["lines"].cleaned_data[0]["copies"] == 2
    sent = {"name": "Clara", "format": "cd", "terms": "on", "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0",
            "lines-0-record": "BWV 825", "lines-0-copies": "2"}  # fmt: skip
    assert Order(sent).is_valid()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x" * 21}, {"email": "x"}, {"format": "mp3"}, {"rating": 4}, {"tags": ["old"]}, {"terms": False},
        {"code": "12"}, {"lines": []}, {"lines": [GOOD["lines"][0]] * 4}, {"lines": [{"record": "x", "copies": 10}]},
        {"lines": [{"copies": 1}]}, {"name": None}, {"name": 5}, {"day": 5},
    ],
)  # fmt: skip
def test_the_form_refuses_what_its_schema_refuses(changes: dict[str, object]) -> None:
    values = {**GOOD, **changes}
    assert not Draft202012Validator(ORDER, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(values)
    assert not form_from_json(Order, json.dumps(values)).is_valid()


def test_the_schema_of_the_form_is_like_the_one_it_was_made_of() -> None:
    schema = form_schema(Order)
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(GOOD)
    assert schema["properties"]["name"]["maxLength"] == 20
    again = form_from_schema(schema)
    assert list(again.base_fields) == list(Order.base_fields)
    assert form_from_json(again, json.dumps(GOOD)).is_valid()


def test_a_pydantic_model_gives_its_schema() -> None:
    class Line(pydantic.BaseModel):
        record: str = pydantic.Field(min_length=2)

    class Basket(pydantic.BaseModel):
        name: str
        lines: list[Line]

    kind = form_from_schema(Basket.model_json_schema())
    assert form_from_json(kind, {"name": "x", "lines": [{"record": "ab"}]}).is_valid()
    assert not form_from_json(kind, {"name": "x", "lines": [{"record": "a"}]}).is_valid()


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({}, "an object with properties"),
        ({"type": "array"}, "an object with properties"),
        ({"properties": {"a b": {}}}, "name of a field"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "not in this schema"),
        ({"properties": {"a": {"$ref": "https://example.org/x"}}}, "nothing else is fetched"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "refers to itself"),
        ({"properties": {"a": {"type": "array", "items": {"$ref": "#"}}}}, "refers to itself"),
        ({"properties": {"a": {"type": "string", "pattern": "("}}}, "no pattern"),
        ({"properties": {"a": {"type": "string", "pattern": "a" * 501}}}, "500 characters"),
    ],
)
def test_a_schema_that_is_no_form_is_refused_with_the_reason(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        form_from_schema(schema)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["object", "string", "array", "integer", "#", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "enum", "oneOf", "anyOf", "$ref", "a"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON, min_size=1))
def test_any_properties_make_a_form_or_an_error(properties: dict[str, Any]) -> None:
    try:
        kind = form_from_schema({"type": "object", "properties": properties})
    except SchemaError:
        return
    str(kind())


def test_one_value_becomes_one_field() -> None:
    field = field_from_schema({"type": "integer", "exclusiveMinimum": 0, "multipleOf": 5})
    assert field.clean("10") == 10
    with pytest.raises(forms.ValidationError):
        field.clean("0")
    assert isinstance(field_from_schema({"type": "string", "contentMediaType": "image/png"}), forms.FileField)
    assert field_from_schema({"type": "string", "format": "ipv4"}).clean("192.0.2.1") == "192.0.2.1"
