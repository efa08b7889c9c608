from typing import Any

import pytest

from partita.forms import (
    CharField,
    ChoiceField,
    EmailField,
    FileField,
    Form,
    IntegerField,
    ValidationError,
)


class Person(Form):
    name = CharField(max_length=20)
    email = EmailField(required=False, help_text="We keep it <to ourselves>.", autocomplete="email")
    age = IntegerField(required=False, min_value=0, initial=18)


def test_a_form_that_was_sent_makes_values() -> None:
    form = Person({"name": " Clara ", "email": "", "age": "34"})
    assert form.is_bound
    assert form.is_valid()
    assert form.cleaned_data == {"name": "Clara", "email": "", "age": 34}
    assert form.errors == {}


def test_a_form_that_was_not_sent_has_no_errors_and_is_not_valid() -> None:
    form = Person()
    assert not form.is_bound
    assert not form.is_valid()
    assert form.errors == {}
    assert not hasattr(form, "cleaned_data")
    assert 'value="18"' in form["age"].__html__()


def test_hooks_run_after_their_field_in_order_and_the_whole_comes_last() -> None:
    calls = []

    class Order(Form):
        first = CharField()
        second = CharField()

        def clean_first(self) -> object:
            calls.append(("first", dict(self.cleaned_data)))
            return str(self.cleaned_data["first"]).upper()

        def clean_second(self) -> object:
            calls.append(("second", dict(self.cleaned_data)))
            raise ValidationError("No.", code="no")

        def clean(self) -> object:
            calls.append(("whole", dict(self.cleaned_data)))
            return None

    form = Order({"first": "a", "second": "b"})
    assert not form.is_valid()
    assert calls == [("first", {"first": "a"}), ("second", {"first": "A", "second": "b"}), ("whole", {"first": "A"})]
    assert form.has_error("second", "no")


def test_a_hook_is_not_called_for_a_field_with_an_error() -> None:
    class Order(Form):
        name = CharField()

        def clean_name(self) -> object:
            raise AssertionError

    assert not Order({}).is_valid()


def test_the_whole_may_refuse_itself_or_fields_or_return_other_values() -> None:
    class Dates(Form):
        begin = IntegerField()
        end = IntegerField()

        def clean(self) -> object:
            begin, end = self.cleaned_data.get("begin"), self.cleaned_data.get("end")
            if begin == end:
                raise ValidationError("Too short.", code="short")
            if isinstance(begin, int) and isinstance(end, int) and begin > end:
                raise ValidationError({"end": ValidationError("Ends before it begins.", code="order")})
            return {"span": (begin, end)}

    same, wrong, good = (Dates({"begin": "2", "end": end}) for end in ("2", "1", "3"))
    assert same.non_field_errors() == ["Too short."]
    assert same.has_error(None, "short")
    assert same.errors == {"__all__": ["Too short."]}
    assert wrong.has_error("end", "order")
    assert "end" not in wrong.cleaned_data
    assert good.is_valid()
    assert good.cleaned_data == {"span": (2, 3)}


def test_fields_are_inherited_replaced_and_taken_out() -> None:
    class Child(Person):
        email = None  # type: ignore[assignment]  # the way to take a field out
        name = CharField(max_length=3)
        extra = CharField()

    class Named(Form):
        nick = CharField()

    class Both(Child, Named):
        pass

    assert list(Person.base_fields) == ["name", "email", "age"]
    assert list(Child.base_fields) == ["name", "age", "extra"]
    assert set(Both.base_fields) == {"name", "age", "extra", "nick"}
    assert not Child({"name": "long"}).is_valid()
    assert not hasattr(Person, "name")


def test_one_form_can_change_its_fields_without_changing_the_class() -> None:
    form = Person()
    form.fields["name"].required = False
    form.fields["name"].widget.attrs["class"] = "x"
    form.fields["name"].error_messages["required"] = "x"
    form.fields["more"] = CharField()
    other = Person({})
    assert list(other.fields) == ["name", "email", "age"]
    assert other.errors == {"name": ["This field is required."]}
    assert "class" not in other["name"].__html__()
    assert form["more"].html_name == "more"


