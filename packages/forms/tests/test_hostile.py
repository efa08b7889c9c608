"""What nobody's browser sends: too much, too many, forged, broken. An error of the field, at a bounded cost."""

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.forms import (
    BooleanField,
    CharField,
    CheckboxSelectMultiple,
    ChoiceField,
    ComboField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    Field,
    FileField,
    FloatField,
    Form,
    GenericIPAddressField,
    IntegerField,
    JSONField,
    MultipleChoiceField,
    NullBooleanField,
    RegexField,
    SelectDateWidget,
    SlugField,
    SplitDateTimeField,
    TimeField,
    TypedChoiceField,
    TypedMultipleChoiceField,
    URLField,
    UUIDField,
    ValidationError,
)

CHOICES = [("a", "A"), ("b", "B")]


class Everything(Form):
    name = CharField(max_length=10)
    email = EmailField()
    url = URLField()
    slug = SlugField(max_length=10)
    word = RegexField(r"^[a-z]+$", max_length=10)
    key = UUIDField()
    ip = GenericIPAddressField()
    age = IntegerField(max_value=9)
    weight = FloatField()
    price = DecimalField(max_digits=5, decimal_places=2)
    day = DateField()
    picked = DateField(widget=SelectDateWidget(years=[2026]))
    clock = TimeField()
    when = DateTimeField()
    long = DurationField()
    agree = BooleanField()
    maybe = NullBooleanField()
    kind = ChoiceField(choices=CHOICES)
    typed = TypedChoiceField(choices=CHOICES, coerce=str)
    many = MultipleChoiceField(choices=CHOICES)
    boxes = TypedMultipleChoiceField(choices=CHOICES, coerce=str, widget=CheckboxSelectMultiple)
    document = JSONField()
    both = ComboField(fields=[CharField(max_length=10), SlugField()])
    split = SplitDateTimeField()
    file = FileField()


NAMES = [*Everything.base_fields, "split_0", "split_1", "picked_year", "picked_month", "picked_day"]
FORGIVING = {"agree", "maybe"}
"""Any text ticks a box, and what is neither yes nor no is unknown."""


@pytest.mark.parametrize("letter", ["x", "9", "é", "0", "\n", "-", ".", "{", "[", "9:", "a@", "ﷺ", "\x00"])
def test_a_megabyte_in_each_field_is_refused_at_the_cost_of_reading_it(letter: str) -> None:
    def seconds(size: int) -> float:
        sent = dict.fromkeys(NAMES, letter * (size // len(letter)))
        form = Everything(sent)
        assert set(Everything.base_fields) - set(form.errors) <= FORGIVING | {"document", "both"}
        return least_seconds(lambda: Everything(sent).is_valid(), attempts=3)

    small, large = seconds(125_000), seconds(1_000_000)
    assert large < 8 * 3 * max(small, 0.002)  # no more than in proportion, with room for noise


def test_a_megabyte_is_not_kept_many_times() -> None:
    sent = dict.fromkeys(NAMES, "x" * 1_000_000)
    tracemalloc.start()
    try:
        Everything(sent).is_valid()
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_values_nobody_asked_for_cost_nothing() -> None:
    sent: dict[str, object] = {f"field{number}": "x" for number in range(100_000)}
    sent |= {"name": "Clara"}

    class One(Form):
        name = CharField()

    few, many = {"name": "Clara"}, sent
    assert One(many).is_valid()
    assert least_seconds(lambda: One(many).is_valid()) < 20 * max(least_seconds(lambda: One(few).is_valid()), 0.0005)


def test_a_hundred_thousand_values_under_one_name_are_looked_at_once_each() -> None:
    class Many(Form):
        many = MultipleChoiceField(choices=[(str(number), "x") for number in range(1000)])

    def seconds(count: int) -> float:
        sent = {"many": [str(number % 1000) for number in range(count)]}
        return least_seconds(lambda: Many(sent).is_valid(), attempts=3)

    assert seconds(80_000) < 8 * 4 * max(seconds(10_000), 0.001)


@pytest.mark.parametrize("value", ["c", "A", " a", "a ", "a\x00", "", "None", "('a', 'A')", "[]", "0"])
def test_a_forged_choice_is_an_error(value: str) -> None:
    for field in (ChoiceField(choices=CHOICES), TypedChoiceField(choices=CHOICES, coerce=str)):
        with pytest.raises(ValidationError):
            field.clean(value)
    with pytest.raises(ValidationError):
        MultipleChoiceField(choices=CHOICES).clean(["a", value])


def test_the_name_of_a_group_is_no_choice() -> None:
    field = ChoiceField(choices=[("Group", CHOICES)])
    assert field.clean("a") == "a"
    with pytest.raises(ValidationError):
        field.clean("Group")


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "\ud800", "a\udcff", "\udc80@b.de", "\ufffe", "\x7f", "\u202eb"])
def test_broken_text_gives_errors_or_values_and_shows_again(text: str) -> None:
    form = Everything(dict.fromkeys(NAMES, text))
    assert not form.is_valid()
    html = form.as_div() + str(form.errors) + form.error_summary()
    assert "\x00" not in json.dumps(form.errors.get_json_data())
    assert "<" in html
    if "\x00" in text:
        assert form.has_error("name", "null_characters_not_allowed")


values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=4), st.dates()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@given(st.sampled_from(sorted(Everything.base_fields)), values)
def test_a_value_of_any_type_gives_a_value_or_an_error(name: str, value: Any) -> None:
    field: Field = Everything.base_fields[name]
    with suppress(ValidationError):
        field.clean(value)
    form = Everything({**dict.fromkeys(NAMES, ""), name: value})
    form.is_valid()
    assert isinstance(form.as_p(), str)
    assert isinstance(form.has_changed(), bool)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.one_of(st.text(max_size=12), st.lists(st.text(max_size=5), max_size=3)))
)
def test_any_data_gives_a_form_with_values_and_errors_for_all_fields(data: dict[str, Any]) -> None:
    form = Everything(data)
    form.is_valid()
    assert set(form.errors) | set(form.cleaned_data) == set(Everything.base_fields)
    assert not set(form.errors) & set(form.cleaned_data)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (JSONField(), "[" * 100_000), (JSONField(), '{"a":' * 100_000), (JSONField(), "9" * 100_000), (IntegerField(), "9" * 5000),
        (IntegerField(), 10**5000), (DecimalField(), "1e99999"), (DecimalField(), "1e-99999"), (FloatField(), "1e99999"),
        (DurationField(), "9" * 30), (DurationField(), "P999999999D"), (DateField(), "9999-99-99"), (DateTimeField(), "0001-01-01T00:00:00+23:59"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_text_that_means_much_more_than_it_says_is_refused(field: Field, text: object) -> None:
    try:
        value = field.clean(text)
    except ValidationError:
        return
    assert len(repr(value)) < 200


def test_no_data_at_all_and_data_of_other_kinds() -> None:
    sent: list[dict[str, object]] = [{}, {"name": {}}, {"name": []}, {"name": [[]]}, {"name": b"\xff"}]
    for data in sent:
        form = Everything(data)
        assert not form.is_valid()
