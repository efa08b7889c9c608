"""Every field beside Django's of the same name, on random and hostile input: the same value or the same code of the error.

`DIFFERENT` lists where partita decides otherwise on purpose; what is not in it must be the same.
"""

# ruff: noqa: DTZ001 - some values have no zone, as what is sent has none
import datetime
import enum
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partita import forms
from partita.forms import ValidationError

django = pytest.importorskip("django")


@pytest.fixture(autouse=True, scope="module")
def _django() -> Iterator[None]:
    from django.conf import settings as django_settings
    from django.test.utils import override_settings
    from django.utils import timezone, translation

    if not django_settings.configured:
        django_settings.configure(USE_I18N=False)
        django.setup()
    with (
        override_settings(USE_TZ=True, USE_I18N=False, TIME_ZONE="UTC"),
        timezone.override(datetime.UTC),
        translation.override("en"),
    ):
        yield


class Kind(enum.Enum):
    SOLO = "solo"
    TRIO = "trio"


CHOICES = [("", "-"), ("a", "A"), ("1", "One"), ("Group", [("b", "B"), ("2", "Two")])]
Make = Callable[[Any], Any]

FIELDS: dict[str, Make] = {
    "char": lambda m: m.CharField(),
    "char, limits": lambda m: m.CharField(min_length=2, max_length=5, required=False),
    "char, kept": lambda m: m.CharField(strip=False, empty_value=None, required=False),
    "email": lambda m: m.EmailField(),
    "url": lambda m: m.URLField(assume_scheme="https"),
    "slug": lambda m: m.SlugField(),
    "slug, unicode": lambda m: m.SlugField(allow_unicode=True, required=False),
    "regex": lambda m: m.RegexField(r"\A[a-z]+\Z"),
    "uuid": lambda m: m.UUIDField(),
    "ip": lambda m: m.GenericIPAddressField(),
    "ip, 4": lambda m: m.GenericIPAddressField(protocol="ipv4", required=False),
    "ip, unpacked": lambda m: m.GenericIPAddressField(unpack_ipv4=True),
    "integer": lambda m: m.IntegerField(),
    "integer, limits": lambda m: m.IntegerField(min_value=-5, max_value=50, step_size=5, required=False),
    "float": lambda m: m.FloatField(),
    "float, limits": lambda m: m.FloatField(min_value=0, max_value=10, required=False),
    "decimal": lambda m: m.DecimalField(),
    "decimal, digits": lambda m: m.DecimalField(max_digits=5, decimal_places=2, min_value=-100),
    "date": lambda m: m.DateField(),
    "date, format": lambda m: m.DateField(input_formats=["%d.%m.%Y"], required=False),
    "time": lambda m: m.TimeField(),
    "datetime": lambda m: m.DateTimeField(),
    "duration": lambda m: m.DurationField(),
    "boolean": lambda m: m.BooleanField(),
    "boolean, optional": lambda m: m.BooleanField(required=False),
    "null boolean": lambda m: m.NullBooleanField(),
    "choice": lambda m: m.ChoiceField(choices=CHOICES),
    "choice, optional": lambda m: m.ChoiceField(choices=CHOICES, required=False),
    "typed choice": lambda m: m.TypedChoiceField(choices=CHOICES, coerce=int, empty_value=None, required=False),
    "multiple choice": lambda m: m.MultipleChoiceField(choices=CHOICES),
    "typed multiple choice": lambda m: m.TypedMultipleChoiceField(choices=CHOICES, coerce=int, required=False),
    "json": lambda m: m.JSONField(),
    "json, optional": lambda m: m.JSONField(required=False),
    "combo": lambda m: m.ComboField(fields=[m.CharField(max_length=12), m.EmailField()]),
    "split datetime": lambda m: m.SplitDateTimeField(),
    "split datetime, optional": lambda m: m.SplitDateTimeField(required=False),
}


class Difference(NamedTuple):
    """One thing that partita decides otherwise."""

    fields: str
    """A regular expression for the names of the fields."""
    applies: Callable[[Any], object]
    reason: str


