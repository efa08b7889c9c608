from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import HeaderSyntaxError
from partita.http.structured import (
    BareItem,
    Date,
    DisplayString,
    InnerList,
    Item,
    Token,
    parse_dictionary,
    parse_item,
    parse_list,
    write_dictionary,
    write_item,
    write_list,
)

keys = st.from_regex(r"[a-z*][a-z0-9_.*\-]{0,8}", fullmatch=True)
ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
values: st.SearchStrategy[BareItem] = st.one_of(
    st.booleans(),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(-(10**15) + 1, 10**15 - 1).map(Date),
    st.decimals(-(10**12) + 1, 10**12 - 1, places=3),
    ascii_text,
    st.from_regex(r"[A-Za-z*][!#$%&'*+\-.^_`|~:/0-9A-Za-z]{0,12}", fullmatch=True).map(Token),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=10).map(DisplayString),
    st.binary(max_size=20),
)
parameters = st.dictionaries(keys, values, max_size=3)
items = st.builds(Item, values, parameters)
members = st.one_of(items, st.builds(InnerList, st.lists(items, max_size=3).map(tuple), parameters))


def kinds(value: object) -> object:
    """Tell apart what Python takes for equal, such as a token and a string, or 1 and true."""
    if isinstance(value, Item):
        return (type(value.value), value.value, {key: kinds(each) for key, each in value.parameters.items()})
    if isinstance(value, InnerList):
        return (list(map(kinds, value.items)), {key: kinds(each) for key, each in value.parameters.items()})
    return (type(value), value)


@given(items)
def test_a_written_item_reads_back_as_itself(item: Item) -> None:
    assert kinds(parse_item(write_item(item))) == kinds(item)


@given(st.lists(members, max_size=4))
def test_a_written_list_reads_back_as_itself(given_members: list[Item | InnerList]) -> None:
    assert list(map(kinds, parse_list(write_list(given_members)))) == list(map(kinds, given_members))


@given(st.dictionaries(keys, members, max_size=4))
def test_a_written_dictionary_reads_back_as_itself(given_members: dict[str, Item | InnerList]) -> None:
    found = parse_dictionary(write_dictionary(given_members))
    assert list(found) == list(given_members)
    assert list(map(kinds, found.values())) == list(map(kinds, given_members.values()))


@given(st.one_of(st.text(max_size=60), st.text(st.sampled_from('a1;=,()" :@%?-.\\*\t'), max_size=60)))
def test_any_text_is_read_or_refused_with_the_place(text: str) -> None:
    parsers: list[Callable[[str], object]] = [parse_item, parse_list, parse_dictionary]
    for parse in parsers:
        try:
            parse(text)
        except HeaderSyntaxError as error:
            assert " at " in str(error)  # noqa: PT017 - an error is one of two right outcomes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-0", 0),
        ("4.5", Decimal("4.5")),
        (' "hello world" ', "hello world"),
        (r'"say \"no\" \\ yes"', 'say "no" \\ yes'),
        ("foo123/456:x", Token("foo123/456:x")),
        (":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:", b"pretend this is binary content."),
        (":YQ:", b"a"),
        ("?1", True),
        ("?0", False),
        ("@1659578233", Date(1659578233)),
        ('%"This is intended for display to %c3%bcsers."', DisplayString("This is intended for display to üsers.")),
        ("999999999999999", 999999999999999),
        ("-999999999999.999", Decimal("-999999999999.999")),
    ],
)
def test_values_of_each_kind(text: str, value: BareItem) -> None:
    assert kinds(parse_item(text)) == kinds(Item(value))


@pytest.mark.parametrize(
    "text",
    [
        *("", "1 2", "1,2", "1000000000000000", "1.", ".5", "1.2345", "1234567890123.0", "--1", "-", "1.2.3", "+1"),
        *('"a', '"a\\n"', '"ü"', '"a\x7f"', "'a'", "!a", "ä", "?2", "?", "? 1", "?true", ":a:", ":a b:", ":YQ", ":*:"),
        *(
            "@1.5",
            "@",
            "@x",
            '%"%C3"',
            '%"%c3"',
            '%"%4"',
            '%"a',
            "%a",
            "a;",
            "a;B",
            "a;=1",
            "a; b=",
            "a;b= 1",
            "()",
            "\t1",
        ),
    ],
)
def test_what_is_no_item_is_refused(text: str) -> None:
    with pytest.raises(HeaderSyntaxError):
        parse_item(text)


def test_parameters_and_inner_lists() -> None:
    item = parse_item("abc;a=1;b=2; cde_456;a=3")
    assert dict(item.parameters) == {"a": 3, "b": 2, "cde_456": True}
    assert parse_list('sugar, ("foo" "bar");x,\t()') == [
        Item(Token("sugar")),
        InnerList((Item("foo"), Item("bar")), {"x": True}),
        InnerList(),
    ]
    assert parse_dictionary("a=1, b;x=?0, c=(1 2), a=5") == {
        "a": Item(5),
        "b": Item(True, {"x": False}),
        "c": InnerList((Item(1), Item(2))),
    }
    assert (parse_list(""), parse_dictionary("  ")) == ([], {})


@pytest.mark.parametrize("text", ["a,", ",a", "a b", "a,,b", "(a", "(a,b)", '("a""b")', "(a)b", "a\x0bb"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(HeaderSyntaxError):
        parse_list(text)


@pytest.mark.parametrize("text", ["A=1", "a=", "a=1,", "a=1 b=2", "=1", "1=1", "a==1", "a=1;"])
def test_what_is_no_dictionary_is_refused(text: str) -> None:
    with pytest.raises(HeaderSyntaxError):
        parse_dictionary(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5, "1.5"), (2.0, "2.0"), (0.0025, "0.002"), (Decimal("0.0035"), "0.004"), (-1e-9, "-0.0"), (True, "?1")],
)
def test_numbers_are_written_with_three_digits_at_most(value: float, text: str) -> None:
    assert write_item(value) == text


@pytest.mark.parametrize(
    "value", [10**15, 1e12, float("nan"), float("inf"), "ü", "a\nb", Token("a b"), Token(""), DisplayString("\ud800")]
)
def test_what_cannot_be_written_is_refused(value: BareItem) -> None:
    with pytest.raises(ValueError, match=r"."):
        write_item(value)
    with pytest.raises(ValueError, match=r"."):
        write_dictionary({"a": Item(1, {"b": value})})


def test_keys_are_checked_when_they_are_written() -> None:
    with pytest.raises(ValueError, match="is no key"):
        write_dictionary({"Upper": 1})


def test_a_date_gives_its_moment() -> None:
    assert Date(0).moment.isoformat() == "1970-01-01T00:00:00+00:00"
    with pytest.raises(OverflowError, match="years 1 to 9999"):
        _ = Date(10**14).moment


def test_what_is_true_is_written_as_its_key() -> None:
    assert write_dictionary({"a": True, "b": False, "c": Item(True, {"x": 1})}) == "a, b=?0, c;x=1"
