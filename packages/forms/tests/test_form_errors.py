"""Errors of forms: by field and of the whole, as data, text, JSON and HTML."""

import json
import weakref
from unittest.mock import ANY

import pytest
from markupsafe import Markup

from partita.contracts.i18n import TRANSLATOR, gettext_lazy
from partita.forms import (
    CharField,
    EmailField,
    FieldNameError,
    Form,
    IntegerField,
    ValidationError,
)


class Person(Form):
    name = CharField(max_length=20)
    email = EmailField(required=False, help_text="We keep it <to ourselves>.", autocomplete="email")
    age = IntegerField(required=False, min_value=0, initial=18)


class German:
    language = "de"

    def gettext(self, message: str) -> str:
        return {"This field is required.": "Pflichtfeld.", "Name": "Dein Name"}.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return singular if number == 1 else plural

    def pgettext(self, context: str, message: str) -> str:
        return message


def test_errors_are_kept_by_field_and_good_values_stay() -> None:
    form = Person({"name": "", "email": "x", "age": "5"})
    assert not form.is_valid()
    assert form.errors == {"name": ["This field is required."], "email": ["Enter a valid email address."]}
    assert form.cleaned_data == {"age": 5}
    assert form.has_error("name", "required")
    assert form.has_error("name")
    assert not form.has_error("name", "max_length")
    assert not form.has_error("age")
    with pytest.raises(FieldNameError, match=r"Person has no field 'nmae'. It has: age, email, name"):
        form["nmae"]


def test_errors_can_be_added_from_outside() -> None:
    form = Person({"name": "Clara"})
    form.add_error("name", "Taken.")
    form.add_error(None, ValidationError(["a", "b"]))
    form.add_error(None, {"age": ["Too young."]})
    assert form.errors == {"name": ["Taken."], "__all__": ["a", "b"], "age": ["Too young."]}
    assert form.cleaned_data == {"email": ""}
    with pytest.raises(TypeError, match="must be None"):
        form.add_error("name", {"age": "x"})
    with pytest.raises(FieldNameError):
        form.add_error("nope", "x")


def test_errors_are_data_json_text_and_html() -> None:
    class Echo(Form):
        name = CharField()

        def clean_name(self) -> object:
            raise ValidationError("<b>%(v)s</b>", code="echo", params={"v": self.cleaned_data["name"]})

    errors = Echo({"name": "<script>"}).errors
    assert errors.as_data()["name"][0].code == "echo"
    assert errors.as_json() == '{"name": [{"message": "<b><script></b>", "code": "echo"}]}'
    assert errors.get_json_data(escape_html=True) == {
        "name": [{"message": "&lt;b&gt;&lt;script&gt;&lt;/b&gt;", "code": "echo"}]
    }
    assert errors.as_text() == "* name\n  * <b><script></b>"
    assert errors.as_ul() == (
        '<ul class="errorlist"><li>name<ul class="errorlist" id="id_name_error">'
        "<li>&lt;b&gt;&lt;script&gt;&lt;/b&gt;</li></ul></li></ul>"
    )
    assert Person({"name": "a"}).errors.as_ul() == ""
    assert list(errors["name"]) == ["<b><script></b>"]
    assert errors["name"].as_text() == "* <b><script></b>"
    assert "<b><script></b>" in errors["name"]


def test_texts_follow_the_language_at_the_time_of_reading() -> None:
    class Greeting(Form):
        name = CharField(label=gettext_lazy("Name"))

    form = Greeting({})
    assert form.errors == {"name": ["This field is required."]}
    token = TRANSLATOR.set(German())
    try:
        assert form.errors == {"name": ["Pflichtfeld."]}
        assert "Dein Name:" in str(form)
        assert "Pflichtfeld." in str(form)
    finally:
        TRANSLATOR.reset(token)
    assert "Name:" in str(form)


def test_a_message_that_is_html_is_shown_as_html_with_its_values_escaped() -> None:
    class Linked(Form):
        name = CharField()

        def clean_name(self) -> object:
            message = Markup('See <a href="/rules">%(name)s</a>.')
            raise ValidationError(message, params={"name": self.cleaned_data["name"]})

    form = Linked({"name": "<b>"})
    assert '<li>See <a href="/rules">&lt;b&gt;</a>.</li>' in str(form)
    assert form.errors.get_json_data(escape_html=True)["name"][0]["message"].startswith("See ")


def test_errors_can_be_written_as_json_as_they_are() -> None:
    form = Person({"email": "x", "age": "a"})
    assert json.loads(json.dumps(form.errors)) == {
        "name": ["This field is required."],
        "email": ["Enter a valid email address."],
        "age": ["Enter a whole number."],
    }


def test_a_form_with_errors_is_freed_without_the_garbage_collector() -> None:
    def refuse(value: object) -> None:
        raise ValidationError("No.", code="no")

    class Checked(Person):
        word = CharField(validators=[refuse])

        def clean_age(self) -> object:
            raise ValidationError("Not at this age.")

    form = Checked({"name": "", "email": "x", "age": "1", "word": "a"})
    assert not form.is_valid()
    assert sorted(form.errors) == ["age", "email", "name", "word"]
    errors, gone = form.errors.as_data(), weakref.ref(form)
    del form
    assert gone() is None
    assert errors["word"][0].code == "no"


def test_errors_are_the_same_before_and_after_somebody_looks() -> None:
    form = Person({"name": "", "age": "-1"})
    assert not form.is_valid()
    form.add_error("name", "Another.")
    assert form.errors == {"name": ["This field is required.", "Another."], "age": [ANY]}
    form.add_error("name", "A third.")
    form.add_error(None, "All of it.")
    assert len(form.errors["name"]) == 3
    assert form.errors["__all__"] == ["All of it."]
    assert "name" not in form.cleaned_data
    del form.errors["name"], form.errors["age"], form.errors["__all__"]
    assert form.is_valid()


def test_errors_that_a_subclass_keeps_itself_count() -> None:
    class Own(Person):
        def clean(self) -> object:
            self._errors["name"] = self.error_class(["Mine."])  # type: ignore[index]  # as Django's users write it
            return None

    form = Own({"name": "Clara"})
    assert not form.is_valid()
    assert form.errors == {"name": ["Mine."]}


def test_methods_of_a_subclass_that_return_nothing_are_good_hooks() -> None:
    class Sloppy(Person):
        def _clean_form(self) -> None:  # type: ignore[override]  # as in Django
            self.add_error(None, "Not like this.")

        def _post_clean(self) -> None:
            self.add_error("age", "Nor at this age.")

    assert Sloppy({"name": "Clara"}).errors == {"__all__": ["Not like this."], "age": ["Nor at this age."]}


@pytest.mark.parametrize("method", ["clean", "run_validators", "validate"])
def test_a_method_put_on_the_field_of_one_form_is_called(method: str) -> None:
    def refuse(value: object) -> object:
        raise ValidationError("Replaced.")

    form = Person({"name": "", "email": ""} if method == "validate" else {"name": "Clara"})
    setattr(form.fields["name"], method, refuse)
    assert form.errors == {"name": ["Replaced."]}
