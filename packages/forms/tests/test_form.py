import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita.contracts.current import CURRENT
from partita.contracts.i18n import TRANSLATOR, gettext_lazy
from partita.contracts.key import ExtensionPoint, Name
from partita.contracts.settings import TIME_ZONE
from partita.forms import (
    AsyncCleanError,
    BoundField,
    CharField,
    ChoiceField,
    DateTimeField,
    EmailField,
    FieldNameError,
    FileField,
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


class German:
    language = "de"

    def gettext(self, message: str) -> str:
        return {"This field is required.": "Pflichtfeld.", "Name": "Dein Name"}.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return singular if number == 1 else plural

    def pgettext(self, context: str, message: str) -> str:
        return message


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


def test_an_async_hook_is_awaited_and_its_result_counts() -> None:
    class Signup(Form):
        name = CharField()
        nick = CharField(required=False)

        async def clean_name(self) -> object:
            await asyncio.sleep(0)
            if self.cleaned_data["name"] == "taken":
                raise ValidationError("Taken.", code="taken")
            return str(self.cleaned_data["name"]).upper()

        def clean_nick(self) -> object:
            return f"nick of {self.cleaned_data.get('name')}"

        async def clean(self) -> object:
            await asyncio.sleep(0)
            if self.cleaned_data.get("name") == "BAD":
                raise ValidationError("Whole.")
            return None

    good, taken, bad = (Signup({"name": name}) for name in ("good", "taken", "bad"))

    async def check() -> list[bool]:
        return [await form.ais_valid() for form in (good, taken, bad)]

    assert asyncio.run(check()) == [True, False, False]
    assert good.cleaned_data == {"name": "GOOD", "nick": "nick of GOOD"}
    assert good.is_valid()
    assert taken.has_error("name", "taken")
    assert taken.cleaned_data == {"nick": "nick of None"}
    assert bad.non_field_errors() == ["Whole."]


def test_an_async_hook_in_sync_code_is_an_error_that_tells_what_to_do() -> None:
    class Signup(Form):
        name = CharField()

        async def clean_name(self) -> object:
            return self.cleaned_data["name"]

    form = Signup({"name": "a"})
    with pytest.raises(AsyncCleanError, match=r"Signup.clean_name is async. Call `await form.ais_valid\(\)`"):
        form.is_valid()
    assert asyncio.run(form.ais_valid())


def test_a_validation_that_was_cancelled_begins_anew() -> None:
    class Slow(Form):
        name = CharField()
        tries = 0

        async def clean_name(self) -> object:
            self.tries += 1
            if self.tries == 1:
                await asyncio.sleep(60)
            return self.cleaned_data["name"]

    async def check() -> bool:
        form = Slow({"name": "a"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(form.ais_valid(), 0.01)
        return await form.ais_valid()

    assert asyncio.run(check())


def test_a_mistake_in_a_hook_does_not_leave_a_form_half_validated() -> None:
    class Broken(Form):
        name = CharField()

        def clean_name(self) -> object:
            raise ZeroDivisionError

    form = Broken({"name": "a"})
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            form.is_valid()


def test_ais_valid_of_a_form_without_async_hooks_needs_no_event_loop() -> None:
    def finish(coroutine: Coroutine[Any, Any, bool]) -> bool:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return bool(stop.value)
        raise AssertionError("It waited.")

    assert finish(Person({"name": "a"}).ais_valid())
    assert not finish(Person().ais_valid())


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
