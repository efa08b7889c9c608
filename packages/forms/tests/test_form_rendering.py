"""How forms become HTML: layouts, labels, fieldsets, controls, what was sent shown again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita.contracts.current import CURRENT
from partita.contracts.key import ExtensionPoint, Name
from partita.contracts.settings import TIME_ZONE
from partita.forms import (
    BoundField,
    CharField,
    ChoiceField,
    DateTimeField,
    EmailField,
    Form,
    HiddenInput,
    IntegerField,
    MultipleChoiceField,
    RadioSelect,
    Textarea,
    ValidationError,
)


class Person(Form):
    name = CharField(max_length=20)
    email = EmailField(required=False, help_text="We keep it <to ourselves>.", autocomplete="email")
    age = IntegerField(required=False, min_value=0, initial=18)


def test_a_form_as_div_ties_label_help_and_errors_to_the_control() -> None:
    assert Person({"name": "Clara", "email": "x", "age": ""}).as_div() == (
        '<div><label for="id_name">Name:</label>\n'
        '<input type="text" name="name" value="Clara" maxlength="20" required id="id_name"></div>\n'
        '<div><label for="id_email">Email:</label>\n'
        '<div class="helptext" id="id_email_helptext">We keep it &lt;to ourselves&gt;.</div>\n'
        '<ul class="errorlist" id="id_email_error"><li>Enter a valid email address.</li></ul>\n'
        '<input type="email" name="email" value="x" maxlength="320" autocomplete="email" aria-invalid="true" '
        'aria-describedby="id_email_helptext id_email_error" id="id_email"></div>\n'
        '<div><label for="id_age">Age:</label>\n<input type="number" name="age" min="0" id="id_age"></div>'
    )


def test_the_other_layouts_have_the_same_controls() -> None:
    form = Person({"name": "Clara", "email": "x"})
    controls = re.findall(r"<input[^>]*>", form.as_div())
    for layout in (form.as_p(), form.as_ul(), form.as_table(), str(form), form.__html__()):
        assert re.findall(r"<input[^>]*>", layout) == controls
        assert layout.count("Enter a valid email address.") == 1
        assert layout.count("<label ") == 3
    assert form.as_p().startswith('<p><label for="id_name">Name:</label> <input ')
    assert form.as_ul().startswith('<li><label for="id_name">Name:</label> <input ')
    assert form.as_table().startswith('<tr><th><label for="id_name">Name:</label></th><td><input ')


def test_hidden_fields_stand_in_the_last_row_and_their_errors_on_top() -> None:
    class Hidden(Person):
        token = CharField(widget=HiddenInput, initial="{}")

    form = Hidden()
    assert [field.name for field in form.hidden_fields()] == ["token"]
    assert [field.name for field in form.visible_fields()] == ["name", "email", "age"]
    for layout, end in (
        (form.as_div(), "</div>"),
        (form.as_p(), "</p>"),
        (form.as_ul(), "</li>"),
        (form.as_table(), "</td></tr>"),
    ):
        assert layout.endswith(f'<input type="hidden" name="token" value="{{}}" id="id_token">{end}')
    sent = Hidden({"name": "{}", "age": "{}"})
    assert sent.as_div().startswith(
        '<ul class="errorlist nonfield"><li>(Hidden field token) This field is required.</li>'
    )
    assert sent.errors["token"] == ["This field is required."]
    assert "__all__" not in sent.errors

    class Only(Form):
        token = CharField(widget=HiddenInput)

    assert Only().as_div() == '<input type="hidden" name="token" id="id_token">'
    assert Only().as_table() == '<tr><td colspan="2"><input type="hidden" name="token" id="id_token"></td></tr>'


def test_several_controls_are_a_fieldset_with_a_legend() -> None:
    class Pick(Form):
        what = ChoiceField(choices=[("a", "A"), ("b", "B")], widget=RadioSelect, help_text="One of them")

    form = Pick({"what": "z"})
    html = form.as_div()
    assert html.startswith(
        '<div><fieldset aria-describedby="id_what_helptext id_what_error"><legend>What:</legend>\n'
        '<div class="helptext" id="id_what_helptext">One of them</div>'
    )
    assert '<input type="radio" name="what" value="a" required aria-invalid="true" id="id_what_0"> A' in html
    assert [button.choice_label for button in form["what"]] == ["A", "B"]
    assert form["what"][1].tag().startswith('<input type="radio" name="what" value="b"')
    assert str(form["what"][0]).startswith('<label for="id_what_0"><input ')
    assert len(form["what"]) == 2
    with pytest.raises(TypeError, match="numbered"):
        form["what"]["0"]  # type: ignore[call-overload]  # templates try this first


def test_labels_can_be_chosen_marked_and_left_out() -> None:
    class Labels(Form):
        plain = CharField(label="<i>")
        html = CharField(label=Markup("<i>i</i>"), label_suffix=" =")
        none = CharField(label="")

    form = Labels(label_suffix=" →")
    assert form["plain"].label_tag() == '<label for="id_plain">&lt;i&gt; →</label>'
    assert form["html"].label_tag() == '<label for="id_html"><i>i</i> =</label>'
    assert form["plain"].label_tag("Other!", {"class": "x"}) == '<label for="id_plain" class="x">Other!</label>'
    assert form["plain"].legend_tag() == "<legend>&lt;i&gt; →</legend>"
    assert form.as_div().count("<label") == 2
    assert Labels(auto_id=False)["plain"].label_tag() == "&lt;i&gt;:"
    assert "id=" not in str(Labels(auto_id=False))
    assert 'id="plain"' in str(Labels(auto_id=True)["plain"])


def test_rows_can_carry_css_classes() -> None:
    class Styled(Person):
        error_css_class = "bad"
        required_css_class = "must"

    form = Styled({"name": "", "email": ""})
    assert form["name"].css_classes() == "bad must"
    assert form["email"].css_classes("x") == "x"
    assert form.as_div().startswith('<div class="bad must"><label for="id_name" class="must">')


def test_a_bound_field_renders_as_other_controls() -> None:
    field = Person({"name": "a"})["name"]
    assert field.as_hidden() == '<input type="hidden" name="name" value="a" id="id_name">'
    assert field.as_textarea().startswith("<textarea ")
    assert field.as_text({"class": "x"}) == '<input type="text" name="name" value="a" class="x" required id="id_name">'
    assert field.as_widget(Textarea({"id": "own"})).count("id=") == 1
    assert field.widget_type == "text"
    assert field.id_for_label == "id_name"


def test_a_class_of_ones_own_stands_for_a_field_of_a_form() -> None:
    class Loud(BoundField):
        def label_tag(self, *args: Any, **kwargs: Any) -> Markup:
            return Markup("<label>LOUD</label>")

    class Shout(Form):
        bound_field_class = Loud
        a = CharField()

    assert "LOUD" in str(Shout())
    assert "LOUD" in str(Person(bound_field_class=Loud))
    assert "LOUD" not in str(Person())


def test_use_required_attribute_can_be_turned_off() -> None:
    assert " required" in str(Person())
    assert " required" not in str(Person(use_required_attribute=False))


class App:
    """The side of an application that answers look-ups."""

    def find(self, key: Name[Any]) -> Any:
        return "Europe/Berlin" if key is TIME_ZONE else None

    def require(self, key: Name[Any]) -> Any:
        return self.find(key)

    def all(self, point: ExtensionPoint[Any]) -> tuple[Any, ...]:
        return ()


def test_times_are_meant_and_shown_in_the_zone_of_the_application() -> None:
    class Meeting(Form):
        at = DateTimeField()

    token = CURRENT.set(App())
    try:
        form = Meeting({"at": "2026-07-01T12:00"})
        assert form.is_valid()
        at = form.cleaned_data["at"]
        assert str(at) == "2026-07-01 12:00:00+02:00"
        assert 'value="2026-07-01T12:00"' in str(Meeting(initial={"at": at}))
    finally:
        CURRENT.reset(token)


@given(st.dictionaries(st.sampled_from(["name", "email", "age", "z"]), st.text() | st.lists(st.text()) | st.none()))
def test_whatever_is_sent_a_form_is_valid_or_says_why_and_renders(data: dict[str, object]) -> None:
    form = Person(data)
    assert form.is_valid() is (not form.errors)
    assert form.as_div().count("<input") == 3
    assert set(form.cleaned_data) == set(form.fields) - set(form.errors)


@given(text=st.text(alphabet="<>\"'&{}%s ax\n"))
def test_what_was_sent_is_shown_again_without_becoming_html(read_html: Callable[[object], Any], text: str) -> None:
    class Echo(Form):
        name = CharField(required=False, strip=False, label=text or "x", help_text=text)
        kind = MultipleChoiceField(choices=[(text, text)], required=False)

        def clean(self) -> object:
            raise ValidationError(["%(t)s", "plain"], params={"t": text}) if text else ValidationError(["x"])

    form = Echo({"name": text, "kind": [text, "other"]})
    for layout in (form.as_div(), form.as_p(), form.as_ul(), form.as_table()):
        page = read_html(layout)
        assert {tag for tag, _ in page.elements} <= {
            "br",
            "div",
            "p",
            "li",
            "ul",
            "tr",
            "th",
            "td",
            "label",
            "input",
            "select",
            "option",
            "span",
        }
        controls = [attrs for tag, attrs in page.elements if tag == "input"]
        assert len(controls) == 1
        assert (controls[0].get("value") or "") == text