def text_of(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


DIFFERENT = [
    Difference("integer|float|decimal", lambda v: "_" in text_of(v), "Python's 1_000 is no number that people write."),
    Difference("integer|float|decimal", lambda v: re.search(r"nan|inf", text_of(v), re.I), "Infinity and NaN are no numbers."),
    Difference("integer|float|decimal", lambda v: len(text_of(v)) > 300, "Conversion costs the square of the digits."),
    Difference("integer|float|decimal", lambda v: re.search(r"e[+-]?\d{3,}", text_of(v), re.I), "1E+999 is short to send and long to write out."),
    Difference("integer|float|decimal", lambda v: isinstance(v, bool | float | list | dict | datetime.date), "JSON values of another type: an int field takes no half."),
    Difference("json", lambda v: re.search(r"NaN|Infinity", text_of(v)), "RFC 8259 has no NaN and no Infinity."),
    Difference("json", lambda v: not isinstance(v, str), "A value that came as JSON is a value, not a text to decode."),
    Difference("json", lambda v: isinstance(v, str) and v != v.strip() and not v.strip(), "Space alone is no JSON in both; Django says it otherwise."),
    Difference("json", lambda v: isinstance(v, str) and v.strip() in {"[]", "{}"}, "An empty list and an empty object are values: a required field has got one."),
    Difference("ip", lambda v: "%" in text_of(v), "A zone is free text of one machine."),
    Difference("ip", lambda v: len(text_of(v)) > 39, "Django cuts at 39 characters."),
    Difference("email|combo", lambda v: not text_of(v).isascii(), "Names are checked after normalising (NFKC), and for marks that hide what they are."),
    Difference("email|combo", lambda v: text_of(v).rstrip().endswith("."), "No address ends in a dot."),
    Difference("email|combo", lambda v: '"' in text_of(v), "A quoted local part may hold a tab where RFC 5322 allows one."),
    Difference("url", lambda v: not text_of(v).isascii() or "\\" in text_of(v) or "[" in text_of(v) or "]" in text_of(v), "Names are checked after normalising; browsers read a backslash as a slash."),
    Difference("url", lambda v: re.search(r":\d", text_of(v)), "Ports end at 65535, and host:80 is a host with a port."),
    Difference("url", lambda v: "@" in text_of(v) or ":" in text_of(v).partition("://")[2], "User names are taken by RFC 3986, without brackets and a second colon."),
    Difference("url", lambda v: re.match(r"[^/?#]*:(?!//)", text_of(v).strip()) or "///" in text_of(v), "What begins like a scheme is not given another one."),
    Difference("url", lambda v: re.search(r"[\x00-\x20\x7f]", text_of(v).strip()), "Django drops tabs and line breaks inside of a URL as `urlsplit` does."),
    Difference("date|time|split", lambda v: not isinstance(v, str) and not isinstance(v, list), "A value that is a date already stays one."),
    Difference("date|time|split", lambda v: any(len(text_of(one)) > 60 for one in (v if isinstance(v, list) else [v])), "Nothing longer than 64 characters is looked at."),
    Difference("date|time|split", lambda v: not all(text_of(one).isascii() for one in (v if isinstance(v, list) else [v])), "Digits are ASCII, as browsers send them."),
    Difference("date|split", lambda v: re.search(r"\d{8}|\d{4}-?W", text_of(v)), "ISO 8601 knows 20261121 and 2026-W47-6 too."),
    Difference("datetime", lambda v: re.search(r"\d[Tt ]?\d{2}([+-]|$|[zZ])|\d{4}-\d{2}-\d{2}.\d|,\d|\d{6}", text_of(v)), "ISO 8601 with hours alone, with a comma, without marks."),
    Difference("duration", lambda v: not isinstance(v, str), "Numbers are no durations unless they are text."),
    Difference("duration", lambda v: len(text_of(v)) > 40 or re.search(r"\d{8,}|[^\x00-\x7f]", text_of(v)), "Counts have at most nine digits, in ASCII."),
    Difference("duration", lambda v: re.search(r"[-+,]|day|P|\.", text_of(v)), "Signs: Django also takes PostgreSQL's way, and ISO weeks."),
    Difference("duration", lambda v: isinstance(v, str) and v != v.strip(), "Space around a duration does not matter."),
    Difference("uuid", lambda v: len(text_of(v)) > 60, "A UUID has at most 45 characters."),
    Difference("char|slug|regex|email|url|combo|uuid|ip|choice|duration|boolean", lambda v: isinstance(v, tuple | set | dict | list), "An empty list or mapping counts as nothing in both; others are read as text."),
    Difference("null boolean", lambda v: isinstance(v, str) and v.lower() in {"true", "on", "1", "false", "0"} and v not in {"True", "true", "1", "False", "false", "0"}, "Yes and no are read in any case, and what a box sends is yes."),
    Difference("null boolean", lambda v: isinstance(v, int | float), "1 and 0 are yes and no."),
    Difference("split", lambda v: isinstance(v, str | tuple | dict), "One text is no pair of day and time."),
]  # fmt: skip

hostile = st.text(
    alphabet="\x00\t\n\r <>&'\"%\\/@:;,.+-_#?[](){}=0١²éßﷺ\u200b\u202e\u2028\ud7ff😀aAzZ19eExXnN", max_size=24
)
number_like = st.from_regex(re.compile(r"\s?[+-]?\d{0,5}[.,]?\d{0,3}([eE][+-]?\d{1,2})?\s?", re.ASCII), fullmatch=True)
date_like = st.from_regex(re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}", re.ASCII), fullmatch=True)
time_like = st.from_regex(re.compile(r"\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,7})?)?", re.ASCII), fullmatch=True)
duration_like = st.from_regex(
    re.compile(r"-?(\d{1,3} )?(\d{1,2}:){0,2}\d{1,2}(\.\d{1,6})?|-?P\d{1,2}D(T\d{1,2}H)?", re.ASCII), fullmatch=True
)
email_like = st.from_regex(
    re.compile(r"[a-zA-Z0-9.!#+\"-]{1,8}@[a-z0-9.-]{1,12}(\.[a-z]{1,4})?", re.ASCII), fullmatch=True
)
url_like = st.from_regex(
    re.compile(r"(https?://|ftp://|//|HTTP://|)[a-z0-9.-]{1,12}(\.[a-z]{1,4})?(/[a-z?#=&%]{0,5})?", re.ASCII),
    fullmatch=True,
)
ip_like = st.one_of(
    st.from_regex(re.compile(r"\s?(\d{1,3}\.){3}\d{1,3}\s?", re.ASCII), fullmatch=True),
    st.from_regex(re.compile(r"([0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}", re.ASCII), fullmatch=True),
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=4).map(lambda ip: f"::ffff:{ip}"),
)
uuid_like = st.one_of(
    st.uuids().map(str), st.uuids().map(lambda one: one.hex), st.uuids().map(lambda one: f"{{{one}}}")
)
SAMPLES: list[Any] = ["", " ", "0", "1", "true", "True", "false", "False", "on", "off", "a", "b", "2", "z", "null", "[]", '{"a": 1}', "Group",
                     "-", "--", "1.0", "1e2", "٣", "0x1f", "１", "²", "1,5", "a\x00b", "x" * 500, "9" * 400]  # fmt: skip
