"""MessageFormat 2: its grammar, and what its messages become in languages."""

import contextlib
import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.i18n.errors import MessageSyntaxError
from partita.i18n.mf2 import Mf2Message
from partita.i18n.mf2_syntax import MAX_MESSAGE, Expression, Function, Markup, Variable, parse_mf2

RECORDS = """
.input {$gender :string}
.input {$count :integer}
.match $gender $count
female 0 {{Sie hat keine Platte}}
female one {{Sie hat {$count} Platte}}
female * {{Sie hat {$count} Platten}}
male one {{Er hat {$count} Platte}}
male * {{Er hat {$count} Platten}}
* one {{Man hat {$count} Platte}}
* * {{Man hat {$count} Platten}}
"""
ARABIC = """
.input {$n :integer}
.match $n
zero {{لا كتب}} one {{كتاب}} two {{كتابان}} few {{{$n} كتب}} many {{{$n} كتابا}} * {{{$n} كتاب}}
"""


def text(source: str, language: str = "en", **arguments: Any) -> str:
    return Mf2Message(source, language, use_isolating=False).format(arguments)


@pytest.mark.parametrize(
    ("gender", "count", "shown"),
    [
        ("female", 0, "Sie hat keine Platte"),
        ("female", 1, "Sie hat 1 Platte"),
        ("female", 1200, "Sie hat 1.200 Platten"),
        ("male", 1, "Er hat 1 Platte"),
        ("male", 0, "Er hat 0 Platten"),
        ("other", 1, "Man hat 1 Platte"),
        ("", 7, "Man hat 7 Platten"),
    ],
)
def test_number_and_gender_choose_together(gender: str, count: int, shown: str) -> None:
    assert text(RECORDS, "de", gender=gender, count=count) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "لا كتب"), (1, "كتاب"), (2, "كتابان"), (3, "3 كتب"), (11, "11 كتابا"), (100, "100 كتاب"), (103, "103 كتب")],
)
def test_every_plural_of_a_language_can_be_said(number: int, shown: str) -> None:
    assert text(ARABIC, "ar", n=number) == shown


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [("ru", 1, "one"), ("ru", 3, "few"), ("ru", 5, "many"), ("ru", 21, "one"), ("pl", 22, "few"), ("ja", 1, "other"),
     ("cs", 2, "few"), ("fr", 0, "one"), ("en", 0, "other")],
)  # fmt: skip
def test_plurals_are_those_of_the_language(language: str, number: int, shown: str) -> None:
    source = ".input {$n :number} .match $n one {{one}} few {{few}} many {{many}} * {{other}}"
    assert text(source, language, n=number) == shown


def test_ordinals_exact_numbers_and_shown_digits_count() -> None:
    ordinal = ".input {$n :number select=ordinal} .match $n one {{{$n}st}} two {{{$n}nd}} few {{{$n}rd}} * {{{$n}th}}"
    assert [text(ordinal, n=n) for n in (1, 2, 3, 4, 11, 22)] == ["1st", "2nd", "3rd", "4th", "11th", "22nd"]
    exact = ".input {$n :number select=exact} .match $n 1 {{=1}} * {{else}}"
    assert (text(exact, n=1), text(exact, n=Decimal("1.0")), text(exact, n=2)) == ("=1", "=1", "else")
    shown = ".input {$n :number minimumFractionDigits=1} .match $n one {{{$n} star}} * {{{$n} stars}}"
    assert text(shown, n=1) == "1.0 stars"
    offset = ".input {$n :integer} .local $more = {$n :offset subtract=1} .match $n $more 1 * {{you}} * one {{you and {$more} more}} * * {{you and {$more} more}}"
    assert [text(offset, n=n) for n in (1, 2, 3)] == ["you", "you and 1 more", "you and 2 more"]


def test_the_first_selector_decides_before_the_next() -> None:
    source = ".input {$a :number} .input {$b :number} .match $a $b one 1 {{one-exact}} 1 one {{exact-one}} * * {{else}}"
    assert text(source, a=1, b=1) == "exact-one"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("", ""),
        ("  Hello  ", "  Hello  "),
        ("{{ quoted }}", " quoted "),
        (r"\{a\} \\ \|", r"{a} \ |"),
        ("{|a b|} {x} {12}", "a b x 12"),
        (r"{|\|\{\}\\|}", r"|{}\ "[:-1]),
        (".local $x = {|a|} {{{$x}{$x}}}", "aa"),
        ("{#b}bold{/b} {#img src=|a.png| /}.", "bold ."),
        ("{$name @translate=no @x}", "Ada"),
        ("{$number :number minimumFractionDigits=2}", "1,234.50"),
        ("{$number :number maximumFractionDigits=0 useGrouping=never}", "1234"),
        ("{$number :integer}", "1,234"),
        ("{0.256 :percent maximumFractionDigits=1}", "25.6%"),
        ("{$number :currency currency=SAR}", "SAR1,234.50"),
        ("{$day :date}", "Mar 1, 2026"),
        ("{$day :date style=short}", "3/1/26"),
        ("{|2026-03-01T14:05| :time}", "2:05\u202fPM"),
        ("{$day} {$number}", "Mar 1, 2026 1,234.5"),
        ("{$missing} {$missing :number}", "{$missing} {$missing}"),
        ("{$name :number}", "{$name}"),
        ("{|x| :shop:price}", "{|x|}"),
        ("{:shop:now}", "{:shop:now}"),
    ],
)
def test_placeholders_are_filled(source: str, shown: str) -> None:
    assert text(source, name="Ada", number=1234.5, day=datetime.date(2026, 3, 1)) == shown