def test_choices_changed_in_one_form_do_not_show_in_another() -> None:
    class Pick(Form):
        what = ChoiceField(choices=[("a", "A")])

    one, two = Pick(), Pick()
    field = one.fields["what"]
    assert isinstance(field, ChoiceField)
    field.choices = [("z", "Z")]
    assert 'value="z"' in one["what"].__html__()
    assert 'value="a"' in two["what"].__html__()


def test_a_prefix_keeps_forms_of_one_page_apart() -> None:
    data = {"one-name": "A", "two-name": "B", "name": "C"}
    one, two = Person(data, prefix="one"), Person(data, prefix="two")
    assert one.is_valid()
    assert two.is_valid()
    assert (one.cleaned_data["name"], two.cleaned_data["name"]) == ("A", "B")
    assert 'name="one-name"' in one["name"].__html__()
    assert 'id="id_one-name"' in one["name"].__html__()


def test_initial_values_of_the_form_win_and_may_be_functions() -> None:
    form = Person(initial={"age": lambda: 40, "name": "N"})
    assert (form["age"].value(), form["name"].value(), form["email"].value()) == (40, "N", None)


def test_changes_are_told_by_name() -> None:
    form = Person({"name": "B", "age": "18"}, initial={"name": "A"})
    assert form.changed_data == ["name"]
    assert form.has_changed()
    assert not Person({"name": "A", "age": "18"}, initial={"name": "A"}).has_changed()


def test_an_initial_value_that_is_sent_along_is_what_changes_are_measured_by() -> None:
    class Counter(Form):
        count = IntegerField(initial=lambda: 1, show_hidden_initial=True)

    assert '<input type="hidden" name="initial-count" value="1" id="initial-id_count">' in str(Counter()["count"])
    assert not Counter({"count": "7", "initial-count": "7"}).has_changed()
    assert Counter({"count": "1", "initial-count": "7"}).has_changed()


def test_a_disabled_field_keeps_its_initial_value_whatever_is_sent() -> None:
    class Account(Form):
        owner = CharField(disabled=True)

    form = Account({"owner": "mallory"}, initial={"owner": "clara"})
    assert form.is_valid()
    assert form.cleaned_data == {"owner": "clara"}
    assert 'value="clara"' in str(form["owner"])
    assert "disabled" in str(form["owner"])
    assert not form.has_changed()


def test_an_empty_form_may_be_allowed() -> None:
    form = Person({"age": "18"}, empty_permitted=True, use_required_attribute=False)
    assert form.is_valid()
    assert form.cleaned_data == {}
    assert not Person({"age": "9"}, empty_permitted=True, use_required_attribute=False).is_valid()
    with pytest.raises(ValueError, match="use_required_attribute"):
        Person({}, empty_permitted=True)


def test_files_are_taken_from_the_data_if_they_come_with_it() -> None:
    class Upload:
        name, size = "a.txt", 3

    class Sent(dict[str, object]):
        files = {"paper": Upload()}

    class Hand(Form):
        paper = FileField()

    assert Hand(Sent()).is_valid()
    assert Hand({}, {"paper": Upload()}).is_valid()
    assert not Hand({"paper": "a.txt"}).is_valid()
    assert Hand().is_multipart()
    assert not Person().is_multipart()


def test_the_order_of_fields_can_be_chosen() -> None:
    class Sorted(Person):
        field_order = ["age", "unknown", "name"]

    assert list(Sorted().fields) == ["age", "name", "email"]
    assert list(Person(field_order=["email"]).fields) == ["email", "name", "age"]


def test_clean_gives_the_cleaned_data_to_whoever_extends_it() -> None:
    class Confirmed(Form):
        word = CharField()

        def clean(self) -> object:
            cleaned: Any = super().clean()
            return {**cleaned, "twice": cleaned["word"] * 2}

    form = Confirmed({"word": "a"})
    assert form.is_valid()
    assert form.cleaned_data == {"word": "a", "twice": "aa"}