sent = st.one_of(
    st.sampled_from(SAMPLES),
    hostile, st.text(max_size=20), number_like, date_like, time_like, duration_like, email_like, url_like, ip_like, uuid_like,
    st.tuples(date_like, time_like).map(" ".join), st.tuples(date_like, time_like).map("T".join),
    st.none(), st.lists(st.sampled_from(["a", "b", "1", "2", "z", "", "\x00"]), max_size=4), st.lists(st.one_of(date_like, time_like, st.just("")), min_size=2, max_size=2),
)  # fmt: skip


def outcome(field: Any, value: Any, error: type[Exception]) -> object:
    """Return the value, or the codes of the errors."""
    try:
        return ("value", field.clean(value))
    except error as caught:
        return ("error", sorted({str(one.code) for one in caught.error_list}))  # type: ignore[attr-defined]  # of both libraries


def outcome_of_django(field: Any, value: Any, error: type[Exception]) -> object:
    """Return the same for Django's field, which fails on some values, such as types that browsers do not send."""
    try:
        return outcome(field, value, error)
    except (AttributeError, TypeError, OverflowError):
        return None


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_decides_as_django_s_does(name: str) -> None:
    from django import forms as django_forms
    from django.core.exceptions import ValidationError as DjangoError

    ours, theirs = FIELDS[name](forms), FIELDS[name](django_forms)

    def decide(value: Any) -> None:
        mine, other = outcome(ours, value, ValidationError), outcome_of_django(theirs, value, DjangoError)
        if other is not None and mine != other:
            assert any(re.search(one.fields, name) and one.applies(value) for one in DIFFERENT), (value, mine, other)

    for value in SAMPLES:
        decide(value)
    settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])(given(sent)(decide))()