def test_what_is_filled_in_is_isolated() -> None:
    assert Mf2Message("سلام {$name}!", "ar").format({"name": "Ada"}) == "سلام \u2068Ada\u2069!"


def test_the_data_model_is_what_the_source_says() -> None:
    message = parse_mf2(".input {$n :number style=percent a:b=|c|} {{x {$n} {#m o=$p/}}}")
    assert message.declarations[0].expression == Expression(
        Variable("n"), Function("number", {"style": "percent", "a:b": "c"})
    )
    assert message.variants[0].pattern[1:] == (
        Expression(Variable("n"), None), " ", Markup("standalone", "m", {"o": Variable("p")}),
    )  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "{", "}", "{}", "{$}", "{$a", "a\\b", "{{a", "{{a}} b", "{|a}", "{a b}", "{$a:number}", "{:number a}", "{:f a=1 a=2}",
        ".", ".input {a} {{x}}", ".input {$a} .input {$a} {{x}}", ".local $a = {$a} {{x}}", ".local a = {1} {{x}}",
        ".local $b = {$a} .input {$a} {{x}}", ".match $a * {{x}}", ".input {$a} .match $a * {{x}}",
        ".input {$a :string} .match $a a {{x}}", ".input {$a :string} .match $a * {{x}} * {{y}}",
        ".input {$a :string} .match $a * * {{x}}", ".input {$a :string} .match * {{x}}", ".local $a = {#m} {{x}}",
        ".input {$a :string} .match $a |x|y {{x}} * {{y}}", "\0", "{1a :}", "x" * (MAX_MESSAGE + 1),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_with_the_place(source: str) -> None:
    with pytest.raises(MessageSyntaxError, match="expected"):
        parse_mf2(source)


_PIECES = st.sampled_from(
    ["{", "}", "{{", "}}", "{$a}", "{$a :number}", "{|x|}", "{#b}", "{/b}", ".input ", ".local $b = ", ".match $a ", "* ",
     "one ", "|", "\\", "\\{", " ", "\n", "@x", "=", "$a", ":string", "text", "\u2067", "é", "12"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_nothing_but_the_documented_error_escapes(source: str) -> None:
    try:
        message = Mf2Message(source, "de")
    except MessageSyntaxError:
        return
    assert isinstance(message.format({"a": 1}), str)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80))
def test_any_text_can_be_written_and_reads_back_as_itself(plain: str) -> None:
    escaped = "".join(f"\\{letter}" if letter in "\\{}" else letter for letter in plain)
    assert parse_mf2(f"{{{{{escaped}}}}}").variants[0].pattern == ((plain,) if plain else ())


@given(
    st.one_of(
        st.integers(), st.floats(), st.decimals(), st.text(), st.none(), st.booleans(), st.datetimes(), st.dates()
    )
)
def test_any_value_is_shown_or_named(value: object) -> None:
    for function in (
        "number",
        "integer",
        "percent",
        "currency currency=EUR",
        "date",
        "time",
        "datetime",
        "offset add=1",
        "string",
    ):
        shown = text(f"{{$v :{function}}}", "ar", v=value)
        assert len(shown) < 300 + len(str(value))


@pytest.mark.parametrize(
    "unit", ["{", "{$a}", "{$a ", "a ", "\\", "{|", "|", "{{", ".local $a={1}", "{#a}", "\u2067", "{:f a=1 ", "@a "]
)
def test_twice_the_message_costs_twice_the_time(unit: str) -> None:
    def run(length: int) -> None:
        with contextlib.suppress(MessageSyntaxError):  # one that is refused has been looked at, too
            parse_mf2(unit * (length // len(unit)))

    small, large = partial(run, MAX_MESSAGE // 2), partial(run, MAX_MESSAGE)
    # What grows too fast does so in every round; a machine that slows down between two measurements does not.
    assert any(least_seconds(large, attempts=5) <= 2.3 * least_seconds(small, attempts=3) + 0.004 for _ in range(5))
