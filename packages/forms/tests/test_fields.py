# ruff: noqa: DTZ001 - outside an application times have no zone
import enum
import json
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.forms import (
    BooleanField,
    CharField,
    CheckboxInput,
    ChoiceField,
    ComboField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    Field,
    FileField,
    FloatField,
    Form,
    GenericIPAddressField,
    IntegerField,
    JSONField,
    MultipleChoiceField,
    MultipleFileField,
    NullBooleanField,
    RegexField,
    SlugField,
    SplitDateTimeField,
    TimeField,
    TypedChoiceField,
    TypedMultipleChoiceField,
    URLField,
    UUIDField,
    ValidationError,
)
from partita.forms.times import parse_duration, write_duration


class Upload:
    def __init__(self, name: str = "a.txt", content: bytes = b"x") -> None:
        self.name, self.size, self.file = name, len(content), BytesIO(content)


class Size(enum.Enum):
    SMALL = "s"
    EXTRA_LARGE = "xl"


ID = uuid.UUID("550e8400-e29b-41d4-a716-446655440000")
BERLIN = ZoneInfo("Europe/Berlin")
LETTERS = [("a", "A"), ("Group", [("b", "B"), (3, "Three")])]
FILE = Upload()

MADE: list[tuple[Field, object, object]] = [
    (CharField(), " a ", "a"), (CharField(strip=False), " a ", " a "), (CharField(required=False), None, ""),
    (CharField(required=False, empty_value=None), "  ", None), (CharField(), 1, "1"), (CharField(max_length=3), "abc", "abc"),
    (IntegerField(), "42", 42), (IntegerField(), " -1 ", -1), (IntegerField(), "1.0", 1), (IntegerField(), "٤٢", 42),
    (IntegerField(), "+7", 7), (IntegerField(required=False), "", None), (IntegerField(), 3, 3), (IntegerField(min_value=1, max_value=3), "3", 3),
    (IntegerField(step_size=3, min_value=1), "7", 7), (FloatField(), "1.5e3", 1500.0), (FloatField(), ".5", 0.5), (FloatField(required=False), "", None),
    (FloatField(), 2.5, 2.5), (DecimalField(), "1.10", Decimal("1.10")), (DecimalField(max_digits=3, decimal_places=1), "12.5", Decimal("12.5")),
    (DecimalField(required=False), "", None), (DecimalField(), Decimal(1), Decimal(1)),
    (BooleanField(), "on", True), (BooleanField(required=False), "False", False), (BooleanField(required=False), "0", False),
    (BooleanField(required=False), None, False), (NullBooleanField(), "true", True), (NullBooleanField(), "False", False),
    (NullBooleanField(), "unknown", None), (NullBooleanField(), None, None),
    (ChoiceField(choices=LETTERS), "b", "b"), (ChoiceField(choices=LETTERS), 3, "3"), (ChoiceField(choices={"x": "X"}), "x", "x"),
    (ChoiceField(choices=Size), "xl", "xl"), (ChoiceField(choices=lambda: [("z", "Z")]), "z", "z"), (ChoiceField(choices=LETTERS, required=False), "", ""),
    (TypedChoiceField(choices=[(1, "One")], coerce=int), "1", 1), (TypedChoiceField(choices=[(1, "One")], coerce=int, required=False, empty_value=None), "", None),
    (MultipleChoiceField(choices=LETTERS), ["a", "3"], ["a", "3"]), (MultipleChoiceField(choices=LETTERS, required=False), [], []),
    (TypedMultipleChoiceField(choices=[(1, "One"), (2, "Two")], coerce=int), ["1", "2"], [1, 2]),
    (TypedMultipleChoiceField(choices=[(1, "One")], coerce=int, required=False), [], []),
    (DateField(), "2026-11-21", date(2026, 11, 21)), (DateField(), "11/21/2026", date(2026, 11, 21)), (DateField(), "Nov 21, 2026", date(2026, 11, 21)),
    (DateField(), datetime(2026, 1, 2, 3), date(2026, 1, 2)), (DateField(input_formats=["%d.%m.%Y"]), "21.11.2026", date(2026, 11, 21)),
    (DateField(required=False), "", None), (TimeField(), "14:25", time(14, 25)), (TimeField(), "14:25:59.5", time(14, 25, 59, 500000)),
    (TimeField(required=False), "", None), (DateTimeField(), "2026-11-21T07:30", datetime(2026, 11, 21, 7, 30, tzinfo=UTC)),
    (DateTimeField(), "2026-11-21 07:30:01", datetime(2026, 11, 21, 7, 30, 1, tzinfo=UTC)), (DateTimeField(), "2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
    (DateTimeField(), "11/21/2026 07:30", datetime(2026, 11, 21, 7, 30, tzinfo=UTC)), (DateTimeField(), "2026-11-21T07:30Z", datetime(2026, 11, 21, 7, 30, tzinfo=UTC)),
    (DateTimeField(time_zone=BERLIN), "2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)), (DateTimeField(), date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
    (DurationField(), "30", timedelta(seconds=30)), (DurationField(), "15:30", timedelta(minutes=15, seconds=30)), (DurationField(), "1:15:30", timedelta(hours=1, minutes=15, seconds=30)),
    (DurationField(), "1 days, 1:15:30.3", timedelta(1, 4530, 300000)), (DurationField(), "P1DT2H", timedelta(1, 7200)), (DurationField(), "-PT5M", timedelta(minutes=-5)),
    (DurationField(), "-1 00:00:01", timedelta(-1, 1)), (DurationField(required=False), "", None),
    (EmailField(), " a@b.de ", "a@b.de"), (EmailField(required=False), "", ""), (URLField(), "example.com/a", "https://example.com/a"), (URLField(), "//example.com", "https://example.com"),
    (URLField(), "example.com:80", "https://example.com:80"), (URLField(), "http://a.de", "http://a.de"), (URLField(assume_scheme="http"), "a.de", "http://a.de"), (URLField(required=False), "", ""),
    (SlugField(), "a-b_1", "a-b_1"), (SlugField(allow_unicode=True), "ö", "ö"), (RegexField(r"^\d{4}$"), "2026", "2026"), (UUIDField(), str(ID), ID), (UUIDField(), ID.hex, ID), (UUIDField(required=False), "", None),
    (GenericIPAddressField(), "127.0.0.1", "127.0.0.1"), (GenericIPAddressField(), " 2001:0::1 ", "2001::1"), (GenericIPAddressField(unpack_ipv4=True), "::ffff:1.2.3.4", "1.2.3.4"),
    (JSONField(), '{"a": [1]}', {"a": [1]}), (JSONField(), "0", 0), (JSONField(required=False), "", None), (JSONField(), "[]", []),
    (FileField(), FILE, FILE), (FileField(required=False), None, None), (FileField(allow_empty_file=True), (empty := Upload(content=b"")), empty),
    (FileField(allowed_extensions=("txt",)), FILE, FILE), (MultipleFileField(), [FILE, FILE], [FILE, FILE]), (MultipleFileField(required=False), [], []),
    (ComboField([CharField(max_length=20), EmailField()]), "a@b.de", "a@b.de"), (SplitDateTimeField(), ["2026-11-21", "07:30"], datetime(2026, 11, 21, 7, 30, tzinfo=UTC)),
    (SplitDateTimeField(required=False), ["", ""], None), (SplitDateTimeField(required=False), None, None),
]  # fmt: skip

REFUSED: list[tuple[Field, object, str]] = [
    (CharField(), "  ", "required"), (CharField(max_length=2), "abc", "max_length"), (CharField(min_length=2), "a", "min_length"), (CharField(), "a\x00b", "null_characters_not_allowed"),
    (IntegerField(), "", "required"), (IntegerField(), "1.5", "invalid"), (IntegerField(), "1_000", "invalid"), (IntegerField(), "x", "invalid"), (IntegerField(), "1" * 2000, "invalid"), (IntegerField(max_value=3), "4", "max_value"),
    (IntegerField(min_value=3), "2", "min_value"), (IntegerField(step_size=3), "4", "step_size"), (IntegerField(), "1e5", "invalid"), (IntegerField(), [1], "invalid"),
    (FloatField(), "nan", "invalid"), (FloatField(), "inf", "invalid"), (FloatField(), "1e999", "invalid"), (FloatField(), "1_0", "invalid"), (FloatField(), float("nan"), "invalid"), (FloatField(min_value=1), "0.5", "min_value"),
    (DecimalField(), "NaN", "invalid"), (DecimalField(), "Infinity", "invalid"), (DecimalField(), "1E+99999", "invalid"), (DecimalField(), "1_0", "invalid"), (DecimalField(max_digits=3), "1234", "max_digits"), (DecimalField(), Decimal("NaN"), "invalid"),
    (DecimalField(max_digits=4, decimal_places=1), "1.25", "max_decimal_places"), (DecimalField(max_digits=4, decimal_places=2), "123", "max_whole_digits"), (DecimalField(max_value=Decimal(5)), "5.01", "max_value"),
    (BooleanField(), None, "required"), (BooleanField(), "false", "required"), (ChoiceField(choices=LETTERS), "Group", "invalid_choice"), (ChoiceField(choices=LETTERS), "", "required"),
    (ChoiceField(choices=Size), "m", "invalid_choice"), (TypedChoiceField(choices=[("x", "X")], coerce=int), "x", "invalid_choice"), (MultipleChoiceField(choices=LETTERS), "a", "invalid_list"),
    (MultipleChoiceField(choices=LETTERS), ["a", "q"], "invalid_choice"), (MultipleChoiceField(choices=LETTERS), [], "required"), (TypedMultipleChoiceField(choices=[("x", "X")], coerce=int), ["x"], "invalid_choice"),
    (DateField(), "2026-13-01", "invalid"), (DateField(), "x" * 10000, "invalid"), (DateField(), "", "required"), (TimeField(), "25:00", "invalid"), (DateTimeField(), "2026-11-21 25:00", "invalid"), (DateTimeField(), "soon", "invalid"),
    (DateTimeField(time_zone=BERLIN), "2026-03-29T02:30", "ambiguous_timezone"), (DateTimeField(time_zone=BERLIN), "2026-10-25T02:30", "ambiguous_timezone"),
    (DurationField(), "soon", "invalid"), (DurationField(), "999999999 999999999:00:00", "overflow"), (DurationField(), "P", "invalid"), (DurationField(), "PT", "invalid"), (DurationField(), "1" * 10000, "invalid"),
    (EmailField(), "a", "invalid"), (URLField(), "javascript:alert(1)", "invalid"), (URLField(), "mailto:a@b.de", "invalid"), (URLField(), "http://", "invalid"), (URLField(), "a b", "invalid"),
    (SlugField(), "a b", "invalid"), (SlugField(), "ö", "invalid"), (RegexField(r"^\d{4}$"), "2026\n", "invalid"), (RegexField("a"), "", "required"), (UUIDField(), "550e8400", "invalid"), (UUIDField(), "x" * 10000, "invalid"),
    (GenericIPAddressField(), "256.0.0.1", "invalid"), (GenericIPAddressField(protocol="ipv4"), "::1", "invalid"), (GenericIPAddressField(), "::g", "invalid"), (GenericIPAddressField(), "01.2.3.4", "invalid"),
    (JSONField(), "{", "invalid"), (JSONField(), "NaN", "invalid"), (JSONField(), "[" * 100_000, "invalid"), (JSONField(), "", "required"), (JSONField(), "null", "required"), (JSONField(), "1" * 5000, "invalid"),
    (FileField(), None, "required"), (FileField(), "a.txt", "invalid"), (FileField(), Upload(name=""), "invalid"), (FileField(), Upload(content=b""), "empty"), (FileField(max_length=4), Upload(), "max_length"), (FileField(max_size=2), Upload(content=b"abc"), "max_size"),
    (FileField(allowed_extensions=("png",)), Upload(), "invalid_extension"), (MultipleFileField(), [], "required"), (MultipleFileField(max_files=1), [FILE, FILE], "max_files"), (MultipleFileField(), [FILE, Upload(content=b"")], "empty"),
    (ComboField([CharField(max_length=5), EmailField()]), "a@b.de", "max_length"), (ComboField([CharField()]), "", "required"), (SplitDateTimeField(), ["2026-11-21", "x"], "invalid"), (SplitDateTimeField(), ["2026-11-21", ""], "required"),
    (SplitDateTimeField(), "x", "invalid"), (SplitDateTimeField(), [], "required"), (SplitDateTimeField(required=False), ["2026-11-21", ""], "invalid_time"), (SplitDateTimeField(required=False), ["", "10:00"], "invalid_date"),
]  # fmt: skip


def _name(value: object) -> str:
    return f"{type(value).__name__}" if isinstance(value, Field) else str(value)[:20]


@pytest.mark.parametrize(("field", "sent", "value"), MADE, ids=_name)
def test_a_field_makes_a_value_of_its_type(field: Field, sent: object, value: object) -> None:
    made = field.clean(sent)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(("field", "sent", "code"), REFUSED, ids=_name)
def test_a_field_refuses_with_a_text_and_a_code(field: Field, sent: object, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        field.clean(sent)
    assert [error.code for error in caught.value.error_list] == [code]
    assert caught.value.messages[0]


PLAIN: list[Field] = [field for field, _, _ in MADE]


@example(TypedChoiceField(choices=[("1", "One")], coerce=int), float("inf"))
@example(TypedMultipleChoiceField(choices=[("inf", "All")], coerce=Decimal), ["inf"])
@given(
    st.sampled_from(PLAIN), st.text() | st.lists(st.text()) | st.none() | st.integers() | st.floats() | st.booleans()
)
def test_nothing_but_a_validation_error_escapes_from_a_field(field: Field, sent: object) -> None:
    for call in (
        field.clean,
        lambda value: field.has_changed(None, value),
        lambda value: field.has_changed(value, value),
    ):
        try:
            call(sent)
        except ValidationError as error:
            assert error.messages  # noqa: PT017 - either a value or a reason


@given(st.sampled_from(PLAIN), st.text(max_size=20))
def test_what_a_field_made_it_takes_again(field: Field, sent: str) -> None:
    try:
        made = field.clean(sent)
    except ValidationError:
        return
    assert field.clean(made) == made or isinstance(field, JSONField)


@given(st.timedeltas())
def test_a_duration_written_reads_back_as_itself(value: timedelta) -> None:
    assert parse_duration(write_duration(value)) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_that_is_shown_reads_back_as_itself(value: object) -> None:
    field = JSONField(required=False)
    shown = field.prepare_value(value)
    assert field.to_python(shown) == value
    assert field.has_changed(value, shown) is False


def test_json_tells_true_from_one_and_shows_bad_text_as_it_was_sent() -> None:
    class Settings(Form):
        blob = JSONField()

    assert JSONField().has_changed({"a": True}, '{"a": 1}')
    assert Settings({"blob": "{bad"})["blob"].value() == "{bad"
    assert Settings({"blob": '{"a": "é"}'})["blob"].value() == '{"a": "é"}'
    assert Settings({"blob": '"text"'})["blob"].value() == '"text"'
    assert json.loads(str(Settings(initial={"blob": [1]})["blob"].value())) == [1]


@pytest.mark.parametrize(
    ("field", "initial", "sent", "changed"),
    [
        (CharField(), "a", "a", False), (CharField(), "a", "b", True), (CharField(), None, "", False), (CharField(disabled=True), "a", "b", False),
        (IntegerField(), 1, "1", False), (IntegerField(), 1, "x", True), (BooleanField(), True, "on", False), (BooleanField(), False, None, False),
        (BooleanField(), "False", False, False), (NullBooleanField(), None, "false", True), (MultipleChoiceField(choices=LETTERS), ["a", "3"], ["3", "a"], False),
        (MultipleChoiceField(choices=LETTERS), ["a"], [], True), (DateField(), date(2026, 1, 1), "2026-01-01", False), (DecimalField(), Decimal("1.0"), "1.00", False),
        (FileField(), None, None, False), (FileField(), "old", FILE, True), (SplitDateTimeField(), datetime(2026, 1, 1, 2), ["2026-01-01", "02:00"], False),
        (SplitDateTimeField(), None, ["", ""], False), (SplitDateTimeField(), None, ["2026-01-01", ""], True), (MultipleFileField(), None, [], False), (MultipleFileField(), None, [FILE], True),
    ],
)  # fmt: skip
def test_change_is_told_by_value_and_not_by_spelling(
    field: Field, initial: object, sent: object, changed: bool
) -> None:
    assert field.has_changed(initial, sent) is changed


def test_messages_are_replaced_by_code_also_those_of_validators() -> None:
    field = EmailField(max_length=8, error_messages={"invalid": "No address.", "max_length": "Too long."})
    with pytest.raises(ValidationError) as caught:
        field.clean("not an address")
    assert caught.value.messages == ["No address.", "Too long."]


def test_validators_given_run_after_those_of_the_field() -> None:
    def refuse(value: object) -> None:
        raise ValidationError("never", code="never")

    with pytest.raises(ValidationError) as caught:
        SlugField(validators=[refuse]).clean("a b")
    assert {error.code for error in caught.value.error_list} == {"never", "invalid"}
    assert CharField(required=False, validators=[refuse]).clean("") == ""


def test_a_subclass_adds_messages_and_keeps_the_others() -> None:
    class Price(DecimalField):
        default_error_messages = {"odd": "Odd."}

    class Narrow(Price):
        default_error_messages = {"invalid": "Bad price."}

    assert Narrow().error_messages["odd"] == "Odd."
    assert Narrow().error_messages["invalid"] == "Bad price."
    assert Narrow().error_messages["required"] == "This field is required."
    assert Price().error_messages["invalid"] == "Enter a number."


def test_fields_made_twice_share_neither_widget_nor_messages() -> None:
    box = CheckboxInput()
    one, two = BooleanField(widget=box), BooleanField(widget=box)
    one.widget.attrs["class"] = "x"
    one.error_messages["required"] = "x"
    assert two.widget.attrs == box.attrs == {}
    assert two.error_messages["required"] == "This field is required."


def test_a_limit_may_be_a_function_that_is_asked_each_time() -> None:
    limits = iter([5, 1])
    field = IntegerField(max_value=lambda: next(limits), widget=CheckboxInput)
    assert field.clean("3") == 3
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        field.clean("3")


def test_a_file_is_kept_replaced_or_removed() -> None:
    field = FileField(required=False)
    assert field.clean(None, "old.txt") == "old.txt"
    assert field.clean(FILE, "old.txt") is FILE
    assert field.clean(False, "old.txt") is False
    assert FileField().clean(False, "old.txt") == "old.txt"


@pytest.mark.parametrize("field", PLAIN, ids=_name)
def test_a_long_hostile_text_costs_little(field: Field) -> None:
    for text in (
        "1" * 100_000,
        "1e" * 50_000,
        ":" * 100_000,
        " " * 100_000 + "x",
        "[" * 100_000,
        "a." * 50_000,
        "ﷺ" * 100_000,
        "P1" * 50_000,
    ):

        def clean(text: str = text) -> None:
            with suppress(ValidationError):
                field.clean(text)

        assert least_seconds(clean, enough=0.05) < 0.1, text[:4]