@pytest.mark.parametrize("difference", DIFFERENT, ids=lambda one: one.reason[:40])
def test_each_difference_has_a_field_and_a_reason(difference: Difference) -> None:
    assert [name for name in FIELDS if re.search(difference.fields, name)]
    assert difference.reason.endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uuid", uuid.UUID(int=1)), ("decimal", Decimal("1.5")), ("integer", 7), ("char", 7), ("date", datetime.date(2026, 1, 2)),
        ("date", datetime.datetime(2026, 1, 2, 3)), ("time", datetime.time(3)), ("duration", datetime.timedelta(3)),
        ("boolean", True), ("boolean", False), ("boolean, optional", None), ("char", True), ("choice", 1), ("float", 1.5),
        ("multiple choice", ("a", "b")), ("multiple choice", "a"), ("typed multiple choice", ["a"]), ("typed choice", "a"),
    ],
)  # fmt: skip
def test_values_that_are_no_text_are_decided_alike_too(name: str, value: object) -> None:
    from django import forms as django_forms
    from django.core.exceptions import ValidationError as DjangoError

    mine = outcome(FIELDS[name](forms), value, ValidationError)
    assert mine == outcome(FIELDS[name](django_forms), value, DjangoError)


class Sent(NamedTuple):
    """A file as a request has it."""

    name: Any
    size: Any

    def read(self, *count: int) -> bytes:
        """Return what is in the file."""
        return b"x" * (self.size or 0)


FILES: dict[str, Make] = {
    "file": lambda m: m.FileField(),
    "file, limits": lambda m: m.FileField(max_length=10, required=False),
    "file, empty": lambda m: m.FileField(allow_empty_file=True),
}
names = st.sampled_from(["", "a.pdf", "a" * 10, "a" * 11, "..", "\x00.png", "ß.svg", "a/b.txt", None]) | st.text(
    max_size=14
)


@pytest.mark.parametrize("name", FILES)
def test_a_field_for_files_decides_as_django_s_does(name: str) -> None:
    from django import forms as django_forms
    from django.core.exceptions import ValidationError as DjangoError

    ours, theirs = FILES[name](forms), FILES[name](django_forms)

    @settings(max_examples=150)
    @given(st.builds(Sent, names, st.integers(0, 3)) | st.none() | st.just("") | st.text(min_size=1, max_size=5))
    def compare(value: Any) -> None:
        mine, other = outcome(ours, value, ValidationError), outcome_of_django(theirs, value, DjangoError)
        assert other is None or mine == other

    compare()


@settings(max_examples=60)
@given(value=sent)
def test_a_path_is_accepted_where_django_accepts_it(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    from django import forms as django_forms
    from django.core.exceptions import ValidationError as DjangoError

    folder = tmp_path_factory.getbasetemp()
    (folder / "a").touch()
    (folder / "b").mkdir(exist_ok=True)
    for options in ({}, {"required": False}, {"allow_folders": True}, {"match": r"\d"}):
        ours, theirs = forms.FilePathField(folder, **options), django_forms.FilePathField(folder, **options)
        for path in (value, *(f"{folder}/{one}" for one in ("a", "b", "../a", "a\x00", str(value)))):
            if not isinstance(path, list):
                assert outcome(ours, path, ValidationError) == outcome(theirs, path, DjangoError)


@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("required", [True, False])
def test_a_field_of_several_fields_decides_as_django_s_does(required: bool, every: bool) -> None:
    from django import forms as django_forms
    from django.core.exceptions import ValidationError as DjangoError

    def made(module: Any) -> Any:
        class Address(module.MultiValueField):  # type: ignore[misc]  # of either library
            def __init__(self) -> None:
                parts = (module.CharField(max_length=5), module.IntegerField(required=False))
                super().__init__(fields=parts, require_all_fields=every, required=required)

            def compress(self, data_list: Any) -> Any:
                return tuple(data_list or ())

        return Address()

    ours, theirs = made(forms), made(django_forms)

    @settings(max_examples=80)
    @given(st.none() | st.lists(st.sampled_from(["", "a", "toolong", "1", "x", None]), max_size=2))
    def compare(value: Any) -> None:
        other: Any = outcome(theirs, value, DjangoError)
        kind, found = other
        if kind == "error":  # Django's has no code if a part is missing
            found = sorted("incomplete" if code == "None" else code for code in found)
        assert outcome(ours, value, ValidationError) == (kind, found)

    compare()
