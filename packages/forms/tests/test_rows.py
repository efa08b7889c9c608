"""Rows of forms: with a button that the server answers, and the markup that the script works on."""

import asyncio

import pytest

from partita.contracts.static import STATIC_DIRS
from partita.contracts.testing.app import SimpleRegistrar
from partita.forms import CharField, Form, IntegerField
from partita.forms.formsets import BaseFormSet, formset_factory
from partita.forms.integration import setup
from partita.forms.nesting import NestedForm
from partita.forms.rows import ROWS_SCRIPT, ROWS_SCRIPT_FILE


class Track(Form):
    title = CharField(max_length=20)
    seconds = IntegerField(required=False)


Tracks = formset_factory(Track, extra=1, max_num=4, can_delete=True)


def sent(total: int, **more: str) -> dict[str, str]:
    return {"form-TOTAL_FORMS": str(total), "form-INITIAL_FORMS": "0", **more}


def test_the_button_for_one_more_form_shows_what_was_sent_and_an_empty_form_without_errors() -> None:
    formset = Tracks(sent(1, **{"form-0-title": "", "form-0-seconds": "61", "form-ADD": "1"}))
    assert formset.adds_form
    assert not formset.is_valid()
    assert not asyncio.run(formset.ais_valid())
    html = formset.as_rows()
    assert len(formset.forms) == 2
    assert 'name="form-TOTAL_FORMS" value="2"' in html
    assert 'name="form-0-seconds" value="61"' in html
    assert 'name="form-1-title"' in html
    assert "errorlist" not in html
    assert formset.total_error_count() == 0


def test_without_the_button_the_same_data_is_validated() -> None:
    formset = Tracks(sent(1, **{"form-0-title": "", "form-0-seconds": "61"}))
    assert not formset.adds_form
    assert not formset.is_valid()
    assert "errorlist" in formset.as_rows()
    assert len(formset.forms) == 1


def test_no_more_forms_are_added_than_there_may_be() -> None:
    formset = Tracks(sent(4, **{"form-ADD": "1"}))
    assert len(formset.forms) == 4
    assert not formset.is_valid()
    forged = Tracks(sent(10**9, **{"form-ADD": "1"}))
    assert len(forged.forms) == forged.absolute_max
    broken = Tracks({"form-ADD": "1"})
    assert broken.forms == []
    assert not broken.is_valid()


def test_rows_are_groups_with_names_and_a_template_for_the_script() -> None:
    html = Tracks(prefix="t").as_rows("Track <1>")
    assert '<fieldset class="row" data-row>\n<legend>Track &lt;1&gt; <span data-row-number>1</span></legend>' in html
    assert "<template data-rows-template>" in html
    assert 'name="t-__prefix__-title"' in html
    assert (
        '<button type="submit" name="t-ADD" value="1" formnovalidate data-rows-add>Add another: Track &lt;1&gt;' in html
    )
    assert 'data-rows="t"' in html
    assert 'data-rows-max="4"' in html
    assert 'data-rows-remove="Remove"' in html
    assert "hidden>" in Tracks(sent(4)).as_rows().partition("<button")[2]


def test_a_row_to_be_removed_is_marked() -> None:
    html = Tracks(sent(2, **{"form-0-title": "A", "form-1-title": "B", "form-1-DELETE": "on"})).as_rows()
    assert html.count("data-row-removed") == 1


def test_a_set_in_which_rows_are_only_edited_has_no_button() -> None:
    class OnlyEdited(BaseFormSet[Track]):
        edit_only = True

    html = formset_factory(Track, OnlyEdited)().as_rows()
    assert "<template" not in html
    assert "data-rows-add" not in html.replace("data-rows-added", "")


def test_the_script_is_a_small_file_that_needs_no_exception_of_a_policy() -> None:
    text = ROWS_SCRIPT_FILE.read_text("utf-8")
    assert len(text) < 4096
    assert not any(
        word in text for word in ("eval(", "innerHTML", "insertAdjacentHTML", "document.write", "new Function")
    )
    assert str(ROWS_SCRIPT.__html__()) == '<script src="/static/partita/forms/rows.js" defer></script>'


def test_an_application_serves_the_script() -> None:
    app = SimpleRegistrar()
    setup(app)
    (folder,) = app.all(STATIC_DIRS)
    assert (folder / "partita" / "forms" / "rows.js") == ROWS_SCRIPT_FILE


class Album(NestedForm):
    title = CharField()
    formset_classes = {"tracks": formset_factory(Track, extra=1, can_delete=True)}


class Artist(NestedForm):
    name = CharField()
    formset_classes = {"albums": formset_factory(Album, extra=1)}


def artist(**changes: str) -> dict[str, str]:
    return {
        "name": "Bach",
        "albums-TOTAL_FORMS": "1",
        "albums-INITIAL_FORMS": "0",
        "albums-0-title": "Partitas",
        "albums-0-tracks-TOTAL_FORMS": "2",
        "albums-0-tracks-INITIAL_FORMS": "0",
        "albums-0-tracks-0-title": "Sinfonia",
        "albums-0-tracks-1-title": "",
        **changes,
    }


def test_forms_hold_sets_of_forms_to_any_depth() -> None:
    form = Artist(artist())
    assert form.is_valid()
    assert asyncio.run(Artist(artist()).ais_valid())
    tracks = form.formsets["albums"][0].formsets["tracks"]
    assert [track.cleaned_data for track in tracks.forms] == [
        {"title": "Sinfonia", "seconds": None, "DELETE": False},
        {},
    ]
    html = str(Artist())
    assert 'name="albums-0-tracks-0-title"' in html
    assert 'name="albums-__prefix__-tracks-__prefix__-title"' in html
    assert str(form.error_summary()) == ""


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"albums-0-title": ""}, {"albums-0-tracks-1-seconds": "x"}, {"albums-0-tracks-TOTAL_FORMS": "x"}],
)
def test_a_mistake_anywhere_makes_the_whole_invalid(changes: dict[str, str]) -> None:
    assert not Artist(artist(**changes)).is_valid()
    assert not asyncio.run(Artist(artist(**changes)).ais_valid())


def test_a_form_in_which_only_something_below_was_filled_in_is_not_empty() -> None:
    form = Artist(artist(**{"albums-0-title": ""}))
    assert form.formsets["albums"][0].has_changed()
    assert not form.is_valid()
    assert form.formsets["albums"][0].has_error("title", "required")
    blank = Artist(artist(**{"albums-0-title": "", "albums-0-tracks-0-title": ""}))
    assert blank.is_valid()


@pytest.mark.parametrize("button", ["albums-ADD", "albums-0-tracks-ADD"])
def test_one_more_form_can_be_asked_for_at_each_level(button: str) -> None:
    form = Artist(artist(**{button: "1", "name": "", "albums-0-title": ""}))
    assert form.adds_form
    assert not form.is_valid()
    assert not asyncio.run(form.ais_valid())
    html = str(form)
    assert "errorlist" not in html
    assert 'value="Sinfonia"' in html
    assert ('name="albums-1-title"' in html) == (button == "albums-ADD")
    assert ('name="albums-0-tracks-2-title"' in html) == (button == "albums-0-tracks-ADD")
