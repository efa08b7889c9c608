"""What was typed is kept and comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import (
    BooleanField,
    CaptchaField,
    CharField,
    CheckboxSelectMultiple,
    DateField,
    FileField,
    Form,
    HiddenInput,
    HoneypotField,
    IntegerField,
    MultipleChoiceField,
    MultiWidget,
    PasswordInput,
    QuestionCaptcha,
    SelectDateWidget,
    SplitDateTimeField,
    Textarea,
    TextInput,
)
from partita.forms.drafts import (
    DRAFT_BUTTON_NAME,
    Drafts,
    DraftStore,
    SessionDrafts,
    SignedDrafts,
    draft_controls,
    is_draft,
)
from partita.signing import Signer

SIGNER = Signer("k" * 32, salt="forms.drafts")
COLORS = [("r", "Red"), ("g", "Green")]


class Application(Form):
    name = CharField(max_length=20, initial="Nobody")
    age = IntegerField()
    born = DateField(widget=SelectDateWidget(years=range(1800, 1830)))
    colors = MultipleChoiceField(choices=COLORS, widget=CheckboxSelectMultiple)
    meeting = SplitDateTimeField()
    news = BooleanField(required=False, initial=True)
    letter = CharField(widget=Textarea)


class Secrets(Form):
    name = CharField()
    password = CharField(widget=PasswordInput)
    card = CharField(autocomplete="section-a cc-number")
    code = CharField(autocomplete="one-time-code")
    scan = FileField()
    hidden = CharField(widget=HiddenInput)
    fixed = CharField(disabled=True, initial="fixed")
    website = HoneypotField()
    captcha = CaptchaField(captcha=QuestionCaptcha(signer=SIGNER))
    both = CharField(widget=MultiWidget([TextInput(), PasswordInput()]))


TYPED: dict[str, object] = {
    "name": "Clara <b>",
    "age": "thirty",
    "born_year": "1819",
    "born_month": "9",
    "born_day": "13",
    "colors": ["g"],
    "meeting_0": "2026-11-21",
    "meeting_1": "half past ten",
    "letter": "Dear all,\nit is “late”.",
}
STORES: dict[str, Callable[[], DraftStore]] = {
    "session": lambda: SessionDrafts({}),
    "signed": lambda: SignedDrafts(SIGNER),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> DraftStore:
    return STORES[request.param]()


def test_opening_the_page_anew_shows_what_was_typed(store: DraftStore, read_html: Callable[[object], Any]) -> None:
    assert Drafts(store).save(Application(TYPED), "application")
    form = Drafts(store).resume(Application, "application")
    assert not form.is_bound
    page = read_html(form)
    shown = {attrs["name"]: attrs for tag, attrs in page.elements if attrs.get("name")}
    assert shown["name"]["value"] == "Clara <b>"
    assert shown["age"]["value"] == "thirty"  # also what is not valid
    assert shown["meeting_1"]["value"] == "half past ten"
    assert "checked" not in shown["news"]
    assert "it is “late”." in page.text
    chosen = [attrs["value"] for tag, attrs in page.elements if "selected" in attrs or "checked" in attrs]
    assert chosen == ["9", "13", "1819", "g"] or sorted(chosen) == ["13", "1819", "9", "g"]
    assert "aria-invalid" not in str(form)


def test_without_a_draft_or_after_it_was_forgotten_initial_values_are_shown(store: DraftStore) -> None:
    drafts = Drafts(store)
    assert drafts.resume(Application, "application")["name"].value() == "Nobody"
    drafts.save(Application(TYPED), "application")
    assert drafts.resume(Application, "another")["name"].value() == "Nobody"
    drafts.forget("another")
    assert drafts.resume(Application, "application", initial={"name": "Robert"})["name"].value() == "Clara <b>"
    drafts.forget("application")
    assert drafts.resume(Application, "application", initial={"name": "Robert"})["name"].value() == "Robert"
    assert drafts.resume(Application, "application", prefix="x")["name"].html_name == "x-name"


def test_secrets_files_and_what_nobody_types_are_never_kept(store: DraftStore) -> None:
    sent = dict.fromkeys((*Secrets.base_fields, "both_0", "both_1", "captcha_token"), "x")
    drafts = Drafts(store)
    assert drafts.save(Secrets(sent), "secrets", exclude=())
    assert drafts.values("secrets") == {"name": "x"}
    assert drafts.save(Secrets(sent), "secrets", exclude=["name"])
    assert drafts.values("secrets") == {}


def test_a_field_that_became_secret_does_not_get_its_draft_back(store: DraftStore) -> None:
    class Before(Form):
        code = CharField()

    class After(Form):
        code = CharField(widget=PasswordInput(render_value=True))

    Drafts(store).save(Before({"code": "1234"}), "x")
    assert "1234" in str(Drafts(store).resume(Before, "x"))
    assert "1234" not in str(Drafts(store).resume(After, "x"))


def test_what_is_too_long_is_not_kept_and_the_draft_before_stands(store: DraftStore) -> None:
    drafts = Drafts(store, max_characters=500)
    assert drafts.save(Application({"name": "a" * 100}), "x")
    assert not drafts.save(Application({"name": "a" * 1_000_000}), "x")
    assert not drafts.save(Application({"colors": ["a" * 50] * 50}), "x")
    assert drafts.values("x")["name"] == "a" * 100


def test_old_drafts_are_gone(store: DraftStore) -> None:
    now = [1000.0]
    drafts = Drafts(store, max_seconds=60, clock=lambda: now[0])
    drafts.save(Application(TYPED), "x")
    now[0] += 60
    assert drafts.values("x")
    now[0] += 2
    assert drafts.values("x") == {}


def test_a_form_that_was_not_sent_has_no_draft(store: DraftStore) -> None:
    with pytest.raises(ValueError, match="Application was not sent"):
        Drafts(store).save(Application(), "x")


def test_a_session_keeps_the_latest_drafts_only() -> None:
    session: dict[str, Any] = {}
    drafts = Drafts(SessionDrafts(session, most=2))
    for key in ("one", "two", "one", "three"):
        before = session.get("drafts")
        drafts.save(Application({"name": key}), key)
        assert session["drafts"] is not before  # or the session would not know that it changed
    assert list(session["drafts"]) == ["one", "three"]


@given(st.text(max_size=200))
def test_a_signed_draft_that_was_not_signed_here_counts_as_nothing(value: str) -> None:
    assert Drafts(SignedDrafts(SIGNER, value)).values("x") == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"at": "x", "values": {}}', '{"at": 1, "values": 7}', "[" * 90_000]
)
def test_a_stored_text_that_is_no_draft_counts_as_nothing(text: str) -> None:
    assert Drafts(SessionDrafts({"drafts": {"x": text}}), clock=lambda: 1.0).values("x") == {}
    assert Drafts(SessionDrafts({"drafts": text})).values("x") == {}


def test_a_signed_draft_travels_with_the_browser() -> None:
    first = SignedDrafts(SIGNER)
    Drafts(first).save(Application({"name": "Clara"}), "x")
    later = SignedDrafts(SIGNER, first.value)
    assert Drafts(later).values("x")["name"] == "Clara"
    Drafts(later).forget("x")
    assert later.value is None


def test_the_button_asks_for_a_draft() -> None:
    html = str(draft_controls("Keep <it>"))
    assert f'name="{DRAFT_BUTTON_NAME}"' in html
    assert "formnovalidate" in html
    assert "Keep &lt;it&gt;" in html
    assert is_draft({"name": "x", DRAFT_BUTTON_NAME: "1"})
    assert not is_draft({"name": "x"})
