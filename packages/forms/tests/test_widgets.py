# ruff: noqa: DTZ001 - outside an application times have no zone
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita.forms import (
    CheckboxInput,
    CheckboxSelectMultiple,
    ClearableFileInput,
    ColorInput,
    DateInput,
    DateTimeInput,
    EmailInput,
    FileInput,
    HiddenInput,
    MonthInput,
    MultipleFileInput,
    MultipleHiddenInput,
    NullBooleanSelect,
    NumberInput,
    PasswordInput,
    RadioSelect,
    RangeInput,
    SearchInput,
    Select,
    SelectMultiple,
    SplitDateTimeWidget,
    SplitHiddenDateTimeWidget,
    TelInput,
    Textarea,
    TextInput,
    TimeInput,
    URLInput,
    WeekInput,
    Widget,
)
from partita.forms.data import FormData

CHOICES = [("", "None"), ("a", "A & B"), ("Group", [(1, "One"), (2, "Two")])]


class Values:
    """A multi dict as small as it can be."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = pairs

    def getlist(self, key: str, /) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def __contains__(self, key: object, /) -> bool:
        return any(name == key for name, _ in self.pairs)


HTML: list[tuple[Widget, object, str]] = [
    (TextInput(), "a", '<input type="text" name="n" value="a">'),
    (TextInput(), None, '<input type="text" name="n">'),
    (TextInput({"class": "big", "hidden": True, "x": None, "y": False}), "", '<input type="text" name="n" class="big" hidden>'),
    (TextInput(), 0, '<input type="text" name="n" value="0">'),
    (NumberInput(), 5, '<input type="number" name="n" value="5">'),
    (RangeInput(), 5, '<input type="range" name="n" value="5">'),
    (EmailInput(), "a@b.de", '<input type="email" name="n" value="a@b.de">'),
    (URLInput(), "http://a.de/?a=1&b=2", '<input type="url" name="n" value="http://a.de/?a=1&amp;b=2">'),
    (TelInput(), "1", '<input type="tel" name="n" value="1">'),
    (SearchInput(), "q", '<input type="search" name="n" value="q">'),
    (ColorInput(), "#ff0000", '<input type="color" name="n" value="#ff0000">'),
    (MonthInput(), date(2026, 11, 1), '<input type="month" name="n" value="2026-11">'),
    (WeekInput(), date(2026, 11, 21), '<input type="week" name="n" value="2026-W47">'),
    (PasswordInput(), "secret", '<input type="password" name="n">'),
    (PasswordInput(render_value=True), "secret", '<input type="password" name="n" value="secret">'),
    (HiddenInput(), "a", '<input type="hidden" name="n" value="a">'),
    (MultipleHiddenInput(), [1, 2], '<input type="hidden" name="n" value="1">\n<input type="hidden" name="n" value="2">'),
    (MultipleHiddenInput(), None, ""),
    (Textarea(), "<a>", '<textarea name="n" cols="40" rows="10">\n&lt;a&gt;</textarea>'),
    (DateInput(), date(2026, 1, 2), '<input type="date" name="n" value="2026-01-02">'),
    (DateInput(), datetime(2026, 1, 2, 3), '<input type="date" name="n" value="2026-01-02">'),
    (DateInput({"type": "text"}, format="%d.%m.%Y"), date(2026, 1, 2), '<input type="text" name="n" value="02.01.2026">'),
    (DateInput(), "as sent", '<input type="date" name="n" value="as sent">'),
    (DateTimeInput(), datetime(2026, 1, 2, 3, 4), '<input type="datetime-local" name="n" value="2026-01-02T03:04">'),
    (DateTimeInput(), datetime(2026, 1, 2, 3, 4, 5), '<input type="datetime-local" name="n" value="2026-01-02T03:04:05">'),
    (TimeInput(), time(3, 4), '<input type="time" name="n" value="03:04:00">'),
    (TimeInput(format="%H"), time(3, 4), '<input type="time" name="n" value="03">'),
    (CheckboxInput(), True, '<input type="checkbox" name="n" checked>'),
    (CheckboxInput(), False, '<input type="checkbox" name="n">'),
    (CheckboxInput(), "x", '<input type="checkbox" name="n" value="x" checked>'),
    (FileInput(), "a.txt", '<input type="file" name="n">'),
    (MultipleFileInput(), None, '<input type="file" name="n" multiple>'),
    (Select(choices=[("a", "A & B"), (1, Markup("<b>"))]), "1", '<select name="n">\n<option value="a">A &amp; B</option>\n<option value="1" selected><b></option>\n</select>'),
    (Select(choices=[("G&", [("a", "A")])]), "a", '<select name="n">\n<optgroup label="G&amp;">\n<option value="a" selected>A</option>\n</optgroup>\n</select>'),
    (Select(choices=[(None, "-")]), None, '<select name="n">\n<option value="" selected>-</option>\n</select>'),
    (SelectMultiple(choices=[("a", "A"), ("b", "B")]), ["b"], '<select name="n" multiple>\n<option value="a">A</option>\n<option value="b" selected>B</option>\n</select>'),
    (SelectMultiple(choices=[("a", "A")]), None, '<select name="n" multiple>\n<option value="a">A</option>\n</select>'),
    (NullBooleanSelect(), True, '<select name="n">\n<option value="unknown">Unknown</option>\n<option value="true" selected>Yes</option>\n<option value="false">No</option>\n</select>'),
    (RadioSelect({"id": "i"}, choices=[("a", "A&")]), "a", '<div id="i">\n<div>\n<label for="i_0"><input type="radio" name="n" value="a" id="i_0" checked> A&amp;</label>\n</div>\n</div>'),
    (CheckboxSelectMultiple(choices=[("a", "A"), ("b", "B")]), ["b"], '<div>\n<div>\n<label><input type="checkbox" name="n" value="a"> A</label>\n</div>\n<div>\n<label><input type="checkbox" name="n" value="b" checked> B</label>\n</div>\n</div>'),
    (SplitDateTimeWidget({"id": "i"}), datetime(2026, 1, 2, 3, 4), '<input type="date" name="n_0" value="2026-01-02" id="i_0"><input type="time" name="n_1" value="03:04:00" id="i_1">'),
    (SplitHiddenDateTimeWidget(), None, '<input type="hidden" name="n_0"><input type="hidden" name="n_1">'),
]  # fmt: skip


@pytest.mark.parametrize(("widget", "value", "html"), HTML, ids=lambda value: type(value).__name__)
def test_a_widget_renders_its_value(widget: Widget, value: object, html: str) -> None:
    assert widget.render("n", value) == html


SENT: list[tuple[Widget, FormData, object]] = [
    (TextInput(), Values(("n", "a"), ("n", "b")), "b"), (TextInput(), Values(), None), (TextInput(), {"n": "a"}, "a"), (TextInput(), {"n": ["a", "b"]}, "b"),
    (TextInput(), {"n": []}, None), (CheckboxInput(), Values(("n", "on")), True), (CheckboxInput(), Values(), False), (CheckboxInput(), {"n": "False"}, False),
    (CheckboxInput(), {"n": True}, True), (SelectMultiple(), Values(("n", "a"), ("n", "b")), ["a", "b"]), (SelectMultiple(), {"n": ["a"]}, ["a"]),
    (SelectMultiple(), {"n": "a"}, ["a"]), (SelectMultiple(), {}, []), (MultipleHiddenInput(), Values(("n", "1"), ("n", "2")), ["1", "2"]),
    (NullBooleanSelect(), {"n": "true"}, True), (NullBooleanSelect(), {"n": "3"}, False), (NullBooleanSelect(), {"n": "x"}, None), (NullBooleanSelect(), {}, None),
    (CheckboxSelectMultiple(), Values(("n", "a")), ["a"]), (RadioSelect(), Values(("n", "a")), "a"), (SplitDateTimeWidget(), {"n_0": "d", "n_1": "t"}, ["d", "t"]),
    (FileInput(), {"n": "a field and no file"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("widget", "data", "value"), SENT)
def test_a_widget_finds_its_value_in_what_was_sent(widget: Widget, data: FormData, value: object) -> None:
    assert widget.value_from_datadict(data, {}, "n") == value


def test_a_widget_tells_whether_anything_was_sent() -> None:
    assert TextInput().value_omitted_from_data({}, {}, "n")
    assert not TextInput().value_omitted_from_data({"n": ""}, {}, "n")
    assert FileInput().value_omitted_from_data({"n": "x"}, {}, "n")
    assert SplitDateTimeWidget().value_omitted_from_data({}, {}, "n")
    for widget in (CheckboxInput(), SelectMultiple(), CheckboxSelectMultiple()):
        assert not widget.value_omitted_from_data({}, {}, "n")
    assert ClearableFileInput().value_omitted_from_data({}, {}, "n")
    assert not ClearableFileInput().value_omitted_from_data({"n-clear": "on"}, {}, "n")


def test_the_present_file_is_linked_and_can_be_removed() -> None:
    class Stored:
        url = "/media/a&b.txt"

        def __str__(self) -> str:
            return "a<b>.txt"

    widget = ClearableFileInput()
    assert widget.render("n", Stored()) == (
        'Currently: <a href="/media/a&amp;b.txt">a&lt;b&gt;.txt</a>\n'
        '<input type="checkbox" name="n-clear" id="n-clear_id">\n<label for="n-clear_id">Clear</label><br>\n'
        'Change:\n<input type="file" name="n">'
    )
    assert widget.value_from_datadict({"n-clear": "on"}, {}, "n") is False
    assert widget.value_from_datadict({"n-clear": "on"}, {"n": "f"}, "n") is ClearableFileInput.CONTRADICTION
    assert widget.value_from_datadict({}, {"n": "f"}, "n") == "f"
    widget.is_required = True
    assert "checkbox" not in widget.render("n", Stored())
    assert widget.value_from_datadict({"n-clear": "on"}, {}, "n") is None


def test_a_present_file_with_a_script_as_address_is_not_linked() -> None:
    class Stored:
        url = "javascript:alert(1)"

    assert ClearableFileInput().render("n", Stored()) == '<input type="file" name="n">'


def test_a_single_file_input_refuses_several_files_at_once() -> None:
    with pytest.raises(ValueError, match="MultipleFileField"):
        FileInput({"multiple": True})


def test_browsers_insist_only_where_they_can() -> None:
    assert TextInput().use_required_attribute(None)
    assert Select(choices=CHOICES).use_required_attribute(None)
    assert SelectMultiple(choices=CHOICES).use_required_attribute(None)
    for widget in (
        HiddenInput(),
        RangeInput(),
        ColorInput(),
        CheckboxSelectMultiple(),
        Select(choices=[("a", "A")]),
        Select(),
    ):
        assert not widget.use_required_attribute(None)
    assert not FileInput().use_required_attribute("present.txt")


def test_choices_of_a_function_are_asked_for_at_each_rendering() -> None:
    counter: Iterator[int] = iter(range(9))
    widget = Select(choices=lambda: [(next(counter), "x")])
    assert 'value="0"' in widget.render("n", None)
    assert 'value="1"' in widget.render("n", None)


def test_choices_that_are_no_pairs_are_named_in_the_error() -> None:
    with pytest.raises(TypeError, match="pair of value and label, got 'ab'"):
        Select(choices=["ab"]).render("n", None)


def test_radio_buttons_of_a_group_stand_under_its_name() -> None:
    html = RadioSelect({"id": "i"}, choices=CHOICES).render("n", "2")
    assert '<div role="group" aria-label="Group">\n<div>Group</div>' in html
    assert '<input type="radio" name="n" value="2" id="i_2_1" checked> Two' in html


@pytest.mark.parametrize("name", ['a"b', "a b", "a>b", "a=b", "a/b", "a\x00", "a'", "<"])
def test_an_attribute_name_that_ends_the_attribute_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name for an HTML attribute"):
        TextInput({name: "x"}).render("n", "v")


WIDGETS: list[Callable[[Mapping[str, object]], Widget]] = [
    TextInput, NumberInput, EmailInput, URLInput, HiddenInput, Textarea, DateInput, CheckboxInput, MonthInput,
    lambda attrs: PasswordInput(attrs, render_value=True),
    lambda attrs: Select(attrs, [(attrs["title"], attrs["title"])]),
    lambda attrs: RadioSelect(attrs, [(attrs["title"], attrs["title"])]),
    lambda attrs: CheckboxSelectMultiple(attrs, [(attrs["title"], [(attrs["title"], attrs["title"])])]),
]  # fmt: skip


@given(st.sampled_from(WIDGETS), st.text(alphabet="<>\"'&=`/ax-!\n"), st.booleans())
def test_no_value_name_attribute_or_label_gets_out_of_its_place(
    read_html: Any, make: Callable[[Mapping[str, object]], Widget], text: str, marked: bool
) -> None:
    value = Markup(text) if marked else text
    page = read_html(make({"title": text, "id": text}).render(text, value if marked else text))
    for tag, attrs in page.elements:
        assert tag in {"input", "textarea", "select", "option", "optgroup", "div", "label"}
        assert set(attrs) <= {
            "type", "name", "value", "title", "id", "checked", "selected", "for", "label", "cols", "rows", "role", "aria-label",
        }  # fmt: skip
        assert attrs.get("name", text) == text
