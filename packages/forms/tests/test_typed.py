"""A type says what a form asks for, and is what comes out."""

import enum
import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, assert_type
from uuid import UUID

import msgspec
import pydantic
import pytest

from partita import forms
from partita.forms.json_input import form_from_json
from partita.forms.json_schema import form_schema
from partita.forms.typed import FormTypeError, TypedForm, field_for, form_for


class Format(enum.Enum):
    CD = "cd"
    LONG_PLAYER = "lp"


@dataclass
class Line:
    record: Literal["bwv825", "bwv826"]
    copies: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


@dataclass
class Order:
    name: Annotated[str, msgspec.Meta(max_length=20, title="Your name")]
    format: Format
    day: date | None
    lines: list[Line]
    gift: bool = False
    price: Decimal = Decimal("9.90")
    note: str = ""
    extras: list[Literal["box", "card"]] = field(default_factory=list)


SENT = {
    "name": "Clara",
    "format": "lp",
    "price": "12.50",
    "extras": ["card"],
    "lines-TOTAL_FORMS": "2",
    "lines-INITIAL_FORMS": "0",
    "lines-0-record": "bwv825",
    "lines-0-copies": "2",
    "lines-1-record": "bwv826",
    "lines-1-copies": "1",
    "lines-1-DELETE": "on",
}


def test_a_form_of_a_dataclass_makes_one() -> None:
    form = form_for(Order)(SENT)
    assert form.is_valid(), form.errors
    order = form.value
    assert_type(order, Order)
    assert order == Order("Clara", Format.LONG_PLAYER, None, [Line("bwv825", 2)], False, Decimal("12.50"), "", ["card"])


def test_the_type_says_labels_limits_and_what_may_be_left_out() -> None:
    form = form_for(Order)()
    fields = form.fields
    assert isinstance(form, TypedForm)
    assert [name for name, one in fields.items() if one.required] == ["name", "format"]
    assert fields["name"].label == "Your name"
    assert 'maxlength="20"' in str(form["name"])
    assert '<option value="lp">Long player</option>' in str(form["format"])
    assert fields["price"].initial == Decimal("9.90")
    assert form_for(Order)({**SENT, "name": "x" * 21}).has_error("name", "max_length")
    assert not form_for(Order)({**SENT, "lines-0-copies": "10"}).is_valid()
    with pytest.raises(AttributeError, match="not valid"):
        form_for(Order)({}).value


def test_one_type_has_two_faces() -> None:
    values = {"name": "Clara", "format": "cd", "lines": [{"record": "bwv826", "copies": 3}]}
    form = form_from_json(form_for(Order), json.dumps(values))
    assert form.is_valid()
    assert form.value.lines == [Line("bwv826", 3)]
    assert form_schema(form)["properties"]["lines"]["items"]["properties"]["copies"]["maximum"] == 9


class Point(NamedTuple):
    x: int
    y: float = 0.5


class Options(TypedDict, total=False):
    size: int


class Account(msgspec.Struct):
    key: UUID
    kind: Literal[1, 2] = 1


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=2, description="As on the door.")
    age: int | None = None


def test_other_kinds_of_types_do_as_well() -> None:
    assert form_for(Point)({"x": "1", "y": "2.5"}).value == Point(1, 2.5)
    assert form_for(Options)({"size": "3"}).value == {"size": 3}
    key = "12345678-1234-5678-1234-567812345678"
    assert form_for(Account)({"key": key, "kind": "2"}).value == Account(UUID(key), 2)
    person = form_for(Person)
    assert person({"name": "Clara", "age": ""}).value == Person(name="Clara")
    assert person({"name": "C"}).has_error("name", "min_length")
    assert person().fields["name"].help_text == "As on the door."


def test_a_field_of_ones_own_replaces_the_one_that_the_type_says() -> None:
    kind = form_for(Point, x=forms.IntegerField(widget=forms.HiddenInput))
    assert kind().fields["x"].widget.is_hidden

    @dataclass
    class Mail:
        to: Annotated[str, forms.EmailField()]

    assert form_for(Mail)({"to": "x"}).has_error("to", "invalid")


@pytest.mark.parametrize(
    ("kind", "reason"), [(int, "no named, typed parts"), (type("Empty", (), {}), "no named, typed parts")]
)
def test_a_type_without_parts_is_refused(kind: type[Any], reason: str) -> None:
    with pytest.raises(FormTypeError, match=reason):
        form_for(kind)


def test_a_part_that_no_field_is_for_is_refused_with_its_name() -> None:
    with pytest.raises(FormTypeError, match="colour"):
        field_for(complex, "colour")
    with pytest.raises(FormTypeError, match="several types"):
        field_for(int | str, "colour")
    assert isinstance(field_for(dict[str, int]), forms.JSONField)
