"""Forms one after the other: forward, back, by another tab, with steps that only some people have."""

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import (
    CharField,
    FileField,
    Form,
    IntegerField,
    MultipleChoiceField,
    SplitDateTimeField,
    ValidationError,
)
from partita.forms.wizard import GOTO, STEP, Wizard, WizardError


class Person(Form):
    name = CharField()
    age = IntegerField()
    tags = MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)


class Guardian(Form):
    guardian = CharField()


class Visit(Form):
    when = SplitDateTimeField()
    photo = FileField(required=False)


class Admission(Wizard):
    steps = {"person": Person, "guardian": Guardian, "visit": Visit}

    def has_step(self, name: str) -> bool:
        return name != "guardian" or self.answers("person").get("age", 99) < 18


PERSON = {
    STEP: "person",
    "person-name": "Clara",
    "person-age": "34",
    "person-tags": ["a", "b"],
    "other": "x",
    "personal": "y",
}
CHILD = {**PERSON, "person-age": "9"}
GUARDIAN = {STEP: "guardian", "guardian-guardian": "Friedrich"}
VISIT = {STEP: "visit", "visit-when_0": "2026-11-21", "visit-when_1": "13:30"}


class Session(dict[str, Any]):
    """Keeps only what can be written as JSON, as sessions do."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, json.loads(json.dumps(value)))


def test_steps_follow_each_other_and_give_all_values() -> None:
    session = Session()
    wizard = Admission(session)
    assert (wizard.step, wizard.number, wizard.names, wizard.previous_step) == ("person", 1, ["person", "visit"], None)
    assert not wizard.form.is_bound
    assert not wizard.submit(PERSON)
    wizard = Admission(session)  # the next request
    assert (wizard.step, wizard.number, wizard.previous_step) == ("visit", 2, "person")
    assert wizard.submit(VISIT)
    assert wizard.cleaned_data["person"] == {"name": "Clara", "age": 34, "tags": ["a", "b"]}
    assert wizard.cleaned_data["visit"]["when"].hour == 13
    assert sorted(session["wizard"]["data"]["person"]) == ["person-age", "person-name", "person-tags"]
    wizard.reset()
    assert session == {}
    assert wizard.step == "person"


def test_what_was_answered_decides_which_steps_there_are() -> None:
    wizard = Admission(Session())
    assert not wizard.submit(CHILD)
    assert wizard.names == ["person", "guardian", "visit"]
    assert wizard.step == "guardian"
    assert not wizard.submit(GUARDIAN)
    assert wizard.submit(VISIT)
    assert list(wizard.cleaned_data) == ["person", "guardian", "visit"]
    assert wizard.submit({**PERSON, STEP: "person"}) is False
    assert wizard.names == ["person", "visit"]


def test_back_and_forward_keep_what_was_sent() -> None:
    session = Session()
    Admission(session).submit(PERSON)
    assert not Admission(session).submit({GOTO: "person", "visit-when_0": "x"})
    wizard = Admission(session)
    assert wizard.step == "person"
    assert 'value="Clara"' in str(wizard.form)
    assert not wizard.form.errors
    assert not Admission(session).submit({GOTO: "visit"})
    assert Admission(session).step == "visit"
    assert not Admission(session).submit({GOTO: "nowhere"})
    assert Admission(session).step == "visit"


def test_errors_are_shown_and_nothing_is_kept_of_a_refused_step() -> None:
    session = Session()
    wizard = Admission(session)
    assert not wizard.submit({STEP: "person", "person-name": "Clara"})
    assert wizard.step == "person"
    assert wizard.form.errors == {"age": ["This field is required."]}
    assert 'value="Clara"' in str(wizard.form)
    assert session["wizard"]["data"] == {}


def test_a_step_cannot_be_jumped_over_or_made_up() -> None:
    for forged in (VISIT, GUARDIAN, {STEP: "nope"}, {STEP: ["person", "visit"]}, {}, {STEP: None}):
        wizard = Admission(Session())
        assert not wizard.submit(forged)
        assert wizard.step == "person"
        with pytest.raises(WizardError, match="no valid answer"):
            _ = wizard.cleaned_data
    with pytest.raises(WizardError, match="has no step 'nope'"):
        wizard.go_to("nope")


def test_what_was_kept_is_validated_anew() -> None:
    session = Session()
    Admission(session).submit(PERSON)
    session["wizard"]["data"]["person"]["person-age"] = ["old"]
    wizard = Admission(session)
    assert wizard.step == "person"
    assert wizard.form.has_error("age")
    assert not wizard.submit(VISIT)


def test_a_page_of_another_tab_is_taken_for_the_step_it_shows() -> None:
    session = Session()
    Admission(session).submit(CHILD)
    Admission(session).submit(GUARDIAN)
    assert Admission(session).step == "visit"
    assert not Admission(session).submit({**CHILD, "person-name": "Robert"})
    wizard = Admission(session)
    assert wizard.step == "guardian"
    assert 'value="Friedrich"' in str(wizard.form)
    assert wizard.answers("person")["name"] == "Robert"
    hidden = re.fullmatch(r'<input type="hidden" name="wizard-step" value="(\w+)">', str(wizard.hidden_step()))
    assert hidden is not None
    assert hidden[1] == "guardian"


def test_async_hooks_are_awaited() -> None:
    class Checked(Person):
        async def clean_name(self) -> object:
            await asyncio.sleep(0)
            if self.cleaned_data["name"] == "Nobody":
                raise ValidationError("No.", code="no")
            return self.cleaned_data["name"].upper()

    class Two(Wizard):
        steps = {"person": Checked, "visit": Visit}

    async def run() -> None:
        session = Session()
        wizard = Two(session)
        assert not await wizard.asubmit({**PERSON, "person-name": "Nobody"})
        assert wizard.form.has_error("name", "no")
        wizard = Two(session)
        assert not await wizard.asubmit(PERSON)
        wizard = Two(session)
        assert await wizard.asubmit(VISIT)
        assert wizard.cleaned_data["person"]["name"] == "CLARA"

    asyncio.run(run())


def test_wizards_that_cannot_work_say_why() -> None:
    class Empty(Wizard):
        pass

    class Early(Wizard):
        steps = {"visit": Visit, "person": Person}

    with pytest.raises(WizardError, match="has no steps"):
        Empty({})
    with pytest.raises(WizardError, match="'visit' takes files, so it must be the last one"):
        Early({})


@given(
    st.one_of(
        st.none(),
        st.text(max_size=5),
        st.dictionaries(
            st.sampled_from(["step", "data"]),
            st.one_of(
                st.none(),
                st.text(max_size=3),
                st.dictionaries(
                    st.sampled_from(["person", "x"]),
                    st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=3), max_size=2), max_size=2),
                    max_size=2,
                ),
            ),
        ),
    )
)
def test_any_storage_gives_a_step_to_show(state: Any) -> None:
    if isinstance(state, dict) and isinstance(state.get("data"), str):
        state["data"] = {}
    wizard = Admission({"wizard": state})
    assert wizard.step in Admission.steps
    assert "<input" in str(wizard.form)
