"""Fields are copied when somebody looks at them: whatever is changed on one form stays there."""

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from partita.forms import CharField, ChoiceField, Field, Form, IntegerField, TextInput
from partita.forms.fields import FieldDict


class Person(Form):
    name = CharField(max_length=5)
    age = IntegerField()
    kind = ChoiceField(choices=[("a", "A")], required=False)


WAYS: dict[str, Callable[[Form], Field]] = {
    "item": lambda form: form.fields["name"],
    "get": lambda form: form.fields.get("name") or Field(),
    "values": lambda form: next(iter(form.fields.values())),
    "items": lambda form: next(iter(form.fields.items()))[1],
    "dict": lambda form: dict(form.fields)["name"],
    "unpacked": lambda form: {**form.fields}["name"],
    "copy": lambda form: form.fields.copy()["name"],
    "copy.copy": lambda form: copy.copy(form.fields)["name"],
    "or": lambda form: (form.fields | {})["name"],
    "ror": lambda form: ({} | form.fields)["name"],
    "setdefault": lambda form: form.fields.setdefault("name", Field()),
    "pop": lambda form: form.fields.pop("name"),
    "bound": lambda form: form["name"].field,
    "iteration": lambda form: next(iter(form)).field,
    "visible": lambda form: form.visible_fields()[0].field,
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_takes_a_field_out_gets_one_of_the_form_s_own(way: str) -> None:
    form = Person()
    field = WAYS[way](form)
    assert field is not Person.base_fields["name"]
    field.required = False
    field.widget.attrs["class"] = "x"
    field.validators.clear()
    field.error_messages["required"] = "changed"
    original = Person.base_fields["name"]
    assert original.required
    assert "class" not in original.widget.attrs
    assert len(original.validators) == 2
    assert Person({}).errors["name"] == ["This field is required."]


def test_changes_count_for_the_form_they_were_made_on() -> None:
    form = Person({"name": "Clara Schumann", "age": "", "kind": "b"})
    form.fields["name"].validators.clear()
    form.fields["age"].required = False
    form.fields["kind"].choices = [("b", "B")]  # type: ignore[attr-defined]  # a choice field
    assert form.is_valid(), form.errors
    assert not Person(form.data).is_valid()


def test_it_is_a_dictionary_in_every_other_way() -> None:
    fields = Person().fields
    assert list(fields) == ["name", "age", "kind"]
    assert len(fields) == 3
    assert "age" in fields
    assert fields.get("nope") is None
    del fields["age"]
    fields["more"] = CharField()
    fields.update({"last": CharField()}, first=CharField())
    assert list(fields) == ["name", "kind", "more", "last", "first"]
    assert fields["name"] is fields["name"]
    assert fields.popitem()[0] == "first"
    fields |= {"x": IntegerField()}
    assert list(reversed(fields)) == ["x", "last", "more", "kind", "name"]
    assert sorted(pickle.loads(pickle.dumps({name: type(field).__name__ for name, field in fields.items()}))) == sorted(
        fields
    )
    with pytest.raises(KeyError):
        fields["age"]
    fields.clear()
    assert not fields


def test_a_form_that_is_only_validated_copies_nothing() -> None:
    form = Person({"name": "Clara", "age": "34"})
    assert form.is_valid()
    assert isinstance(form.fields, FieldDict)
    assert all(form.fields.peek(name) is Person.base_fields[name] for name in form.fields)


def test_fields_and_widgets_of_one_s_own_are_copied_since_they_may_keep_something() -> None:
    class Remembering(CharField):
        def to_python(self, value: object) -> object:
            self.raw = value
            return super().to_python(value)

    class Noting(TextInput):
        def value_from_datadict(self, data: Any, files: Any, name: str) -> object:
            self.seen = super().value_from_datadict(data, files, name)
            return self.seen

    class Own(Form):
        first = Remembering()
        second = CharField(widget=Noting)

    one, two = Own({"first": "1", "second": "a"}), Own({"first": "2", "second": "b"})
    assert one.is_valid()
    assert two.is_valid()
    assert one.fields["first"].raw == "1"  # type: ignore[attr-defined]  # of Remembering
    assert two.fields["first"].raw == "2"  # type: ignore[attr-defined]  # of Remembering
    assert one.fields["second"].widget.seen == "a"  # type: ignore[attr-defined]  # of Noting
    assert not hasattr(Own.base_fields["first"], "raw")


def test_many_threads_validate_one_class_at_once() -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        for turn in range(50):
            form = Person({"name": f"n{number}", "age": str(turn), "kind": "a" if turn % 2 else "z"})
            if (
                form.is_valid() is not bool(turn % 2)
                or form.cleaned_data.get("age") != turn
                or form.cleaned_data["name"] != f"n{number}"
            ):
                wrong.append((number, turn, form.errors))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
