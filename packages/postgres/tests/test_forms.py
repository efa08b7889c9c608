"""Form fields of arrays, mappings and ranges: what was shown comes back as it was."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from partita import forms
from partita.forms.models import ModelForm
from partita.orm import CharField, IntegerField, Model, Registry
from partita.postgres import ArrayField, DateRangeField, DateTimeRangeField, DecimalRangeField, HStoreField, Range
from partita.postgres import forms as ours
from partita.validation import MaxLengthValidator, ValidationError


class Album(Model):
    """Has fields of PostgreSQL."""

    tags = ArrayField(CharField(max_length=5), size=2, help_text="Divided by commas.")
    facts = HStoreField(blank=True, default=dict)
    days = DateRangeField("playing days", null=True, blank=True)

    class Meta:
        registry = Registry()
        app_label = "albums"


class Everything(forms.Form):
    """One field of each kind."""

    tags = ours.SimpleArrayField(forms.CharField(max_length=10), required=False)
    numbers = ours.SplitArrayField(forms.IntegerField(required=False), size=3, required=False)
    facts = ours.HStoreField(required=False)
    seats = ours.IntegerRangeField()
    price = ours.DecimalRangeField()
    days = ours.DateRangeField()
    open = ours.DateTimeRangeField()


def errors(field: Any, value: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    return caught.value.messages


def test_a_form_with_all_of_them() -> None:
    data = {
        "tags": "jazz, modal",
        "numbers_0": "1",
        "numbers_1": "",
        "numbers_2": "3",
        "facts": '{"label": "Columbia", "year": 1959, "none": null}',
        "seats_0": "1",
        "seats_1": "9",
        "price_0": "1.50",
        "price_1": "",
        "days_0": "1959-03-02",
        "days_1": "1959-04-22",
        "open_0": "1959-03-02 20:00",
        "open_1": "1959-03-02 23:00",
    }
    form = Everything(data)
    assert form.is_valid(), form.errors
    clean = form.cleaned_data
    assert clean["tags"] == ["jazz", "modal"]
    assert clean["numbers"] == [1, None, 3]
    assert clean["facts"] == {"label": "Columbia", "year": "1959", "none": None}
    assert (clean["seats"], clean["price"]) == (Range(1, 9), Range(Decimal("1.50"), None))
    assert clean["days"] == Range(dt.date(1959, 3, 2), dt.date(1959, 4, 22))
    assert clean["open"].lower.hour == 20
    again = Everything(data, initial=clean)
    assert not again.has_changed(), again.changed_data
    shown = str(Everything(initial=clean))
    for expected in (
        'name="tags"',
        'value="jazz,modal"',
        'name="numbers_2"',
        'value="3"',
        "Columbia",
        'name="seats_1"',
        'value="9"',
        'value="1959-03-02"',
    ):
        assert expected in shown, expected
    assert Everything({}).is_valid()
    assert Everything({}).fields["seats"].clean(["", ""]) is None


def test_lists_in_one_line() -> None:
    field = ours.SimpleArrayField(forms.IntegerField(), max_length=3, min_length=2)
    assert field.clean("1, 2,3") == [1, 2, 3]
    assert field.prepare_value([1, 2]) == "1,2"
    assert errors(field, "1,a,b") == [
        "Item 2 in the array did not validate: Enter a whole number.",
        "Item 3 in the array did not validate: Enter a whole number.",
    ]
    assert errors(field, "1,2,3,4") == ["List contains 4 items, it should contain no more than 3."]
    assert errors(field, "1") == ["List contains 1 items, it should contain no fewer than 2."]
    assert errors(field, "") == ["This field is required."]
    assert errors(field, "1," * 20_000) == ["There are too many items."]
    texts = ours.SimpleArrayField(forms.CharField(validators=[MaxLengthValidator(3)]), delimiter="|", required=False)
    assert texts.clean("a,b|c") == ["a,b", "c"]
    assert errors(texts, "abc|abcde")[0].startswith("Item 2 in the array did not validate: Ensure")
    assert texts.clean("") == []
    assert texts.has_changed(["a"], "b")
    assert not texts.has_changed(["a", "b"], "a|b")
    assert not texts.has_changed(None, "")
    nested = ours.SimpleArrayField(ours.SimpleArrayField(forms.IntegerField()), delimiter="|")
    assert nested.clean("1,2|3,4") == [[1, 2], [3, 4]]


def test_lists_in_several_controls() -> None:
    field = ours.SplitArrayField(forms.CharField(max_length=3), size=3)
    assert field.clean(["a", "b", "c"]) == ["a", "b", "c"]
    assert errors(field, ["a", "", "abcde"]) == [
        "Item 2 in the array did not validate: This field is required.",
        "Item 3 in the array did not validate: Ensure this value has at most 3 characters (it has 5).",
    ]
    assert errors(field, ["", "", ""]) == ["This field is required."]
    short = ours.SplitArrayField(forms.IntegerField(required=False), size=4, remove_trailing_nulls=True, required=False)
    assert short.clean(["1", "", "3", ""]) == [1, None, 3]
    assert short.clean(["", "", "", ""]) == []
    assert not short.has_changed([1, None, 3], ["1", "", "3", ""])
    assert short.has_changed([1], ["2", "", "", ""])
    widget = ours.SplitArrayWidget(forms.TextInput, 2)
    html = widget.render("n", ["<x>", "b"], {"id": "n"})
    assert 'id="n_0"' in html
    assert "&lt;x&gt;" in html
    assert widget.value_from_datadict({"n_0": "a"}, {}, "n") == ["a", None]
    assert widget.value_omitted_from_data({}, {}, "n")
    assert not widget.value_omitted_from_data({"n_1": ""}, {}, "n")


def test_mappings() -> None:
    field = ours.HStoreField()
    assert field.clean('{"a": 1}') == {"a": "1"}
    assert errors(field, "{") == ["Could not load JSON data."]
    assert errors(field, "[1]") == ["Input must be a JSON dictionary."]
    assert errors(field, "[" * 100_000) == ["Could not load JSON data."]
    assert field.prepare_value({"a": "ü"}) == '{"a": "ü"}'
    assert not field.has_changed({"a": "1"}, '{"a": 1}')
    assert field.has_changed({"a": "1"}, '{"a": 2}')
    assert field.has_changed({"a": "1"}, "{")
    assert not field.has_changed(None, "")


def test_ranges() -> None:
    field = ours.IntegerRangeField(required=True)
    assert field.clean(["1", "2"]) == Range(1, 2)
    assert field.clean(["", "2"]) == Range(None, 2)
    assert errors(field, ["2", "1"]) == ["The start of the range must not exceed the end of the range."]
    assert "Enter a whole number." in errors(field, ["a", "1"])
    assert errors(field, ["", ""]) == ["This field is required."]
    assert field.prepare_value(Range(1, None)) == [1, None]
    html = ours.RangeWidget(forms.DateInput).render("d", Range(dt.date(2026, 1, 2), None))
    assert 'name="d_0"' in html
    assert "2026" in html
    assert 'type="hidden"' in ours.HiddenRangeWidget().render("d", Range(1, 2))


def test_forms_of_models_have_them() -> None:
    class AlbumForm(ModelForm[Album]):
        class Meta:
            model = Album
            fields = ("tags", "facts", "days")

    kinds = {name: type(field) for name, field in AlbumForm().fields.items()}
    assert kinds == {"tags": ours.SimpleArrayField, "facts": ours.HStoreField, "days": ours.DateRangeField}
    assert AlbumForm().fields["days"].label == "Playing days"
    assert AlbumForm().fields["tags"].help_text == "Divided by commas."
    form = AlbumForm({"tags": "a,b", "facts": "", "days_0": "1959-03-02", "days_1": ""})
    assert form.is_valid(), form.errors
    album: Any = form.save(commit=False)
    assert (album.tags, album.facts, album.days) == (["a", "b"], {}, Range(dt.date(1959, 3, 2), None))
    wrong = AlbumForm({"tags": "a,b,c", "facts": "", "days_0": "", "days_1": ""})
    assert wrong.errors["tags"] == ["List contains 3 items, it should contain no more than 2."]
    longer = AlbumForm({"tags": "abcdef", "facts": "", "days_0": "", "days_1": ""})
    assert "Item 1 in the array" in longer.errors["tags"][0]


def refuse(value: object) -> None:
    raise ValidationError("100% wrong", "wrong")


class Session(Model):
    """Has choices, validators and bounds that its form has to know."""

    sides: Any = ArrayField(IntegerField(choices=[(1, "first"), (2, "second")]), blank=True, default=list)
    takes: Any = ArrayField(ArrayField(IntegerField()), blank=True, default=list)
    words: Any = ArrayField(CharField(max_length=9, validators=[refuse]), blank=True, default=list)
    open: Any = DateTimeRangeField(null=True, blank=True, default_bounds="[]")
    price: Any = DecimalRangeField(null=True, blank=True, default_bounds="(]")

    class Meta:
        registry = Registry()
        app_label = "sessions"


class SessionForm(ModelForm[Session]):
    """A form of all its fields."""

    class Meta:
        model = Session
        fields = "__all__"


def test_choices_in_a_list_are_what_the_model_has() -> None:
    form = SessionForm({"sides": "2, 1"}, instance=Session(sides=[2, 1]))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["sides"] == [2, 1]
    assert form.changed_data == []
    assert SessionForm({"sides": "1,2"}, instance=Session(sides=[2, 1])).changed_data == ["sides"]
    assert SessionForm({"sides": "2"}, instance=Session(sides=[2, 1])).changed_data == ["sides"]
    assert SessionForm({"sides": "2,x"}, instance=Session(sides=[2, 1])).changed_data == ["sides"]
    wrong = SessionForm({"sides": "1,3"})
    assert wrong.errors["sides"] == [
        "Item 2 in the array did not validate: Select a valid choice. 3 is not one of the available choices."
    ]


def test_ranges_have_the_bounds_of_the_model() -> None:
    form = SessionForm({"open_0": "1959-03-02", "open_1": "1959-03-03", "price_0": "1", "price_1": "2"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["open"].bounds == "[]"
    assert form.cleaned_data["price"] == Range(Decimal(1), Decimal(2), "(]")
    assert SessionForm().fields["price"].clean(["", "2"]) == Range(None, Decimal(2), "(]")
    assert ours.IntegerRangeField().clean(["1", "2"]) == Range(1, 2)


def test_what_the_model_says_of_an_item_is_shown() -> None:
    assert SessionForm({"words": "a"}).errors["words"] == ["Item 1 in the array did not validate: 100% wrong"]
    assert SessionForm({"takes": "1"}).is_valid()


def test_texts_of_items_may_hold_anything() -> None:
    field = ours.SimpleArrayField(forms.CharField(validators=[refuse]))
    assert errors(field, "a,b") == [f"Item {place} in the array did not validate: 100% wrong" for place in (1, 2)]
    short = {"item_invalid": "Number %(nth)s:"}
    assert errors(ours.SimpleArrayField(forms.IntegerField(), error_messages=short), "x") == [
        "Number 1: Enter a whole number."
    ]
    long = ours.SimpleArrayField(forms.CharField(validators=[MaxLengthValidator(2)]))
    with pytest.raises(ValidationError) as caught:
        long.clean("abc")
    (error,) = caught.value.error_list
    assert (error.code, error.params) == (
        "item_invalid",
        {
            "nth": 1,
            "limit_value": 2,
            "show_value": 3,
            "value": "abc",
            "reason": "Ensure this value has at most 2 characters (it has 3).",
        },
    )
    assert (ours.SimpleArrayField(forms.CharField(), min_length=1, max_length=3).max_length) == 3
